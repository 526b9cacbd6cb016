/** The platform port as filled from a host's functions. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EmbeddedHost, WebAssemblyHost } from '../../../bindings/embedded/host.ts';
import { createEmbeddedPlatform } from '../../../bindings/embedded/platform.ts';
import { createEmbeddedPlatform as createWebAssemblyPlatform } from '../../../bindings/embedded/webassembly.ts';
import { iotCredentials } from '../../../sdk/aws/credentials.ts';
import { Core } from '../../../sdk/core/core.ts';
import { CredentialsError, KvsError } from '../../../sdk/errors.ts';
import type { Platform, PlatformRequest } from '../../../sdk/platform.ts';
import { developmentCertificate } from '../../../service/host/development-certificate.ts';
import { createTestHost } from '../../support/embedded-host.ts';
import { startIotEndpoint } from '../../support/iot-endpoint.ts';
import { coreSource } from '../../support/load-core.ts';
import { credentialsError } from '../../support/rejection.ts';
import { removeDirectory, temporaryDirectory } from '../../support/temporary-directory.ts';

const platformOf = (host: EmbeddedHost): Platform => createEmbeddedPlatform(host, () => coreSource('js'));

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** A host that lacks these functions, whatever its type says. */
function hostWithout(...names: readonly string[]): WebAssemblyHost {
  const functions = Object.entries(createTestHost('test')).filter(([name]) => !names.includes(name));
  return Object.fromEntries(functions) as unknown as WebAssemblyHost;
}

const it = suite('platform of embedded engines');

it('a host that lacks functions is refused, and they are named', () => {
  for (const [host, names] of [
    [hostWithout('connect', 'now'), 'connect, now'],
    [{ ...createTestHost('test'), setTimer: 1 }, 'setTimer'],
    [undefined, 'connect, send, receive, close, now, setTimer, cancelTimer, randomBytes'],
  ] as const)
    assert.throws(
      () => platformOf(host as never),
      (error: unknown) => error instanceof KvsError && error.message === `The host lacks the functions ${names}`,
    );
});

it('timers of more than 2^31 milliseconds are set in steps', () => {
  const set: number[] = [];
  const cancelled: number[] = [];
  let fire: (() => void) | undefined;
  const host: EmbeddedHost = {
    ...createTestHost('test'),
    setTimer(delayMs, callback) {
      fire = callback;
      return set.push(delayMs);
    },
    cancelTimer: (timer) => void cancelled.push(timer),
  };
  let fired = 0;
  const timer = platformOf(host).setTimer(2 ** 32 + 0.5, () => fired++);
  fire?.();
  fire?.();
  assert.equal(set, [2 ** 31 - 1, 2 ** 31 - 1, 3]);
  assert.is(fired, 0);
  fire?.();
  assert.is(fired, 1);
  timer.cancel();
  assert.equal(cancelled, [], "a timer that has fired is nobody's any more");
  platformOf(host)
    .setTimer(-1, () => fired++)
    .cancel();
  assert.equal(set.at(-1), 0);
  assert.equal(cancelled, [4]);
});

it("hashes of the host's are used where it has them", async () => {
  const asked: ArrayBuffer[] = [];
  const answer = (...data: ArrayBuffer[]): ArrayBuffer => {
    asked.push(...data);
    return new ArrayBuffer(32);
  };
  const platform = platformOf({ ...createTestHost('test'), sha256: answer, hmacSha256: answer });
  const part = Uint8Array.of(1, 2, 3, 4).subarray(1, 3);
  assert.equal(await platform.sha256(part), new Uint8Array(32));
  assert.equal(await platform.hmacSha256(Uint8Array.of(9), part), new Uint8Array(32));
  assert.equal(
    asked.map((buffer) => [...new Uint8Array(buffer)]),
    [[2, 3], [9], [2, 3]],
  );
  const plain = await platformOf(createTestHost('test')).sha256(part);
  assert.equal(plain, new Uint8Array(createHash('sha256').update(part).digest()));
});

it('logs lines with their details as JSON, errors as text, and nothing where nobody listens', () => {
  const host = createTestHost('test');
  const platform = platformOf(host);
  platform.log('warn', 'it happened', { count: 2, error: new RangeError('expected') });
  platform.log('info', 'nothing more');
  assert.equal(host.lines, ['warn: it happened {"count":2,"error":"RangeError: expected"}', 'info: nothing more ']);
  platformOf(hostWithout('log')).log('error', 'unheard');
  const failing = (): never => {
    throw new Error('the disk is full');
  };
  platformOf({ ...host, log: failing }).log('error', 'a line that is lost');
});

it('has no credentials of its own, and shows no client certificate', async () => {
  const platform = platformOf(createTestHost('test'));
  assert.instance(await rejection(platform.credentials()), CredentialsError);
  const request = { method: 'GET', url: 'https://127.0.0.1:1/', headers: {}, clientCertificate: {} };
  assert.instance(await rejection(platform.fetch(request as PlatformRequest)), CredentialsError);
});

it('the plain core is loaded where the engine refuses the one with SIMD', async () => {
  const asked: string[] = [];
  const files = createTestHost('test');
  const read: WebAssemblyHost['readCore'] = (name) => {
    asked.push(name);
    return name === 'core.wasm' ? files.readCore(name) : new ArrayBuffer(8);
  };
  const plain = await createWebAssemblyPlatform({ ...createTestHost('test'), readCore: read }).loadCore();
  assert.equal([plain.flavour, asked], ['plain', ['core.simd.wasm', 'core.wasm']]);
  const simd = await createWebAssemblyPlatform(createTestHost('test')).loadCore();
  assert.is(simd.flavour, 'simd');
  for (const source of [plain, simd]) assert.is(Core.create(source).openStore(1 << 20).usedBytes, 0);
  assert.match(
    String(await rejection(createWebAssemblyPlatform(hostWithout('readCore')).loadCore())),
    /lacks the function readCore/,
  );
});

it("https goes through the host's TLS, which refuses a certificate that it does not trust", async () => {
  const directory = await temporaryDirectory();
  const { certificatePem: cert, privateKeyPem: key } = await developmentCertificate(directory);
  await removeDirectory(directory);
  const server = createServer({ cert, key }, (_request, response) => response.end('over TLS'));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const hosts = [createTestHost('test', cert), createTestHost('test')] as const;
  try {
    const response = await platformOf(hosts[0]).fetch({ method: 'GET', url, headers: {} });
    const piece = await response.body?.getReader().read();
    assert.is(Buffer.from(piece?.value ?? []).toString(), 'over TLS');
    const refused = await rejection(platformOf(hosts[1]).fetch({ method: 'GET', url, headers: {} }));
    assert.match(String(refused), /certificate/);
  } finally {
    for (const host of hosts) host.dispose();
    server.closeAllConnections();
    server.close();
  }
});

it("an IoT role alias gives credentials for the certificate that the host's TLS shows, and none without it", async () => {
  const endpoint = await startIotEndpoint();
  const options = {
    endpoint: endpoint.endpoint,
    certificate: 'host',
    roleAlias: 'CameraRole',
    streamName: 'front-door',
  } as const;
  const trusted = endpoint.authority.certificatePem;
  const device = createTestHost('test', trusted, endpoint.client);
  const stranger = createTestHost('test', trusted);
  try {
    assert.is((await iotCredentials(platformOf(device), options)()).accessKeyId, 'IOTKEY');
    assert.equal(
      endpoint.requests.map(({ client, path }) => [client, path]),
      [['front-door', '/role-aliases/CameraRole/credentials']],
    );
    const error = await credentialsError(iotCredentials(platformOf(stranger), options)());
    assert.is(error.code, 'STATUS_IOT_FAILED');
    assert.is(endpoint.requests.length, 1);
    assert.is(device.openConnections + device.runningTimers, 0);
  } finally {
    device.dispose();
    stranger.dispose();
    await endpoint.close();
  }
});

it.run();
