/** A producer behind a proxy: a tunnel in full duplex, a password, the environment's variables, and proxies that refuse. */
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createProducer,
  KvsError,
  type NodePlatformOptions,
  type ProducerOptions,
  type StreamOptions,
} from '../../bindings/node/index.ts';
import { runCommand } from '../../scripts/command.mjs';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import type { ChildOutcome } from '../support/call-child.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { within } from '../support/put-media-client.ts';
import { startTestService } from '../support/service.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { certificate } from '../support/test-certificate.ts';
import { TEST_TRACK, testFrame } from '../support/test-stream.ts';

const it = suite('proxy');
const COMMON = { region: 'eu-west-1', credentials: DEVELOPMENT_CREDENTIALS, logLevel: 'silent' } as const;
type Options = ProducerOptions & NodePlatformOptions;

/** Puts two fragments, waits for the acks of the first while the upload is open, and stops. */
async function upload(options: Options): Promise<void> {
  await using producer = await createProducer({ ...COMMON, ...options });
  const stream = await producer.openStream('front-door', { tracks: [TEST_TRACK], stopTimeoutMs: 20_000 });
  const acks = stream.acks();
  for (let i = 0; i < 8; i++) await stream.putFrame(testFrame(i));
  const isPersisted = (async () => {
    for await (const { type } of acks) if (type === 'persisted') return;
    assert.unreachable('the acks should not end');
  })();
  await within(isPersisted, 'PERSISTED while the upload is open');
  assert.is(stream.metrics.sessions, 1);
  for (let i = 8; i < 12; i++) await stream.putFrame(testFrame(i));
  await stream.stop();
  assert.is(stream.metrics.sessions, 1, 'the same connection to the end');
}

async function openingError(options: Options, stream: Partial<StreamOptions> = {}): Promise<KvsError> {
  await using producer = await createProducer({ ...COMMON, ...options });
  const error: unknown = await producer.openStream('front-door', { tracks: [TEST_TRACK], ...stream }).then(
    () => assert.unreachable('it should not open'),
    (reason: unknown) => reason,
  );
  assert.instance(error, KvsError);
  return error as KvsError;
}

/** Runs with variables of the environment. */
async function withVariables(variables: Readonly<Record<string, string>>, run: () => Promise<void>): Promise<void> {
  const saved = { ...process.env };
  Object.assign(process.env, variables);
  try {
    await run();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, saved);
  }
}

it('acks arrive through a tunnel, behind a password, while the upload is open', async () => {
  const service = await startTestService();
  await using proxy = await startConnectProxy({ credentials: 'gate:p@ss:word' });
  await upload({ endpoint: service.url, proxy: proxy.url.replace('//', '//gate:p%40ss%3Aword@') });
  assert.ok(proxy.tunnels >= 1);
  assert.is(proxy.asked.length, proxy.tunnels, 'none was refused');
  assert.equal([...new Set(proxy.asked)], [new URL(service.url).host]);
  assert.is(proxy.others, 0);
  await service.close();
});

it('HTTP_PROXY leads to hosts that the proxy alone knows; NO_PROXY leads past it', async () => {
  const service = await startTestService({ publicUrl: 'http://media.kvs.test:9494' });
  const local = await startTestService();
  await using proxy = await startConnectProxy({ target: () => new URL(service.url) });
  const endpoint = 'http://control.kvs.test';
  await withVariables({ HTTP_PROXY: proxy.url }, () => upload({ endpoint }));
  assert.equal([...new Set(proxy.asked)].sort(), ['control.kvs.test:80', 'media.kvs.test:9494']);

  const before = proxy.asked.length;
  await withVariables({ HTTP_PROXY: proxy.url, NO_PROXY: '.kvs.test' }, async () => {
    const error = await openingError({ endpoint }, { openTimeoutMs: 1_000 });
    assert.match(error.message, /ENOTFOUND|EAI_AGAIN|not ready within/);
  });
  await withVariables({ HTTP_PROXY: proxy.url }, async () => {
    await openingError({ endpoint, proxy: false }, { openTimeoutMs: 1_000 });
    // This machine's own service is reached directly, as ever.
    await upload({ endpoint: local.url });
  });
  assert.is(proxy.asked.length, before);
  await local.close();
  await service.close();
});

it('TLS goes through the tunnel to a service of another name, by HTTPS_PROXY', async () => {
  const pair = await certificate('kvs.test', -1, 1);
  const server = createServer(pair, (_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await using proxy = await startConnectProxy({ target: () => new URL(`http://127.0.0.1:${port}`) });
  const directory = await temporaryDirectory();
  const trusted = join(directory, 'trusted.pem');
  await writeFile(trusted, pair.cert);
  const args = ['--import', 'tsx', 'test/support/call-child.ts', 'https://kvs.test:8443', 'https://other.test'];
  const { output } = await runCommand(process.execPath, args, {
    env: { NODE_EXTRA_CA_CERTS: trusted, HTTPS_PROXY: proxy.url },
  });
  server.closeAllConnections();
  server.close();
  await removeDirectory(directory);
  const outcomes = JSON.parse(/^outcomes (.*)$/m.exec(output)?.[1] ?? '[]') as ChildOutcome[];
  assert.equal(
    outcomes.map(({ result }) => result),
    [200, 401],
    output,
  );
  assert.match(outcomes[1]?.reason as string, "is not in the cert's altnames");
  assert.equal(proxy.asked, ['kvs.test:8443', 'other.test:443']);
});

it('a certificate that is not trusted is refused behind a tunnel too', async () => {
  const service = await startTestService({ tls: true });
  await using proxy = await startConnectProxy();
  const error = await openingError({ endpoint: service.url, proxy: proxy.url });
  assert.is(error.code, 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR');
  assert.match(error.message, 'self-signed certificate');
  assert.ok(proxy.tunnels >= 1);
  await service.close();
});

it('a proxy that wants another password is an answer, and no password is repeated', async () => {
  const service = await startTestService();
  await using proxy = await startConnectProxy({ credentials: 'gate:right' });
  for (const given of ['', 'gate:secret@']) {
    const error = await openingError({ endpoint: service.url, proxy: proxy.url.replace('//', `//${given}`) });
    assert.is(error.code, 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR');
    assert.is(error.retryable, false);
    assert.match(error.message, `the proxy ${proxy.url} refused the connection: HTTP 407`);
    assert.not.match(JSON.stringify(error, Object.getOwnPropertyNames(error)), 'secret');
  }
  await service.close();
});

it('a proxy that forbids the host is an answer', async () => {
  await using proxy = await startConnectProxy({ refusal: 403 });
  const error = await openingError({ endpoint: 'http://kvs.test', proxy: proxy.url });
  assert.match(error.message, 'HTTP 403');
  assert.is(error.retryable, false);
});

it('a proxy that cannot reach the service, or is away, is tried again until the time is over', async () => {
  const proxy = await startConnectProxy({ refusal: 502 });
  const refused = await openingError({ endpoint: 'http://kvs.test', proxy: proxy.url }, { openTimeoutMs: 1_000 });
  assert.is(refused.code, 'STATUS_OPERATION_TIMED_OUT');
  assert.match(refused.message, `the proxy ${proxy.url} refused the connection: HTTP 502`);
  assert.ok(proxy.asked.length > 1, `${proxy.asked.length} attempts`);
  await proxy[Symbol.asyncDispose]();
  const away = await openingError({ endpoint: 'http://kvs.test', proxy: proxy.url }, { openTimeoutMs: 1_000 });
  assert.match(away.message, 'ECONNREFUSED');
});

it.run();
