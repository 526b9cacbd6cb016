/** One stream of a producer: frames in, acks and events out. */
import { Deadline } from '../aws/backoff.ts';
import type { EventMetadata, StreamEventType } from '../core/event-metadata.ts';
import {
  CorePoisonedError,
  KvsError,
  NotPersistedError,
  StreamStoppedError,
  type UnpersistedMedia,
} from '../errors.ts';
import type { FragmentAck } from './acks.ts';
import type { StreamShares } from '../threads/stream-shares.ts';
import type { StreamShare } from '../threads/stream-share.ts';
import * as STATUS from '../status-codes.ts';
import { abortable } from './abortable.ts';
import { ArrivalClock } from './frames/arrival-clock.ts';
import type { SubscribeOptions, Subscription } from './broadcast.ts';
import type { StreamNotifier } from './callbacks/stream-notifier.ts';
import type { StreamEvent } from './events.ts';
import { endIdleFragments } from './frames/idle-fragments.ts';
import { measureStream, type StreamMetrics } from './metrics/stream-metrics.ts';
import { hasOpenFrames, notPersisted } from './owed-media.ts';
import { requireEvents, requireText } from './option-checks.ts';
import type { FrameInput, PutResult, StreamOptions } from './options.ts';
import type { EngineOptions } from './engine-options.ts';
import { streamInfo, type StreamInfo } from './stream-info.ts';
import { StreamLife } from './stream-life.ts';
import { attachEvents, attachMetadata } from './stream-metadata.ts';
import { StreamQueue } from './stream-queue.ts';
import type { StreamOwner } from './stream-owner.ts';
import { assembleStream, endMedia, type StreamParts } from './stream-parts.ts';
import type { TrackSet } from './frames/tracks.ts';

/** Options of calls that wait. */
export interface WaitOptions {
  readonly signal?: AbortSignal;
}

const DONE = Promise.resolve();

/** Takes the frames of one stream. Made by `Producer.openStream`. */
export class ProducerStream {
  readonly name: string;
  /** The stream's settings as they hold, defaults filled in. */
  readonly info: StreamInfo;
  readonly #owner: StreamOwner;
  /** Wall clock, milliseconds. */
  readonly #openedMs: number;
  readonly #parts: StreamParts;
  readonly #notifier: StreamNotifier | undefined;
  /** Undefined where frames bring their own timestamps. */
  readonly #arrival: ArrivalClock | undefined;
  readonly #life: StreamLife;
  readonly #queue: StreamQueue;
  /** Undefined unless frames may be put from other threads. */
  readonly #shares: StreamShares | undefined;
  readonly #finished: Promise<void>;
  #writable: WritableStream<FrameInput> | undefined;
  #stopping: Promise<void> | undefined;
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
    this.#openedMs = owner.platform.now();
    this.#arrival = options.timestamps === 'arrival' ? new ArrivalClock(owner.platform) : undefined;
    this.#life = new StreamLife(name);
    this.#notifier = owner.notifierOf(name, engine.stallTimeoutMs);
    const signals = {
      onFreed: () => this.#onFreed(),
      onRead: () => owner.gate.waiting > 0 && owner.gate.retry(),
      onReady: () => {
        this.#life.markReady();
        this.#notifier?.onReady();
      },
    };
    const engineOptions = { ...engine, streamName: name };
    this.info = streamInfo(engineOptions, tracks, options);
    this.#parts = assembleStream(owner, engineOptions, tracks, options, signals, this.#notifier);
    const tryPut = (frame: FrameInput): PutResult => this.#tryPut(frame);
    this.#queue = new StreamQueue({ key: this, owner, life: this.#life, parts: this.#parts, tryPut });
    this.#shares = owner.threads?.sharesOf({
      owner,
      stream: this,
      coreStream: this.#parts.stream,
      tracks: tracks.tracks,
      isStamped: this.#arrival !== undefined,
    });
    this.#finished = this.#run();
    const signal = this.#life.endSignal;
    options.signal?.addEventListener('abort', () => this.abort(options.signal?.reason), { once: true, signal });
    if (options.signal?.aborted) this.abort(options.signal.reason);
    void endIdleFragments({
      platform: owner.platform,
      framesPut: () => this.#parts.counters.framesPut,
      isOpen: () => hasOpenFrames(this.#parts),
      idleMs: this.info.endIdleFragmentsAfterMs,
      signal,
      isBusy: () => this.#parts.delivery.isStopped || this.#mustQueue(),
      endFragment: () => this.endFragment({ signal }),
    });
  }

  /** Resolves when the service has told where to send media; rejects when the stream fails or is stopped before. */
  get ready(): Promise<void> {
    return this.#life.ready;
  }

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
   * Rejects with `InvalidFrameError`; `StoreFullError` with the policy `reject`, or when waiting cannot help, because the frame is larger than
   * the store or open fragments fill it: `endFragment`, the pause after which it is ended, or the next key frame get out of that;
   * `StoreWaitTimeoutError`; `StreamStoppedError`; the error that the stream failed with; or the signal's reason.
   */
  putFrame(frame: FrameInput, options?: WaitOptions): Promise<void> {
    const { whenFull } = this.#parts.policy;
    const stamped = this.#stamp(frame);
    try {
      if (!this.#mustQueue() && this.#tryPut(stamped) !== 'full') return DONE;
      if (whenFull === 'reject') throw this.#queue.storeFull(stamped);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#queue.put(stamped, options?.signal);
  }

  /** Puts a frame without waiting: the same work as `putFrame`, without a promise. Throws what `putFrame` rejects with. */
  tryPutFrame(frame: FrameInput): PutResult {
    return this.#mustQueue() ? 'full' : this.#tryPut(this.#stamp(frame));
  }

  /**
   * Ends the open fragment, so that it can be persisted without waiting for the next key frame; frames up to that one are then
   * skipped. Does nothing between fragments. Resolves when done, in order with queued puts. The mark of one fragment needs no room in the
   * store, so one that fills it can always be ended; tags that have no room beside the mark go out with the next fragment. Rejects with what
   * the stream failed with, `StreamStoppedError`, or the signal's reason.
   */
  endFragment(options?: WaitOptions): Promise<void> {
    return this.#inOrder(() => this.#parts.admission.endFragment(), options?.signal);
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
    const { stream } = this.#parts;
    const isPersistent = options.persistent ?? false;
    return this.#inOrder(() => attachMetadata(stream, name, value, isPersistent), options.signal);
  }

  /**
   * Asks the service for a notification, or for images, at the next fragment; all of it or nothing is queued, each tag as one of the 25 that
   * may wait. Rejects with `KvsError`: STATUS_STREAM_NOT_STARTED before the first frame, STATUS_DUPLICATE_STREAM_EVENT_TYPE while one of
   * the events waits already, or the status of what is wrong with the texts.
   */
  putEventMetadata(
    events: readonly StreamEventType[],
    metadata: EventMetadata = {},
    options: WaitOptions = {},
  ): Promise<void> {
    try {
      requireEvents(events, metadata);
    } catch (error) {
      return Promise.reject(error);
    }
    const { stream } = this.#parts;
    return this.#inOrder(() => attachEvents(stream, events, metadata), options.signal);
  }

  /**
   * Resolves when everything put so far is PERSISTED (RECEIVED, for a stream without retention). To get there it ends the open
   * fragment: what follows up to the next key frame is skipped. Rejects with `NotPersistedError` when something of it was lost,
   * the error that the stream failed with, the signal's reason, or as `endFragment` does.
   */
  async flush(options: WaitOptions = {}): Promise<void> {
    const { admission, ledger, engine } = this.#parts;
    this.#shares?.drain();
    let settled: Promise<UnpersistedMedia> | undefined;
    await this.#inOrder(() => {
      if (!admission.endFragment()) return false;
      // Now, not when this promise resolves: puts that wait behind it are let in first.
      settled = ledger.settled();
      return true;
    }, options.signal);
    engine.wake();
    await this.#whenSettled(settled as Promise<UnpersistedMedia>, options.signal);
  }

  /**
   * Resolves when everything put so far is PERSISTED, as `flush` does, but leaves the open fragment alone: it has to end by itself before.
   * Rejects as `flush`.
   */
  async whenPersisted(options: WaitOptions = {}): Promise<void> {
    this.#life.assertAlive();
    await this.#whenSettled(this.#parts.ledger.settled(), options.signal);
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
   * are called as at the beginning. Frames up to the next key frame are skipped; a pending `flush` rejects; metadata and events that wait for
   * one fragment go with the frames, persistent metadata stay; counts go on. Does nothing on a stream that was stopped or has ended. Throws
   * `CorePoisonedError`.
   */
  resetStream(): void {
    const { delivery, engine, admission, stream } = this.#parts;
    if (this.#life.hasEnded || delivery.isStopped) return;
    this.#notifier?.onReset();
    this.#guard(() => {
      admission.reset();
      stream.dropFragmentMetadata();
      delivery.dropAll();
    });
    engine.restart();
  }

  /** Ends the stream at once: what is not persisted is lost, and every pending call rejects with the reason. */
  abort(reason?: unknown): void {
    this.#fail(reason ?? new StreamStoppedError(this.name));
  }

  /**
   * Shares the stream with one other thread, which puts frames by `attachStream(share.token)` while this one uploads; see docs/threads.md.
   * Throws `KvsError` of status STATUS_INVALID_OPERATION unless the producer has `sharedMemory`; what the stream failed with; `StreamStoppedError`.
   */
  share(): StreamShare {
    this.#assertOpen();
    if (this.#shares !== undefined) return this.#shares.open();
    throw new KvsError(STATUS.STATUS_INVALID_OPERATION, 'Only streams of a producer with sharedMemory can be shared');
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

  /** Lets frames go on that wait for those of another track, so that a fragment can be closed; false when none wait. */
  releaseWaiting(): boolean {
    const { order, engine } = this.#parts;
    const isReleased = !this.#life.hasEnded && order !== undefined && this.#guard(() => order.releaseFragment());
    if (isReleased) engine.wake();
    return isReleased;
  }

  /** A put of any stream finds no room: media that acks would free is sent again where nothing else brings them. */
  onNoRoom(): void {
    const { delivery, engine } = this.#parts;
    if (!this.#life.hasEnded && delivery.onNoRoom()) engine.wake();
  }

  /** True when none of the stream's memory could be freed by an ack. */
  get holdsOnlyOpenFragment(): boolean {
    const { ledger, stream } = this.#parts;
    // A fragment that was persisted before its end was put leaves with the next read, without another ack.
    return ledger.holdsOnlyOpenFragment && stream.stats.fragments <= ledger.size;
  }

  /** Stops the stream, as `stop` does. A stream that was stopped or has failed is left alone. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#life.hasEnded) await this.stop();
  }

  async #stop({ signal }: WaitOptions): Promise<void> {
    const deadline = new Deadline(this.#owner.platform, this.info.stopTimeoutMs, signal);
    try {
      this.#shares?.drain();
      await this.#queue.enter(() => this.#guard(() => endMedia(this.#parts, this.name)), deadline.signal);
      const lost = this.#parts.ledger.settled();
      this.#parts.engine.finish();
      await abortable(this.#finished, this.#life.failureSignal, deadline.signal);
      const { fragments } = await lost;
      if (fragments > 0) throw new NotPersistedError(this.name, 'they were refused', await lost);
    } catch (error) {
      if (!deadline.signal.aborted || this.#life.hasEnded) throw error;
      const reason = deadline.expired
        ? `stopping took longer than ${this.info.stopTimeoutMs} ms`
        : 'stopping was aborted';
      const failure = notPersisted(this.name, reason, this.#parts, error);
      this.#fail(failure);
      throw failure;
    } finally {
      deadline.clear();
    }
  }

  async #run(): Promise<void> {
    try {
      await this.#parts.engine.run();
    } catch (error) {
      if (error instanceof CorePoisonedError) this.#owner.onPoisoned(error);
      this.#fail(error);
    }
    if (!this.#life.hasEnded) this.#end();
  }

  async #whenSettled(settled: Promise<UnpersistedMedia>, signal: AbortSignal | undefined): Promise<void> {
    const lost = await abortable(settled, this.#life.failureSignal, signal);
    if (lost.fragments > 0) throw new NotPersistedError(this.name, 'they were dropped or refused', lost);
  }

  #stamp(frame: FrameInput): FrameInput {
    return this.#arrival === undefined ? frame : this.#arrival.stamp(frame);
  }

  #tryPut(frame: FrameInput): PutResult {
    this.#assertOpen();
    try {
      let result = this.#parts.admission.tryPut(frame);
      while (result === 'full' && this.#owner.isStuck() && this.#owner.releaseWaiting())
        result = this.#parts.admission.tryPut(frame);
      if (result === 'stored') {
        this.#parts.engine.wake();
        this.#notifier?.onStored();
      } else if (result === 'full' && !this.#parts.admission.isViewFull) this.#owner.onNoRoom();
      return result;
    } catch (error) {
      this.#parts.counters.putFrameErrors++;
      if (error instanceof CorePoisonedError) this.#owner.onPoisoned(error);
      throw error;
    }
  }

  /** Does work that a stopped stream takes no more, behind everything queued; `attempt` gives false while there is no room for it. */
  #inOrder(attempt: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    return this.#queue.enter(() => {
      this.#assertOpen();
      return this.#guard(attempt);
    }, signal);
  }

  /** Work that needs room has to stay behind work that already waits for it. */
  #mustQueue(): boolean {
    return this.#owner.gate.waiting > 0 && this.#owner.gate.isWaiting(this);
  }

  #assertOpen(): void {
    this.#life.assertAlive();
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
    if (this.#life.hasEnded) return;
    this.#parts.events.publish({ type: 'failed', error });
    this.#parts.engine.abort();
    this.#life.fail(error);
    this.#end(error);
  }

  #end(error?: unknown): void {
    const reason = error ?? new StreamStoppedError(this.name);
    this.#life.end(reason);
    this.#shares?.end(reason);
    this.#lastMetrics = this.#measure(error instanceof CorePoisonedError);
    this.#notifier?.onEnd(error === undefined);
    if (!(error instanceof CorePoisonedError)) this.#parts.order?.discard();
    this.#parts.stream.dispose();
    this.#parts.acks.close();
    this.#parts.events.close();
    this.#owner.onEnded(this);
    this.#owner.gate.evict(this, reason);
  }
}
