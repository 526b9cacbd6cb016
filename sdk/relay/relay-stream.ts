/**
 * A stream through a relay: the client's end. It keeps every frame until the service has persisted it, so that neither a lost connection nor a relay
 * that is started anew loses one.
 */
import { Deadline } from '../aws/backoff.ts';
import { KvsError, NotPersistedError, StoreFullError, StreamStoppedError, type UnpersistedMedia } from '../errors.ts';
import type { Platform } from '../platform.ts';
import { abortable } from '../producer/abortable.ts';
import { Broadcast, type SubscribeOptions, type Subscription } from '../producer/broadcast.ts';
import { requireText } from '../producer/option-checks.ts';
import { StoreGate } from '../producer/store-gate.ts';
import * as STATUS from '../status-codes.ts';
import { encodeClientMessage } from './client-message.ts';
import { FRAME_HEAD_BYTES } from './protocol.ts';
import { RelayConnections, type RelayConnectionsOptions } from './relay-connections.ts';
import type { RelayAck, RelayStreamEvent } from './relay-events.ts';
import { type RelayFrameInput, RelayFrames } from './relay-frame.ts';
import { DEFAULT_BUFFER_BYTES, DEFAULT_STOP_TIMEOUT_MS, type RelayStreamOptions } from './relay-options.ts';
import type { OpenRelaySocket } from './relay-socket.ts';
import { RetainedMedia } from './retained-media.ts';
import { SequenceWaits } from './sequence-waits.ts';

/** What the client asks of its platform. */
export type RelayPlatform = Pick<Platform, 'now' | 'setTimer' | 'randomBytes'>;

export interface RelayWaitOptions {
  readonly signal?: AbortSignal;
}

/** Figures of the client's end. */
export interface RelayStreamMetrics {
  readonly bufferedBytes: number;
  readonly bufferCapacityBytes: number;
  /** Sequences of the last message put, accepted by the relay, and persisted by the service. */
  readonly lastSequence: number;
  readonly acceptedThrough: number;
  readonly persistedThrough: number;
  readonly connections: number;
  /** Frames that the relay told as lost. */
  readonly framesLost: number;
  /** The relay's content store, as it last said. */
  readonly storeUsedBytes: number;
  readonly storeCapacityBytes: number;
}

/** Events and acks a reader's queue holds. */
const QUEUE_ITEMS = 1024;
/** Of fragment metadata, bytes of UTF-8. Source: producer-core §20. */
const MAX_METADATA_NAME_BYTES = 128;
const MAX_METADATA_VALUE_BYTES = 256;
const NOTHING: UnpersistedMedia = { fragments: 0, frames: 0, firstTimestampUs: Infinity, lastTimestampUs: -Infinity };

/** Made by `openRelayStream`. */
export class RelayStream {
  readonly name: string;
  /** Resolves at the first welcome; rejects with what the stream failed with before. */
  readonly ready: Promise<void>;
  readonly #platform: RelayPlatform;
  readonly #options: RelayStreamOptions;
  readonly #frames: RelayFrames;
  readonly #retained: RetainedMedia;
  readonly #connections: RelayConnections;
  readonly #gate = new StoreGate();
  readonly #waits = new SequenceWaits();
  readonly #acks = new Broadcast<RelayAck>(QUEUE_ITEMS);
  readonly #events = new Broadcast<RelayStreamEvent>(QUEUE_ITEMS);
  readonly #end = new AbortController();
  #markReady!: () => void;
  #markNeverReady!: (error: unknown) => void;
  /** What the relay told as lost; `fragments` counts the reports. */
  #lost = NOTHING;
  /** Sequence of the first message of the fragment that is being put; beyond the last one between fragments. */
  #openSequence = 1;
  #stopSequence = Infinity;
  #stopping: Promise<void> | undefined;

  /** Use `openRelayStream`. */
  constructor(platform: RelayPlatform, openSocket: OpenRelaySocket, options: RelayStreamOptions) {
    this.name = options.streamName;
    this.#platform = platform;
    this.#options = options;
    this.#frames = new RelayFrames(options.tracks);
    this.#retained = new RetainedMedia(options.bufferBytes ?? DEFAULT_BUFFER_BYTES);
    this.#connections = new RelayConnections({
      platform,
      openSocket,
      stream: options,
      retained: this.#retained,
      signal: this.#end.signal,
      ...this.#listeners(),
    });
    this.ready = new Promise((resolve, reject) => {
      this.#markReady = resolve;
      this.#markNeverReady = reject;
    });
    this.ready.catch(() => undefined);
    const { signal } = options;
    signal?.addEventListener('abort', () => this.abort(signal.reason), { once: true, signal: this.#end.signal });
    if (signal?.aborted) this.abort(signal.reason);
    this.#connections.run().catch((error: unknown) => this.abort(error));
  }

  get metrics(): RelayStreamMetrics {
    const { usedBytes, capacityBytes, lastSequence, acceptedThrough, persistedThrough } = this.#retained;
    return {
      bufferedBytes: usedBytes,
      bufferCapacityBytes: capacityBytes,
      lastSequence,
      acceptedThrough,
      persistedThrough,
      connections: this.#connections.count,
      framesLost: this.#lost.frames,
      storeUsedBytes: this.#connections.store.usedBytes,
      storeCapacityBytes: this.#connections.store.capacityBytes,
    };
  }

  /**
   * Puts a frame; resolves when it is in the client's buffer, where it stays until the service has persisted it. Its data is copied before it
   * resolves. A full buffer delays it, in order, or rejects it, as `whenFull` says. Rejects with `InvalidFrameError`; `StoreFullError`, also
   * when waiting cannot help since one fragment fills the buffer; `StreamStoppedError`; what the stream failed with; or the signal's reason.
   */
  putFrame(frame: RelayFrameInput, options: RelayWaitOptions = {}): Promise<void> {
    const attempt = (): boolean => this.#tryPut(frame);
    try {
      if (this.#gate.waiting === 0 && attempt()) return Promise.resolve();
      if (this.#options.whenFull === 'reject') throw this.#bufferFull('the buffer is full');
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#gate.enter(this, attempt, options.signal);
  }

  /** Ends the open fragment; frames up to the next key frame are then skipped. Resolves when it is in the buffer, in order. */
  endFragment(options: RelayWaitOptions = {}): Promise<void> {
    return this.#gate.enter(this, () => this.#putEndOfFragment(), options.signal);
  }

  /** Attaches a name and value (at most 128 and 256 bytes) to the next fragment, or with `persistent` to every one from then on. */
  async putFragmentMetadata(
    name: string,
    value: string,
    options: RelayWaitOptions & { readonly persistent?: boolean } = {},
  ): Promise<void> {
    requireText('name', name);
    requireText('value', value);
    const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
    if (bytesOf(name) > MAX_METADATA_NAME_BYTES)
      throw new KvsError(STATUS.STATUS_INVALID_METADATA_NAME, `The metadata name '${name}' is too long`);
    if (bytesOf(value) > MAX_METADATA_VALUE_BYTES)
      throw new KvsError(STATUS.STATUS_INVALID_ARG_LEN, `The value of the metadata '${name}' is too long`);
    const { persistent = false } = options;
    const attempt = (): boolean => {
      this.#assertOpen();
      const sequence = this.#retained.lastSequence + 1;
      const bytes = encodeClientMessage({ type: 'metadata', sequence, name, value, persistent });
      return this.#keep(bytes, persistent ? { name, value } : undefined);
    };
    await this.#gate.enter(this, attempt, options.signal);
  }

  /**
   * Ends the open fragment, and resolves when everything put so far is PERSISTED by the service. Rejects with `NotPersistedError` when frames were
   * told as lost meanwhile, with what the stream failed with, or the signal's reason.
   */
  async flush(options: RelayWaitOptions = {}): Promise<void> {
    const { frames: lostBefore } = this.#lost;
    await this.endFragment(options);
    await abortable(this.#waits.until(this.#retained.lastSequence), this.#end.signal, options.signal);
    this.#assertNothingLost(lostBefore);
  }

  /**
   * Ends the stream: everything sent and PERSISTED, the upload ended, the socket closed. Bounded by `stopTimeoutMs` and the signal; rejects with
   * `NotPersistedError` when something was not persisted then, or was lost on the way.
   */
  stop(options: RelayWaitOptions = {}): Promise<void> {
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  /** Gives the connection to the relay up; another one follows, and nothing is lost. */
  resetConnection(): void {
    this.#connections.reset();
  }

  /** Ends the stream at once: what is not persisted may be lost, and every pending call rejects with the reason. */
  abort(reason?: unknown): void {
    if (this.#end.signal.aborted) return;
    const error = reason ?? new StreamStoppedError(this.name);
    this.#events.publish({ type: 'failed', error });
    this.#close(error);
  }

  /** Acks of the service as the relay passes them on, from this call on. Those of a time without connection are missing. */
  acks(options?: SubscribeOptions): Subscription<RelayAck> {
    return this.#acks.subscribe(options);
  }

  /** Events as they happen, from this call on; ends with the stream. */
  events(options?: SubscribeOptions): Subscription<RelayStreamEvent> {
    return this.#events.subscribe(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#end.signal.aborted) await this.stop();
  }

  #tryPut(frame: RelayFrameInput): boolean {
    this.#assertOpen();
    const retained = this.#retained;
    const message = this.#frames.messageOf(frame, retained.lastSequence + 1);
    const sizeBytes = FRAME_HEAD_BYTES + message.data.length;
    if (message.data.length > this.#connections.maxFrameBytes)
      throw this.#bufferFull(`the relay takes frames of up to ${this.#connections.maxFrameBytes} bytes`, sizeBytes);
    if (sizeBytes > retained.capacityBytes) throw this.#bufferFull('it is larger than the buffer', sizeBytes);
    const beginsFragment = this.#frames.beginsFragment(message);
    if (retained.usedBytes + sizeBytes > retained.capacityBytes) {
      if (retained.persistedThrough + 1 < this.#openSequence) return false;
      // Nothing but the open fragment is kept: only its end can make room.
      if (!beginsFragment) throw this.#bufferFull('one fragment fills the buffer', sizeBytes);
      if (this.#openSequence <= retained.lastSequence) this.#putEndOfFragment();
      return false;
    }
    if (beginsFragment) this.#openSequence = message.sequence;
    this.#retained.push(encodeClientMessage(message));
    this.#connections.pump();
    return true;
  }

  /** Its few bytes need no room: without them a full buffer could not be emptied. */
  #putEndOfFragment(): true {
    this.#assertOpen();
    const sequence = this.#retained.lastSequence + 1;
    this.#retained.push(encodeClientMessage({ type: 'end-of-fragment', sequence }));
    this.#openSequence = sequence + 1;
    this.#connections.pump();
    return true;
  }

  #keep(bytes: Uint8Array, metadata: Parameters<RetainedMedia['push']>[1]): boolean {
    const { usedBytes, capacityBytes } = this.#retained;
    if (usedBytes > 0 && usedBytes + bytes.length > capacityBytes) return false;
    this.#retained.push(bytes, metadata);
    this.#connections.pump();
    return true;
  }

  #listeners(): Pick<RelayConnectionsOptions, 'onEvent' | 'onReleased' | 'onLost' | 'onMessage' | 'isDone'> {
    return {
      onEvent: (event) => {
        this.#events.publish(event);
        if (event.type === 'relay-connected') this.#markReady();
      },
      onReleased: () => {
        this.#waits.settle(this.#retained.persistedThrough);
        this.#gate.retry();
      },
      onLost: (message) => {
        this.#lost = {
          fragments: this.#lost.fragments + 1,
          frames: this.#lost.frames + message.frames,
          firstTimestampUs: Math.min(this.#lost.firstTimestampUs, message.firstTimestampUs),
          lastTimestampUs: Math.max(this.#lost.lastTimestampUs, message.lastTimestampUs),
        };
        this.#events.publish(message);
      },
      onMessage: (message) => {
        if (message.type === 'event') this.#events.publish(message);
        else if (message.type === 'service-ack') {
          const { type: _type, ...ack } = message;
          this.#acks.publish(ack);
        }
      },
      isDone: () => this.#retained.persistedThrough >= this.#stopSequence,
    };
  }

  async #stop({ signal }: RelayWaitOptions): Promise<void> {
    const { frames: lostBefore } = this.#lost;
    const deadline = new Deadline(this.#platform, this.#options.stopTimeoutMs ?? DEFAULT_STOP_TIMEOUT_MS, signal);
    try {
      await this.#gate.enter(this, () => this.#putStop(), deadline.signal);
      await abortable(this.#waits.until(this.#stopSequence), this.#end.signal, deadline.signal);
      this.#close();
      this.#assertNothingLost(lostBefore);
    } catch (error) {
      if (!deadline.signal.aborted || this.#end.signal.aborted) throw error;
      const reason = deadline.expired ? 'stopping took too long' : 'stopping was aborted';
      const failure = new NotPersistedError(this.name, reason, this.#retained.owed(), { cause: error });
      this.abort(failure);
      throw failure;
    } finally {
      deadline.clear();
    }
  }

  #putStop(): true {
    this.#assertOpen();
    const sequence = this.#retained.lastSequence + 1;
    this.#stopSequence = sequence;
    this.#retained.push(encodeClientMessage({ type: 'stop', sequence }));
    this.#connections.pump();
    return true;
  }

  #close(error?: unknown): void {
    if (this.#end.signal.aborted) return;
    const reason = error ?? new StreamStoppedError(this.name);
    this.#end.abort(reason);
    this.#markNeverReady(reason);
    this.#connections.close();
    this.#acks.close();
    this.#events.close();
    this.#gate.evict(this, reason);
  }

  #assertOpen(): void {
    if (this.#end.signal.aborted) throw this.#end.signal.reason;
    if (this.#stopSequence !== Infinity) throw new StreamStoppedError(this.name);
  }

  #assertNothingLost(before: number): void {
    if (this.#lost.frames > before) throw new NotPersistedError(this.name, 'they were told as lost', this.#lost);
  }

  #bufferFull(reason: string, neededBytes = 0): StoreFullError {
    const { capacityBytes, usedBytes } = this.#retained;
    return new StoreFullError(neededBytes, capacityBytes - usedBytes, capacityBytes, reason);
  }
}
