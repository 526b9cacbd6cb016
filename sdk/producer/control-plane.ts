/** The engine's work in front of a connection: finding or creating the stream, tagging it, and where to send media; with what is kept of it. */
import type { StreamDescription } from '../aws/stream-calls.ts';
import { CredentialsError, KvsError, ServiceCallError } from '../errors.ts';
import type { CallFigures } from './metrics/call-figures.ts';
import type { ServiceCalls } from './service-calls.ts';
import { MAX_CALL_RETRIES } from './recovery/retry-limits.ts';
import type { EngineHost } from './engine-host.ts';
import type { CallCaching, EngineOptions } from './engine-options.ts';
import { type Outcome, outcomeOf } from './session-states.ts';

/** What came of a state's work. */
export interface Step {
  readonly outcome: Outcome;
  readonly error?: KvsError | undefined;
  /** The next step need not wait although this one did not go well. */
  readonly isPrompt?: boolean;
  /** The stream has failed with the error. */
  readonly isFatal?: boolean;
  /** It was the streaming token that was asked for; no connection was made. */
  readonly isToken?: boolean;
}

/** The step of a call that failed. Throws what is no failure of a call. */
export function failedStep(error: unknown): Step {
  if (error instanceof ServiceCallError) return { outcome: outcomeOf(error.result), error };
  if (error instanceof CredentialsError) return { outcome: 'unauthorized', error };
  if (error instanceof KvsError) return { outcome: 'failed', error };
  throw error;
}

/** How long an endpoint is used, milliseconds. Source: producer-core §20. */
const ENDPOINT_CACHE_MS = 40 * 60_000;

/** Ends of a connection that say nothing against the endpoint. */
const KEEPS_ENDPOINT: ReadonlySet<Outcome> = new Set<Outcome>(['ok', 'handed-over', 'timeout', 'unauthorized']);
/** Ends that say that the stream is another now, or none. */
const FORGETS_ALL: ReadonlySet<Outcome> = new Set<Outcome>(['missing', 'deleting', 'invalid']);

export class ControlPlane {
  /** The endpoint was known once. */
  wasReady = false;
  readonly #options: EngineOptions;
  readonly #calls: ServiceCalls;
  readonly #host: EngineHost;
  readonly #figures: CallFigures;
  readonly #signal: AbortSignal;
  readonly #caching: CallCaching;
  #description: StreamDescription | undefined;
  #isTagged: boolean;
  #tagFailures = 0;
  #tagRefusals = 0;
  #endpoint = '';
  #endpointUntilMs = 0;

  constructor(
    options: EngineOptions,
    calls: ServiceCalls,
    host: EngineHost,
    figures: CallFigures,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#calls = calls;
    this.#host = host;
    this.#figures = figures;
    this.#signal = signal;
    this.#caching = options.callCaching ?? 'until-failure';
    this.#isTagged = Object.keys(options.tags ?? {}).length === 0 || this.#caching === 'endpoint-only';
  }

  /** Base URL of PutMedia; empty before it is known. */
  get endpoint(): string {
    return this.#endpoint;
  }

  /** A connection ended so: what it disproves is forgotten. `isSilent`: it was never answered. */
  heed(outcome: Outcome, isSilent: boolean): void {
    if (FORGETS_ALL.has(outcome)) this.forget();
    else if (isSilent || (this.#caching === 'until-failure' && !KEEPS_ENDPOINT.has(outcome))) this.#endpoint = '';
  }

  /** Everything is to be asked again. */
  forget(): void {
    this.#endpoint = '';
    this.#description = undefined;
  }

  async describe(): Promise<Step> {
    const { streamName, retentionHours, mediaType } = this.#options;
    if (this.#caching === 'endpoint-only') {
      this.#host.onDescribed({ streamArn: '', status: 'ACTIVE', retentionHours, mediaType });
      return { outcome: 'ok' };
    }
    if (this.#caching === 'all' && this.#description !== undefined && this.#hasFreshEndpoint) return { outcome: 'ok' };
    const description = await this.#figures.timed(this.#calls.describeStream(streamName, this.#once));
    if (description.status === 'DELETING') return { outcome: 'deleting' };
    if (description.status !== 'ACTIVE') return { outcome: 'pending' };
    this.#description = description;
    this.#host.onDescribed(description);
    return { outcome: 'ok' };
  }

  async create(): Promise<Step> {
    const { streamName, mediaType, retentionHours, kmsKeyId, deviceName } = this.#options;
    const stream = { streamName, mediaType, retentionHours, kmsKeyId, deviceName };
    const streamArn = await this.#figures.timed(this.#calls.createStream(stream, this.#once));
    this.#host.onEvent({ type: 'created', streamArn });
    return { outcome: 'ok' };
  }

  async tag(): Promise<Step> {
    if (this.#isTagged) return { outcome: 'ok' };
    const { streamName, maxCallRetries = MAX_CALL_RETRIES } = this.#options;
    try {
      const { tags = {} } = this.#options;
      await this.#figures.timed(
        this.#calls.tagStream(streamName, this.#description?.streamArn ?? '', tags, this.#once),
      );
      this.#isTagged = true;
      return { outcome: 'ok' };
    } catch (error) {
      if (!(error instanceof KvsError)) throw error;
      if (this.#mayTagAgain(error) && ++this.#tagFailures <= maxCallRetries) throw error;
      this.#isTagged = true;
      this.#host.onEvent({ type: 'tagging-failed', error });
      return { outcome: 'gave-up', isPrompt: true };
    }
  }

  /** Not where the request itself is refused. Refused credentials may have been an expired cache entry; refused twice is an answer. */
  #mayTagAgain(error: KvsError): boolean {
    const { outcome } = failedStep(error);
    if (outcome === 'unauthorized' && !error.retryable) return ++this.#tagRefusals <= 1;
    return outcome === 'missing' || outcome === 'in-use' || error.retryable;
  }

  async getEndpoint(): Promise<Step> {
    const { platform, streamName, endpointCacheMs = ENDPOINT_CACHE_MS } = this.#options;
    if (this.#caching === 'none' || !this.#hasFreshEndpoint) {
      const nowMs = platform.now();
      this.#endpoint = await this.#figures.timed(this.#calls.getDataEndpoint(streamName, this.#once));
      this.#endpointUntilMs = nowMs + endpointCacheMs;
    }
    this.wasReady = true;
    this.#host.onReady();
    return { outcome: 'ok' };
  }

  get #hasFreshEndpoint(): boolean {
    return this.#endpoint !== '' && this.#options.platform.now() < this.#endpointUntilMs;
  }

  get #once(): { readonly signal: AbortSignal; readonly maxAttempts: 1; readonly timeoutMs: number | undefined } {
    return { signal: this.#signal, maxAttempts: 1, timeoutMs: this.#options.callTimeoutMs };
  }
}
