/** Signing in inside workerd. For the IoT role alias a binding shows the certificate, as an mTLS certificate binding does on Cloudflare. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { WITHOUT_RUNTIME } from '../conformance/credential-task.ts';
import { startIotEndpoint } from '../support/iot-endpoint.ts';

interface Miniflare {
  dispatchFetch(url: string, init: { readonly method: string; readonly body: string }): Promise<Response>;
  dispose(): Promise<void>;
}

// Wrangler's own: the version that belongs to its workerd.
const wrangler = createRequire(createRequire(import.meta.url).resolve('wrangler'));
const { Miniflare } = wrangler('miniflare') as { readonly Miniflare: new (options: object) => Miniflare };

const it = suite('signing in [workerd]');
const server = await startIotEndpoint();
const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('../workers/credentials.ts', import.meta.url))],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2023',
  external: ['cloudflare:*'],
  // Nothing here needs the core.
  loader: { '.wasm': 'empty' },
});

/** A service outside, reached over TLS. `http`, which cannot be, keeps Miniflare's check of options from dropping `https`. */
const outside = (keypair?: { readonly privateKey: string; readonly certificateChain: string }): object => ({
  external: {
    address: server.endpoint,
    http: 0,
    https: {
      options: {},
      tlsOptions: {
        ...(keypair === undefined ? {} : { keypair }),
        trustedCertificates: [server.authority.certificatePem],
      },
      certificateHost: 'localhost',
    },
  },
});
const { privateKeyPem: privateKey, certificatePem: certificateChain } = server.client;
const miniflare = new Miniflare({
  modules: true,
  script: outputFiles[0]?.text,
  bindings: { AWS_ACCESS_KEY_ID: 'VARIABLEKEY', AWS_SECRET_ACCESS_KEY: 'HUSHHUSH' },
  compatibilityDate: '2026-04-01',
  serviceBindings: { DEVICE: outside({ privateKey, certificateChain }), NOBODY: outside() },
  handleRuntimeStdio: (...streams: readonly NodeJS.ReadableStream[]) => streams.forEach((stream) => stream.resume()),
});
const response = await miniflare.dispatchFetch('http://worker.test/', { method: 'POST', body: server.endpoint });
const { outcomes, neutral } = (await response.json()) as Record<'outcomes' | 'neutral', Record<string, string>>;
await miniflare.dispose();
await server.close();

it('a binding shows the certificate that it holds', () => {
  assert.is(outcomes['binding'], 'IOTKEY');
  assert.equal(
    server.requests.map(({ client, path, headers }) => [client, path, headers['x-amzn-iot-thingname']]),
    [['front-door', '/role-aliases/CameraRole/credentials', 'front-door']],
  );
});

it('a binding without one is refused by the endpoint, with a typed error', () => {
  assert.match(outcomes['binding without a certificate'] ?? '', /^STATUS_IOT_FAILED: Cannot get credentials: the IoT/);
});

it('texts are refused with a typed error that says what to do', () => {
  assert.match(
    outcomes['texts'] ?? '',
    /workers shows only certificates that a binding holds: give the binding as certificate/,
  );
  assert.not.match(outcomes['texts'] ?? '', 'HUSH');
});

it("the Worker's variables, fixed credentials, a function, a chain, the cache", () => {
  assert.is(outcomes['variables'], 'VARIABLEKEY');
  assert.equal(neutral, WITHOUT_RUNTIME);
});

it.run();
