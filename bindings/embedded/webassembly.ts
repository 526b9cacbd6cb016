/** Penstock for engines that have WebAssembly and nothing of the web platform: the producer on a compiled core. */
import { KvsError } from '../../sdk/errors.ts';
import type { CoreSource, Platform } from '../../sdk/platform.ts';
import { createProducerWith, type Producer, type ProducerOptions } from '../../sdk/producer/index.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import type { WebAssemblyHost } from './host.ts';
import { createEmbeddedPlatform as createPlatform } from './platform.ts';

export * from '../../sdk/errors.ts';
export type { CredentialProvider, Credentials, LogLevel, Platform } from '../../sdk/platform.ts';
export * from '../../sdk/producer/index.ts';
export type { EmbeddedHost, WebAssemblyHost } from './host.ts';

/** The build with SIMD where the engine takes it. */
function loadCore(host: WebAssemblyHost): CoreSource {
  if (typeof host.readCore !== 'function')
    throw new KvsError(STATUS.STATUS_INVALID_ARG, 'The host lacks the function readCore');
  const simd = host.readCore('core.simd.wasm');
  if (WebAssembly.validate(simd)) return { flavour: 'simd', module: new WebAssembly.Module(simd) };
  return { flavour: 'plain', module: new WebAssembly.Module(host.readCore('core.wasm')) };
}

/** Fills the platform port from the host's functions. Throws `KvsError` STATUS_INVALID_ARG that names those which it lacks. */
export function createEmbeddedPlatform(host: WebAssemblyHost): Platform {
  return createPlatform(host, () => loadCore(host));
}

/** Makes a producer on a host. Credentials are an option that must be given. Rejects with `KvsError`. */
export async function createProducer(host: WebAssemblyHost, options: ProducerOptions = {}): Promise<Producer> {
  return createProducerWith(createEmbeddedPlatform(host), options);
}
