/** Penstock for Deno: the whole API with the platform bound. */
import { createProducerWith, type Producer, type ProducerOptions } from '../../sdk/producer/index.ts';
import { createDenoPlatform } from './platform.ts';

export * from '../../sdk/errors.ts';
export type { CredentialProvider, Credentials, LogLevel, Platform } from '../../sdk/platform.ts';
export * from '../../sdk/producer/index.ts';
export { attachStream, type AttachedStream } from '../../sdk/threads/attached-stream.ts';
export { createDenoPlatform } from './platform.ts';

/** Creates a producer in Deno. Rejects with a `KvsError` when an option is wrong or the core cannot be loaded. */
export function createProducer(options: ProducerOptions = {}): Promise<Producer> {
  return createProducerWith(createDenoPlatform(), options);
}
