/** What the session engine asks of the service, as a port: signed calls to AWS's API fill it unless an application's callbacks do. */
import {
  createStream,
  describeStream,
  getDataEndpoint,
  type NewStream,
  type StreamDescription,
  tagStream,
} from '../aws/control-api.ts';
import { ServiceClock } from '../aws/service-clock.ts';
import { type CallOptions, type ServiceTarget, signAt } from '../aws/signed-call.ts';
import { userAgent } from '../aws/user-agent.ts';
import type { Credentials, Platform, PlatformRequest } from '../platform.ts';
import { putMediaRequest } from './put-media-request.ts';

/** A PutMedia connection that is about to be made. */
export interface UploadStart {
  readonly streamName: string;
  /** Base URL that `getDataEndpoint` gave. */
  readonly endpoint: string;
  /** Time of the first frame, microseconds. */
  readonly startUs: number;
  readonly timecodeType: 'absolute' | 'relative';
  /** Whether the service is asked for acks. */
  readonly fragmentAcks: boolean;
  /** Number of the connection among the stream's, from 1. */
  readonly uploadHandle: number;
}

/** The network of a connection. */
export type UploadTransport = Pick<Platform, 'fetch' | 'now' | 'setTimer'>;

/** A connection, ready to be made: its request lacks only body and signal. */
export interface PreparedUpload {
  readonly request: Omit<PlatformRequest, 'body' | 'signal'>;
  readonly transport: UploadTransport;
  /** When what it was signed with expires: wall clock, milliseconds; Infinity for never. */
  readonly expiresAtMs: number;
}

/** The engine makes one attempt at each; its states repeat them. All reject with `KvsError`, or the signal's reason. */
export interface ServiceCalls {
  describeStream(streamName: string, options: CallOptions): Promise<StreamDescription>;
  /** Gives the stream's ARN. */
  createStream(stream: NewStream, options: CallOptions): Promise<string>;
  tagStream(
    streamName: string,
    streamArn: string,
    tags: Readonly<Record<string, string>>,
    options: CallOptions,
  ): Promise<void>;
  /** Gives a base URL without a trailing slash. */
  getDataEndpoint(streamName: string, options: CallOptions): Promise<string>;
  prepareUpload(upload: UploadStart, options: CallOptions): Promise<PreparedUpload>;
  /** When what a connection that is prepared now is signed with expires: wall clock, milliseconds; Infinity for never. */
  uploadExpiresAtMs(streamName: string, options: CallOptions): Promise<number>;
}

/** The calls of AWS's API, signed with the target's credentials. */
export function awsServiceCalls(given: ServiceTarget): ServiceCalls {
  const { clock = new ServiceClock(given.platform) } = given;
  const target = { ...given, clock };
  const { platform, credentials } = target;
  const agent = target.userAgent ?? userAgent(platform);
  // On the host's clock, by which whoever waits for it goes.
  const hostExpiryMs = ({ expiresAtMs = Infinity }: Credentials): number => expiresAtMs - clock.offsetMs;
  return {
    describeStream: (streamName, options) => describeStream(target, streamName, options),
    createStream: (stream, options) => createStream(target, stream, options),
    tagStream: (_streamName, streamArn, tags, options) => tagStream(target, streamArn, tags, options),
    getDataEndpoint: (streamName, options) => getDataEndpoint(target, streamName, 'PUT_MEDIA', options),
    prepareUpload: async ({ streamName, endpoint, startUs, timecodeType, fragmentAcks }) => {
      const request = putMediaRequest({ userAgent: agent, endpoint, streamName, timecodeType, startUs, fragmentAcks });
      if (platform.signsUpstream) return { request, transport: platform, expiresAtMs: Infinity };
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
    uploadExpiresAtMs: async () => (platform.signsUpstream ? Infinity : hostExpiryMs(await credentials())),
  };
}
