/**
 * When a connection has to be replaced although nothing is wrong with it: before the service's own limit, and before the credentials
 * that it was signed with expire. Source: producer-core §18.1, §18.2.
 *
 * Differs from native, which goes over to a new connection three seconds before expiry, whatever comes of it: a connection that works
 * is given up only for credentials that are good. Until the provider has some it is asked again, and the connection is used until the
 * service ends it.
 */
import { Backoff, delay } from '../aws/backoff.ts';
import { CredentialsError, KvsError } from '../errors.ts';
import type { Credentials, Platform } from '../platform.ts';

/** Native replaces connections after 40 minutes, three seconds early; the service ends them after 45. Source: producer-core §18.1. */
export const SESSION_DURATION_MS = 40 * 60_000 - 3_000;
/** Credentials that live no longer than this have to be replaced, milliseconds. Source: c-producer §4. */
const EXPIRY_GRACE_MS = 38_000;
/** Connections are replaced up to this share of their life early, so that a fleet does not do it in step. */
const JITTER_SHARE = 0.1;
/** No jitter for lives shorter than this, milliseconds. */
const JITTER_FROM_MS = 5 * 60_000;
const MAX_JITTER_MS = 3 * 60_000;

type Expiring = Pick<Credentials, 'expiresAtMs'>;

export interface SessionRotationOptions {
  readonly platform: Pick<Platform, 'now' | 'setTimer' | 'randomBytes'>;
  /** What the next connection would be signed with. Rejects with `KvsError`. */
  readonly credentials: () => Promise<Expiring>;
  /** Longest life of a connection, milliseconds. @default 40 minutes less 3 seconds */
  readonly sessionDurationMs?: number | undefined;
  /** The connection is to be replaced; there are credentials for the next one. */
  readonly onDue: () => void;
  /**
   * The waits in front of further attempts at such credentials: begun for each connection, asked with each failure; milliseconds.
   * @default exponential
   */
  readonly beginWaits?: (() => (error: KvsError) => number) | undefined;
  /** It should be replaced, but there are no such credentials; the provider is asked again after `delayMs` milliseconds. */
  readonly onRetry: (error: KvsError, delayMs: number) => void;
}

export class SessionRotation {
  readonly #options: SessionRotationOptions;
  #session: AbortController | undefined;

  constructor(options: SessionRotationOptions) {
    this.#options = options;
  }

  /** A connection begins that was signed with these credentials. */
  begin(used: Expiring): void {
    this.end();
    this.#session = new AbortController();
    void this.#watch(used, this.#session.signal);
  }

  /** The connection is over. */
  end(): void {
    this.#session?.abort();
    this.#session = undefined;
  }

  async #watch(used: Expiring, signal: AbortSignal): Promise<void> {
    const { platform, onDue, onRetry } = this.#options;
    const nextWaitMs = this.#options.beginWaits?.() ?? defaultWaits(platform);
    try {
      await delay(platform, this.#dueInMs(used), signal);
      for (;;) {
        const failure = await this.#freshFailure(used);
        if (signal.aborted) return;
        if (failure === undefined) return onDue();
        const delayMs = nextWaitMs(failure);
        onRetry(failure, delayMs);
        await delay(platform, delayMs, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** What a connection has from now on; less a random share, where it is long. */
  #dueInMs({ expiresAtMs = Infinity }: Expiring): number {
    const { platform, sessionDurationMs = SESSION_DURATION_MS } = this.#options;
    const livesMs = Math.max(0, expiresAtMs - platform.now());
    // Credentials that are short of life from the start: half of what there is has to do for their successors.
    const dueMs = Math.min(sessionDurationMs, livesMs - Math.min(EXPIRY_GRACE_MS, livesMs / 2));
    if (dueMs < JITTER_FROM_MS) return dueMs;
    const [high = 0, low = 0] = platform.randomBytes(2);
    return dueMs - Math.min(MAX_JITTER_MS, (((high << 8) | low) / 2 ** 16) * JITTER_SHARE * dueMs);
  }

  /** Why the next connection could not do with what the provider gives; undefined when it could. */
  async #freshFailure(used: Expiring): Promise<KvsError | undefined> {
    const { platform, credentials } = this.#options;
    try {
      const { expiresAtMs = Infinity } = await credentials();
      const isFresh = expiresAtMs > (used.expiresAtMs ?? Infinity) || expiresAtMs - platform.now() > EXPIRY_GRACE_MS;
      return isFresh ? undefined : new CredentialsError('the provider gives none that live longer than those in use');
    } catch (error) {
      return error instanceof KvsError ? error : new CredentialsError(String(error), { cause: error });
    }
  }
}

function defaultWaits(platform: SessionRotationOptions['platform']): () => number {
  const backoff = new Backoff(platform);
  return () => backoff.nextMs();
}
