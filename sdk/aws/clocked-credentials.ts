/** Credentials in front of a clock that may be wrong. */
import type { CredentialProvider } from '../platform.ts';
import { type CachedCredentials, cachedCredentials } from './credentials.ts';
import type { ServiceClock } from './service-clock.ts';

/**
 * `cachedCredentials` by the service's time. Fresh ones that seem to have expired put the clock in doubt: they are used once, since the
 * answer of the service is what tells a clock that jumped from a provider that gives old ones. If they seem so again, they have expired.
 */
export function clockedCredentials(clock: ServiceClock, provider: CredentialProvider): CachedCredentials {
  /** What the clock was off when it was doubted; undefined when it was not, the last time. */
  let doubtedOffsetMs: number | undefined;
  return cachedCredentials({ now: () => clock.expiryNow() }, async () => {
    const fresh = await provider();
    const seemsExpired = (fresh.expiresAtMs ?? Infinity) <= clock.now();
    const isInDoubt = seemsExpired && doubtedOffsetMs !== clock.offsetMs;
    doubtedOffsetMs = isInDoubt ? clock.offsetMs : undefined;
    if (isInDoubt) clock.doubt();
    return fresh;
  });
}
