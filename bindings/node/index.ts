/** Penstock for Node. */
import type { ProducerOptions } from '../../sdk/producer/index.ts';
import { openCallbacks } from '../../sdk/producer/callbacks/index.ts';
import { createProducerWith, type Producer } from '../../sdk/producer/index.ts';
import { createNodePlatform, type NodePlatformOptions } from './platform.ts';

export * from '../../sdk/errors.ts';
export type { CredentialProvider, Credentials, LogLevel, Platform } from '../../sdk/platform.ts';
export * from '../../sdk/producer/callbacks/index.ts';
export * from '../../sdk/producer/index.ts';
export { attachStream, type AttachedStream } from '../../sdk/threads/attached-stream.ts';
export type { AwsCredentialOptions } from '../web/aws-chain.ts';
export { awsCredentials, createNodePlatform, environmentCredentials, type NodePlatformOptions } from './platform.ts';

/**
 * Makes a producer on Node. Credentials come from the AWS SDK's default chain unless given.
 *
 * @example
 * const producer = await createProducer({ region: 'us-west-2' });
 * const stream = await producer.openStream('front-door', { tracks: [{ kind: 'video', codec: 'h264' }] });
 * for await (const frame of camera) await stream.putFrame(frame);
 * await stream.stop();
 */
export async function createProducer(options: ProducerOptions & NodePlatformOptions = {}): Promise<Producer> {
  return createProducerWith(createNodePlatform(options), options, openCallbacks);
}
