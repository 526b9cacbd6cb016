/** The four control-plane calls that a producer needs, to whatever target. */
import { KvsError } from '../errors.ts';
import * as STATUS from '../status-codes.ts';
import { type CallOptions, type CallTarget, jsonCall } from './service-call.ts';
import { serviceEndpoint } from './service-endpoint.ts';

export type StreamStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING';

export interface StreamDescription {
  readonly streamArn: string;
  readonly status: StreamStatus;
  /** 0: the service keeps nothing, and never acknowledges a fragment as PERSISTED. */
  readonly retentionHours: number;
  readonly mediaType: string | undefined;
}

/** Longest endpoint that the producer libraries accept, characters. */
const MAX_ENDPOINT_LENGTH = 10_000;
const STATUSES: readonly string[] = ['CREATING', 'ACTIVE', 'UPDATING', 'DELETING'];

/** DescribeStream. */
export async function describeStream(
  target: CallTarget,
  streamName: string,
  options?: CallOptions,
): Promise<StreamDescription> {
  interface Answer {
    readonly StreamInfo?: { StreamARN?: string; Status?: string; DataRetentionInHours?: number; MediaType?: string };
  }
  const { StreamInfo: info } = await jsonCall<Answer>(target, '/describeStream', { StreamName: streamName }, options);
  if (typeof info?.StreamARN !== 'string' || info.StreamARN.length > 2048 || !STATUSES.includes(info.Status ?? '')) {
    throw new KvsError(
      STATUS.STATUS_INVALID_DESCRIBE_STREAM_RESPONSE,
      `DescribeStream gave no usable description of ${streamName}`,
    );
  }
  return {
    streamArn: info.StreamARN,
    status: info.Status as StreamStatus,
    retentionHours: info.DataRetentionInHours ?? 0,
    mediaType: info.MediaType,
  };
}

export interface NewStream {
  readonly streamName: string;
  /** Comma list of `type/subtype`. */
  readonly mediaType: string;
  readonly retentionHours: number;
  readonly kmsKeyId?: string | undefined;
  readonly deviceName?: string | undefined;
}

/** CreateStream; gives the stream's ARN. */
export async function createStream(target: CallTarget, stream: NewStream, options?: CallOptions): Promise<string> {
  const answer = await jsonCall<{ StreamARN?: string }>(
    target,
    '/createStream',
    {
      StreamName: stream.streamName,
      MediaType: stream.mediaType,
      DataRetentionInHours: stream.retentionHours,
      ...(stream.kmsKeyId === undefined ? {} : { KmsKeyId: stream.kmsKeyId }),
      ...(stream.deviceName === undefined ? {} : { DeviceName: stream.deviceName }),
    },
    options,
  );
  if (typeof answer.StreamARN !== 'string') {
    throw new KvsError(
      STATUS.STATUS_INVALID_CREATE_STREAM_RESPONSE,
      `CreateStream gave no ARN for ${stream.streamName}`,
    );
  }
  return answer.StreamARN;
}

/** TagStream. Tags of the same name are overwritten. */
export async function tagStream(
  target: CallTarget,
  streamArn: string,
  tags: Readonly<Record<string, string>>,
  options?: CallOptions,
): Promise<void> {
  await jsonCall(target, '/tagStream', { StreamARN: streamArn, Tags: tags }, options);
}

export type DataApiName =
  | 'PUT_MEDIA'
  | 'GET_MEDIA'
  | 'LIST_FRAGMENTS'
  | 'GET_MEDIA_FOR_FRAGMENT_LIST'
  | 'GET_HLS_STREAMING_SESSION_URL'
  | 'GET_DASH_STREAMING_SESSION_URL'
  | 'GET_CLIP'
  | 'GET_IMAGES';

/** GetDataEndpoint; gives a base URL without a trailing slash, to which the API's path is appended. */
export async function getDataEndpoint(
  target: CallTarget,
  streamName: string,
  apiName: DataApiName,
  options?: CallOptions,
): Promise<string> {
  const answer = await jsonCall<{ DataEndpoint?: string }>(
    target,
    '/getDataEndpoint',
    { StreamName: streamName, APIName: apiName },
    options,
  );
  const endpoint = answer.DataEndpoint ?? '';
  try {
    if (endpoint.length <= MAX_ENDPOINT_LENGTH) return serviceEndpoint(endpoint);
  } catch {
    // Told below, together with one that is too long.
  }
  throw new KvsError(STATUS.STATUS_INVALID_URI_LEN, `GetDataEndpoint gave no usable URL for ${streamName}`);
}
