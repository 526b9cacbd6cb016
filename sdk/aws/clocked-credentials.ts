/** Credentials in front of a clock that may be wrong. */
import type { CredentialProvider, Platform } from '../platform.ts';
import { type CachedCredentials, cachedCredentials, isCached } from './credentials.ts';
import type { ServiceClock } from './service-clock.ts';

/**
 * `cachedCredentials` by the service's time; a provider that has a cache judges by its own. Fresh ones that seem to have expired put the clock
 * in doubt: they are used once, since the answer of the service is what tells a clock that jumped from a provider that gives old ones. If they
 * seem so again, they have expired.
 */
export function clockedCredentials(
  platform: Pick<Platform, 'log' | 'setTimer'>,
  clock: ServiceClock,
  provider: CredentialProvider,
): CachedCredentials {
  if (isCached(provider)) return provider;
  /** What the clock was off when the last fresh ones seemed to have expired; undefined when they did not. */
  let doubtedOffsetMs: number | undefined;
  const cacheClock = {
    now: () => clock.expiryNow(),
    log: platform.log.bind(platform),
    setTimer: platform.setTimer.bind(platform),
  };
  return cachedCredentials(cacheClock, async () => {
    const fresh = await provider();
    const seemsExpired = (fresh?.expiresAtMs ?? Infinity) <= clock.now();
    const isInDoubt = seemsExpired && doubtedOffsetMs !== clock.offsetMs;
    doubtedOffsetMs = seemsExpired ? clock.offsetMs : undefined;
    if (isInDoubt) clock.doubt();
    return fresh;
  });
}
