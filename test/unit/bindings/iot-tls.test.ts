/** The IoT role alias over real TLS, from Node: certificates that are let in and that are not, and what a server can do to its answer. */
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNodePlatform, type IotCredentialOptions, iotCredentials } from '../../../bindings/node/index.ts';
import { certificateAuthority } from '../../support/certificates.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';
import { expirationOf, iotAnswer, startIotEndpoint } from '../../support/iot-endpoint.ts';
import { startRawServer } from '../../support/raw-server.ts';
import { credentialsError, everythingIn } from '../../support/rejection.ts';
import { removeDirectory, temporaryDirectory } from '../../support/temporary-directory.ts';

const it = suite('IoT role alias over TLS');
const platform = createNodePlatform({ logLevel: 'silent' });
const server = await startIotEndpoint();
const caPem = server.authority.certificatePem;
const HOUR_MS = 3_600_000;

const options = (more: Partial<IotCredentialOptions> = {}): IotCredentialOptions => ({
  endpoint: server.endpoint,
  certificate: { ...server.client, caPem },
  roleAlias: 'CameraRole',
  thingName: 'front-door',
  ...more,
});

it.before.each(() => {
  server.requests.length = 0;
  server.answer = (response) => response.end(iotAnswer(expirationOf(Date.now() + HOUR_MS)));
});

it('asks with the certificate, over TLS 1.2 or later, as the native library does', async () => {
  const beforeMs = Date.now();
  const credentials = await iotCredentials(platform, options({ roleAlias: 'Camera=Role,@1' }))();
  const { expiresAtMs = 0, ...keys } = credentials;
  assert.equal(keys, { accessKeyId: 'IOTKEY', secretAccessKey: 'HUSHHUSH', sessionToken: 'PSSTPSST' });
  const lifeMs = expiresAtMs - beforeMs;
  assert.ok(lifeMs > 0.8 * HOUR_MS - 2_000 && lifeMs < 0.99 * HOUR_MS + 2_000, `${lifeMs} ms with jitter`);
  const [{ method, path, headers, bodyBytes, protocol, client } = {} as never] = server.requests;
  assert.equal(
    [method, path, bodyBytes, client],
    ['GET', '/role-aliases/Camera%3DRole%2C%401/credentials', 0, 'front-door'],
  );
  assert.equal(
    [headers['user-agent'], headers['x-amzn-iot-thingname'], headers.authorization],
    ['AWS-SDK-KVS', 'front-door', undefined],
  );
  assert.match(protocol ?? '', /^TLSv1\.[23]$/);
});

it('reads certificate and key from files, each time anew', async () => {
  const directory = await temporaryDirectory();
  try {
    const [certificatePath, privateKeyPath, caPath] = ['device.pem', 'device.key', 'ca.pem'].map((name) =>
      join(directory, name),
    ) as [string, string, string];
    const provider = iotCredentials(platform, options({ certificate: { certificatePath, privateKeyPath, caPath } }));
    const missing = await credentialsError(provider());
    assert.match(missing.message, `the certificate ${certificatePath} cannot be read: ENOENT`);
    await writeFile(caPath, caPem);
    await writeFile(privateKeyPath, server.client.privateKeyPem.slice(0, 60));
    await writeFile(certificatePath, server.client.certificatePem);
    const half = await credentialsError(provider());
    assert.match(half.message, `the private key ${privateKeyPath} is no PEM file, or is half written`);
    assert.is(half.retryable, true);
    await writeFile(privateKeyPath, server.client.privateKeyPem);
    assert.is((await provider()).accessKeyId, 'IOTKEY');
    const other = await server.authority.client('back-door');
    await writeFile(privateKeyPath, other.privateKeyPem);
    await writeFile(certificatePath, other.certificatePem);
    provider.invalidate();
    await provider();
    assert.equal(
      server.requests.map(({ client }) => client),
      ['front-door', 'back-door'],
    );
  } finally {
    await removeDirectory(directory);
  }
});

const stranger = await certificateAuthority('Stranger');
const refused: readonly (readonly [string, IotCredentialOptions['certificate'], RegExp])[] = [
  [
    'a certificate of another authority',
    { ...(await stranger.client('front-door')), caPem },
    /did not answer: .*(unknown ca|alert|ECONNRESET|socket hang up)/i,
  ],
  [
    'a certificate that has expired',
    { ...(await server.authority.client('front-door', { expired: true })), caPem },
    /did not answer: .*(expired|alert|ECONNRESET|socket hang up)/i,
  ],
  [
    "a server that is not of the device's authority",
    { ...server.client, caPem: stranger.certificatePem },
    /did not answer: .*(certificate|verify)/i,
  ],
  ['a server that no authority is known of', server.client, /did not answer: .*(certificate|verify)/i],
  [
    'a key of another certificate',
    { ...server.client, privateKeyPem: stranger.privateKeyPem, caPem },
    /did not answer: .*key values mismatch/i,
  ],
  [
    'a key that is none',
    {
      ...server.client,
      privateKeyPem: '-----BEGIN PRIVATE KEY-----\nHUSHHUSH\n-----END PRIVATE KEY-----\n',
      caPem,
    },
    /did not answer: /,
  ],
];
const encrypted = createPrivateKey(server.client.privateKeyPem)
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'HUSH' })
  .toString();
it('a key that wants a passphrase is told as such, as a text and as a file', async () => {
  const directory = await temporaryDirectory();
  const [certificatePath, privateKeyPath] = [join(directory, 'device.pem'), join(directory, 'device.key')];
  await writeFile(certificatePath, server.client.certificatePem);
  await writeFile(privateKeyPath, encrypted);
  for (const [certificate, what] of [
    [{ ...server.client, privateKeyPem: encrypted }, 'the private key'],
    [{ certificatePath, privateKeyPath }, `the private key ${privateKeyPath}`],
  ] as const) {
    const error = await credentialsError(iotCredentials(platform, options({ certificate }))());
    assert.is(error.reason, `${what} is encrypted: one without a passphrase is expected`);
    assert.is(error.retryable, false);
  }
  await removeDirectory(directory);
});

it('a key file that is not yet that of the certificate file is tried again', async () => {
  const directory = await temporaryDirectory();
  const certificate = {
    certificatePath: join(directory, 'c'),
    privateKeyPath: join(directory, 'k'),
    caPath: join(directory, 'a'),
  };
  await writeFile(certificate.caPath, caPem);
  await writeFile(certificate.certificatePath, server.client.certificatePem);
  await writeFile(certificate.privateKeyPath, stranger.privateKeyPem);
  const provider = iotCredentials(platform, options({ certificate }));
  assert.is((await credentialsError(provider())).retryable, true);
  await writeFile(certificate.privateKeyPath, server.client.privateKeyPem);
  assert.is((await provider()).accessKeyId, 'IOTKEY');
  await removeDirectory(directory);
});

for (const [what, certificate, message] of refused) {
  it(`refused: ${what}`, async () => {
    const error = await credentialsError(iotCredentials(platform, options({ certificate }))());
    assert.match(error.message, message);
    assert.is(error.code, 'STATUS_IOT_FAILED');
    assert.is(server.requests.length, 0);
    const seen = everythingIn(error);
    assert.not.match(seen, /HUSH/);
    assert.not.match(seen, server.client.privateKeyPem.split('\n')[1] ?? 'key');
  });
}

it('no certificate at all gets no answer', async () => {
  const asking = httpsRequest(`https://${server.endpoint}/role-aliases/CameraRole/credentials`, { ca: caPem });
  asking.end();
  const [error] = (await once(asking, 'error')) as [Error];
  assert.match(error.message, /certificate required|alert|ECONNRESET|socket hang up/i);
  assert.is(server.requests.length, 0);
});

it('an answer that is cut half-way, and one that is later than the limit for all of it', async () => {
  server.answer = (response) => {
    const text = iotAnswer(expirationOf(Date.now() + HOUR_MS));
    response.writeHead(200, { 'content-length': text.length });
    response.write(text.slice(0, 90), () => response.socket?.destroy());
  };
  const cut = await credentialsError(iotCredentials(platform, options())());
  assert.match(cut.message, /the IoT endpoint localhost:\d+ did not answer: /);
  assert.is(cut.retryable, true);
  assert.not.match(everythingIn(cut), /HUSH|PSST/);
  server.answer = (response) => void response.write('{"credentials":');
  const late = await credentialsError(iotCredentials(platform, options({ completionTimeoutMs: 300 }))());
  assert.match(late.message, 'did not answer: no whole answer within 300 ms');
  server.answer = () => undefined;
  const silent = await credentialsError(iotCredentials(platform, options({ completionTimeoutMs: 300 }))());
  assert.match(silent.message, 'did not answer: no whole answer within 300 ms');
  assert.is(silent.retryable, true);
});

it('a connection that does not come to stand ends at its own limit', async () => {
  const sockets: Socket[] = [];
  // Takes the connection, and says nothing of TLS.
  const mute = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  try {
    const endpoint = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const error = await credentialsError(
      iotCredentials(platform, options({ endpoint, connectTimeoutMs: 200, completionTimeoutMs: 60_000 }))(),
    );
    assert.match(error.message, 'did not answer: No connection within 200 ms');
    assert.is(error.retryable, true);
  } finally {
    for (const socket of sockets) socket.destroy();
    mute.close();
  }
});

it('the limit of the connection is over once it stands', async () => {
  server.answer = (response) => {
    setTimeout(() => response.end(iotAnswer(expirationOf(Date.now() + HOUR_MS))), 600);
  };
  const provider = iotCredentials(platform, options({ connectTimeoutMs: 1_200, completionTimeoutMs: 30_000 }));
  assert.is((await provider()).accessKeyId, 'IOTKEY');
});

it('a port where nobody listens', async () => {
  const endpoint = '127.0.0.1:9';
  const error = await credentialsError(iotCredentials(platform, options({ endpoint }))());
  assert.match(error.message, /the IoT endpoint 127\.0\.0\.1:9 did not answer: .*ECONNREFUSED/);
});

it('through a proxy of the options or of the environment, which sees a host and no more', async () => {
  await using proxy = await startConnectProxy({ credentials: 'gate:word' });
  const behind = createNodePlatform({ logLevel: 'silent', proxy: proxy.url.replace('//', '//gate:word@') });
  const provider = iotCredentials(behind, options());
  assert.is((await provider()).accessKeyId, 'IOTKEY');
  provider.invalidate();
  assert.is((await provider()).accessKeyId, 'IOTKEY');
  assert.is(proxy.tunnels, 2);
  assert.equal(
    server.requests.map(({ client, headers }) => [client, headers['proxy-authorization']]),
    Array.from({ length: 2 }, () => ['front-door', undefined]),
  );
  const direct = createNodePlatform({ logLevel: 'silent', proxy: proxy.url, noProxy: 'localhost' });
  await iotCredentials(direct, options())();
  assert.is(proxy.tunnels, 2);
});

it('a proxy that refuses, one that says nothing, and a server behind one that is not trusted: typed errors', async () => {
  for (const [refusal, retryable] of [
    [407, false],
    [403, false],
    [502, true],
  ] as const) {
    await using proxy = await startConnectProxy({ refusal });
    const behind = createNodePlatform({ logLevel: 'silent', proxy: proxy.url.replace('//', '//gate:HUSH@') });
    const error = await credentialsError(iotCredentials(behind, options())());
    assert.match(error.message, `did not answer: the proxy ${proxy.url} refused the connection: HTTP ${refusal}`);
    assert.is(error.code, 'STATUS_IOT_FAILED');
    assert.is(error.retryable, retryable);
    assert.not.match(everythingIn(error), 'HUSH');
  }
  await using mute = await startRawServer(() => undefined);
  const late = createNodePlatform({ logLevel: 'silent', proxy: mute.url });
  const silent = await credentialsError(iotCredentials(late, options({ completionTimeoutMs: 300 }))());
  assert.match(silent.message, 'did not answer: no whole answer within 300 ms');
  await using proxy = await startConnectProxy();
  const behind = createNodePlatform({ logLevel: 'silent', proxy: proxy.url });
  const distrusted = await credentialsError(iotCredentials(behind, options({ certificate: server.client }))());
  assert.match(distrusted.message, /did not answer: .*(certificate|verify)/i);
});

it('ends', () => server.close());

it.run();
