/** The platform port for Cloudflare Workers, where a core may only be imported, never compiled from bytes. */
import { env } from 'cloudflare:workers';
import simd from '../../build/core.simd.wasm';
import type { Platform } from '../../sdk/platform.ts';
import { environmentCredentials } from '../../sdk/aws/credentials.ts';
import { sendBound } from '../web/bound-request.ts';
import { createWebPlatform } from '../web/platform.ts';

/** Fills the platform port. The default credentials are the Worker's own variables and secrets. */
export function createWorkersPlatform(): Platform {
  const web = createWebPlatform({
    name: 'workers',
    environment: (name) => variable(env[name]),
    fullDuplex: true,
    clientCertificates: 'binding',
    credentials: environmentCredentials((name) => variable(env[name]), "the Worker's variables"),
    loadCore: () => Promise.resolve({ flavour: 'simd', module: simd }),
  });
  return {
    ...web,
    async fetch(request) {
      const { clientCertificate } = request;
      const isBound = clientCertificate !== undefined && 'fetch' in clientCertificate;
      return isBound ? sendBound(request, clientCertificate) : web.fetch(request);
    },
  };
}

/** Other bindings of the Worker stand beside its variables. */
function variable(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
