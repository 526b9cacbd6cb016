/** The producer: one core, one content store, any number of streams. */
import { Deadline } from '../aws/backoff.ts';
import type { ContentStore } from '../core/content-store.ts';
import { Core } from '../core/core.ts';
import { loadingCore } from '../core/core-loading.ts';
import { type CorePoisonedError, KvsError, StreamUnavailableError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import type { ThreadHub } from '../threads/thread-hub.ts';
import * as STATUS from '../status-codes.ts';
import type { CallbackHost } from './callbacks/callback-host.ts';
import { namesCallbacks } from './callbacks/callback-options.ts';
import { checkStreamOptions } from './option-checks.ts';
import { checkProducerOptions, checkTags } from './producer-checks.ts';
import { isStreamName } from '../stream-name.ts';
import { measureProducer, type ProducerMetrics } from './metrics/producer-metrics.ts';
import type { ProducerOptions, StreamOptions } from './options.ts';
import type { ProducerParts } from './producer-parts.ts';
import type { ServiceAccess } from './service-calls.ts';
import { StoreGate } from './store-gate.ts';
import { ProducerStream, type WaitOptions } from './stream.ts';
import type { StreamOwner } from './stream-owner.ts';
import { isOrdered } from './frames/stream-order.ts';
import { resolveTracks } from './frames/tracks.ts';
import { UploadSlab } from './upload-slab.ts';

const STORE_BYTES = 32 << 20;
/** Native default for a stream that is being created, milliseconds. Source: producer-core §20. */
const OPEN_TIMEOUT_MS = 30_000;
const STALL_TIMEOUT_MS = 30_000;
const RETENTION_HOURS = 24;
/** What AWS names as the limit of its producer. */
const MAX_STREAMS = 128;

/** Makes a producer on a platform, of the parts that its binding has. Rejects with `KvsError`. */
export async function createProducerOver(
  given: Platform,
  options: ProducerOptions = {},
  parts: ProducerParts,
): Promise<Producer> {
  checkProducerOptions(options);
  const callbacks = namesCallbacks(options) ? await parts.openCallbacks(given, options) : undefined;
  const platform = callbacks?.platform ?? given;
  if (!platform.fullDuplex) {
    throw new KvsError(
      STATUS.STATUS_NOT_IMPLEMENTED,
      `Cannot open a producer on ${platform.name}: acks cannot be read there while an upload is open; upload through a relay`,
    );
  }
  options.signal?.throwIfAborted();
  const service = parts.openService(platform, options);
  const { core, hub } = await loadingCore(platform, () => openCore(platform, options, parts));
  options.signal?.throwIfAborted();
  const store = core.openStore(options.storeBytes ?? STORE_BYTES);
  try {
    await callbacks?.start(options.signal);
  } catch (error) {
    store.dispose();
    throw error;
  }
  return new Producer(platform, service, store, options, parts, callbacks, hub);
}

async function openCore(
  platform: Platform,
  { sharedMemory }: ProducerOptions,
  { shareCore }: ProducerParts,
): Promise<{ readonly core: Core; readonly hub?: ThreadHub }> {
  const { name, threads } = platform;
  if (sharedMemory !== true) return { core: Core.create(await platform.loadCore()) };
  if (threads !== undefined && shareCore !== undefined) return shareCore(threads);
  throw new KvsError(STATUS.STATUS_NOT_IMPLEMENTED, `Option sharedMemory: threads cannot share memory on ${name}`);
}

export class Producer {
  readonly #platform: Platform;
  readonly #store: ContentStore;
  readonly #service: ServiceAccess;
  readonly #options: ProducerOptions;
  readonly #parts: ProducerParts;
  readonly #signal: AbortSignal | undefined;
  readonly #callbacks: CallbackHost | undefined;
  readonly #gate = new StoreGate();
  readonly #threads: ThreadHub | undefined;
  readonly #slab = new UploadSlab();
  #FrameOrder: StreamOwner['FrameOrder'];
  readonly #streams = new Map<string, ProducerStream>();
  #poison: CorePoisonedError | undefined;
  #hasStore = true;
  #closing: Promise<void> | undefined;

  /** Use `createProducerOver`. */
  constructor(
    platform: Platform,
    service: ServiceAccess,
    store: ContentStore,
    options: ProducerOptions,
    parts: ProducerParts,
    callbacks?: CallbackHost,
    threads?: ThreadHub,
  ) {
    this.#threads = threads;
    this.#gate.onWaiting = threads && ((waiting) => threads.setWaiting(waiting));
    this.#platform = platform;
    this.#callbacks = callbacks;
    this.#store = store;
    this.#service = service;
    this.#options = options;
    this.#parts = parts;
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /**
   * Opens a stream: finds it, or creates it. Resolves when media can be sent, or at once with `waitUntilReady: false`.
   * Rejects with `StreamUnavailableError`, `ServiceCallError`, `CredentialsError`, another `KvsError` for options that cannot be,
   * or the signal's reason.
   */
  async openStream(name: string, options: StreamOptions): Promise<ProducerStream> {
    this.#assertOpen();
    checkStreamOptions(options);
    this.#checkTags(options);
    options.signal?.throwIfAborted();
    if (!isStreamName(name)) {
      throw new KvsError(
        STATUS.STATUS_INVALID_STREAM_NAME_LENGTH,
        `'${name}' is not a stream name: 1 to 256 of a-z A-Z 0-9 _ . -`,
      );
    }
    const tracks = resolveTracks(options.tracks);
    if (isOrdered(options)) {
      this.#FrameOrder ??= await this.#parts.frameOrder();
      this.#assertOpen();
    }
    const { maxStreams = MAX_STREAMS, deviceName, clientId } = this.#options;
    if (this.#streams.size >= maxStreams)
      throw new KvsError(STATUS.STATUS_MAX_STREAM_COUNT, `The producer has ${maxStreams} streams open: its maxStreams`);
    if (this.#streams.has(name))
      throw new KvsError(STATUS.STATUS_DUPLICATE_STREAM_NAME, `Stream ${name} is already open`);
    const waits = options.waitUntilReady ?? true;
    const engine = {
      ...options,
      platform: this.#platform,
      credentials: this.#callbacks?.client ?? this.#service.credentials,
      calls: this.#callbacks?.calls ?? this.#service.calls,
      mediaType: tracks.contentType,
      createIfMissing: options.createIfMissing ?? true,
      retentionHours: options.retentionHours ?? RETENTION_HOURS,
      kmsKeyId: options.kmsKeyId,
      tags: options.tags && { ...options.tags },
      deviceName,
      clientId,
      timecodeType: options.timecodeType ?? 'absolute',
      stallTimeoutMs: options.stallTimeoutMs ?? STALL_TIMEOUT_MS,
      slab: this.#slab,
      failsFast: waits,
    };
    const stream = this.#register(name, () => new ProducerStream(this.#owner, engine, name, tracks, options));
    if (waits) await this.#whenReady(stream, options);
    return stream;
  }

  /** The producer's figures now; nothing is in use once it is closed or the core has failed. */
  get metrics(): ProducerMetrics {
    const streams = [...this.#streams.values()].map((stream) => stream.metrics);
    const { capacityBytes } = this.#store;
    return measureProducer(streams, capacityBytes, this.#hasStore ? this.#store.usedBytes : 0, this.#gate.waiting);
  }

  /**
   * The producer's figures and those of its open streams, as they are at the call, as OpenMetrics 1.0 text,
   * `application/openmetrics-text; version=1.0.0`. What writes the text is loaded with the first call.
   * @param labels put on every sample, in front of `stream`. Rejects with `KvsError` of status STATUS_INVALID_ARG for a name that cannot be one
   */
  async metricsText(labels: Readonly<Record<string, string>> = {}): Promise<string> {
    const { metrics: ofProducer } = this;
    const streams = [...this.#streams.values()].map(({ name, metrics }) => ({ name, metrics }));
    const { openMetricsText } = await import('./metrics/open-metrics.ts');
    return openMetricsText(ofProducer, streams, labels);
  }

  /** Stops every stream; others can be opened again. Rejects with what a stream's `stop` rejected with, once all have ended. */
  async stopStreams(options: WaitOptions = {}): Promise<void> {
    throwAll(await this.#stopAll(options));
  }

  /** Stops every stream and frees the core. Rejects with what a stream's `stop` rejected with, once all have ended. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends every stream at once; what is not persisted is lost. */
  abort(reason?: unknown): void {
    for (const stream of [...this.#streams.values()]) stream.abort(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  readonly #onAbort = (): void => this.abort(this.#signal?.reason);

  async #close(): Promise<void> {
    const failures = await this.#stopAll();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    if (this.#hasStore) this.#store.dispose();
    this.#hasStore = false;
    await this.#callbacks?.shutDown();
    throwAll(failures);
  }

  /** What stopping went wrong with, a stream each, once all have ended. */
  async #stopAll(options?: WaitOptions): Promise<unknown[]> {
    const ends = await Promise.allSettled([...this.#streams.values()].map((stream) => stream.stop(options)));
    return ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  }

  /** Opens a stream and keeps it; one that cannot be opened leaves nothing behind. */
  #register(name: string, open: () => ProducerStream): ProducerStream {
    try {
      const stream = open();
      this.#streams.set(name, stream);
      return stream;
    } catch (error) {
      this.#callbacks?.forget(name);
      throw error;
    }
  }

  #checkTags({ tags }: StreamOptions): void {
    checkTags('tags', tags);
    if (Object.keys(tags ?? {}).length > 0 && this.#callbacks?.canTag === false)
      throw new KvsError(
        STATUS.STATUS_SERVICE_CALL_CALLBACKS_MISSING,
        'The callback tagResource is missing, and the stream has tags',
      );
  }

  async #whenReady(stream: ProducerStream, options: StreamOptions): Promise<void> {
    const timeoutMs = options.openTimeoutMs ?? OPEN_TIMEOUT_MS;
    const deadline = new Deadline(this.#platform, timeoutMs);
    deadline.signal.addEventListener('abort', () => {
      const { name, lastError } = stream;
      const why = lastError === undefined ? '' : `: ${lastError.message}`;
      stream.abort(
        new StreamUnavailableError(
          STATUS.STATUS_OPERATION_TIMED_OUT,
          name,
          `it was not ready within ${timeoutMs} ms${why}`,
          { retryable: true, cause: lastError },
        ),
      );
    });
    try {
      await stream.ready;
    } finally {
      deadline.clear();
    }
  }

  #assertOpen(): void {
    if (this.#poison !== undefined) throw this.#poison;
    if (this.#closing !== undefined)
      throw new KvsError(STATUS.STATUS_CLIENT_SHUTTING_DOWN, 'The producer is closed', { retryable: false });
    this.#signal?.throwIfAborted();
  }

  get #owner(): StreamOwner {
    return {
      platform: this.#platform,
      store: this.#store,
      gate: this.#gate,
      threads: this.#threads,
      FrameOrder: this.#FrameOrder,
      notifierOf: (streamName, stallTimeoutMs) => this.#callbacks?.notifierOf(streamName, stallTimeoutMs),
      isStuck: () => [...this.#streams.values()].every((stream) => stream.holdsOnlyOpenFragment),
      releaseWaiting: () => [...this.#streams.values()].some((stream) => stream.releaseWaiting()),
      onNoRoom: () => this.#streams.forEach((stream) => stream.onNoRoom()),
      onEnded: ({ name }) => {
        this.#streams.delete(name);
        this.#callbacks?.forget(name);
      },
      onPoisoned: (error) => this.#onPoisoned(error),
    };
  }

  #onPoisoned(error: CorePoisonedError): void {
    if (this.#poison !== undefined) return;
    this.#poison = error;
    this.#hasStore = false;
    this.#platform.log('error', error.message, { cause: error.cause });
    this.abort(error);
  }
}

/** Throws one failure as it is, several together. */
function throwAll(failures: readonly unknown[]): void {
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1)
    throw new AggregateError(failures, `${failures.length} streams could not be stopped cleanly`);
}
