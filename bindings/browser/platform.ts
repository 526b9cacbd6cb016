/**
 * The platform port for browsers. Requests there are half duplex: acks could not be read while the upload is open. Through a relay they are
 * full duplex.
 */
import { CredentialsError } from '../../sdk/errors.ts';
import type { CoreSource, Platform } from '../../sdk/platform.ts';
import { PipeStreams } from '../../sdk/relay/pipe-streams.ts';
import { createWebPlatform } from '../web/platform.ts';
import { relayDialer, type RelayOptions } from './relay-socket.ts';

/** The smallest module with a SIMD instruction: `i8x16.splat` of a constant, dropped. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11,
]);

async function loadCore(): Promise<CoreSource> {
  if (WebAssembly.validate(SIMD_PROBE))
    return { flavour: 'simd', module: await compiled(new URL('../../build/core.simd.wasm', import.meta.url)) };
  return { flavour: 'plain', module: await compiled(new URL('../../build/core.wasm', import.meta.url)) };
}

/** Of whatever type the server says: not every one knows that of WebAssembly. Rejects with an error that names the address. */
async function compiled(url: URL): Promise<WebAssembly.Module> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (cause) {
    throw new Error(`${url.href}, where the package's core has to be: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Fills the platform port. There are no default credentials: a page must not hold long-lived ones. With a relay all requests go over a
 * WebSocket to it, one for each stream, and are signed there. Throws `KvsError` for relay options that cannot be.
 */
export function createBrowserPlatform({ relay }: { readonly relay?: RelayOptions } = {}): Platform {
  const platform = createWebPlatform({
    name: 'browser',
    fullDuplex: false,
    credentials: () =>
      Promise.reject(new CredentialsError('a browser has none of its own; pass a provider', { retryable: false })),
    loadCore,
  });
  if (relay === undefined) return platform;
  const pipes = new PipeStreams(platform, relayDialer(relay));
  return { ...platform, fullDuplex: true, signsUpstream: true, fetch: (request) => pipes.fetch(request) };
}
