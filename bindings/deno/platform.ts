/** The platform port for Deno. Needs `--allow-net`, `--allow-read` of the core, and `--allow-env` only for default credentials. */
import type { CoreSource, Platform } from '../../sdk/platform.ts';
import { environmentCredentials } from '../web/environment-credentials.ts';
import { createWebPlatform, sendRequest } from '../web/platform.ts';
import { sendWithCertificate } from './client-certificate.ts';

/** A fetch of the core serves a file of the checkout and an address on the web alike. */
async function loadCore(): Promise<CoreSource> {
  const url = new URL('../../build/core.simd.wasm', import.meta.url);
  return { flavour: 'simd', module: await WebAssembly.compileStreaming(fetch(url)) };
}

/** Fills the platform port. The default credentials are those of the environment variables. */
export function createDenoPlatform(): Platform {
  const web = createWebPlatform({
    name: 'deno',
    fullDuplex: true,
    clientCertificates: 'pem',
    credentials: environmentCredentials((name) => Deno.env.get(name), 'the environment'),
    loadCore,
  });
  return {
    ...web,
    async fetch(request) {
      const { clientCertificate } = request;
      if (clientCertificate === undefined || 'fetch' in clientCertificate) return web.fetch(request);
      return sendWithCertificate(request, clientCertificate, sendRequest);
    },
    readFile: (path) => Deno.readFile(path),
  };
}
