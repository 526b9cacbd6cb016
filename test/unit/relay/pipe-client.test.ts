/** The client's end of a pipe, against the relay's own: full duplex, credit, and what becomes of a socket that is lost. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PlatformRequest, PlatformResponse } from '../../../sdk/platform.ts';
import { PipeClient } from '../../../sdk/relay/pipe-client.ts';
import { PIPE_LIMITS } from '../../../sdk/relay/pipe-message.ts';
import { DATA_URL, PipeDialer } from '../../support/pipe-pair.ts';
import { rejectionOf } from '../../support/rejection.ts';
import { ScriptedPlatform } from '../../support/scripted-platform.ts';

const it = suite('relay pipe, the client');

class ClientTest {
  readonly platform = new ScriptedPlatform();
  readonly dialer = new PipeDialer(this.platform);
  readonly client = new PipeClient(this.platform, this.dialer.dial);

  constructor() {
    this.platform
      .on('/describeStream', { body: '{"StreamInfo":{}}' })
      .on('/getDataEndpoint', { body: JSON.stringify({ DataEndpoint: DATA_URL }) });
  }

  describe(signal?: AbortSignal): Promise<PlatformResponse> {
    const body = new TextEncoder().encode('{"StreamName":"granted"}');
    const headers = { 'content-type': 'application/json', 'user-agent': 'any' };
    const url = 'https://anything.test/describeStream';
    return this.client.fetch({ method: 'POST', url, headers, body, ...(signal && { signal }) });
  }

  putMedia(body: ReadableStream<Uint8Array>, signal?: AbortSignal): Promise<PlatformResponse> {
    const headers = { 'x-amzn-stream-name': 'granted', 'x-amzn-fragment-timecode-type': 'ABSOLUTE' };
    const url = 'https://put-media.relay.invalid/putMedia';
    return this.client.fetch({ method: 'POST', url, headers, body, ...(signal && { signal }) });
  }

  /** An upload each of whose pieces is answered as it comes, the first of so many bytes. */
  async openEchoed(sizeBytes: number) {
    this.platform.on('/putMedia', ({ body }) => ({
      body: (body as ReadableStream<Uint8Array>).pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform: (piece, controller) => controller.enqueue(Buffer.from(`got ${piece.length}`)),
        }),
      ),
    }));
    const { body, controller } = handBody();
    controller.enqueue(new Uint8Array(sizeBytes));
    const response = await this.putMedia(body);
    return { controller, reader: response.body?.getReader() };
  }
}

/** A body that is written by hand. */
function handBody(): {
  readonly body: ReadableStream<Uint8Array>;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
} {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  return { body, controller };
}

const textOf = async (reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<string> =>
  Buffer.from((await reader?.read())?.value ?? []).toString();

it('a call over a socket that is made for it; the next ones use the same', async () => {
  const test = new ClientTest();
  for (let count = 0; count < 3; count++) {
    const response = await test.describe();
    assert.is(response.status, 200);
    assert.is(await new Response(response.body).text(), '{"StreamInfo":{}}');
  }
  assert.is(test.dialer.sockets.length, 1);
});

it('an answer is read while its request is still being sent', async () => {
  const test = new ClientTest();
  const { controller, reader } = await test.openEchoed(10);
  assert.is(await textOf(reader), 'got 10');
  controller.enqueue(new Uint8Array(20));
  assert.is(await textOf(reader), 'got 20');
  controller.close();
  assert.is((await reader?.read())?.done, true);
});

it('no more of a body is read than the relay takes', async () => {
  const test = new ClientTest();
  test.platform.on('/putMedia', () => new Promise(() => undefined));
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        pulled += 10_000;
        controller.enqueue(new Uint8Array(10_000));
      },
    },
    { highWaterMark: 0 },
  );
  void test.putMedia(body).catch(() => undefined);
  await test.platform.idle();
  assert.ok(pulled >= PIPE_LIMITS.requestWindowBytes, `${pulled} read`);
  assert.ok(pulled < PIPE_LIMITS.requestWindowBytes + 10_000, `${pulled} read`);
  assert.is(test.dialer.sockets[0]?.closed, undefined);
  test.dialer.drop();
});

it('a large body gets through, however small the windows are', async () => {
  const test = new ClientTest();
  let received = 0;
  test.platform.on('/putMedia', async ({ body }) => {
    for await (const piece of body as ReadableStream<Uint8Array>) received += piece.length;
    return { body: 'x'.repeat(500_000) };
  });
  const pieces = Array.from({ length: 40 }, () => new Uint8Array(100_000));
  const response = await test.putMedia(
    new ReadableStream({ start: (c) => (pieces.forEach((p) => c.enqueue(p)), c.close()) }),
  );
  assert.is(received, 4_000_000);
  assert.is((await new Response(response.body).text()).length, 500_000);
});

it('the signal ends a request, at the relay too', async () => {
  const test = new ClientTest();
  let signal: AbortSignal | undefined;
  test.platform.on('/putMedia', (request) => {
    ({ signal } = request);
    return new Promise(() => undefined);
  });
  const abort = new AbortController();
  const pending = rejectionOf(test.putMedia(handBody().body, abort.signal));
  await test.platform.idle();
  abort.abort(new Error('enough'));
  assert.is((await pending).message, 'enough');
  await test.platform.idle();
  assert.is(signal?.aborted, true);
  assert.is((await test.describe()).status, 200);
  assert.is(test.dialer.sockets.length, 1);
});

it('a lost socket ends its exchanges as a network does; the next request makes another', async () => {
  const test = new ClientTest();
  const { reader } = await test.openEchoed(10);
  await reader?.read();
  test.platform.on('/describeStream', () => new Promise(() => undefined));
  const waiting = rejectionOf(test.describe());
  await test.platform.idle();
  test.dialer.drop();
  assert.match((await waiting).message, /socket was closed \(1006\)/);
  assert.match((await rejectionOf(reader?.read() ?? Promise.resolve())).message, /socket was closed/);
  test.platform.on('/describeStream', { body: '{}' });
  assert.is((await test.describe()).status, 200);
  assert.is(test.dialer.sockets.length, 2);
});

it('a relay that takes no connection rejects the request; the next one tries again', async () => {
  const test = new ClientTest();
  test.dialer.isRefusing = true;
  assert.match((await rejectionOf(test.describe())).message, /took no connection/);
  test.dialer.isRefusing = false;
  assert.is((await test.describe()).status, 200);
});

it('a socket that is silent with a request open is given up after twenty seconds, not before', async () => {
  const test = new ClientTest();
  await new Response((await test.describe()).body).text();
  test.dialer.isDeaf = true;
  let failure: Error | undefined;
  void rejectionOf(test.describe()).then((error) => (failure = error));
  await test.platform.idle();
  await test.platform.advance(19_000);
  assert.is(failure, undefined);
  await test.platform.advance(1_000);
  assert.match(failure?.message ?? '', /No sign of life/);
  test.dialer.isDeaf = false;
  assert.is((await test.describe()).status, 200);
  assert.is(test.dialer.sockets.length, 2);
});

it('a long upload without an ack is no silence: the relay answers pings', async () => {
  const test = new ClientTest();
  test.platform.on('/putMedia', () => new Promise(() => undefined));
  let failure: Error | undefined;
  void rejectionOf(test.putMedia(handBody().body)).then((error) => (failure = error));
  await test.platform.idle();
  for (let count = 0; count < 20; count++) await test.platform.advance(10_000);
  assert.is(failure, undefined);
  test.dialer.drop();
});

it('a client that only listens is heard of', async () => {
  const test = new ClientTest();
  let answer!: ReadableStreamDefaultController<Uint8Array>;
  test.platform.on('/putMedia', { body: new ReadableStream({ start: (controller) => void (answer = controller) }) });
  const response = await test.putMedia(handBody().body);
  const acks = response.body?.getReader();
  for (let count = 0; count < 60; count++) {
    answer.enqueue(Uint8Array.of(count));
    assert.is((await acks?.read())?.value?.[0], count);
    await test.platform.advance(5_000);
  }
  assert.is(test.dialer.sockets[0]?.closed, undefined);
  test.dialer.drop();
});

it('a socket that nobody needs is closed', async () => {
  const test = new ClientTest();
  const response = await test.describe();
  await response.body?.cancel();
  await test.platform.advance(5_000);
  await test.platform.idle();
  assert.ok(test.dialer.sockets[0]?.closed !== undefined);
  assert.is(test.platform.timerCount, 0);
});

it('an answer that comes before the body has ended ends the body', async () => {
  const test = new ClientTest();
  test.platform.on('/putMedia', { status: 400, body: '{}' });
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({ cancel: () => void (isCancelled = true) });
  const response = await test.putMedia(body);
  assert.is(response.status, 400);
  assert.is(await new Response(response.body).text(), '{}');
  await test.platform.idle();
  assert.is(isCancelled, true);
});

it('requests carry path and headers, not what the relay sets itself', async () => {
  const test = new ClientTest();
  await test.describe();
  const [request] = test.platform.requests as [PlatformRequest];
  assert.match(request.headers['user-agent'] ?? '', /^penstock/);
});

it.run();
