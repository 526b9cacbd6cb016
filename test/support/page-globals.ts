/** What the browser binding takes from a page, for Node: WebSocket, and a fetch that knows the core's file. */
import { readFile } from 'node:fs/promises';
import { WebSocket } from 'undici';

/** Gives this process the globals of a page. */
export function installPageGlobals(): void {
  // Node 20 has no WebSocket; later ones have one of the same making.
  if (typeof globalThis.WebSocket === 'undefined') Object.assign(globalThis, { WebSocket });
  const fetchOfNode = globalThis.fetch;
  globalThis.fetch = async (...request: Parameters<typeof fetch>) => {
    const [url] = request;
    if (!(url instanceof URL) || url.protocol !== 'file:') return fetchOfNode(...request);
    return new Response(await readFile(url), { headers: { 'content-type': 'application/wasm' } });
  };
}
