/** What the session engine asks of the service, as a port: calls to AWS's API fill it unless an application's callbacks do. */
import type { CallOptions } from '../aws/service-call.ts';
import type { NewStream, StreamDescription } from '../aws/stream-calls.ts';
import type { Platform, PlatformRequest } from '../platform.ts';

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

/** How a producer gets at the service. */
export interface ServiceAccess {
  readonly calls: ServiceCalls;
  /** Forgets the credentials that the service refused. */
  readonly credentials: { invalidate(): void };
}
