/** The service calls as they are made unless an application makes them: AWS's API, signed with the call's own auth info. */
import { readErrorAnswer } from '../../aws/answer.ts';
import { ServiceClock } from '../../aws/service-clock.ts';
import { type LocationOptions, serviceLocation } from '../../aws/service-location.ts';
import type { CallOptions } from '../../aws/signed-call.ts';
import { userAgent, type UserAgentOptions } from '../../aws/user-agent.ts';
import type { Platform } from '../../platform.ts';
import * as SERVICE_RESULT from '../../service-results.ts';
import type { ServiceCalls } from '../service-calls.ts';
import { awsServiceCalls } from '../signed-access.ts';
import { credentialsFromToken } from './auth-info.ts';
import type { ApiCallbacks, ServiceCallContext } from './service-call.ts';

/** The device is no resource of the service; the native library makes the same one up. Source: c-producer §5.2. */
const DEVICE_ARN = 'arn:aws:kinesisvideo:us-west-2:11111111111:mediastream/device';
const US_PER_HOUR = 3_600_000_000;

/** The call's own limits, and no repetition: that is the engine's business. */
const onceIn = ({ signal, timeoutUs }: ServiceCallContext): CallOptions => ({
  signal,
  timeoutMs: timeoutUs / 1000,
  maxAttempts: 1,
});

export interface DefaultApiOptions extends LocationOptions, UserAgentOptions {}

/** Throws `KvsError` for a region or endpoint that cannot be. */
export function defaultApiCallbacks(
  platform: Platform,
  options: DefaultApiOptions,
): Required<Omit<ApiCallbacks, 'free'>> {
  const target = {
    platform,
    ...serviceLocation(platform, options),
    clock: new ServiceClock(platform),
    userAgent: userAgent(platform, options),
  };
  const callsOf = ({ authInfo }: ServiceCallContext): ServiceCalls => {
    const credentials = async () => credentialsFromToken(authInfo.data);
    return awsServiceCalls({ ...target, credentials });
  };
  return {
    createDevice: () => ({ result: SERVICE_RESULT.OK, deviceArn: DEVICE_ARN }),
    createStream: async ({ deviceName, streamName, contentType, kmsKeyId, retentionUs, context }) => {
      const retentionHours = Math.floor(retentionUs / US_PER_HOUR);
      const stream = { streamName, mediaType: contentType, kmsKeyId, retentionHours, deviceName };
      return { result: SERVICE_RESULT.OK, streamArn: await callsOf(context).createStream(stream, onceIn(context)) };
    },
    describeStream: async ({ streamName, context }) => ({
      result: SERVICE_RESULT.OK,
      description: await callsOf(context).describeStream(streamName, onceIn(context)),
    }),
    getStreamingEndpoint: async ({ streamName, context }) => ({
      result: SERVICE_RESULT.OK,
      endpoint: await callsOf(context).getDataEndpoint(streamName, onceIn(context)),
    }),
    tagResource: async ({ streamName, streamArn, tags, context }) => {
      await callsOf(context).tagStream(streamName, streamArn, tags, onceIn(context));
      return { result: SERVICE_RESULT.OK };
    },
    putStream: async ({
      streamName,
      endpoint,
      startTimestampUs,
      absoluteFragmentTimes,
      fragmentAcks,
      uploadHandle,
      body,
      context,
    }) => {
      const { request, transport } = await callsOf(context).prepareUpload(
        {
          streamName,
          endpoint,
          startUs: startTimestampUs,
          timecodeType: absoluteFragmentTimes ? 'absolute' : 'relative',
          fragmentAcks,
          uploadHandle,
        },
        onceIn(context),
      );
      const response = await transport.fetch({ ...request, body, signal: context.signal });
      if (response.status !== 200) throw await readErrorAnswer(response, 'PutMedia');
      return { result: SERVICE_RESULT.OK, acks: response.body };
    },
  };
}
