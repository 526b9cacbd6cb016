/**
 * A stream through a relay: the client's end. It keeps every frame until the service has persisted it, so that neither a lost connection nor a relay
 * that is started anew loses one.
 */
import { Backoff, Deadline, delay } from '../aws/backoff.ts';
import { NotPersistedError, StoreFullError, StreamStoppedError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import { abortable } from '../producer/abortable.ts';
import { Broadcast, type SubscribeOptions, type Subscription } from '../producer/broadcast.ts';
import { requireText } from '../producer/option-checks.ts';
import { StoreGate } from '../producer/store-gate.ts';
import { encodeClientMessage, type HelloMessage, type MetadataItem } from './client-message.ts';
import { BEARER_PREFIX, FRAME_HEAD_BYTES, REFUSE_BY_CLOSE, RELAY_PROTOCOL, RESUME_PREFIX } from './protocol.ts';
import { RelayError } from './refusals.ts';
import type { RelayAck, RelayStreamEvent } from './relay-events.ts';
import { type RelayFrameInput, RelayFrames } from './relay-frame.ts';
import { type LinkEnd, RelayLink } from './relay-link.ts';
import type { RelayMessage, WelcomeMessage } from './relay-message.ts';
import { DEFAULT_BUFFER_BYTES, DEFAULT_STOP_TIMEOUT_MS, type RelayStreamOptions } from './relay-options.ts';
import type { OpenRelaySocket } from './relay-socket.ts';
import { RelayTokens } from './relay-tokens.ts';
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
const RESUME_KEY_BYTES = 24;
const RECONNECT = { factorMs: 100, maxMs: 5_000, quietMs: 90_000 };
const CLOSE_NORMAL = 1000;

/** Made by `openRelayStream`. */
export class RelayStream {
  readonly name: string;
  /** Resolves at the first welcome; rejects with what the stream failed with before. */
  readonly ready: Promise<void>;
  readonly #platform: RelayPlatform;
  readonly #openSocket: OpenRelaySocket;
  readonly #options: RelayStreamOptions;
  readonly #tokens: RelayTokens;
  readonly #resumeKey: string;
  readonly #frames: RelayFrames;
  readonly #retained: RetainedMedia;
  readonly #gate = new StoreGate();
  readonly #waits = new SequenceWaits();
  readonly #acks = new Broadcast<RelayAck>(QUEUE_ITEMS);
  readonly #events = new Broadcast<RelayStreamEvent>(QUEUE_ITEMS);
  readonly #end = new AbortController();
  readonly #backoff: Backoff;
  #link: RelayLink | undefined;
  #markReady!: () => void;
  #markNeverReady!: (error: unknown) => void;
  #creditBytes = 0;
  #maxFrameBytes = Infinity;
  #connections = 0;
  #framesLost = 0;
  #store = { usedBytes: 0, capacityBytes: 0 };
  /** Sequence of the first message of the fragment that is being put; beyond the last one between fragments. */
  #openSequence = 1;
  #stopSequence = Infinity;
  #stopping: Promise<void> | undefined;

  /** Use `openRelayStream`. */
  constructor(platform: RelayPlatform, openSocket: OpenRelaySocket, options: RelayStreamOptions) {
    this.name = options.streamName;
    this.#platform = platform;
    this.#openSocket = openSocket;
    this.#options = options;
    this.#tokens = new RelayTokens(platform, options.token, (token) =>
      this.#link?.send(encodeClientMessage({ type: 'renew', token })),
    );
    this.#resumeKey = [...platform.randomBytes(RESUME_KEY_BYTES)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
    this.#frames = new RelayFrames(options.tracks);
    this.#retained = new RetainedMedia(options.bufferBytes ?? DEFAULT_BUFFER_BYTES);
    this.#backoff = new Backoff(platform, RECONNECT);
    this.ready = new Promise((resolve, reject) => {
      this.#markReady = resolve;
      this.#markNeverReady = reject;
    });
    this.ready.catch(() => undefined);
    const { signal } = options;
    signal?.addEventListener('abort', () => this.abort(signal.reason), { once: true, signal: this.#end.signal });
    if (signal?.aborted) this.abort(signal.reason);
    void this.#run();
  }

  get metrics(): RelayStreamMetrics {
    const { usedBytes, capacityBytes, lastSequence, acceptedThrough, persistedThrough } = this.#retained;
    return {
      bufferedBytes: usedBytes,
      bufferCapacityBytes: capacityBytes,
      lastSequence,
      acceptedThrough,
      persistedThrough,
      connections: this.#connections,
      framesLost: this.#framesLost,
      storeUsedBytes: this.#store.usedBytes,
      storeCapacityBytes: this.#store.capacityBytes,
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
    const lostBefore = this.#framesLost;
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
    this.#link?.close();
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
    if (message.data.length > this.#maxFrameBytes)
      throw this.#bufferFull(`the relay takes frames of up to ${this.#maxFrameBytes} bytes`, sizeBytes);
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
    this.#pump();
    return true;
  }

  /** Its few bytes need no room: without them a full buffer could not be emptied. */
  #putEndOfFragment(): true {
    this.#assertOpen();
    const sequence = this.#retained.lastSequence + 1;
    this.#retained.push(encodeClientMessage({ type: 'end-of-fragment', sequence }));
    this.#openSequence = sequence + 1;
    this.#pump();
    return true;
  }

  #keep(bytes: Uint8Array, metadata: MetadataItem | undefined): boolean {
    const { usedBytes, capacityBytes } = this.#retained;
    if (usedBytes > 0 && usedBytes + bytes.length > capacityBytes) return false;
    this.#retained.push(bytes, metadata);
    this.#pump();
    return true;
  }

  /** Sends what the relay has credit for. */
  #pump(): void {
    const link = this.#link;
    if (link === undefined || !link.isOpen) return;
    for (;;) {
      const bytes = this.#retained.takeNext(this.#creditBytes);
      if (bytes === undefined) return;
      link.send(bytes);
    }
  }

  async #run(): Promise<void> {
    try {
      while (!this.#end.signal.aborted) {
        const end = await this.#connect();
        if (this.#end.signal.aborted) return;
        if (this.#retained.persistedThrough >= this.#stopSequence) return this.#close();
        const delayMs = this.#delayAfter(end);
        const { code, reason, error } = end;
        const connection = this.#connections;
        this.#events.publish({ type: 'relay-disconnected', connection, code, reason, error, delayMs });
        await delay(this.#platform, delayMs, this.#end.signal);
      }
    } catch (error) {
      this.abort(error);
    }
  }

  async #connect(): Promise<LinkEnd> {
    const token = await abortable(this.#tokens.get(), this.#end.signal);
    this.#connections++;
    const path = `/v1/streams/${this.name}/frames`;
    const link = new RelayLink({
      platform: this.#platform,
      openSocket: this.#openSocket,
      url: `${this.#options.url.replace(/\/$/, '')}${path}`,
      protocols: [RELAY_PROTOCOL, REFUSE_BY_CLOSE, `${BEARER_PREFIX}${token}`, `${RESUME_PREFIX}${this.#resumeKey}`],
      hello: () => this.#hello(),
      onWelcome: (welcome) => this.#begin(welcome),
      onMessage: (message) => this.#receive(message),
    });
    this.#link = link;
    const end = await link.ended;
    this.#tokens.onDisconnected();
    return end;
  }

  #hello(): HelloMessage {
    const { firstSequence, metadata } = this.#retained;
    return { type: 'hello', firstSequence, tracks: this.#options.tracks, metadata };
  }

  #begin(welcome: WelcomeMessage): void {
    const { receivedThrough, acceptedThrough, persistedThrough, isResumed } = welcome;
    const retained = this.#retained;
    if (!retained.restart(receivedThrough, acceptedThrough) || persistedThrough > acceptedThrough)
      return this.abort(
        new RelayError('sequence-gap', `the relay has ${receivedThrough} messages, ${retained.lastSequence} were put`),
      );
    this.#creditBytes = welcome.creditBytes;
    this.#maxFrameBytes = welcome.maxFrameBytes;
    this.#tokens.onGranted(welcome.expiresAtMs);
    this.#release(persistedThrough);
    const resentMessages = retained.lastSequence - receivedThrough;
    this.#events.publish({ type: 'relay-connected', connection: this.#connections, isResumed, resentMessages });
    this.#markReady();
    this.#pump();
  }

  #receive(message: Exclude<RelayMessage, WelcomeMessage>): void {
    switch (message.type) {
      case 'status':
        this.#store = { usedBytes: message.storeUsedBytes, capacityBytes: message.storeCapacityBytes };
        if (!this.#retained.accept(message.acceptedThrough) || message.persistedThrough > message.acceptedThrough)
          return this.abort(new RelayError('sequence-gap', 'the relay accepted more than it was sent'));
        this.#backoff.reset();
        this.#release(message.persistedThrough);
        this.#pump();
        return;
      case 'service-ack': {
        const { type: _type, ...ack } = message;
        this.#acks.publish(ack);
        return;
      }
      case 'lost':
        this.#framesLost += message.frames;
        this.#events.publish(message);
        return;
      case 'event':
        this.#events.publish(message);
        return;
      case 'renewed':
        this.#tokens.onGranted(message.expiresAtMs);
        return;
      case 'stopped':
        if (message.status !== 0)
          return this.abort(new RelayError('upload-failed', message.message, { status: message.status }));
        this.#release(this.#stopSequence);
        this.#link?.close(CLOSE_NORMAL);
    }
  }

  #release(through: number): void {
    this.#retained.release(through);
    this.#waits.settle(this.#retained.persistedThrough);
    this.#gate.retry();
  }

  /** How long to wait before the next connection, milliseconds; throws where there is to be none. */
  #delayAfter({ error }: LinkEnd): number {
    if (error !== undefined && !error.retryable && !this.#tokens.canReplace(error)) throw error;
    return this.#backoff.nextMs();
  }

  async #stop({ signal }: RelayWaitOptions): Promise<void> {
    const lostBefore = this.#framesLost;
    const deadline = new Deadline(this.#platform, this.#options.stopTimeoutMs ?? DEFAULT_STOP_TIMEOUT_MS, signal);
    try {
      await this.#gate.enter(this, () => this.#putStop(), deadline.signal);
      await abortable(this.#waits.until(this.#stopSequence), this.#end.signal, deadline.signal);
      this.#close();
      this.#assertNothingLost(lostBefore);
    } catch (error) {
      if (!deadline.signal.aborted || this.#end.signal.aborted) throw error;
      const failure = this.#notPersisted(deadline.expired ? 'stopping took too long' : 'stopping was aborted', error);
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
    this.#pump();
    return true;
  }

  #close(error?: unknown): void {
    if (this.#end.signal.aborted) return;
    const reason = error ?? new StreamStoppedError(this.name);
    this.#end.abort(reason);
    this.#markNeverReady(reason);
    this.#tokens.close();
    this.#link?.close(CLOSE_NORMAL);
    this.#acks.close();
    this.#events.close();
    this.#gate.evict(this, reason);
  }

  #assertOpen(): void {
    if (this.#end.signal.aborted) throw this.#end.signal.reason;
    if (this.#stopSequence !== Infinity) throw new StreamStoppedError(this.name);
  }

  #assertNothingLost(before: number): void {
    const frames = this.#framesLost - before;
    if (frames > 0) throw this.#notPersisted('they were told as lost', undefined, frames);
  }

  #notPersisted(reason: string, cause: unknown, frames?: number): NotPersistedError {
    const { lastSequence, persistedThrough } = this.#retained;
    const lost = { fragments: 1, frames: frames ?? lastSequence - persistedThrough };
    return new NotPersistedError(
      this.name,
      reason,
      { ...lost, firstTimestampUs: NaN, lastTimestampUs: NaN },
      cause === undefined ? {} : { cause },
    );
  }

  #bufferFull(reason: string, neededBytes = 0): StoreFullError {
    const { capacityBytes, usedBytes } = this.#retained;
    return new StoreFullError(neededBytes, capacityBytes - usedBytes, capacityBytes, reason);
  }
}
