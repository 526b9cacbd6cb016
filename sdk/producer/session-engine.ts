/** Drives a stream through its states (session-states.ts): finds or creates it, connects, and connects again. */
import { Backoff, delay } from '../aws/backoff.ts';
import {
  createStream,
  describeStream,
  getDataEndpoint,
  type StreamDescription,
  tagStream,
} from '../aws/control-api.ts';
import type { CachedCredentials } from '../aws/credentials.ts';
import { type ServiceTarget, userAgent } from '../aws/signed-call.ts';
import { createSigner } from '../aws/signing.ts';
import { CorePoisonedError, CredentialsError, KvsError, ServiceCallError, StreamUnavailableError } from '../errors.ts';
import { STATUS } from '../status-codes.ts';
import type { StreamEvent } from './events.ts';
import { type Outcome, outcomeOf, SESSION_TABLE, type SessionState, type WorkingState } from './session-states.ts';
import { type SessionEnd, type SessionSource, UploadSession } from './upload-session.ts';
import { Wakeup } from './wakeup.ts';

export interface EngineOptions {
  readonly target: ServiceTarget;
  readonly credentials: CachedCredentials;
  readonly streamName: string;
  readonly mediaType: string;
  readonly createIfMissing: boolean;
  readonly retentionHours: number;
  readonly kmsKeyId: string | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
  readonly timecodeType: 'absolute' | 'relative';
  readonly stallTimeoutMs: number;
  /** A failure that no retry can help ends the stream until it was ready once; after that, it is tried again. */
  readonly failsFast: boolean;
}

/** The stream behind the engine. */
export interface EngineHost extends SessionSource {
  /** There is something to send, or something to be acknowledged. */
  hasWork(): boolean;
  /** A connection is about to be made: its body starts with a header. Returns the time of the stream's first frame, microseconds. */
  beginSession(session: number): number;
  /** The connection is to carry no more than the fragments that it has begun. */
  handOver(): void;
  /** A connection is over: unless it was handed over, goes back to the first fragment that is not persisted. Returns how many are to be sent again. */
  endSession(end: SessionEnd, bytesSent: number): number;
  /** True when fragments were persisted or given up since the last call. */
  tookProgress(): boolean;
  onDescribed(description: StreamDescription): void;
  /** The endpoint is known. */
  onReady(): void;
  onEvent(event: StreamEvent): void;
}

/** Endpoints are kept this long, as by the native library; milliseconds. */
const ENDPOINT_CACHE_MS = 40 * 60_000;
/** Retries of TagStream before the stream goes on untagged. */
const TAG_RETRIES = 5;

interface Step {
  readonly outcome: Outcome;
  readonly error?: KvsError | undefined;
  /** The next step need not wait although this one did not go well. */
  readonly isPrompt?: boolean;
}

export class SessionEngine {
  state: SessionState = 'describe';
  /** Connections made. */
  sessions = 0;
  /** Of `sessions`, those that took over from one that was not lost. */
  handovers = 0;
  /** What went wrong last; undefined when the service has received a fragment since. */
  lastError: KvsError | undefined;
  readonly #options: EngineOptions;
  readonly #host: EngineHost;
  readonly #backoff: Backoff;
  readonly #abort = new AbortController();
  readonly #wakeup = new Wakeup();
  #session: UploadSession | undefined;
  #streamArn = '';
  #isTagged: boolean;
  #tagFailures = 0;
  #refusals = 0;
  #wasReady = false;
  #endpoint = '';
  #endpointUntilMs = 0;
  #resentFragments = 0;
  /** The connection before was handed over to the one that comes next. */
  #isTakingOver = false;

  constructor(options: EngineOptions, host: EngineHost) {
    this.#options = options;
    this.#host = host;
    this.#backoff = new Backoff(options.target.platform);
    this.#isTagged = Object.keys(options.tags ?? {}).length === 0;
  }

  /** Runs until the stream is complete, was aborted (resolves) or has failed (rejects with the error to tell everyone). */
  async run(): Promise<void> {
    const { signal } = this.#abort;
    try {
      while (this.state !== 'ended' && this.state !== 'failed' && !signal.aborted) {
        const from: WorkingState = this.state;
        const step = await this.#work(from);
        if (signal.aborted) return;
        if (step.error !== undefined) this.lastError = step.error;
        const next = this.#next(from, step);
        if (step.outcome !== 'ok' && step.outcome !== 'complete' && step.isPrompt !== true)
          await this.#pause(from, next, step.error);
        this.state = next;
      }
    } catch (error) {
      if (signal.aborted) return;
      this.state = 'failed';
      throw error;
    }
  }

  /** There is news: data to send, acks that complete the stream, or its stop. */
  wake(): void {
    if (this.#session === undefined) this.#wakeup.notify();
    else this.#session.wake();
  }

  /** The stream was stopped: a complete one need not wait for a service that is away. */
  finish(): void {
    if (this.#session === undefined && this.#host.isComplete()) {
      this.state = 'ended';
      this.#abort.abort();
    }
    this.wake();
  }

  /**
   * Replaces the connection at the next fragment's start: everything sent over it is acknowledged first, and nothing is sent twice.
   * Does nothing where there is none.
   */
  handOver(): void {
    if (this.#session === undefined) return;
    this.#host.handOver();
    this.#session.wake();
  }

  /** Ends everything at once. `run` resolves. */
  abort(): void {
    this.#abort.abort();
    this.#session?.abort();
    this.#wakeup.notify();
  }

  #next(from: WorkingState, step: Step): SessionState {
    if (step.error instanceof CorePoisonedError) throw step.error;
    const { streamName, createIfMissing, failsFast } = this.#options;
    const next = SESSION_TABLE[from][step.outcome];
    const options = step.error === undefined ? {} : { cause: step.error };
    if (step.outcome === 'missing' && from === 'describe' && !createIfMissing) {
      throw new StreamUnavailableError(
        STATUS.STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR,
        streamName,
        'it does not exist',
        options,
      );
    }
    if (step.outcome === 'deleting' && next === 'failed') {
      const status =
        from === 'streaming' ? STATUS.STATUS_ACK_ERR_STREAM_DELETED : STATUS.STATUS_STREAM_IS_BEING_DELETED_ERROR;
      throw new StreamUnavailableError(status, streamName, 'it is being deleted', options);
    }
    if (next === 'failed')
      throw (
        step.error ?? new KvsError(STATUS.STATUS_INVALID_STREAM_STATE, `Stream ${streamName} failed in state ${from}`)
      );
    if (step.outcome === 'unauthorized') {
      this.#options.credentials.invalidate();
      this.#refusals++;
    } else if (step.outcome === 'ok') this.#refusals = 0;
    // Refused once may be an expired cache entry; refused twice in a row is an answer.
    const isFinal =
      step.outcome === 'unauthorized'
        ? this.#refusals > 1
        : step.error?.retryable === false && from !== 'tag' && next === from;
    if (failsFast && !this.#wasReady && isFinal && step.error !== undefined) throw step.error;
    return next;
  }

  async #pause(from: WorkingState, next: SessionState, error: KvsError | undefined): Promise<void> {
    const delayMs = this.#backoff.nextMs();
    if (error !== undefined && from !== 'streaming')
      this.#host.onEvent({ type: 'retrying', state: next, error, delayMs });
    await delay(this.#options.target.platform, delayMs, this.#abort.signal);
  }

  async #work(state: WorkingState): Promise<Step> {
    try {
      switch (state) {
        case 'describe':
          return await this.#describe();
        case 'create':
          return await this.#create();
        case 'tag':
          return await this.#tag();
        case 'get-endpoint':
          return await this.#getEndpoint();
        case 'ready':
          return await this.#waitForWork();
        case 'streaming':
          return await this.#stream();
      }
    } catch (error) {
      if (error instanceof ServiceCallError) return { outcome: outcomeOf(error.result), error };
      if (error instanceof CredentialsError) return { outcome: 'unauthorized', error };
      if (error instanceof KvsError) return { outcome: 'failed', error };
      throw error;
    }
  }

  async #describe(): Promise<Step> {
    const description = await describeStream(this.#options.target, this.#options.streamName, this.#once);
    if (description.status === 'DELETING') return { outcome: 'deleting' };
    if (description.status !== 'ACTIVE') return { outcome: 'pending' };
    this.#streamArn = description.streamArn;
    this.#host.onDescribed(description);
    return { outcome: 'ok' };
  }

  async #create(): Promise<Step> {
    const { target, streamName, mediaType, retentionHours, kmsKeyId } = this.#options;
    const streamArn = await createStream(target, { streamName, mediaType, retentionHours, kmsKeyId }, this.#once);
    this.#host.onEvent({ type: 'created', streamArn });
    return { outcome: 'ok' };
  }

  async #tag(): Promise<Step> {
    if (this.#isTagged) return { outcome: 'ok' };
    try {
      await tagStream(this.#options.target, this.#streamArn, this.#options.tags ?? {}, this.#once);
      this.#isTagged = true;
      return { outcome: 'ok' };
    } catch (error) {
      if (!(error instanceof KvsError)) throw error;
      if (error.retryable && ++this.#tagFailures <= TAG_RETRIES) throw error;
      this.#isTagged = true;
      this.#host.onEvent({ type: 'tagging-failed', error });
      return { outcome: 'gave-up', isPrompt: true };
    }
  }

  async #getEndpoint(): Promise<Step> {
    const { target, streamName } = this.#options;
    const now = target.platform.now();
    if (this.#endpoint === '' || now >= this.#endpointUntilMs) {
      this.#endpoint = await getDataEndpoint(target, streamName, 'PUT_MEDIA', this.#once);
      this.#endpointUntilMs = now + ENDPOINT_CACHE_MS;
    }
    this.#wasReady = true;
    this.#host.onReady();
    return { outcome: 'ok' };
  }

  async #waitForWork(): Promise<Step> {
    while (!this.#abort.signal.aborted) {
      if (this.#host.isComplete()) return { outcome: 'complete' };
      if (this.#host.hasWork()) break;
      await this.#wakeup.wait();
    }
    return { outcome: 'ok' };
  }

  async #stream(): Promise<Step> {
    const { target, stallTimeoutMs } = this.#options;
    const { platform } = target;
    const startUs = this.#host.beginSession(this.sessions + 1);
    const request = {
      method: 'POST' as const,
      url: `${this.#endpoint}/putMedia`,
      headers: putMediaHeaders(this.#options, startUs),
    };
    const headers = await createSigner(platform, target.region, this.#options.credentials)(request);
    if (this.#abort.signal.aborted) return { outcome: 'complete' };
    this.sessions++;
    if (this.#isTakingOver) this.handovers++;
    this.#isTakingOver = false;
    const session = new UploadSession(platform, this.#sourceOf(this.sessions), stallTimeoutMs);
    this.#session = session;
    const end = await session.run({ ...request, headers });
    this.#session = undefined;
    if (end.error instanceof CorePoisonedError) throw end.error;
    return this.#afterSession(end, session.bytesSent);
  }

  /** The host as a connection sees it; a new connection is announced once. */
  #sourceOf(session: number): SessionSource {
    const host = this.#host;
    return {
      read: (into) => host.read(into),
      isComplete: () => host.isComplete(),
      isHandingOver: () => host.isHandingOver(),
      unsentBytes: () => host.unsentBytes(),
      isAckOwed: () => host.isAckOwed(),
      onAck: (ack) => {
        if (ack.type === 'received' || ack.type === 'persisted') this.lastError = undefined;
        return host.onAck(ack);
      },
      onAckError: (error) => host.onAckError(error),
      onConnected: () => {
        host.onConnected();
        host.onEvent({ type: 'connected', session, resentFragments: this.#resentFragments });
      },
    };
  }

  #afterSession(end: SessionEnd, bytesSent: number): Step {
    if (end.reason === 'aborted') return { outcome: 'complete' };
    const resentFragments = this.#host.endSession(end, bytesSent);
    this.#resentFragments = resentFragments;
    if (this.#host.isComplete()) return { outcome: 'complete' };
    const { reason, error } = end;
    if (reason === 'handed-over') {
      if (this.#host.tookProgress()) this.#backoff.reset();
      this.#isTakingOver = true;
      return { outcome: 'handed-over', isPrompt: true };
    }
    if (reason !== 'finished') {
      this.#host.onEvent({
        type: 'disconnected',
        session: this.sessions,
        reason,
        resentFragments,
        ...(error === undefined ? {} : { error }),
      });
    }
    const outcome = outcomeOf(end.result);
    const progressed = this.#host.tookProgress();
    // A host that falls silent may have been moved away from; waiting for the cache to end would cost up to forty minutes.
    const isSilent = reason === 'stalled' && !progressed;
    const isSuspect = isSilent || (outcome !== 'ok' && outcome !== 'timeout' && outcome !== 'unauthorized');
    if (isSuspect) this.#endpoint = '';
    if (progressed) this.#backoff.reset();
    // A service that closes a connection that worked wants a new one; one that closes at once would be called without pause.
    if (outcome === 'ok' && !progressed) return { outcome: 'timeout', error };
    return { outcome, error };
  }

  get #once(): { readonly signal: AbortSignal; readonly maxAttempts: 1 } {
    return { signal: this.#abort.signal, maxAttempts: 1 };
  }
}

/** Source: c-producer §5.3, with three digits of milliseconds always. */
function putMediaHeaders(options: EngineOptions, startUs: number): Record<string, string> {
  const startMs = Math.floor(startUs / 1000);
  return {
    'content-type': 'application/json',
    'user-agent': userAgent(options.target.platform),
    'x-amzn-stream-name': options.streamName,
    'x-amzn-producer-start-timestamp': `${Math.floor(startMs / 1000)}.${String(startMs % 1000).padStart(3, '0')}`,
    'x-amzn-fragment-acknowledgment-required': '1',
    'x-amzn-fragment-timecode-type': options.timecodeType.toUpperCase(),
  };
}
