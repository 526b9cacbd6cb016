/** The four control-plane calls that a producer needs, signed here. */
import { type CallOptions, type ServiceTarget, signedTarget } from './signed-call.ts';
import * as calls from './stream-calls.ts';

export type { DataApiName, NewStream, StreamDescription, StreamStatus } from './stream-calls.ts';

/** DescribeStream. */
export function describeStream(
  target: ServiceTarget,
  streamName: string,
  options?: CallOptions,
): Promise<calls.StreamDescription> {
  return calls.describeStream(signedTarget(target), streamName, options);
}

/** CreateStream; gives the stream's ARN. */
export function createStream(target: ServiceTarget, stream: calls.NewStream, options?: CallOptions): Promise<string> {
  return calls.createStream(signedTarget(target), stream, options);
}

/** TagStream. Tags of the same name are overwritten. */
export function tagStream(
  target: ServiceTarget,
  streamArn: string,
  tags: Readonly<Record<string, string>>,
  options?: CallOptions,
): Promise<void> {
  return calls.tagStream(signedTarget(target), streamArn, tags, options);
}

/** GetDataEndpoint; gives a base URL without a trailing slash, to which the API's path is appended. */
export function getDataEndpoint(
  target: ServiceTarget,
  streamName: string,
  apiName: calls.DataApiName,
  options?: CallOptions,
): Promise<string> {
  return calls.getDataEndpoint(signedTarget(target), streamName, apiName, options);
}
