/** Credential providers: fixed ones, and a cache in front of any other. */
import { CredentialsError } from '../errors.ts';
import type { CredentialProvider, Credentials, Platform } from '../platform.ts';

/** Always gives the same credentials. */
export function staticCredentials(credentials: Credentials): CredentialProvider {
  return () => Promise.resolve(credentials);
}

/** A provider with a memory. */
export interface Cached<T> {
  (): Promise<T>;
  /** Forgets what is cached, for when the service refused it. */
  invalidate(): void;
}

export type CachedCredentials = Cached<Credentials>;

/** Refresh this long before expiry, milliseconds: room for several attempts at a failing provider. */
const REFRESH_AHEAD_MS = 300_000;

/**
 * Puts a cache in front of a provider. Credentials are fetched again five minutes before they expire, or at half their life
 * when they live shorter than ten; calls made meanwhile share one fetch. A fetch that fails while the old credentials are
 * still good is tried again at the next call. Rejects with `CredentialsError`.
 */
export function cachedCredentials(platform: Pick<Platform, 'now'>, provider: CredentialProvider): CachedCredentials {
  return cached(platform, provider);
}

/** `cachedCredentials` for anything that expires. */
export function cached<T extends { readonly expiresAtMs?: number }>(
  platform: Pick<Platform, 'now'>,
  provider: () => Promise<T>,
): Cached<T> {
  let current: T | undefined;
  let refreshAtMs = 0;
  let inFlight: Promise<T> | undefined;

  const isAlive = (): boolean => current !== undefined && platform.now() < (current.expiresAtMs ?? Infinity);

  const fetchFresh = async (): Promise<T> => {
    try {
      const fresh = await provider();
      const now = platform.now();
      const expiresAtMs = fresh.expiresAtMs ?? Infinity;
      if (expiresAtMs <= now) throw new CredentialsError('the provider gave expired ones');
      refreshAtMs = expiresAtMs - Math.min(REFRESH_AHEAD_MS, (expiresAtMs - now) / 2);
      current = fresh;
      return fresh;
    } catch (error) {
      if (current !== undefined && isAlive()) return current;
      throw error instanceof CredentialsError ? error : new CredentialsError(describe(error), { cause: error });
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

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
