/** Penstock for browsers: the producer, through a relay. Without one `createProducer` rejects and says so. */
export * from '../../sdk/errors.ts';
export type { CredentialProvider, Credentials, LogLevel, Platform } from '../../sdk/platform.ts';
export * from '../../sdk/producer/index.ts';
export { createBrowserPlatform } from './platform.ts';
export { type BrowserProducerOptions, createProducer } from './producer.ts';
export type { RelayOptions } from './relay-socket.ts';
