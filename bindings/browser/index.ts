/** Penstock for browsers: the core and the consumer. Uploads need a relay, so `createProducer` rejects and says so. */
import { createProducerWith, type Producer, type ProducerOptions } from '../../sdk/producer/index.ts';
import { createBrowserPlatform } from './platform.ts';

export * from '../../sdk/errors.ts';
export type { CredentialProvider, Credentials, LogLevel, Platform } from '../../sdk/platform.ts';
export * from '../../sdk/producer/index.ts';
export { createBrowserPlatform } from './platform.ts';

/** Rejects with a `KvsError`: a browser cannot read acks while an upload is open, and AWS refuses its preflight. */
export function createProducer(options: ProducerOptions = {}): Promise<Producer> {
  return createProducerWith(createBrowserPlatform(), options);
}
