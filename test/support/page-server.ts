/** A page of a test: a script bundled for browsers, and the core where it looks for it. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

const BUILD = new URL('../../build/', import.meta.url);
const ROOT = new URL('../../', import.meta.url);
const HTML = `<!doctype html><title>Test</title><link rel="icon" href="data:,">
<body><video autoplay muted></video><button>Stop</button><script type="module" src="/assets/page/main.js"></script></body>`;

export interface PageOptions {
  /** Path → what is answered there beside the page. */
  readonly texts?: Readonly<Record<string, string>>;
  /**
   * What `from 'penstock'` is: the browser binding of this repository, which finds the core in `/build/`, or the entry of the package, which
   * finds it beside the script. @default 'source'
   */
  readonly penstock?: 'source' | 'package';
  /** Path that is answered with 404. */
  readonly missing?: string;
}

const PENSTOCK = { source: 'bindings/browser/index.ts', package: 'dist/browser.js' };

/**
 * Bundles a script and serves it in a page on a free port of loopback.
 * @param script TypeScript, as in a file of the folder `test/browser`
 */
export async function serveScript(
  script: string,
  { texts = {}, penstock = 'source', missing }: PageOptions = {},
): Promise<PageServer> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: new URL('test/browser/', ROOT).pathname, loader: 'ts' },
    alias: { penstock: new URL(PENSTOCK[penstock], ROOT).pathname },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    platform: 'browser',
    logLevel: 'warning',
  });
  const code = outputFiles[0]?.text ?? '';
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const send = (type: string, content: string | Uint8Array): void =>
      void response.writeHead(200, { 'content-type': type }).end(content);
    if (path === missing) response.writeHead(404).end();
    else if (path === '/') send('text/html', HTML);
    else if (path === '/assets/page/main.js') send('text/javascript', code);
    else if (Object.hasOwn(texts, path)) send('text/plain', texts[path] as string);
    else if (
      (penstock === 'source' ? /^\/build\/core(\.simd)?\.wasm$/ : /^\/assets\/page\/core(\.simd)?\.wasm$/).test(path)
    )
      readFile(new URL(path.slice(path.lastIndexOf('/') + 1), BUILD)).then(
        (core) => send('application/wasm', core),
        () => response.writeHead(404).end(),
      );
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
