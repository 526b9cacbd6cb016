/** The control-plane calls about streams that a producer does not need, but whoever looks after streams does. */
import type { StreamStatus } from './control-api.ts';
import { type CallOptions, jsonCall, type ServiceTarget } from './signed-call.ts';

/** One stream, as the service lists and describes it. */
export interface StreamInfo {
  readonly streamName: string;
  readonly streamArn: string;
  readonly status: StreamStatus;
  /** Seconds since the epoch became milliseconds; NaN when the service names no time. */
  readonly creationTimeMs: number;
  /** 0: the service keeps nothing. */
  readonly retentionHours: number;
  readonly mediaType: string | undefined;
  /** Opaque; new after every change. */
  readonly version: string;
}

interface StreamInfoAnswer {
  readonly StreamName?: string;
  readonly StreamARN?: string;
  readonly Status?: StreamStatus;
  readonly CreationTime?: number;
  readonly DataRetentionInHours?: number;
  readonly MediaType?: string;
  readonly Version?: string;
}

function toStreamInfo(answer: StreamInfoAnswer): StreamInfo {
  return {
    streamName: answer.StreamName ?? '',
    streamArn: answer.StreamARN ?? '',
    status: answer.Status ?? 'ACTIVE',
    creationTimeMs: Math.round((answer.CreationTime ?? NaN) * 1000),
    retentionHours: answer.DataRetentionInHours ?? 0,
    mediaType: answer.MediaType,
    version: answer.Version ?? '',
  };
}

/** ListStreams, page after page. `namePrefix` keeps only the streams whose names begin with it. */
export async function* listStreams(
  target: ServiceTarget,
  options: CallOptions & { readonly namePrefix?: string | undefined } = {},
): AsyncGenerator<StreamInfo> {
  interface Answer {
    readonly StreamInfoList?: readonly StreamInfoAnswer[];
    readonly NextToken?: string;
  }
  const condition = { ComparisonOperator: 'BEGINS_WITH', ComparisonValue: options.namePrefix };
  let page: Answer = {};
  do {
    const request = {
      ...(options.namePrefix === undefined ? {} : { StreamNameCondition: condition }),
      ...(page.NextToken === undefined ? {} : { NextToken: page.NextToken }),
    };
    page = await jsonCall<Answer>(target, '/listStreams', request, options);
    yield* (page.StreamInfoList ?? []).map(toStreamInfo);
  } while (page.NextToken !== undefined);
}

/** DescribeStream, whole. Rejects with `ServiceCallError` (`ResourceNotFoundException`) when there is no such stream. */
export async function streamInfo(
  target: ServiceTarget,
  streamName: string,
  options?: CallOptions,
): Promise<StreamInfo> {
  const answer = await jsonCall<{ StreamInfo?: StreamInfoAnswer }>(
    target,
    '/describeStream',
    { StreamName: streamName },
    options,
  );
  return toStreamInfo(answer.StreamInfo ?? {});
}

/** DeleteStream. The stream's media is gone at once. */
export async function deleteStream(target: ServiceTarget, streamArn: string, options?: CallOptions): Promise<void> {
  await jsonCall(target, '/deleteStream', { StreamARN: streamArn }, options);
}

/** ListTagsForStream, page after page, as one object. */
export async function streamTags(
  target: ServiceTarget,
  streamName: string,
  options?: CallOptions,
): Promise<Record<string, string>> {
  interface Answer {
    readonly Tags?: Readonly<Record<string, string>>;
    readonly NextToken?: string;
  }
  const tags: Record<string, string> = {};
  let page: Answer = {};
  do {
    const token = page.NextToken === undefined ? {} : { NextToken: page.NextToken };
    page = await jsonCall<Answer>(target, '/listTagsForStream', { StreamName: streamName, ...token }, options);
    Object.assign(tags, page.Tags);
  } while (page.NextToken !== undefined);
  return tags;
}

/** UntagStream. Keys that the stream does not have are ignored. */
export async function untagStream(
  target: ServiceTarget,
  streamName: string,
  tagKeys: readonly string[],
  options?: CallOptions,
): Promise<void> {
  await jsonCall(target, '/untagStream', { StreamName: streamName, TagKeyList: tagKeys }, options);
}
