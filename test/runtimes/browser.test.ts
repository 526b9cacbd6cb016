/** The browser binding without a browser: it bundles, loads the core, and refuses to upload instead of doing half of it. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createBrowserPlatform, createProducer, CredentialsError, KvsError } from '../../bindings/browser/index.ts';
import { iotCredentials } from '../../sdk/aws/credentials.ts';
import { Core } from '../../sdk/core/index.ts';

const browser = suite('browser binding');

browser('createProducer() rejects with a typed error that names the relay', async () => {
  const failure: unknown = await createProducer({ region: 'us-west-2' }).catch((error: unknown) => error);
  if (!(failure instanceof KvsError)) throw new Error(`It gave ${String(failure)}`);
  assert.is(failure.code, 'STATUS_NOT_IMPLEMENTED');
  assert.not(failure.retryable);
  assert.match(failure.message, /relay/);
});

for (const [options, named] of [
  [{ region: 'us-west-2' }, 'region'],
  [{ endpoint: 'https://a.test' }, 'endpoint'],
  [{ credentials: { accessKeyId: 'a', secretAccessKey: 'b' } }, 'credentials'],
  [{ relay: { url: 'ftp://relay.test', token: 'a.b.c' } }, 'relay.url'],
  [{ relay: { url: 'not a URL', token: 'a.b.c' } }, 'relay.url'],
  [{ relay: { url: 'wss://relay.test', token: 7 as never } }, 'relay.token'],
] as const)
  browser(`createProducer() refuses ${named} ${JSON.stringify(options)}`, async () => {
    const relay = { url: 'wss://relay.test', token: 'a.b.c' };
    const failure: unknown = await createProducer({ relay, ...options }).catch((error: unknown) => error);
    if (!(failure instanceof KvsError)) throw new Error(`It gave ${String(failure)}`);
    assert.is(failure.code, 'STATUS_INVALID_ARG');
    assert.match(failure.message, named);
  });

browser('its default credentials reject with a typed error', async () => {
  const failure: unknown = await createBrowserPlatform()
    .credentials()
    .catch((error: unknown) => error);
  assert.instance(failure, KvsError);
});

browser('signing in by an IoT certificate rejects with a typed error: a browser shows none that a page gives', () => {
  const certificate = { certificatePem: 'certificate', privateKeyPem: 'key' };
  const options = {
    endpoint: 'c1.credentials.iot.us-west-2.amazonaws.com',
    certificate,
    roleAlias: 'r',
    thingName: 't',
  };
  assert.throws(
    () => iotCredentials(createBrowserPlatform(), options),
    (error: unknown) =>
      error instanceof CredentialsError &&
      !error.retryable &&
      /browser can show no client certificate/.test(error.message),
  );
});

browser('loadCore() compiles what it fetches', async () => {
  const fetchOfNode = globalThis.fetch;
  // Node's fetch knows no file URLs; a page's server would answer like this.
  globalThis.fetch = async (url) =>
    new Response(await readFile(url as URL), { headers: { 'content-type': 'application/wasm' } });
  try {
    const source = await createBrowserPlatform().loadCore();
    assert.is(source.flavour, 'simd');
    assert.is(Core.create(source).openStore(1 << 20).usedBytes, 0);
  } finally {
    globalThis.fetch = fetchOfNode;
  }
});

for (const [entry, conditions, external] of [
  ['browser', ['browser'], []],
  ['workerd', ['workerd', 'browser'], ['cloudflare:*', '*.wasm']],
] as const) {
  browser(`the package's ${entry} entry bundles without a module of Node`, async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL(`../../dist/${entry}.js`, import.meta.url))],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      conditions: [...conditions],
      external: [...external],
      logLevel: 'silent',
    });
    assert.not.match(outputFiles[0]?.text ?? '', /from "node:/);
  });
}

browser.run();
