/** The platform port for Deno. Needs `--allow-net`, `--allow-read` of the core, and `--allow-env` only for default credentials. */
import type { CoreSource, Platform } from '../../sdk/platform.ts';
import { environmentCredentials } from '../web/environment-credentials.ts';
import { createWebPlatform } from '../web/platform.ts';

/** A fetch of the core serves a file of the checkout and an address on the web alike. */
async function loadCore(): Promise<CoreSource> {
  const url = new URL('../../build/core.simd.wasm', import.meta.url);
  return { flavour: 'simd', module: await WebAssembly.compileStreaming(fetch(url)) };
}

/** Fills the platform port. The default credentials are those of the environment variables. */
export function createDenoPlatform(): Platform {
  return createWebPlatform({
    name: 'deno',
    fullDuplex: true,
    credentials: environmentCredentials((name) => Deno.env.get(name), 'the environment'),
    loadCore,
    loadSharedModule: () =>
      WebAssembly.compileStreaming(fetch(new URL('../../build/core.shared.wasm', import.meta.url))),
  });
}
