import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createProducer, KvsError, StoreFullError } from '../../../bindings/node/index.ts';
import { createNodePlatform } from '../../../bindings/node/platform.ts';

const it = suite('node platform');
const platform = createNodePlatform();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

it('loads a core that compiles, and says which', async () => {
  const source = await platform.loadCore();
  assert.is(source.flavour, 'simd');
  assert.ok('module' in source && source.module instanceof WebAssembly.Module);
});

it('falls back to the plain core where the engine has no SIMD', async () => {
  const { validate } = WebAssembly;
  WebAssembly.validate = (): boolean => false;
  try {
    assert.is((await platform.loadCore()).flavour, 'plain');
  } finally {
    WebAssembly.validate = validate;
  }
});

it('hashes', async () => {
  const data = new TextEncoder().encode('front-door');
  const key = new Uint8Array([1, 2, 3]);
  assert.is(hex(await platform.sha256(data)), createHash('sha256').update(data).digest('hex'));
  assert.is(hex(await platform.hmacSha256(key, data)), createHmac('sha256', key).update(data).digest('hex'));
  assert.is(platform.randomBytes(70_000).length, 70_000);
});

it('gives the credentials of the environment', async () => {
  const saved = { ...process.env };
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'SECRET',
    AWS_SESSION_TOKEN: 'TOKEN',
  });
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = await platform.credentials();
    assert.equal([accessKeyId, secretAccessKey, sessionToken, expiresAtMs], ['AKID', 'SECRET', 'TOKEN', undefined]);
  } finally {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
      if (saved[name] === undefined) delete process.env[name];
      else process.env[name] = saved[name];
    }
  }
});

it('logs to standard error from its level on', () => {
  const lines: string[] = [];
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (line) => lines.push(String(line)) > 0;
  try {
    const info = createNodePlatform({ logLevel: 'info' });
    info.log('debug', 'no');
    info.log('info', 'yes', { stream: 'front-door' });
    createNodePlatform({ logLevel: 'silent' }).log('error', 'no');
    createNodePlatform().log('info', 'no');
    createNodePlatform().log('warn', 'yes');
    const error = new RangeError('expected', { cause: new Error('the reason') });
    info.log('error', 'failed', { error, bytes: 2n ** 60n });
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    info.log('error', 'odd', circular);
  } finally {
    process.stderr.write = write;
  }
  assert.equal(lines.slice(0, 3), [
    'penstock info: yes {"stream":"front-door"}\n',
    'penstock warn: yes\n',
    'penstock error: failed {"error":"RangeError: expected; because of Error: the reason","bytes":"1152921504606846976"}\n',
  ]);
  assert.match(lines[3] ?? '', /^penstock error: odd \{"untold":"TypeError: .*circular/);
});

it('reads the response while the request is still being sent', async () => {
  const server = createServer((request, response) => {
    response.writeHead(200);
    request.on('data', (bytes: Buffer) => response.write(`got ${bytes.toString()};`));
    request.on('end', () => response.end('end'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    let sender!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (sender = controller) });
    sender.enqueue(new TextEncoder().encode('a'));
    const { port } = server.address() as AddressInfo;
    const response = await platform.fetch({
      method: 'POST',
      url: `http://127.0.0.1:${port}/putMedia`,
      headers: {},
      body,
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const next = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
    assert.is(await next(), 'got a;');
    sender.enqueue(new TextEncoder().encode('b'));
    assert.is(await next(), 'got b;');
    sender.close();
    assert.is(await next(), 'end');
    assert.is(platform.fullDuplex, true);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it('the entry exports the producer and its errors', async () => {
  const producer = await createProducer({
    endpoint: 'http://127.0.0.1:9',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  assert.is(producer.metrics.storeCapacityBytes >= 32 << 20, true);
  await producer.close();
  assert.instance(new StoreFullError(1, 1, 1), KvsError);
});

it.run();
