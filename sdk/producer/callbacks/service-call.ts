/** The service calls that an application may make itself, and what each is given. Source: producer-core §4, §2.3. */
import type { StreamDescription } from '../../aws/control-api.ts';

/**
 * What authenticates a call. `data` is whatever `getSecurityToken` and its like gave: the default callbacks write and read the
 * credentials of `credentialsToToken`, those of an application may use a form of their own.
 */
export interface AuthInfo {
  readonly version: 1;
  readonly type: 'security-token' | 'device-certificate' | 'none';
  /** At most 10 000 bytes. */
  readonly data: Uint8Array;
  /** Wall clock, microseconds since the epoch; Infinity for never. */
  readonly expiresAtUs: number;
}

/** The frame of a service call. Times that are 100 ns ticks in the native structure are microseconds. */
export interface ServiceCallContext {
  readonly version: 1;
  /** Wall clock, microseconds since the epoch, after which to call. Already past: the engine itself waits between its attempts. */
  readonly callAfterUs: number;
  /** Time for the answer, microseconds; Infinity for `putStream`. A call that takes longer counts as timed out. */
  readonly timeoutUs: number;
  /** Of that, time for the connection to be made, microseconds: 5 s, or `timeoutUs`. For the callback to heed. */
  readonly connectionTimeoutUs: number;
  /** Whom the call is for: the stream's name, or the device's. */
  readonly customData: string;
  readonly authInfo: AuthInfo;
  /** Aborted when the answer is no longer wanted: after the timeout, or when the stream has ended. */
  readonly signal: AbortSignal;
}

/** What came of a call: 200, another HTTP status, or a value of the producer libraries (`SERVICE_RESULT`). */
export interface ServiceCallResult {
  readonly result: number;
}

export interface CreateDeviceCall {
  readonly deviceName: string;
  readonly context: ServiceCallContext;
}
export interface CreateDeviceResult extends ServiceCallResult {
  /** 1…2048 characters. */
  readonly deviceArn?: string;
}

export interface DeviceCertToTokenCall {
  readonly deviceName: string;
  /** `authInfo` is the device certificate. */
  readonly context: ServiceCallContext;
}
export interface TokenResult extends ServiceCallResult {
  /** At most 10 000 bytes; empty or absent: calls go without authentication. */
  readonly token?: Uint8Array;
  /** Wall clock, microseconds since the epoch. @default never */
  readonly expiresAtUs?: number;
}

export interface CreateStreamCall {
  readonly deviceName: string;
  readonly streamName: string;
  /** Comma list of `type/subtype`. */
  readonly contentType: string;
  readonly kmsKeyId: string | undefined;
  /** Microseconds; 0 keeps nothing. */
  readonly retentionUs: number;
  readonly context: ServiceCallContext;
}
export interface CreateStreamResult extends ServiceCallResult {
  /** 1…1024 characters. */
  readonly streamArn?: string;
}

export interface StreamCall {
  readonly streamName: string;
  readonly context: ServiceCallContext;
}
export interface DescribeStreamResult extends ServiceCallResult {
  readonly description?: StreamDescription;
}

export interface GetStreamingEndpointCall extends StreamCall {
  readonly apiName: 'PUT_MEDIA';
}
export interface GetStreamingEndpointResult extends ServiceCallResult {
  /** http or https URL, to which the API's path is appended. */
  readonly endpoint?: string;
}

export interface TagResourceCall extends StreamCall {
  readonly streamArn: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface PutStreamCall extends StreamCall {
  readonly containerType: 'video/x-matroska';
  /** Time of the first frame, microseconds. */
  readonly startTimestampUs: number;
  readonly absoluteFragmentTimes: boolean;
  /** Whether the service is to be asked for acks. */
  readonly fragmentAcks: boolean;
  /** What `getStreamingEndpoint` gave. */
  readonly endpoint: string;
  /** Number of the connection among the stream's, from 1. Natively the callback gives it; here it is given. */
  readonly uploadHandle: number;
  /** The media: pulled as the network takes it, closed when all of it was handed over. Stands for getKinesisVideoStreamData. */
  readonly body: ReadableStream<Uint8Array>;
}
export interface PutStreamResult extends ServiceCallResult {
  /**
   * Acks as the service writes them, as bytes in pieces of any size. Its end ends the connection, and so does an error in it: with
   * the result of a `ServiceCallError`, otherwise as lost. Stands for parseFragmentAck and kinesisVideoStreamTerminated.
   */
  readonly acks?: ReadableStream<Uint8Array> | null;
}

/** An answer now or later; without one, the next provider of a chain is asked. */
export type Answer<T> = T | undefined | Promise<T | undefined>;

/**
 * The calls to the service. Each answers with its result, as the native *ResultEvent calls take it; throwing a `ServiceCallError` or
 * `CredentialsError` answers with that. Anything else thrown is reported (`callback-failed`) and counts as result UNKNOWN.
 */
export interface ApiCallbacks {
  createDevice?(call: CreateDeviceCall): Answer<CreateDeviceResult>;
  createStream?(call: CreateStreamCall): Answer<CreateStreamResult>;
  describeStream?(call: StreamCall): Answer<DescribeStreamResult>;
  getStreamingEndpoint?(call: GetStreamingEndpointCall): Answer<GetStreamingEndpointResult>;
  /** Makes a PutMedia connection; answers as soon as the service has taken it. */
  putStream?(call: PutStreamCall): Answer<PutStreamResult>;
  tagResource?(call: TagResourceCall): Answer<ServiceCallResult>;
  /** The producer is closed. */
  free?(): void;
}

/** What `getSecurityToken` and `getDeviceCertificate` give. */
export interface AuthToken {
  /** At most 10 000 bytes; empty counts as none. */
  readonly data: Uint8Array;
  /** Wall clock, microseconds since the epoch. @default never */
  readonly expiresAtUs?: number;
}

/** Where authentication comes from: a security token, or a device certificate that is exchanged for one. */
export interface AuthCallbacks {
  getSecurityToken?(): Answer<AuthToken>;
  getDeviceCertificate?(): Answer<AuthToken>;
  deviceCertToToken?(call: DeviceCertToTokenCall): Answer<TokenResult>;
  /** At most 32 characters. */
  getDeviceFingerprint?(): Answer<string>;
  /** The token of one connection; called in front of each. */
  getStreamingToken?(call: StreamCall): Answer<TokenResult>;
  /** The producer is closed. */
  free?(): void;
}
