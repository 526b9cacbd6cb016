/** The HTTP client of embedded engines against answers that are odd, hostile, or come byte by byte, and hosts whose functions throw. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EmbeddedHost } from '../../../bindings/embedded/host.ts';
import { exchange } from '../../../bindings/embedded/http/exchange.ts';
import type { PlatformRequest } from '../../../sdk/platform.ts';
import { bundleFor } from '../../support/embedded-bundle.ts';
import { startQuickJs } from '../../support/embedded-engines.ts';
import { createTestHost } from '../../support/embedded-host.ts';

const GET: PlatformRequest = { method: 'GET', url: 'http://127.0.0.1:1/', headers: {} };

interface ScriptedHost extends EmbeddedHost {
  readonly closed: readonly number[];
  /** Bytes of the answer that were given. */
  readonly givenBytes: number;
}

/** A host whose one connection gives this answer in pieces, and is ended by the other side behind it. */
function answering(answer: string | (() => string), pieceBytes = Infinity): ScriptedHost {
  const closed: number[] = [];
  let onBytes: (bytes: ArrayBuffer) => void;
  let onClosed: (failure: string) => void;
  let onWritable: () => void;
  let givenBytes = 0;
  let rest = '';
  return {
    ...createTestHost('test'),
    connect(_hostname, _port, _isSecure, writable, bytes, isClosed) {
      [onWritable, onBytes, onClosed] = [writable, bytes, isClosed];
      rest = typeof answer === 'string' ? answer : '';
      setImmediate(onWritable);
      return 1;
    },
    send: () => void setImmediate(onWritable),
    receive() {
      setImmediate(() => {
        if (closed.length > 0) return;
        if (rest === '' && typeof answer === 'function') rest = answer();
        const piece = rest.slice(0, pieceBytes);
        rest = rest.slice(piece.length);
        givenBytes += piece.length;
        if (piece === '') onClosed('');
        else onBytes(new Uint8Array(Buffer.from(piece, 'latin1')).buffer);
      });
    },
    close: (connection) => void closed.push(connection),
    closed,
    get givenBytes() {
      return givenBytes;
    },
  };
}

/** Status, a header and content; or the message of what it failed with. */
async function outcome(host: EmbeddedHost, header = 'x', request = GET): Promise<string> {
  try {
    const response = await exchange(host, request);
    const pieces: Uint8Array[] = [];
    for await (const piece of response.body ?? []) pieces.push(piece);
    return `${response.status} ${response.header(header)} ${Buffer.concat(pieces).toString('latin1')}`;
  } catch (error) {
    return (error as Error).message;
  }
}

const it = suite('HTTP of embedded engines, hostile answers');

it('an answer that is split anywhere is the same answer', async () => {
  const whole =
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: a\r\nx:b\r\nTransfer-Encoding: chunked\r\n\r\n3;n="v"\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\n';
  for (const pieceBytes of [1, 2, 3, 5, 7, 11, 40, 1000])
    assert.is(await outcome(answering(whole, pieceBytes)), '200 a, b abc0123456789', `${pieceBytes} bytes`);
});

it('what stands behind the body is not read', async () => {
  for (const framed of ['content-length: 2\r\n\r\nok', 'transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n']) {
    const host = answering(`HTTP/1.1 200 OK\r\n${framed}HTTP/1.1 500 Injected\r\n\r\nno`);
    assert.is(await outcome(host), '200 null ok');
    assert.equal(host.closed, [1]);
  }
});

it('a folded line belongs to the header above it', async () => {
  assert.is(await outcome(answering('HTTP/1.1 200 OK\r\nx: a\r\n\t b\r\n c\r\n\r\n')), '200 a b c ');
  assert.match(await outcome(answering('HTTP/1.1 200 OK\r\n x: a\r\n\r\n')), /no header/);
});

it('an answer that can be read in two ways is refused', async () => {
  for (const [head, message] of [
    ['transfer-encoding: chunked\r\ncontent-length: 3', /both a length and a transfer coding/],
    ['transfer-encoding: chunked, chunked', /unknown transfer coding/],
    ['transfer-encoding: gzip, chunked', /unknown transfer coding/],
    ['content-length: 3\r\ncontent-length: 4', /no number/],
    ['content-length: 0x3', /no number/],
    ['content-length: +3', /no number/],
    ['content-length : 3', /no header/],
    ['x: a\rb: c', /no header/],
    ['x: a\0b', /no header/],
  ] as const)
    assert.match(await outcome(answering(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n3\r\nabc\r\n0\r\n\r\n`)), message, head);
});

it('a chunk that is longer than its size is refused at once', async () => {
  const host = answering(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab${'c'.repeat(4000)}`, 64);
  assert.match(await outcome(host), /longer than its size/);
  assert.ok(host.givenBytes < 200, `${host.givenBytes} bytes were read`);
});

it('a change of protocol that nobody asked for, and announcements without an end, are refused', async () => {
  assert.match(
    await outcome(answering('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n')),
    /another protocol/,
  );
  const host = answering(() => 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n');
  assert.match(await outcome(host), /announces/);
  assert.equal(host.closed, [1]);
});

it('hosts whose functions throw, closing included, end the exchange with an error', async () => {
  const fail = (): never => {
    throw new Error('the host failed');
  };
  const quiet = answering('');
  for (const broken of [{ connect: fail }, { send: fail }, { receive: fail }, { send: fail, close: fail }])
    assert.is(await outcome({ ...quiet, ...broken }), 'the host failed', Object.keys(broken).join());
  const closing = { ...answering('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'), close: fail };
  assert.is(await outcome(closing), '200 null ok');
  const controller = new AbortController();
  const waiting = outcome({ ...quiet, receive: () => undefined, close: fail }, 'x', {
    ...GET,
    signal: controller.signal,
  });
  controller.abort(new Error('enough'));
  assert.is(await waiting, 'enough');
});

it('a header of tens of kilobytes is read in an engine with a small stack, and a longer head refused', async () => {
  const engine = await startQuickJs(await bundleFor('test/embedded/response-head.ts'));
  const head = (value: string): ArrayBuffer =>
    new Uint8Array(Buffer.from(`HTTP/1.1 200 OK\r\nx: ${value}\r\n\r\n`)).buffer;
  // Looking for the end of the value again at each of the spaces would take minutes.
  const value = `a${' '.repeat(65_000)}b`;
  assert.is(engine.call('readHeader', head(value), 'x'), value);
  assert.match(engine.call('readHeader', head('a'.repeat(70_000)), 'x') as string, /longer than 65536 bytes/);
  engine.dispose();
});

it.run();
