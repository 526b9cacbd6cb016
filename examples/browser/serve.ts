/**
 * Serves the page of this folder on loopback, which counts as secure: a browser gives it the camera.
 *
 *     node --import tsx examples/browser/serve.ts wss://relay.example.com front-door TOKEN
 */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** What the page asks for. A real application mints a token for each user that has signed in. */
export interface PageSettings {
  readonly relayUrl: string;
  readonly stream: string;
  readonly token: string;
}

const root = new URL('../../', import.meta.url);

/** The script of a page, for browsers. It finds the core at `/build/`, two folders up from where it is served. */
export async function bundlePage(entry: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    platform: 'browser',
    logLevel: 'warning',
  });
  return outputFiles[0]?.text ?? '';
}

export interface ServedPage {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the server on a free port of loopback, or the one given. */
export async function servePage(settings: PageSettings, port = 0): Promise<ServedPage> {
  const script = await bundlePage(new URL('main.ts', import.meta.url));
  const answers: Readonly<Record<string, () => Promise<readonly [type: string, content: string | Uint8Array]>>> = {
    '/': async () => ['text/html', await readFile(new URL('index.html', import.meta.url))],
    '/assets/page/main.js': async () => ['text/javascript', script],
    '/settings': async () => ['application/json', JSON.stringify(settings)],
    '/build/core.simd.wasm': async () => ['application/wasm', await readFile(new URL('build/core.simd.wasm', root))],
    '/build/core.wasm': async () => ['application/wasm', await readFile(new URL('build/core.wasm', root))],
  };
  const server = createServer((request, response) => {
    void (async () => {
      const [type, content] = (await answers[request.url ?? '']?.()) ?? [];
      if (type === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': type }).end(content);
    })();
  });
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [relayUrl, stream, token] = process.argv.slice(2);
  if (!relayUrl || !stream || !token) throw new Error('Usage: serve.ts RELAY_URL STREAM TOKEN');
  const { url } = await servePage({ relayUrl, stream, token }, 8080);
  console.log(`Open ${url}`);
}
