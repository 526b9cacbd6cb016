/** Drives a stream through its states (session-states.ts): finds or creates it, connects, and connects again. */
import { delay } from '../aws/backoff.ts';
import { CorePoisonedError, KvsError, StreamUnavailableError } from '../errors.ts';
import * as STATUS from '../status-codes.ts';
import { resultStatus } from '../status.ts';
import { ControlPlane, failedStep, type Step } from './control-plane.ts';
import type { EngineHost } from './engine-host.ts';
import type { EngineOptions } from './engine-options.ts';
import { CallFigures } from './metrics/call-figures.ts';
import { MAX_CALL_RETRIES, RetryLimits } from './recovery/retry-limits.ts';
import { RetryWaits } from './recovery/retry-strategy.ts';
import type { PreparedUpload, ServiceCalls } from './service-calls.ts';
import { outcomeOf, SESSION_TABLE, type SessionState, TOKEN_TABLE, type WorkingState } from './session-states.ts';
import { SessionRotation } from './session-rotation.ts';
import { type SessionEnd, type SessionSource, UploadSession } from './upload-session.ts';
import { UploadSlab } from './upload-slab.ts';
import { Wakeup } from './wakeup.ts';

export class SessionEngine {
  state: SessionState = 'describe';
  /** Connections made. */
  sessions = 0;
  /** Of `sessions`, those that took over from one that was not lost. */
  handovers = 0;
  /** What went wrong last; undefined when the service has received a fragment since. */
  lastError: KvsError | undefined;
  readonly figures: CallFigures;
  readonly #options: EngineOptions;
  readonly #host: EngineHost;
  readonly #calls: ServiceCalls;
  readonly #waits: RetryWaits;
  readonly #limits: RetryLimits;
  readonly #abort = new AbortController();
  readonly #wakeup = new Wakeup();
  readonly #rotation: SessionRotation;
  readonly #control: ControlPlane;
  readonly #slab: UploadSlab;
  #session: UploadSession | undefined;
  #refusals = 0;
  #resentFragments = 0;
  /** The connection before was handed over to the one that comes next. */
  #isTakingOver = false;
  /** Whatever is going on, DESCRIBE is next. */
  #isRestarting = false;

  constructor(options: EngineOptions, host: EngineHost) {
    this.#options = options;
    this.#host = host;
    this.#calls = options.calls;
    this.figures = new CallFigures(options.platform);
    const { streamName, retry, continuousRetry = true, maxCallRetries = MAX_CALL_RETRIES } = options;
    this.#waits = new RetryWaits(options.platform, retry);
    this.#limits = new RetryLimits(streamName, continuousRetry ? Infinity : maxCallRetries);
    this.#slab = options.slab ?? new UploadSlab();
    this.#control = new ControlPlane(options, this.#calls, host, this.figures, this.#abort.signal);
    this.#rotation = new SessionRotation({
      platform: options.platform,
      credentials: async () => ({ expiresAtMs: await this.#calls.uploadExpiresAtMs(streamName, this.#once) }),
      sessionDurationMs: options.sessionDurationMs,
      beginWaits: () => {
        const waits = new RetryWaits(options.platform, retry);
        return (error) => waits.nextMs({ streamName, state: 'streaming', error });
      },
      onDue: () => this.#rotate(),
      onRetry: (error, delayMs) => host.onEvent({ type: 'retrying', state: 'streaming', error, delayMs }),
    });
  }

  /** Waits before another attempt since something last went on. */
  get callRetries(): number {
    return this.#waits.count;
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
        if (next !== 'ended' && this.#takesRestart()) continue;
        if (step.outcome !== 'ok' && step.outcome !== 'complete' && step.isPrompt !== true)
          await this.#pause(from, next, step);
        if (!this.#takesRestart()) this.state = next;
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

  /** Gives the connection up and makes another: what is not persisted is sent again. Does nothing where there is none. */
  resetConnection(reason: 'reset' | 'stale' | 'latency' = 'reset', error?: KvsError): void {
    this.#session?.reset(reason, error);
  }

  /** Begins again with describing the stream, over a new connection; what was known is forgotten. */
  restart(): void {
    this.#isRestarting = true;
    this.#control.forget();
    this.#waits.reset();
    this.#limits.reset();
    this.resetConnection();
    this.wake();
  }

  #takesRestart(): boolean {
    const { signal } = this.#abort;
    if (!this.#isRestarting || signal.aborted) return false;
    this.#isRestarting = false;
    this.#isTakingOver = false;
    this.state = 'describe';
    return true;
  }

  /** As `handOver`, from a timer: what goes wrong is the connection's. */
  #rotate(): void {
    try {
      this.handOver();
    } catch (error) {
      if (!(error instanceof CorePoisonedError)) throw error;
      this.#session?.abort(error);
    }
  }

  /** Ends everything at once. `run` resolves. */
  abort(): void {
    this.#abort.abort();
    this.#session?.abort();
    this.#wakeup.notify();
  }

  #next(from: WorkingState, step: Step): SessionState {
    if (step.error instanceof CorePoisonedError || step.isFatal === true) throw step.error;
    const { streamName, createIfMissing, failsFast } = this.#options;
    const next = step.isToken === true ? TOKEN_TABLE[step.outcome] : SESSION_TABLE[from][step.outcome];
    const options = step.error === undefined ? {} : { cause: step.error };
    const isUnknown = from === 'describe' ? !createIfMissing : from === 'get-endpoint' && this.#isDescribedHere;
    if (step.outcome === 'missing' && isUnknown) {
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
    } else if (step.outcome === 'ok' || step.outcome === 'gave-up') this.#refusals = 0;
    // Refused once may be an expired cache entry; refused twice in a row is an answer.
    const isFinal =
      step.outcome === 'unauthorized'
        ? this.#refusals > 1
        : step.error?.retryable === false && from !== 'tag' && next === from;
    if (failsFast && !this.#control.wasReady && isFinal && step.error !== undefined) throw step.error;
    this.#limits.heed(from, step);
    return next;
  }

  /** Nobody asks for the stream before its endpoint: there it must turn out whether it exists. */
  get #isDescribedHere(): boolean {
    const { callCaching, failsFast } = this.#options;
    return callCaching === 'endpoint-only' && failsFast && !this.#control.wasReady;
  }

  async #pause(from: WorkingState, next: SessionState, { error, isToken = false }: Step): Promise<void> {
    const { streamName } = this.#options;
    const delayMs = this.#waits.nextMs({ streamName, state: from, error });
    if (error !== undefined && (from !== 'streaming' || isToken))
      this.#host.onEvent({ type: 'retrying', state: next, error, delayMs });
    await delay(this.#options.platform, delayMs, this.#abort.signal);
  }

  async #work(state: WorkingState): Promise<Step> {
    try {
      switch (state) {
        case 'describe':
          return await this.#control.describe();
        case 'create':
          return await this.#control.create();
        case 'tag':
          return await this.#control.tag();
        case 'get-endpoint':
          return await this.#control.getEndpoint();
        case 'ready':
          return await this.#waitForWork();
        case 'streaming':
          return await this.#stream();
      }
    } catch (error) {
      return failedStep(error);
    }
  }

  async #waitForWork(): Promise<Step> {
    while (!this.#abort.signal.aborted) {
      if (this.#host.isComplete()) return { outcome: 'complete' };
      if (this.#host.hasWork() || this.#isRestarting) break;
      await this.#wakeup.wait();
    }
    return { outcome: 'ok' };
  }

  async #stream(): Promise<Step> {
    const { streamName, timecodeType, stallTimeoutMs, fragmentAcks = true } = this.#options;
    const uploadHandle = this.sessions + 1;
    const { startUs, resentFragments } = this.#host.beginSession(uploadHandle);
    this.#resentFragments += resentFragments;
    let prepared: PreparedUpload;
    try {
      const upload = {
        streamName,
        endpoint: this.#control.endpoint,
        startUs,
        timecodeType,
        fragmentAcks,
        uploadHandle,
      };
      prepared = await this.#calls.prepareUpload(upload, this.#once);
    } catch (error) {
      return { ...failedStep(error), isToken: true };
    }
    const { request, transport, expiresAtMs } = prepared;
    if (this.#abort.signal.aborted) return { outcome: 'complete' };
    if (this.#isRestarting) return { outcome: 'ok' };
    this.sessions++;
    if (this.#isTakingOver) this.handovers++;
    this.#isTakingOver = false;
    const session = new UploadSession(transport, this.#sourceOf(this.sessions), stallTimeoutMs, this.#slab);
    this.#session = session;
    this.figures.beginSession();
    this.#rotation.begin({ expiresAtMs });
    const end = await session.run(request);
    this.#rotation.end();
    this.figures.endSession();
    this.#session = undefined;
    if (end.error instanceof CorePoisonedError) throw end.error;
    return this.#afterSession(end);
  }

  /** The host as a connection sees it; a new connection is announced once. */
  #sourceOf(session: number): SessionSource {
    const host = this.#host;
    return {
      expectsAcks: host.expectsAcks,
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
        this.figures.connected();
        // Without acks nothing else will tell that it works.
        if (!host.expectsAcks) this.lastError = undefined;
        host.onConnected();
        host.onEvent({ type: 'connected', session, resentFragments: this.#resentFragments });
      },
    };
  }

  #afterSession(end: SessionEnd): Step {
    if (end.reason === 'aborted') return { outcome: 'complete' };
    const failure = this.#failureOf(end);
    if (failure !== undefined) return { outcome: 'failed', error: failure, isFatal: true };
    const resentFragments = this.#host.endSession(end);
    this.#resentFragments = resentFragments;
    if (this.#host.isComplete()) return { outcome: 'complete' };
    const { reason, error } = end;
    const progressed = this.#host.tookProgress();
    if (progressed) this.#waits.reset();
    if (reason === 'handed-over') {
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
    if (reason === 'reset' || reason === 'latency') return { outcome: 'ok' };
    const outcome = outcomeOf(end.result);
    // A host that falls silent may have been moved away from; waiting for the cache to end would cost up to forty minutes.
    this.#control.heed(outcome, reason === 'stalled' && !progressed);
    // A service that closes a connection that worked wants a new one; one that closes at once would be called without pause.
    if (outcome === 'ok' && !progressed) return { outcome: 'timeout', error };
    return { outcome, error };
  }

  /** What an end fails the stream with, without recovery. What was given up from this side is no failure. */
  #failureOf({ reason, result, error }: SessionEnd): KvsError | undefined {
    const { recoverOnError = true, streamName } = this.#options;
    const status = resultStatus(result);
    if (recoverOnError || reason === 'stale' || status === STATUS.STATUS_SUCCESS || this.#host.isComplete())
      return undefined;
    return error ?? new KvsError(status, `A connection of stream ${streamName} ended: ${reason}`);
  }

  get #once(): { readonly signal: AbortSignal; readonly maxAttempts: 1 } {
    return { signal: this.#abort.signal, maxAttempts: 1 };
  }
}
