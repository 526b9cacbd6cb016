/** Calls to AWS's API that are signed here. */
import { clockedCredentials } from '../aws/clocked-credentials.ts';
import { credentialProvider } from '../aws/credentials.ts';
import { ServiceClock } from '../aws/service-clock.ts';
import { serviceLocation } from '../aws/service-location.ts';
import { type ServiceTarget, signAt, signedTarget } from '../aws/signed-call.ts';
import { userAgent } from '../aws/user-agent.ts';
import type { Credentials, Platform } from '../platform.ts';
import type { ProducerOptions } from './options.ts';
import { putMediaRequest } from './put-media-request.ts';
import type { ServiceAccess, ServiceCalls, UploadTransport } from './service-calls.ts';
import { controlCalls, unsignedCalls } from './unsigned-access.ts';

/** For `createProducerOver`. Throws `KvsError` for a region, an endpoint or credentials that cannot be. */
export function openSigned(platform: Platform, options: ProducerOptions): ServiceAccess {
  const location = serviceLocation(platform, options);
  const { credentials = platform.credentials } = options;
  const provider = credentialProvider(credentials);
  const clock = new ServiceClock(platform);
  const cache = clockedCredentials(platform, clock, provider);
  const target = { platform, ...location, credentials: cache, clock, userAgent: userAgent(platform, options) };
  return { calls: awsServiceCalls(target), credentials: cache };
}

/** The calls of AWS's API, signed with the target's credentials unless the platform's own peer signs. */
export function awsServiceCalls(given: ServiceTarget): ServiceCalls {
  if (given.platform.signsUpstream === true) return unsignedCalls(given.platform, given.userAgent);
  const { clock = new ServiceClock(given.platform) } = given;
  const target = { ...given, clock };
  const { platform, credentials } = target;
  const agent = target.userAgent ?? userAgent(platform);
  // On the host's clock, by which whoever waits for it goes.
  const hostExpiryMs = ({ expiresAtMs = Infinity }: Credentials): number => expiresAtMs - clock.offsetMs;
  return {
    ...controlCalls(signedTarget(target)),
    prepareUpload: async ({ streamName, endpoint, startUs, timecodeType, fragmentAcks }) => {
      const request = putMediaRequest({ userAgent: agent, endpoint, streamName, timecodeType, startUs, fragmentAcks });
      // Once: what is told of them is what the request was signed with.
      const used = await credentials();
      const { offsetMs } = clock;
      const headers = await signAt({ ...target, credentials: () => Promise.resolve(used) }, offsetMs)(request);
      const transport: UploadTransport = {
        now: () => platform.now(),
        setTimer: (delayMs, callback) => platform.setTimer(delayMs, callback),
        fetch: async (sent) => {
          const response = await platform.fetch(sent);
          clock.heed(response, offsetMs);
          return response;
        },
      };
      return { request: { ...request, headers }, transport, expiresAtMs: hostExpiryMs(used) };
    },
    uploadExpiresAtMs: async () => hostExpiryMs(await credentials()),
  };
}
