/** Penstock for Deno: the whole API with the platform bound. */
import { openCallbacks } from '../../sdk/producer/callbacks/index.ts';
import { createProducerWith, type Producer, type ProducerOptions } from '../../sdk/producer/index.ts';
import { createDenoPlatform, type DenoPlatformOptions } from './platform.ts';

export * from '../../sdk/errors.ts';
export type { CredentialProvider, Credentials, LogLevel, Platform } from '../../sdk/platform.ts';
export * from '../../sdk/producer/callbacks/index.ts';
export * from '../../sdk/producer/index.ts';
export { attachStream, type AttachedStream } from '../../sdk/threads/attached-stream.ts';
export type { AwsCredentialOptions } from '../web/aws-chain.ts';
export { awsCredentials, createDenoPlatform, type DenoPlatformOptions, environmentCredentials } from './platform.ts';

/** Creates a producer in Deno. Rejects with a `KvsError` when an option is wrong or the core cannot be loaded. */
export async function createProducer(options: ProducerOptions & DenoPlatformOptions = {}): Promise<Producer> {
  return createProducerWith(createDenoPlatform(options), options, openCallbacks);
}
