/** The Node host: who may connect, one service a directory, and how connections begin, flow and end. */

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { CreateStreamCommand, KinesisVideoClient, ListStreamsCommand } from '@aws-sdk/client-kinesis-video';
import { GetMediaCommand, KinesisVideoMediaClient } from '@aws-sdk/client-kinesis-video-media';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CredentialsRequiredError, IndexInUseError, startService } from '../../service/host/node.ts';
import { gracefulClose } from '../../service/host/graceful-close.ts';
import { requestListener } from '../../service/host/request-listener.ts';
import { openSocket, requestHead } from '../support/raw-http.ts';
import { resetSocket } from '../support/reset-socket.ts';
import { clientOptions, startTestService } from '../support/service.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const OWN = { accessKeyId: 'AKIAOWNKEY', secretAccessKey: 'a secret' };

const starting = suite('host: starting');

async function startFailure(options: Parameters<typeof startService>[0]): Promise<Error> {
  try {
    await (await startService(options)).close();
  } catch (error) {
    return error as Error;
  }
  throw new Error('The service started');
}

starting('no address beyond this machine without credentials of one’s own', async () => {
  const directory = await temporaryDirectory();
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com', '127.0.0.1.example.com', '1270.0.0.1']) {
    const error = await startFailure({ directory, host });
    assert.instance(error, CredentialsRequiredError, host);
    assert.match(error.message, /set credentials of your own/);
  }
  const development = { accessKeyId: 'renamed', secretAccessKey: 'penstock-development' };
  assert.instance(
    await startFailure({ directory, host: '0.0.0.0', credentials: [OWN, development] }),
    CredentialsRequiredError,
  );
  await removeDirectory(directory);
});

starting('loopback addresses take the development pair; others start with one’s own', async () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    const service = await startTestService({ host });
    assert.ok(await service.control.send(new ListStreamsCommand({})));
    await service.close();
  }
  const directory = await temporaryDirectory();
  const open = await startService({ directory, host: '0.0.0.0', credentials: [OWN], publicUrl: 'http://127.0.0.1' });
  await open.close();
  await removeDirectory(directory);
});

starting('a second service on the directory is refused, in this process and in another', async () => {
  const service = await startTestService();
  await service.control.send(new CreateStreamCommand({ StreamName: 'mine' }));
  const error = await startFailure({ directory: service.directory });
  assert.instance(error, IndexInUseError);
  assert.match(error.message, /index\.sqlite is in use by another service/);
  const child = spawnSync(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('./host-child.ts', import.meta.url)), service.directory],
    { encoding: 'utf8', timeout: 20_000 },
  );
  assert.is(child.stdout, 'IndexInUseError\n', child.stderr);
  const { StreamInfoList: list } = await service.control.send(new ListStreamsCommand({}));
  assert.is(list?.length, 1, 'the first one goes on');
  await service.close();
});

starting('a port in use is an error, and the directory is free afterwards', async () => {
  const first = await startTestService();
  const directory = await temporaryDirectory();
  const error = await startFailure({ directory, port: Number(new URL(first.url).port) });
  assert.is((error as NodeJS.ErrnoException).code, 'EADDRINUSE');
  const second = await startService({ directory });
  await second.close();
  await second.close();
  await first.close();
  await removeDirectory(directory);
});

starting('a directory that cannot be one is an error', async () => {
  const error = await startFailure({ directory: join(fileURLToPath(import.meta.url), 'below-a-file') });
  assert.is((error as NodeJS.ErrnoException).code, 'ENOTDIR');
});

starting.run();

/** The host's listener over an application of the test. */
interface Host {
  readonly url: string;
  close(): Promise<void>;
}

async function listen(fetch: (request: Request) => Promise<Response>): Promise<Host> {
  const listener: RequestListener = requestListener(Promise.resolve({ fetch, close: async () => undefined }));
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const UPLOAD = requestHead('POST', '/', { host: 'x', 'transfer-encoding': 'chunked' });
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Reads from a socket until the text holds what is waited for. */
async function readUntil(socket: Socket, wanted: string): Promise<string> {
  let text = '';
  while (!text.includes(wanted)) text += String(((await once(socket, 'data')) as [Buffer])[0]);
  return text;
}

const connections = suite('host: connections');

connections('answers flow while the request body is open, piece by piece', async () => {
  const host = await listen(async (request) => {
    const pieces = (request.body as ReadableStream<Uint8Array>).getReader();
    return new Response(
      new ReadableStream<Uint8Array>({
        async pull(controller) {
          const { done, value } = await pieces.read();
          if (done) controller.close();
          else controller.enqueue(encode(`ack of ${value.byteLength}\n`));
        },
      }),
    );
  });
  const socket = await openSocket(host.url);
  socket.write(UPLOAD);
  assert.match(await readUntil(socket, '\r\n\r\n'), /^HTTP\/1\.1 200 /, 'the head comes before any body');
  for (const size of [1, 5, 9]) {
    socket.write(`${size}\r\n${'x'.repeat(size)}\r\n`);
    await readUntil(socket, `ack of ${size}\n`);
  }
  socket.write('0\r\n\r\n');
  await readUntil(socket, '0\r\n\r\n');
  socket.destroy();
  await host.close();
});

connections('100 Continue is sent to those who wait for it', async () => {
  const host = await listen(async (request) => new Response(await request.text()));
  const socket = await openSocket(host.url);
  socket.write(requestHead('POST', '/', { host: 'x', 'transfer-encoding': 'chunked', expect: '100-continue' }));
  await readUntil(socket, 'HTTP/1.1 100 Continue\r\n\r\n');
  socket.write('2\r\nhi\r\n0\r\n\r\n');
  assert.match(await readUntil(socket, 'hi'), /^HTTP\/1\.1 200 /);
  socket.destroy();
  await host.close();
});

connections('a cut upload fails the request body, a whole one ends it', async () => {
  const ends: string[] = [];
  const host = await listen(async (request) => {
    let bytes = 0;
    const reading = (async () => {
      for await (const piece of request.body as ReadableStream<Uint8Array>) bytes += piece.byteLength;
    })();
    const end = reading.then(
      () => 'ended',
      () => 'failed',
    );
    ends.push(`${await end} after ${bytes}, ${request.signal.aborted ? 'aborted' : 'not aborted'}`);
    return new Response('ok');
  });
  for (const finish of ['0\r\n\r\n', '', '5\r\nhal']) {
    const socket = await openSocket(host.url);
    socket.write(`${UPLOAD}3\r\nabc\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 30));
    if (finish === '') resetSocket(socket);
    else socket.end(finish);
    await once(socket.resume(), 'close');
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  assert.equal(ends, ['ended after 3, not aborted', 'failed after 3, aborted', 'failed after 6, aborted']);
  await host.close();
});

connections('a reader that does not read holds the sender back, in both directions', async () => {
  let sent = 0;
  const piece = new Uint8Array(64 << 10);
  let consumed: (count: number) => void;
  const consumedBytes = new Promise<number>((resolve) => (consumed = resolve));
  const host = await listen(async (request) => {
    if (request.method === 'GET') {
      return new Response(
        new ReadableStream<Uint8Array>({
          pull(controller) {
            sent += piece.byteLength;
            controller.enqueue(piece);
          },
        }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    consumed(0);
    return new Response('enough');
  });
  const downloading = await openSocket(host.url);
  downloading.pause();
  downloading.write(requestHead('GET', '/', { host: 'x' }));
  const uploading = await openSocket(host.url);
  uploading.on('error', () => undefined);
  uploading.write(UPLOAD);
  let taken = 0;
  while (taken < 64 << 20 && uploading.write(Buffer.concat([Buffer.from('10000\r\n'), piece, Buffer.from('\r\n')]))) {
    taken += piece.byteLength;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await consumedBytes;
  assert.ok(taken < 32 << 20, `the upload went on to ${taken} bytes with nobody reading`);
  assert.ok(sent > 0 && sent < 32 << 20, `the download went on to ${sent} bytes with nobody reading`);
  downloading.destroy();
  uploading.destroy();
  await host.close();
});

connections('a client that leaves cancels the response', async () => {
  let cancel: () => void;
  const cancelled = new Promise<void>((resolve) => (cancel = resolve));
  const host = await listen(
    async () =>
      new Response(
        new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(encode('first')),
          cancel: () => cancel(),
        }),
      ),
  );
  const socket = await openSocket(host.url);
  socket.write(requestHead('GET', '/', { host: 'x' }));
  await readUntil(socket, 'first');
  resetSocket(socket);
  await cancelled;
  await host.close();
});

connections('a refused upload is answered, drained for a moment, and cut', async () => {
  const host = await listen(async () => new Response('no', { status: 400 }));
  const socket = await openSocket(host.url);
  socket.on('error', () => undefined);
  socket.write(`${UPLOAD}3\r\nabc\r\n`);
  const begin = Date.now();
  assert.match(await readUntil(socket, 'no'), /^HTTP\/1\.1 400 /);
  if (!socket.closed) await once(socket.resume(), 'close');
  assert.ok(Date.now() - begin < 5000, 'the connection does not stay open');
  await host.close();
});

connections.run();

const closing = suite('host: closing');

closing('close() ends idle and half-sent requests within its bound, and frees the directory', async () => {
  const service = await startTestService();
  await service.control.send(new ListStreamsCommand({}));
  const idle = await openSocket(service.url);
  const halfHead = await openSocket(service.url);
  halfHead.write('POST /listStreams HTTP/1.1\r\nhost');
  const halfBody = await openSocket(service.url);
  halfBody.write(requestHead('POST', '/listStreams', { host: 'x', 'content-length': '100' }));
  for (const socket of [idle, halfHead, halfBody]) socket.on('error', () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const begin = Date.now();
  await service.restart();
  assert.ok(Date.now() - begin < 4000, `took ${Date.now() - begin} ms`);
  assert.ok(await service.control.send(new ListStreamsCommand({})));
  await service.close();
});

/** A server whose one response begins, and ends when the application is stopped. */
async function closeDuringResponse(turns: number): Promise<string> {
  let end: () => void = () => undefined;
  const fetch = async (): Promise<Response> =>
    new Response(
      new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(encode('begin'));
          end = () => {
            controller.enqueue(encode('last'));
            controller.close();
          };
        },
      }),
    );
  const server = createServer(requestListener(Promise.resolve({ fetch, close: async () => undefined })));
  const close = gracefulClose(server, async () => {
    end();
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = await openSocket(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  socket.on('error', () => undefined);
  socket.write(requestHead('GET', '/', { host: 'x' }));
  let text = await readUntil(socket, 'begin');
  const closed = close();
  for await (const piece of socket) text += String(piece);
  await closed;
  return text;
}

closing(
  'a response that ends with the service is written out, whenever exactly the application says it stopped',
  async () => {
    for (let turns = 0; turns < 30; turns += 1) {
      assert.match(await closeDuringResponse(turns), /last\r\n0\r\n\r\n$/, `${turns} turns`);
    }
  },
);

closing('a live reader gets the end of its response, not a cut connection', async () => {
  for (let round = 0; round < 2; round += 1) {
    const directory = await temporaryDirectory();
    const service = await startService({ directory });
    const control = new KinesisVideoClient(clientOptions(service));
    await control.send(new CreateStreamCommand({ StreamName: 'quiet', DataRetentionInHours: 1 }));
    const media = new KinesisVideoMediaClient(clientOptions(service));
    const { Payload: payload } = await media.send(
      new GetMediaCommand({ StreamName: 'quiet', StartSelector: { StartSelectorType: 'NOW' } }),
    );
    const reading = (payload as unknown as Readable).toArray();
    await service.close();
    assert.equal(await reading, []);
    control.destroy();
    media.destroy();
    await removeDirectory(directory);
  }
});

closing.run();
