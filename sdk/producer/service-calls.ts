/** What the session engine asks of the service, as a port: signed calls to AWS's API fill it unless an application's callbacks do. */
import {
  createStream,
  describeStream,
  getDataEndpoint,
  type NewStream,
  type StreamDescription,
  tagStream,
} from '../aws/control-api.ts';
import { type CallOptions, type ServiceTarget, userAgent } from '../aws/signed-call.ts';
import { createSigner } from '../aws/signing.ts';
import type { Platform, PlatformRequest } from '../platform.ts';

/** A PutMedia connection that is about to be made. */
export interface UploadStart {
  readonly streamName: string;
  /** Base URL that `getDataEndpoint` gave. */
  readonly endpoint: string;
  /** Time of the first frame, microseconds. */
  readonly startUs: number;
  readonly timecodeType: 'absolute' | 'relative';
  /** Number of the connection among the stream's, from 1. */
  readonly uploadHandle: number;
}

/** The network of a connection. */
export type UploadTransport = Pick<Platform, 'fetch' | 'now' | 'setTimer'>;

/** A connection, ready to be made: its request lacks only body and signal. */
export interface PreparedUpload {
  readonly request: Omit<PlatformRequest, 'body' | 'signal'>;
  readonly transport: UploadTransport;
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
}

/** The calls of AWS's API, signed with the target's credentials. */
export function awsServiceCalls(target: ServiceTarget): ServiceCalls {
  return {
    describeStream: (streamName, options) => describeStream(target, streamName, options),
    createStream: (stream, options) => createStream(target, stream, options),
    tagStream: (_streamName, streamArn, tags, options) => tagStream(target, streamArn, tags, options),
    getDataEndpoint: (streamName, options) => getDataEndpoint(target, streamName, 'PUT_MEDIA', options),
    prepareUpload: async (upload) => {
      const { platform, region, credentials } = target;
      const request = {
        method: 'POST' as const,
        url: `${upload.endpoint}/putMedia`,
        headers: putMediaHeaders(platform, upload),
      };
      const headers = await createSigner(platform, region, credentials)(request);
      return { request: { ...request, headers }, transport: platform };
    },
  };
}

/** Source: c-producer §5.3, with three digits of milliseconds always. */
function putMediaHeaders(
  platform: Platform,
  { streamName, startUs, timecodeType }: UploadStart,
): Record<string, string> {
  const startMs = Math.floor(startUs / 1000);
  return {
    'content-type': 'application/json',
    'user-agent': userAgent(platform),
    'x-amzn-stream-name': streamName,
    'x-amzn-producer-start-timestamp': `${Math.floor(startMs / 1000)}.${String(startMs % 1000).padStart(3, '0')}`,
    'x-amzn-fragment-acknowledgment-required': '1',
    'x-amzn-fragment-timecode-type': timecodeType.toUpperCase(),
  };
}
