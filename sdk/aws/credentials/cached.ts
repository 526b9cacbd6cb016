/** A cache in front of any source of what expires: one fetch at a time, ahead of expiry, and the old while it is good. */
import { CredentialsError } from '../../errors.ts';
import type { CredentialProvider, Credentials, Platform, Timer } from '../../platform.ts';
import { checkCredentials } from './checked.ts';

/** A provider with a memory. */
export interface Cached<T> {
  (): Promise<T>;
  /** Forgets what is cached, for when the service refused it. */
  invalidate(): void;
}

export type CachedCredentials = Cached<Credentials>;

export interface CacheOptions {
  /** Refresh this long before expiry, milliseconds; at half the life of what lives shorter than twice that. @default 300 000 */
  readonly refreshAheadMs?: number | undefined;
  /**
   * A fetch that takes longer is given up, and the next call begins another; milliseconds. Where the platform has timers.
   * @default 60 000
   */
  readonly fetchTimeoutMs?: number | undefined;
}

/** Room for several attempts at a failing provider. */
const REFRESH_AHEAD_MS = 300_000;
/** AWS's own sources have no limit of their own, and a fetch that hangs would keep all later calls waiting. */
const FETCH_TIMEOUT_MS = 60_000;
/** Calls have ten seconds for all: who has credentials that are good does not lose them to a source that is slow. */
const RENEWAL_WAIT_MS = 5_000;
/** Native: five seconds of a minimum, thirty of life and three of grace. Source: c-producer §4. */
export const NATIVE_REFRESH_AHEAD_MS = 38_000;

type Clock = Pick<Platform, 'now'> & Partial<Pick<Platform, 'log' | 'setTimer'>>;

/**
 * Puts a cache in front of a provider; one that has a cache is given back as it is. Credentials are fetched again five minutes before
 * they expire, or at half their life when they live shorter than ten; calls made meanwhile share one fetch. While the old credentials are
 * still good, a fetch that fails is logged, and tried again at the next call; and for one that is slow nobody waits longer than five
 * seconds. Rejects with `CredentialsError`.
 */
export function cachedCredentials(
  platform: Clock,
  provider: CredentialProvider,
  options: CacheOptions = {},
): CachedCredentials {
  // Two caches would keep refused credentials alive: the outer one alone is told.
  if (isCached(provider)) return provider;
  const checked = async (): Promise<Credentials> => checkCredentials(await provider(), 'what the provider gave');
  return cached(platform, checked, options);
}

/** `cachedCredentials` for anything that expires. */
export function cached<T extends { readonly expiresAtMs?: number }>(
  platform: Clock,
  provider: () => Promise<T>,
  { refreshAheadMs = REFRESH_AHEAD_MS, fetchTimeoutMs = FETCH_TIMEOUT_MS }: CacheOptions = {},
): Cached<T> {
  let current: T | undefined;
  let refreshAtMs = 0;
  let inFlight: Promise<T> | undefined;
  /** The fetch in flight has been waited for long enough. */
  let isSlow = false;
  /** Told once, however often it is tried. */
  let toldFailure: string | undefined;

  const isAlive = (): boolean => current !== undefined && platform.now() < (current.expiresAtMs ?? Infinity);

  const fetchFresh = async (): Promise<T> => {
    try {
      const fresh = await within(platform, fetchTimeoutMs, provider(), () => {
        throw new CredentialsError(`the provider gave none within ${fetchTimeoutMs} ms`);
      });
      const now = platform.now();
      const expiresAtMs = fresh.expiresAtMs ?? Infinity;
      if (expiresAtMs <= now)
        throw new CredentialsError(`the provider gave expired ones, of ${timeText(expiresAtMs)}: is this clock right?`);
      refreshAtMs = expiresAtMs - Math.min(refreshAheadMs, (expiresAtMs - now) / 2);
      current = fresh;
      toldFailure = undefined;
      return fresh;
    } catch (error) {
      const failure =
        error instanceof CredentialsError ? error : new CredentialsError(describe(error), { cause: error });
      if (current === undefined || !isAlive()) throw failure;
      if (failure.message !== toldFailure)
        platform.log?.('warn', `Credentials were not renewed, those of before are used on: ${failure.message}`);
      toldFailure = failure.message;
      return current;
    } finally {
      inFlight = undefined;
      isSlow = false;
    }
  };

  const get = (): Promise<T> => {
    if (current !== undefined && platform.now() < refreshAtMs) return Promise.resolve(current);
    const renewal = (inFlight ??= fetchFresh());
    if (current === undefined || !isAlive()) return renewal;
    if (isSlow) return Promise.resolve(current);
    return within(platform, RENEWAL_WAIT_MS, renewal, () => {
      isSlow = inFlight === renewal;
      return isAlive() && current !== undefined ? current : renewal;
    });
  };
  const invalidate = (): void => {
    current = undefined;
    refreshAtMs = 0;
  };
  return Object.assign(get, { invalidate });
}

/** What a promise gives; when it takes longer, what `late` does instead. */
function within<T>(platform: Clock, timeoutMs: number, promise: Promise<T>, late: () => T | Promise<T>): Promise<T> {
  if (platform.setTimer === undefined || timeoutMs === Infinity) return promise;
  let timer: Timer | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = platform.setTimer?.(timeoutMs, resolve);
  });
  return Promise.race([promise, timeout.then(late)]).finally(() => timer?.cancel());
}

export function isCached(provider: CredentialProvider): provider is CachedCredentials {
  return typeof (provider as Partial<CachedCredentials>).invalidate === 'function';
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** ISO 8601, for a time that may be none. */
function timeText(timeMs: number): string {
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? String(timeMs) : time.toISOString();
}
