/** One stream of a producer: frames in, acks and events out. */
import { Deadline, delay } from '../aws/backoff.ts';
import type { ContentStore } from '../core/content-store.ts';
import {
  CorePoisonedError,
  coreError,
  type KvsError,
  NotPersistedError,
  StoreFullError,
  StreamStoppedError,
} from '../errors.ts';
import type { Platform } from '../platform.ts';
import { STATUS } from '../status-codes.ts';
import type { FragmentAck } from './acks.ts';
import { abortable } from './abortable.ts';
import type { SubscribeOptions, Subscription } from './broadcast.ts';
import type { StreamNotifier } from './callbacks/stream-notifier.ts';
import type { StreamEvent } from './events.ts';
import { measureStream, type StreamMetrics } from './metrics.ts';
import { requireText } from './option-checks.ts';
import type { FrameInput, PutResult, StreamOptions } from './options.ts';
import type { EngineOptions } from './session-engine.ts';
import type { StoreGate } from './store-gate.ts';
import { assembleStream, type StreamParts } from './stream-parts.ts';
import type { TrackSet } from './tracks.ts';

/** Options of calls that wait. */
export interface WaitOptions {
  readonly signal?: AbortSignal;
}

/** What the streams of a producer share. */
export interface StreamOwner {
  readonly platform: Platform;
  readonly store: ContentStore;
  readonly gate: StoreGate;
  /** Who hears of a stream; undefined where nobody does. */
  notifierOf(streamName: string, stallTimeoutMs: number): StreamNotifier | undefined;
  /** No stream holds a fragment whose ack could free memory. */
  isStuck(): boolean;
  /** The stream has ended, well or not. */
  onEnded(stream: ProducerStream): void;
  /** The core trapped: no stream can go on. */
  onPoisoned(error: CorePoisonedError): void;
}

/** Native default for a stopping stream, milliseconds. Source: producer-core §20. */
const STOP_TIMEOUT_MS = 120_000;

/** What the mark at the end of a fragment takes in the store, with its slot and without tags that wait; about. */
const END_MARK_BYTES = 128;
/** Native default: an end of fragment after this pause, milliseconds; looked for every quarter of it. Source: producer-core §15, §20. */
const IDLE_FRAGMENT_MS = 20_000;
const IDLE_CHECKS = 4;

const DONE = Promise.resolve();

/** Takes the frames of one stream. Made by `Producer.openStream`. */
export class ProducerStream {
  readonly name: string;
  readonly #owner: StreamOwner;
  readonly #options: StreamOptions;
  /** Wall clock, milliseconds. */
  readonly #openedMs: number;
  readonly #parts: StreamParts;
  readonly #notifier: StreamNotifier | undefined;
  /** Aborted with the error when the stream fails. */
  readonly #life = new AbortController();
  /** Aborted when the stream has ended in any way: what hangs on the caller's signals lets go. */
  readonly #cleanUp = new AbortController();
  readonly #finished: Promise<void>;
  #markReady!: () => void;
  #markNeverReady!: (error: unknown) => void;
  #writable: WritableStream<FrameInput> | undefined;
  #stopping: Promise<void> | undefined;
  #hasEnded = false;
  #lastMetrics: StreamMetrics | undefined;

  constructor(
    owner: StreamOwner,
    engine: Omit<EngineOptions, 'streamName'>,
    name: string,
    tracks: TrackSet,
    options: StreamOptions,
  ) {
    this.name = name;
    this.#owner = owner;
    this.#options = options;
    this.#openedMs = owner.platform.now();
    this.ready = new Promise<void>((resolve, reject) => {
      this.#markReady = resolve;
      this.#markNeverReady = reject;
    });
    this.ready.catch(() => undefined);
    this.#notifier = owner.notifierOf(name, engine.stallTimeoutMs);
    const signals = {
      onFreed: () => this.#onFreed(),
      onRead: () => owner.gate.waiting > 0 && owner.gate.retry(),
      onReady: () => {
        this.#markReady();
        this.#notifier?.onReady();
      },
    };
    const engineOptions = { ...engine, streamName: name };
    this.#parts = assembleStream(owner.platform, owner.store, engineOptions, tracks, options, signals, this.#notifier);
    this.#finished = this.#run();
    options.signal?.addEventListener('abort', () => this.abort(options.signal?.reason), {
      once: true,
      signal: this.#cleanUp.signal,
    });
    if (options.signal?.aborted) this.abort(options.signal.reason);
    void this.#endIdleFragments(options.endIdleFragmentsAfterMs ?? IDLE_FRAGMENT_MS);
  }

  /** Resolves when the service has told where to send media; rejects when the stream fails or is stopped before. */
  readonly ready: Promise<void>;

  /** Takes frames; closing it stops the stream, aborting it aborts the stream. The same object each time. */
  get writable(): WritableStream<FrameInput> {
    this.#writable ??= new WritableStream<FrameInput>({
      write: (frame) => this.putFrame(frame),
      close: () => this.stop(),
      abort: (reason) => this.abort(reason),
    });
    return this.#writable;
  }

  /**
   * Puts a frame; resolves when it is stored, skipped because the stream waits for a key frame, or dropped by policy. With the
   * policy `wait` a full store delays it, in order, until fragments are persisted. Its data is copied before it resolves.
   *
   * Rejects with `InvalidFrameError`; `StoreFullError` when waiting cannot help, because the frame or its fragment is larger than
   * the store; `StreamStoppedError`; the error that the stream failed with; or the signal's reason.
   */
  putFrame(frame: FrameInput, options?: WaitOptions): Promise<void> {
    try {
      if (!this.#mustQueue() && this.#tryPut(frame) !== 'full') return DONE;
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#inOrder(() => {
      if (this.#tryPut(frame) !== 'full') return true;
      if (this.#owner.isStuck()) throw this.#storeFull();
      return false;
    }, options?.signal);
  }

  /** Puts a frame without waiting: the same work as `putFrame`, without a promise. Throws what `putFrame` rejects with. */
  tryPutFrame(frame: FrameInput): PutResult {
    return this.#mustQueue() ? 'full' : this.#tryPut(frame);
  }

  /**
   * Ends the open fragment, so that it can be persisted without waiting for the next key frame; frames up to that one are then
   * skipped. Does nothing between fragments. Resolves when done, in order with queued puts. Rejects with `StoreFullError` when open
   * fragments fill the store, so that there will never be room for the mark: `stop` needs none. Or with what the stream failed with,
   * `StreamStoppedError`, or the signal's reason.
   */
  endFragment(options?: WaitOptions): Promise<void> {
    return this.#inOrder(() => {
      const status = -this.#guard(() => this.#parts.stream.endFragment());
      if (status === STATUS.STATUS_STORE_OUT_OF_MEMORY) {
        if (this.#owner.isStuck()) throw this.#storeFull(END_MARK_BYTES);
        return false;
      }
      const nothingOpen =
        status === STATUS.STATUS_MULTIPLE_CONSECUTIVE_EOFR || status === STATUS.STATUS_CONTENT_VIEW_NO_MORE_ITEMS;
      if (status > 0 && !nothingOpen) throw coreError(status, `end the fragment of ${this.name}`);
      this.#parts.ledger.close();
      this.#parts.engine.wake();
      return true;
    }, options?.signal);
  }

  /** Attaches a name and value (at most 128 and 256 bytes) to the next fragment, or with `persistent` to every one from then on. */
  putFragmentMetadata(
    name: string,
    value: string,
    options: WaitOptions & { readonly persistent?: boolean } = {},
  ): Promise<void> {
    try {
      requireText('name', name);
      requireText('value', value);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#inOrder(() => {
      const status = -this.#guard(() =>
        this.#parts.stream.putFragmentMetadata(name, value, options.persistent ?? false),
      );
      if (status === STATUS.STATUS_STORE_OUT_OF_MEMORY) return false;
      if (status > 0) throw coreError(status, `put the fragment metadata '${name}'`);
      return true;
    }, options.signal);
  }

  /**
   * Resolves when everything put so far is PERSISTED (RECEIVED, for a stream without retention). To get there it ends the open
   * fragment: what follows up to the next key frame is skipped. Rejects with `NotPersistedError` when something of it was lost,
   * the error that the stream failed with, the signal's reason, or as `endFragment` does.
   */
  async flush(options: WaitOptions = {}): Promise<void> {
    await this.endFragment(options);
    const settled = this.#parts.ledger.settled();
    this.#parts.engine.wake();
    const lost = await abortable(settled, this.#life.signal, options.signal);
    if (lost.fragments > 0) throw new NotPersistedError(this.name, 'they were dropped or refused', lost);
  }

  /**
   * Ends the stream: no more frames, everything sent, the last fragment PERSISTED, the connection closed. Bounded by the stop
   * timeout and the signal; then, or when something was lost on the way, rejects with `NotPersistedError`. Calling it again gives
   * the same promise.
   */
  stop(options: WaitOptions = {}): Promise<void> {
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  /**
   * Gives the connection up and makes another one at once: what is not persisted is sent again over it. Does nothing where there is no
   * connection, and on a stream that has ended.
   */
  resetConnection(): void {
    this.#parts.engine.resetConnection();
  }

  /**
   * Begins the stream anew: what is not persisted is dropped, told by `frames-dropped`, and DescribeStream, GetDataEndpoint and PutMedia
   * are called as at the beginning. Frames up to the next key frame are skipped; a pending `flush` rejects; counts go on, and so do
   * fragment metadata. Does nothing on a stream that was stopped or has ended. Throws `CorePoisonedError`.
   */
  resetStream(): void {
    const { delivery, engine } = this.#parts;
    if (this.#hasEnded || delivery.isStopped) return;
    this.#guard(() => delivery.dropAll());
    engine.restart();
  }

  /** Ends the stream at once: what is not persisted is lost, and every pending call rejects with the reason. */
  abort(reason?: unknown): void {
    this.#fail(reason ?? new StreamStoppedError(this.name));
  }

  /** Acks as they come, from this call on; ends with the stream. Bounded: a slow reader loses the oldest, see `missed`. */
  acks(options?: SubscribeOptions): Subscription<FragmentAck> {
    return this.#parts.acks.subscribe(options);
  }

  /** Events as they happen, from this call on; ends with the stream. Bounded as `acks` is. */
  events(options?: SubscribeOptions): Subscription<StreamEvent> {
    return this.#parts.events.subscribe(options);
  }

  /** The stream's figures now; after its end, the last ones. */
  get metrics(): StreamMetrics {
    return this.#lastMetrics ?? this.#measure();
  }

  /** What last went wrong on the way to the service; undefined when nothing did, or the service has received a fragment since. */
  get lastError(): KvsError | undefined {
    return this.#parts.engine.lastError;
  }

  /** True when none of the stream's memory could be freed by an ack. */
  get holdsOnlyOpenFragment(): boolean {
    return this.#parts.ledger.holdsOnlyOpenFragment;
  }

  /** Stops the stream, as `stop` does. A stream that was stopped or has failed is left alone. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) await this.stop();
  }

  async #stop({ signal }: WaitOptions): Promise<void> {
    const deadline = new Deadline(this.#owner.platform, this.#options.stopTimeoutMs ?? STOP_TIMEOUT_MS, signal);
    try {
      await this.#inOrder(() => this.#stopCore(), deadline.signal);
      const lost = this.#parts.ledger.settled();
      this.#parts.engine.finish();
      await abortable(this.#finished, this.#life.signal, deadline.signal);
      const { fragments } = await lost;
      if (fragments > 0) throw new NotPersistedError(this.name, 'they were refused', await lost);
    } catch (error) {
      if (!deadline.signal.aborted || this.#hasEnded) throw error;
      const { lastError } = this.#parts.engine;
      const reason = deadline.expired
        ? `stopping took longer than ${this.#options.stopTimeoutMs ?? STOP_TIMEOUT_MS} ms`
        : 'stopping was aborted';
      const why = lastError === undefined ? '' : `; ${lastError.message}`;
      const failure = new NotPersistedError(this.name, `${reason}${why}`, this.#parts.ledger.owed(), {
        cause: lastError ?? error,
      });
      this.#fail(failure);
      throw failure;
    } finally {
      deadline.clear();
    }
  }

  #stopCore(): boolean {
    const status = -this.#guard(() => this.#parts.stream.stop());
    if (status === STATUS.STATUS_STORE_OUT_OF_MEMORY) return false;
    if (status > 0) throw coreError(status, `stop the stream ${this.name}`);
    this.#parts.ledger.close();
    this.#parts.delivery.isStopped = true;
    return true;
  }

  /** Ends a fragment that no frame was put into for a while: the intermittent producer of producer-core §15. */
  async #endIdleFragments(idleMs: number): Promise<void> {
    const { signal } = this.#cleanUp;
    const { platform } = this.#owner;
    while (idleMs > 0 && !signal.aborted) {
      await delay(platform, Math.ceil(idleMs / IDLE_CHECKS), signal).catch(() => undefined);
      const { newest } = this.#parts.ledger;
      const isIdle = newest !== undefined && !newest.isClosed && platform.now() - newest.lastPutMs > idleMs;
      if (!isIdle || signal.aborted || this.#parts.delivery.isStopped || this.#mustQueue()) continue;
      // It fails as the stream does, which everyone is told by other ways.
      await this.endFragment({ signal }).catch(() => undefined);
    }
  }

  async #run(): Promise<void> {
    try {
      await this.#parts.engine.run();
    } catch (error) {
      if (error instanceof CorePoisonedError) this.#owner.onPoisoned(error);
      this.#fail(error);
    }
    if (!this.#hasEnded) this.#end();
  }

  #tryPut(frame: FrameInput): PutResult {
    this.#assertOpen();
    try {
      const result = this.#parts.admission.tryPut(frame);
      if (result === 'stored') {
        this.#parts.engine.wake();
        this.#notifier?.onStored();
      }
      return result;
    } catch (error) {
      this.#parts.counters.putFrameErrors++;
      if (error instanceof CorePoisonedError) this.#owner.onPoisoned(error);
      throw error;
    }
  }

  /** No ack will ever make room: either the frame is too large, or what fills the store cannot be sent without it. */
  #storeFull(neededBytes = this.#parts.intake.lastSizeBytes): StoreFullError {
    const { store } = this.#owner;
    const freeBytes = store.capacityBytes - store.usedBytes;
    const reason = neededBytes > store.capacityBytes ? 'it is larger than the store' : 'open fragments fill the store';
    return new StoreFullError(neededBytes, freeBytes, store.capacityBytes, reason);
  }

  /** Work that needs room has to stay behind work that already waits for it. */
  #mustQueue(): boolean {
    return this.#owner.gate.waiting > 0 && this.#owner.gate.isWaiting(this);
  }

  /** Does work behind everything queued; `attempt` gives false while there is no room for it. */
  #inOrder(attempt: () => boolean, signal?: AbortSignal): Promise<void> {
    try {
      this.#assertAlive();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#owner.gate.enter(this, attempt, signal);
  }

  #assertAlive(): void {
    if (this.#life.signal.aborted) throw this.#life.signal.reason;
    if (this.#hasEnded) throw new StreamStoppedError(this.name);
  }

  #assertOpen(): void {
    this.#assertAlive();
    if (this.#parts.delivery.isStopped) throw new StreamStoppedError(this.name);
  }

  /** Runs a call into the core; a trap fails every stream of the producer. */
  #guard<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (error instanceof CorePoisonedError) this.#owner.onPoisoned(error);
      throw error;
    }
  }

  #onFreed(): void {
    this.#owner.gate.retry();
    this.#parts.engine.wake();
  }

  #measure(isPoisoned = false): StreamMetrics {
    return measureStream(this.#parts, this.#owner.platform.now() - this.#openedMs, isPoisoned);
  }

  #fail(error: unknown): void {
    if (this.#hasEnded) return;
    this.#parts.events.publish({ type: 'failed', error });
    this.#parts.engine.abort();
    this.#life.abort(error);
    this.#end(error);
  }

  #end(error?: unknown): void {
    this.#hasEnded = true;
    const reason = error ?? new StreamStoppedError(this.name);
    this.#markNeverReady(reason);
    this.#cleanUp.abort();
    this.#lastMetrics = this.#measure(error instanceof CorePoisonedError);
    this.#notifier?.onEnd(error === undefined);
    this.#parts.stream.dispose();
    this.#parts.acks.close();
    this.#parts.events.close();
    this.#owner.onEnded(this);
    this.#owner.gate.evict(this, reason);
  }
}
