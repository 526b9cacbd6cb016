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
  /** A fetch that takes longer is given up, and the next call begins another; milliseconds. @default 60 000, where the platform has timers */
  readonly fetchTimeoutMs?: number | undefined;
}

/** Room for several attempts at a failing provider. */
const REFRESH_AHEAD_MS = 300_000;
/** AWS's own sources have no limit of their own, and a fetch that hangs would keep all later calls waiting. */
const FETCH_TIMEOUT_MS = 60_000;
/** Native: five seconds of a minimum, thirty of life and three of grace. Source: c-producer §4. */
export const NATIVE_REFRESH_AHEAD_MS = 38_000;

type Clock = Pick<Platform, 'now'> & Partial<Pick<Platform, 'log' | 'setTimer'>>;

/**
 * Puts a cache in front of a provider; one that has a cache is given back as it is. Credentials are fetched again five minutes before
 * they expire, or at half their life when they live shorter than ten; calls made meanwhile share one fetch. A fetch that fails while
 * the old credentials are still good is logged, and tried again at the next call. Rejects with `CredentialsError`.
 */
export function cachedCredentials(
  platform: Clock,
  provider: CredentialProvider,
  options: CacheOptions = {},
): CachedCredentials {
  // Two caches would keep refused credentials alive: the outer one alone is told.
  if (isCached(provider)) return provider;
  const checked = async (): Promise<Credentials> => checkCredentials(await provider(), 'what the provider gave');
  return cached(platform, checked, { fetchTimeoutMs: FETCH_TIMEOUT_MS, ...options });
}

/** `cachedCredentials` for anything that expires, without a limit for a fetch unless one is given. */
export function cached<T extends { readonly expiresAtMs?: number }>(
  platform: Clock,
  provider: () => Promise<T>,
  { refreshAheadMs = REFRESH_AHEAD_MS, fetchTimeoutMs = Infinity }: CacheOptions = {},
): Cached<T> {
  let current: T | undefined;
  let refreshAtMs = 0;
  let inFlight: Promise<T> | undefined;
  /** Told once, however often it is tried. */
  let toldFailure: string | undefined;

  const isAlive = (): boolean => current !== undefined && platform.now() < (current.expiresAtMs ?? Infinity);

  const fetchFresh = async (): Promise<T> => {
    try {
      const fresh = await within(platform, fetchTimeoutMs, provider());
      const now = platform.now();
      const expiresAtMs = fresh.expiresAtMs ?? Infinity;
      if (expiresAtMs <= now) throw new CredentialsError('the provider gave expired ones');
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
    }
  };

  const get = (): Promise<T> => {
    if (current !== undefined && platform.now() < refreshAtMs) return Promise.resolve(current);
    inFlight ??= fetchFresh();
    return inFlight;
  };
  const invalidate = (): void => {
    current = undefined;
    refreshAtMs = 0;
  };
  return Object.assign(get, { invalidate });
}

/** What a promise gives, or a rejection when it takes longer. */
function within<T>(platform: Clock, timeoutMs: number, promise: Promise<T>): Promise<T> {
  if (platform.setTimer === undefined || timeoutMs === Infinity) return promise;
  let timer: Timer | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new CredentialsError(`the provider gave none within ${timeoutMs} ms`);
    timer = platform.setTimer?.(timeoutMs, () => reject(error));
  });
  return Promise.race([promise, late]).finally(() => timer?.cancel());
}

export function isCached(provider: CredentialProvider): provider is CachedCredentials {
  return typeof (provider as Partial<CachedCredentials>).invalidate === 'function';
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
