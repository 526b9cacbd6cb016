/** Whatever answers a call of the control plane, and however it breaks off: a typed error in time, or the answer. */
import { gzipSync } from 'node:zlib';
import type { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { staticCredentials } from '../../sdk/aws/credentials.ts';
import { jsonCall } from '../../sdk/aws/signed-call.ts';
import { ServiceCallError } from '../../sdk/errors.ts';
import * as SERVICE_RESULT from '../../sdk/service-results.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { pour, startRawServer, trickle } from '../support/raw-server.ts';
import { resetSocket } from '../support/reset-socket.ts';

const it = suite('hostile answers');
const TIMEOUT_MS = 1_000;
/** Far beyond every limit of the client, and the end of what a test pours. */
const FLOOD_BYTES = 64 << 20;
/** 64 MiB in 64 KiB. */
const SWELLING = gzipSync(Buffer.alloc(FLOOD_BYTES));
const R = SERVICE_RESULT;
const platform = createNodePlatform({ logLevel: 'silent' });

function call(endpoint: string): Promise<object> {
  const credentials = staticCredentials(DEVELOPMENT_CREDENTIALS);
  const target = { platform, region: 'eu-west-1', endpoint, credentials };
  return jsonCall(target, '/describeStream', { StreamName: 'front-door' }, { maxAttempts: 1, timeoutMs: TIMEOUT_MS });
}

const head = (status: string, ...lines: string[]): string => [`HTTP/1.1 ${status}`, ...lines, '', ''].join('\r\n');
const whole = (body: Buffer | string, status = '200 OK', ...lines: string[]): Buffer =>
  Buffer.concat([Buffer.from(head(status, `Content-Length: ${body.length}`, ...lines)), Buffer.from(body)]);

const tricklingBody = (status: string) => (socket: Socket) => {
  socket.write(head(status, 'Content-Length: 1000000'));
  trickle(socket, ' ', 50);
};

interface Row {
  readonly what: string;
  /** After the request head has arrived; `atOnce`: when the connection is accepted. */
  readonly play: (socket: Socket) => void;
  readonly atOnce?: boolean;
  readonly result: number;
  readonly says: RegExp;
}

const ROWS: readonly Row[] = [
  {
    what: 'headers without an end',
    play: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      pour(socket, `x-padding: ${'x'.repeat(1000)}\r\n`, FLOOD_BYTES);
    },
    result: R.UNKNOWN,
    says: /Overflow/i,
  },
  {
    what: 'a header that trickles',
    play: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx-padding: ');
      trickle(socket, 'x', 50);
    },
    result: R.NETWORK_CONNECTION_TIMEOUT,
    says: /within 1000 ms|abort/i,
  },
  {
    what: 'a body that trickles',
    play: tricklingBody('200 OK'),
    result: R.NETWORK_CONNECTION_TIMEOUT,
    says: /within 1000 ms|abort/i,
  },
  {
    what: 'an error’s body that trickles',
    play: tricklingBody('403 Forbidden'),
    result: R.FORBIDDEN,
    says: /HTTP 403/,
  },
  {
    what: 'nothing but 100 Continue',
    play: (socket) => trickle(socket, head('100 Continue'), 20),
    result: R.UNKNOWN,
    says: /bad response/,
  },
  {
    what: 'silence',
    play: () => undefined,
    result: R.NETWORK_CONNECTION_TIMEOUT,
    says: /within 1000 ms|abort/i,
  },
  {
    what: 'a huge answer',
    play: (socket) => {
      socket.write(head('200 OK', 'Connection: close'));
      pour(socket, `{"a":"${'x'.repeat(65_536)}`, FLOOD_BYTES);
    },
    result: R.UNKNOWN,
    says: /longer than 1048576 bytes/,
  },
  {
    what: 'a gzip body that swells a thousandfold',
    play: (socket) => socket.write(whole(SWELLING, '200 OK', 'Content-Encoding: gzip')),
    result: R.UNKNOWN,
    says: /longer than 1048576 bytes/,
  },
  {
    what: 'a gzip body that is broken',
    play: (socket) =>
      socket.write(whole(gzipSync('{"a":1}').subarray(0, 14).fill(7, 10), '200 OK', 'Content-Encoding: gzip')),
    result: R.UNKNOWN,
    says: /no answer|not a JSON object/,
  },
  {
    what: 'an HTML page',
    play: (socket) => socket.write(whole('<html>Welcome</html>', '200 OK', 'Content-Type: text/html')),
    result: R.UNKNOWN,
    says: /HTTP 200: the answer is not a JSON object/,
  },
  {
    what: 'an HTML error page',
    play: (socket) => socket.write(whole('<html>Oops</html>', '503 Oops', 'Content-Type: text/html')),
    result: R.SERVICE_UNAVAILABLE,
    says: /HTTP 503/,
  },
  {
    what: 'a status that means nothing',
    play: (socket) => socket.write(whole('', '599 Whatever')),
    result: R.NETWORK_CONNECTION_TIMEOUT,
    says: /HTTP 599/,
  },
  {
    what: 'less than it announced',
    play: (socket) => socket.end(head('200 OK', 'Content-Length: 100') + '{"a":1}'),
    result: R.UNKNOWN,
    says: /no answer/,
  },
  { what: 'no HTTP', play: (socket) => socket.write('SSH-2.0-Other\r\n'), result: R.UNKNOWN, says: /no answer/ },
  { what: 'a reset when connected', play: resetSocket, atOnce: true, result: R.UNKNOWN, says: /no answer/ },
  { what: 'a reset after the request', play: resetSocket, result: R.UNKNOWN, says: /no answer/ },
  {
    what: 'a reset within the head',
    play: (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-', () => resetSocket(socket)),
    result: R.UNKNOWN,
    says: /no answer/,
  },
  {
    what: 'a reset within the body',
    play: (socket) => void socket.write(head('200 OK', 'Content-Length: 100') + '{"a', () => resetSocket(socket)),
    result: R.UNKNOWN,
    says: /no answer/,
  },
];

for (const { what, play, atOnce = false, result, says } of ROWS) {
  it(`${what}: a typed error, in time`, async () => {
    await using server = await startRawServer((socket, requested) => {
      if (atOnce) play(socket);
      else void requested.then(() => play(socket));
    });
    const startMs = performance.now();
    const error: unknown = await call(server.url).then(
      () => assert.unreachable('the call should fail'),
      (reason: unknown) => reason,
    );
    assert.instance(error, ServiceCallError);
    const { operation, message, result: given } = error as ServiceCallError;
    assert.is(operation, 'DescribeStream');
    assert.match(message, says);
    assert.is(given, result, message);
    // Generous: the machine may be busy; what trickles would go on for ever.
    assert.ok(performance.now() - startMs < TIMEOUT_MS + 8_000);
  });
}

for (const [what, answer] of [
  ['gzip', whole(gzipSync('{"a":1}'), '200 OK', 'Content-Encoding: gzip')],
  ['another content type', whole('{"a":1}', '200 OK', 'Content-Type: text/html')],
  ['chunks', Buffer.from(`${head('200 OK', 'Transfer-Encoding: chunked')}3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n`)],
] as const) {
  it(`an answer in JSON is taken with ${what}`, async () => {
    await using server = await startRawServer((socket, requested) => void requested.then(() => socket.write(answer)));
    assert.equal(await call(server.url), { a: 1 });
  });
}

for (const status of [301, 302, 303, 307, 308]) {
  it(`a redirect (${status}) is not followed: nothing that was signed goes elsewhere`, async () => {
    await using elsewhere = await startRawServer(() => undefined);
    await using server = await startRawServer(
      (socket, requested) =>
        void requested.then(() =>
          socket.write(whole('', `${status} Moved`, `Location: ${elsewhere.url}/describeStream`)),
        ),
    );
    const error = (await call(server.url).catch((reason: unknown) => reason)) as ServiceCallError;
    assert.is(error.httpStatus, status);
    assert.is(error.result, R.BAD_REQUEST);
    assert.is(error.retryable, false);
    assert.is(elsewhere.accepted, 0);
  });
}

it('https where there is no TLS, and TLS whose handshake is never answered', async () => {
  await using plain = await startRawServer((socket) => void socket.write(whole('{}')));
  const wrong = (await call(plain.url.replace('http:', 'https:')).catch(
    (reason: unknown) => reason,
  )) as ServiceCallError;
  assert.instance(wrong, ServiceCallError);
  assert.is(wrong.httpStatus, undefined);
  await using silent = await startRawServer(() => undefined);
  const late = (await call(silent.url.replace('http:', 'https:')).catch(
    (reason: unknown) => reason,
  )) as ServiceCallError;
  assert.is(late.result, R.NETWORK_CONNECTION_TIMEOUT);
});

it('nobody there', async () => {
  const server = await startRawServer(() => undefined);
  await server[Symbol.asyncDispose]();
  const error = (await call(server.url).catch((reason: unknown) => reason)) as ServiceCallError;
  assert.match(error.message, 'ECONNREFUSED');
  assert.is(error.retryable, true);
});

it('calls one after another share a connection, errors among them', async () => {
  await using server = await startRawServer((socket) => {
    let answers = 0;
    socket.on('data', (bytes: Buffer) => {
      // One piece a request on loopback: head and body are written together, or the body follows and has no such line.
      if (!bytes.includes('POST /describeStream')) return;
      answers++;
      socket.write(answers % 3 === 0 ? whole('{"Message":"no"}', '400 Bad') : whole('{"a":1}'));
    });
  });
  const outcomes: string[] = [];
  for (let i = 0; i < 9; i++) {
    // The runtime learns in a later turn that the connection is free.
    await new Promise((resolve) => setTimeout(resolve, 20));
    outcomes.push(
      await call(server.url).then(
        () => 'ok',
        (error: ServiceCallError) => String(error.httpStatus),
      ),
    );
  }
  assert.is(outcomes.join(' '), 'ok ok 400 ok ok 400 ok ok 400');
  assert.is(server.accepted, 1);
});

it.run();
