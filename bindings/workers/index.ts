/** Penstock for Cloudflare Workers: the whole API with the platform bound. */
import { openCallbacks } from '../../sdk/producer/callbacks/index.ts';
import { createProducerWith, type Producer, type ProducerOptions } from '../../sdk/producer/index.ts';
import { createWorkersPlatform } from './platform.ts';

export * from '../../sdk/errors.ts';
export type { CredentialProvider, Credentials, LogLevel, Platform } from '../../sdk/platform.ts';
export * from '../../sdk/producer/callbacks/index.ts';
export * from '../../sdk/producer/index.ts';
export { createWorkersPlatform } from './platform.ts';

/** Creates a producer within a request or an alarm. Rejects with a `KvsError` when an option is wrong. */
export function createProducer(options: ProducerOptions = {}): Promise<Producer> {
  return createProducerWith(createWorkersPlatform(), options, openCallbacks);
}
