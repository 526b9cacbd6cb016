/** The platform port for Cloudflare Workers, where a core may only be imported, never compiled from bytes. */
import { env } from 'cloudflare:workers';
import simd from '../../build/core.simd.wasm';
import type { Platform } from '../../sdk/platform.ts';
import { environmentCredentials } from '../web/environment-credentials.ts';
import { createWebPlatform } from '../web/platform.ts';

/** Fills the platform port. The default credentials are the Worker's own variables and secrets. */
export function createWorkersPlatform(): Platform {
  return createWebPlatform({
    name: 'workers',
    fullDuplex: true,
    clientCertificates: 'binding',
    credentials: environmentCredentials((name) => env[name], "the Worker's variables"),
    loadCore: () => Promise.resolve({ flavour: 'simd', module: simd }),
  });
}
