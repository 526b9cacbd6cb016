/** Penstock for embedded engines, which have neither WebAssembly nor anything of the web platform: the producer on the translated core. */
import { instantiate } from '../../build/core.js';
import { createProducerWith, type Producer, type ProducerOptions } from '../../sdk/producer/index.ts';
import type { Platform } from '../../sdk/platform.ts';
import type { EmbeddedHost } from './host.ts';
import { createEmbeddedPlatform as createPlatform } from './platform.ts';

export * from '../../sdk/errors.ts';
export type { CredentialProvider, Credentials, LogLevel, Platform } from '../../sdk/platform.ts';
export * from '../../sdk/producer/index.ts';
export type { EmbeddedHost } from './host.ts';

/** Fills the platform port from the host's functions. Throws `KvsError` STATUS_INVALID_ARG that names those which it lacks. */
export function createEmbeddedPlatform(host: EmbeddedHost): Platform {
  return createPlatform(host, () => ({ flavour: 'js', instantiate }));
}

/** Makes a producer on a host. Credentials are an option that must be given. Rejects with `KvsError`. */
export async function createProducer(host: EmbeddedHost, options: ProducerOptions = {}): Promise<Producer> {
  return createProducerWith(createEmbeddedPlatform(host), options);
}
