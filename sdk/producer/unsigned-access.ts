/** Calls to AWS's API that the platform's own peer signs, such as a relay: it knows region, endpoint and credentials, and goes by the path alone. */
import type { CallTarget } from '../aws/service-call.ts';
import { createStream, describeStream, getDataEndpoint, tagStream } from '../aws/stream-calls.ts';
import { userAgent, type UserAgentOptions } from '../aws/user-agent.ts';
import type { Platform } from '../platform.ts';
import { putMediaRequest } from './put-media-request.ts';
import type { ServiceAccess, ServiceCalls } from './service-calls.ts';

/** Stands in front of the path; nobody calls it. */
const NO_ENDPOINT = 'https://upstream.invalid';

/** The calls of the control plane over a target, whoever signs them. */
export function controlCalls(
  target: CallTarget,
): Pick<ServiceCalls, 'describeStream' | 'createStream' | 'tagStream' | 'getDataEndpoint'> {
  return {
    describeStream: (streamName, options) => describeStream(target, streamName, options),
    createStream: (stream, options) => createStream(target, stream, options),
    tagStream: (_streamName, streamArn, tags, options) => tagStream(target, streamArn, tags, options),
    getDataEndpoint: (streamName, options) => getDataEndpoint(target, streamName, 'PUT_MEDIA', options),
  };
}

/** Of a platform that `signsUpstream`. */
export function unsignedCalls(platform: Platform, agent: string = userAgent(platform)): ServiceCalls {
  return {
    ...controlCalls({
      platform,
      endpoint: NO_ENDPOINT,
      userAgent: agent,
      send: (request, signal) => platform.fetch({ ...request, signal }),
    }),
    prepareUpload: ({ streamName, endpoint, startUs, timecodeType, fragmentAcks }) => {
      const request = putMediaRequest({ userAgent: agent, endpoint, streamName, timecodeType, startUs, fragmentAcks });
      return Promise.resolve({ request, transport: platform, expiresAtMs: Infinity });
    },
    uploadExpiresAtMs: () => Promise.resolve(Infinity),
  };
}

/** For `createProducerOver`. */
export function openUnsigned(platform: Platform, options: UserAgentOptions): ServiceAccess {
  return {
    calls: unsignedCalls(platform, userAgent(platform, options)),
    credentials: { invalidate: () => undefined },
  };
}
