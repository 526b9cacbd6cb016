/** HTTP/1.1 over a host's connections: framing in pieces of every size, answers of real servers, and what is refused. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EmbeddedHost } from '../../../bindings/embedded/host.ts';
import { exchange } from '../../../bindings/embedded/http/exchange.ts';
import { bodyDecoder } from '../../../bindings/embedded/http/response-body.ts';
import { ResponseHeadParser } from '../../../bindings/embedded/http/response-head.ts';
import { createTestHost, type TestHost } from '../../support/embedded-host.ts';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** Runs a whole answer through head and body, in pieces of this size; the content as text, and whether the body ended. */
function parse(answer: string, pieceBytes: number): { status: number; content: string; ended: boolean } {
  const parser = new ResponseHeadParser();
  const bytes = bytesOf(answer);
  let status = 0;
  let content = '';
  let ended = false;
  let decoder: ReturnType<typeof bodyDecoder>;
  for (let at = 0; at < bytes.length && !ended; at += pieceBytes) {
    let piece = bytes.subarray(at, at + pieceBytes);
    if (status === 0) {
      const { next, head } = parser.push(piece, 0);
      if (head === undefined) continue;
      status = head.status;
      decoder = bodyDecoder(head);
      piece = piece.subarray(next);
    }
    ended = decoder === undefined || decoder.push(piece, (part) => (content += Buffer.from(part).toString('latin1')));
  }
  return { status, content, ended };
}

const http = suite('HTTP of embedded engines');

http('reads a body in chunks, with its length, or to the end of the connection, in pieces of any size', () => {
  const chunked =
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n5;ext="a"\r\npedia\r\n0\r\nTrailer: x\r\n\r\n';
  for (let pieceBytes = 1; pieceBytes < 80; pieceBytes++) {
    const sizes = `pieces of ${pieceBytes} bytes`;
    assert.equal(parse(chunked, pieceBytes), { status: 200, content: 'Wikipedia', ended: true }, sizes);
    assert.equal(
      parse('HTTP/1.1 400 \r\ncontent-length: 5\r\n\r\nhello and more', pieceBytes),
      { status: 400, content: 'hello', ended: true },
      sizes,
    );
    assert.equal(parse('HTTP/1.0 200 OK\n\nopen', pieceBytes), { status: 200, content: 'open', ended: false }, sizes);
  }
});

http('an answer of 204 or of length 0 has no body', () => {
  for (const head of ['HTTP/1.1 204 No Content\r\n\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'])
    assert.is(parse(head, 1000).ended, true);
});

http('refuses what is no HTTP/1.1', () => {
  for (const [answer, message] of [
    ['HTTP/2 200 OK\r\n\r\n', /not HTTP\/1.1/],
    ['SSH-2.0-x\r\n\r\n', /not HTTP\/1.1/],
    ['HTTP/1.1 200 OK\r\nno header\r\n\r\n', /no header/],
    ['HTTP/1.1 200 OK\r\n folded: x\r\n\r\n', /no header/],
    [`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(70_000)}\r\n\r\n`, /longer than 65536/],
    ['HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n', /length/],
    ['HTTP/1.1 200 OK\r\ncontent-length: 1, 2\r\n\r\nab', /length/],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n', /coding/],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n', /without a size/],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n', /without a size/],
    [`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'1'.repeat(5000)}`, /without a size/],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n', /longer than its size/],
    [`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(200)}`, /endless trailer/],
  ] as const)
    assert.throws(() => parse(answer, 1 << 20), message, JSON.stringify(answer.slice(0, 60)));
});

/** Serves with Node's own server while `use` runs, and then checks that the host has nothing left open. */
async function withServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  use: (host: TestHost, url: string) => Promise<void>,
): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const host = createTestHost('test');
  try {
    await use(host, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    assert.is(host.openConnections, 0, 'open connections');
  } finally {
    host.dispose();
    server.closeAllConnections();
    server.close();
  }
}

/** A server that answers with these bytes and ends, or resets, the connection. */
async function withAnswer(
  answer: (socket: Socket) => void,
  use: (host: TestHost, url: string) => Promise<void>,
): Promise<void> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const host = createTestHost('test');
  try {
    await use(host, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    assert.is(host.openConnections, 0, 'open connections');
  } finally {
    host.dispose();
    server.close();
  }
}

async function textOf(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body ?? []) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => (error as Error).message,
  );
}

http('sends a body with its length, the path with its query, and the headers as they are', async () => {
  const seen: unknown[] = [];
  await withServer(
    (request, response) => {
      const { method, url, headers } = request;
      let text = '';
      request.on('data', (piece: Buffer) => (text += String(piece)));
      request.on('end', () => {
        seen.push([method, url, headers['x-custom'], headers['content-length'], text]);
        response.writeHead(201, { 'X-Answer': 'yes' }).end('done');
      });
    },
    async (host, url) => {
      const response = await exchange(host, {
        method: 'POST',
        url: `${url}/path?a=b`,
        headers: { 'x-custom': 'value', host: 'elsewhere' },
        body: bytesOf('body'),
      });
      assert.is(response.status, 201);
      assert.is(response.header('x-ANSWER'), 'yes');
      assert.is(response.header('absent'), null);
      assert.is(await textOf(response.body), 'done');
    },
  );
  assert.equal(seen, [['POST', '/path?a=b', 'value', '4', 'body']]);
});

http('is full duplex: what is sent can depend on what was answered', async () => {
  await withServer(
    (request, response) => {
      response.writeHead(200);
      request.on('data', (piece: Buffer) => response.write(`got ${String(piece)};`));
      request.on('end', () => response.end('end'));
    },
    async (host, url) => {
      let upload: ReadableStreamDefaultController<Uint8Array> | undefined;
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void (upload = controller) });
      upload?.enqueue(bytesOf('0'));
      const response = await exchange(host, { method: 'POST', url, headers: {}, body });
      let heard = '';
      for await (const piece of response.body ?? []) {
        heard += Buffer.from(piece).toString();
        const rounds = heard.split(';').length - 1;
        if (rounds < 4) upload?.enqueue(bytesOf(String(rounds)));
        else if (!heard.endsWith('end')) upload?.close();
        if (rounds === 4 && heard.endsWith('end')) break;
      }
      assert.is(heard, 'got 0;got 1;got 2;got 3;end');
    },
  );
});

http('skips answers that announce another one', async () => {
  await withAnswer(
    (socket) =>
      socket.end('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nopen'),
    async (host, url) => {
      const { status, body } = await exchange(host, { method: 'GET', url, headers: {} });
      assert.is(status, 200);
      assert.is(await textOf(body), 'open');
    },
  );
});

http('rejects when nobody listens, when the answer is missing, and when it is cut off', async () => {
  const host = createTestHost('test');
  const closed = createTcpServer();
  await new Promise<void>((resolve) => void closed.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
  await new Promise((resolve) => void closed.close(resolve));
  assert.match(await messageOf(exchange(host, { method: 'GET', url, headers: {} })), /ECONNREFUSED/);
  await withAnswer(
    (socket) => socket.end(),
    async (client, address) =>
      assert.match(
        await messageOf(exchange(client, { method: 'GET', url: address, headers: {} })),
        /without an answer/,
      ),
  );
  for (const answer of [
    'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nshort',
  ])
    await withAnswer(
      (socket) => socket.end(answer),
      async (client, address) => {
        const { body } = await exchange(client, { method: 'GET', url: address, headers: {} });
        assert.match(await messageOf(textOf(body)), /in the middle/);
      },
    );
});

http('an answer counts although the server took no more of the body', async () => {
  let cancelled = false;
  await withAnswer(
    (socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno'),
    async (host, url) => {
      const body = new ReadableStream<Uint8Array>(
        { pull: (controller) => controller.enqueue(new Uint8Array(65_536)), cancel: () => void (cancelled = true) },
        { highWaterMark: 0 },
      );
      const response = await exchange(host, { method: 'POST', url, headers: {}, body });
      assert.is(response.status, 403);
      assert.is(await textOf(response.body), 'no');
    },
  );
  assert.ok(cancelled, 'the body was not told');
});

http('a signal ends it with its reason: before, during the request, and in the middle of the answer', async () => {
  const reason = new Error('expected');
  await withServer(
    (_request, response) => void response.writeHead(200).write('some'),
    async (host, url) => {
      const aborted = new AbortController();
      aborted.abort(reason);
      const before = exchange(host, { method: 'GET', url, headers: {}, signal: aborted.signal });
      assert.is(await before.catch((error: unknown) => error), reason);
      const during = new AbortController();
      const endless = exchange(host, {
        method: 'POST',
        url: `${url}/`,
        headers: {},
        body: new ReadableStream({
          pull() {
            during.abort(reason);
            return new Promise(() => undefined);
          },
        }),
        signal: during.signal,
      });
      assert.is(await endless.catch((error: unknown) => error), reason);
      const later = new AbortController();
      const { body } = await exchange(host, { method: 'GET', url, headers: {}, signal: later.signal });
      const reader = body?.getReader();
      assert.is(Buffer.from((await reader?.read())?.value ?? []).toString(), 'some');
      const waiting = reader?.read().catch((error: unknown) => error);
      later.abort(reason);
      assert.is(await waiting, reason);
    },
  );
});

http('a body that goes on after its answer is told at its next piece', async () => {
  const cancelled = new Promise<unknown>((resolve) => {
    void withServer(
      (_request, response) => void response.writeHead(200).end('done'),
      async (host, url) => {
        let upload: ReadableStreamDefaultController<Uint8Array> | undefined;
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => void (upload = controller),
          cancel: resolve,
        });
        const response = await exchange(host, { method: 'POST', url, headers: {}, body });
        assert.is(await textOf(response.body), 'done');
        upload?.enqueue(bytesOf('late'));
      },
    );
  });
  assert.match(String(await cancelled), /over/);
});

http('cancelling the answer closes the connection', async () => {
  let closed: Promise<unknown> | undefined;
  await withServer(
    (request, response) => {
      closed = new Promise((resolve) => void request.socket.once('close', resolve));
      response.writeHead(200).write('some');
    },
    async (host, url) => {
      const { body } = await exchange(host, { method: 'GET', url, headers: {} });
      await body?.cancel('enough');
      await closed;
    },
  );
});

http('a host that fails, or gives what was not asked for, ends the exchange with an error', async () => {
  const request = { method: 'GET', url: 'http://127.0.0.1:1/', headers: {} } as const;
  const fail = (): never => {
    throw new Error('the host failed');
  };
  const open: EmbeddedHost['connect'] = (_name, _port, _isSecure, onWritable) => {
    setImmediate(onWritable);
    return 1;
  };
  const closed: number[] = [];
  const close = (connection: number): void => void closed.push(connection);
  const host = { ...createTestHost('test'), connect: open, receive: () => undefined, send: () => undefined, close };
  for (const broken of [{ connect: fail }, { send: fail }, { receive: fail }])
    assert.is(await messageOf(exchange({ ...host, ...broken }, request)), 'the host failed');
  assert.equal(closed, [1, 1]);
  const eager: EmbeddedHost['connect'] = (name, port, isSecure, onWritable, onBytes, onClosed) => {
    setImmediate(() => {
      onBytes(bytesOf('HTTP/1.1 ').buffer as ArrayBuffer);
      onBytes(bytesOf('200 OK\r\n\r\n').buffer as ArrayBuffer);
    });
    return open(name, port, isSecure, onWritable, onBytes, onClosed);
  };
  assert.match(await messageOf(exchange({ ...host, connect: eager }, request)), /not asked for/);
  const refusing: EmbeddedHost['connect'] = (_name, _port, _isSecure, _onWritable, _onBytes, onClosed) => {
    onClosed('no network');
    return 0;
  };
  assert.is(await messageOf(exchange({ ...host, connect: refusing }, request)), 'no network');
});

http('refuses headers that would tear the request apart', async () => {
  const host = createTestHost('test');
  for (const headers of [{ 'x-a': 'b\r\nx-c: d' }, { 'x a': 'b' }, { 'x-a:': 'b' }, { 'x-a': 'ł' }] as ReadonlyArray<
    Record<string, string>
  >)
    assert.match(
      await messageOf(exchange(host, { method: 'GET', url: 'http://127.0.0.1:1/', headers })),
      /cannot be sent/,
    );
  assert.is(host.openConnections, 0);
});

http.run();
