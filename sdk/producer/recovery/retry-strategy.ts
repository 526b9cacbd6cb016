/**
 * The waits between a stream's attempts: exponential as natively, or as the application says. Source: producer-core §5.2, §5.3.
 *
 * Differs from native, where all streams of a client share one strategy, so that one that fails slows the others (trap T41): each
 * stream has its own here. Progress ends a series of waits, too: natively only quiet does.
 */
import { Backoff, type BackoffOptions, STATE_BACKOFF } from '../../aws/backoff.ts';
import type { KvsError } from '../../errors.ts';
import type { Platform } from '../../platform.ts';
import type { SessionState } from '../session-states.ts';

/** Exponential waits: `factorMs · 2ⁿ`, at most `maxWaitMs`, and the jitter. */
export interface RetryOptions {
  /** First wait, milliseconds, 50…1 000. @default 100 */
  readonly factorMs?: number;
  /** Longest wait, milliseconds, 10 000…25 000; jitter comes on top. @default 10 000 */
  readonly maxWaitMs?: number;
  /** A pause longer than this since the last wait starts over with the first one, milliseconds, 90 000…120 000. @default 90 000 */
  readonly quietMs?: number;
  /** What is added by chance: `full`, up to as much again; `fixed`, up to `jitterFactorMs`; `none`. @default 'full' */
  readonly jitter?: 'full' | 'fixed' | 'none';
  /** Of the jitter `fixed`, milliseconds, 50…600. @default 300 */
  readonly jitterFactorMs?: number;
}

/** An attempt that failed. */
export interface FailedAttempt {
  readonly streamName: string;
  /** What was being done. */
  readonly state: SessionState;
  /** Waits that were taken since something last went on: 0 for the first. */
  readonly retries: number;
  /** Undefined where nothing went wrong: a stream that is being created is waited for, too. */
  readonly error: KvsError | undefined;
}

/** Waits of an application's own. One that is given to several streams hears of them all. */
export interface RetryStrategy {
  /** How long to wait before the next attempt, milliseconds, 0 up to a day. What throws or gives anything else has the default wait taken. */
  nextWaitMs(attempt: FailedAttempt): number;
  /** Something went on: a fragment was persisted, or the stream began anew. */
  reset?(): void;
}

const MAX_WAIT_MS = 86_400_000;

export function isRetryStrategy(retry: RetryOptions | RetryStrategy): retry is RetryStrategy {
  return 'nextWaitMs' in retry;
}

export class RetryWaits {
  readonly #platform: Pick<Platform, 'log'>;
  readonly #backoff: Backoff;
  readonly #strategy: RetryStrategy | undefined;
  /** Waits that the strategy gave. */
  #given = 0;

  constructor(
    platform: Pick<Platform, 'now' | 'randomBytes' | 'log'>,
    retry: RetryOptions | RetryStrategy | undefined = {},
  ) {
    this.#platform = platform;
    this.#strategy = isRetryStrategy(retry) ? retry : undefined;
    this.#backoff = new Backoff(platform, isRetryStrategy(retry) ? STATE_BACKOFF : backoffOptions(retry));
  }

  /** Waits taken since something last went on. */
  get count(): number {
    return this.#given + this.#backoff.count;
  }

  /** Milliseconds. Never throws. */
  nextMs(attempt: Omit<FailedAttempt, 'retries'>): number {
    if (this.#strategy === undefined) return this.#backoff.nextMs();
    try {
      const waitMs = this.#strategy.nextWaitMs({ ...attempt, retries: this.count });
      if (typeof waitMs !== 'number' || !(waitMs >= 0 && waitMs <= MAX_WAIT_MS))
        throw new RangeError(`A wait of ${String(waitMs)} ms cannot be`);
      this.#given++;
      return waitMs;
    } catch (error) {
      this.#platform.log('error', 'The retry strategy failed', { stream: attempt.streamName, error });
      return this.#backoff.nextMs();
    }
  }

  /** Something went on: the next wait is the first again. */
  reset(): void {
    this.#given = 0;
    this.#backoff.reset();
    try {
      this.#strategy?.reset?.();
    } catch (error) {
      this.#platform.log('error', 'The retry strategy failed', { error });
    }
  }
}

function backoffOptions(retry: RetryOptions): BackoffOptions {
  const { factorMs, maxWaitMs: maxMs, quietMs, jitter, jitterFactorMs } = retry;
  const given = { factorMs, maxMs, quietMs, jitter, jitterFactorMs };
  return {
    ...STATE_BACKOFF,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}
