/** Whatever answers PutMedia, and however it breaks off: the stream says why, connects again, and loses nothing. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createProducer, type ServiceCallError } from '../../bindings/node/index.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { trickle } from '../support/raw-server.ts';
import { resetSocket } from '../support/reset-socket.ts';
import { startTestService } from '../support/service.ts';
import { within } from '../support/put-media-client.ts';
import { TEST_TRACK, testFrame } from '../support/test-stream.ts';

const it = suite('hostile uploads');
const STALL_MS = 800;
const FRAMES = 12;
/** More than the buffers of both ends of a socket take. */
const BACKLOG_FRAME_BYTES = 1 << 20;

interface Row {
  readonly what: string;
  readonly play: (response: ServerResponse, request: IncomingMessage) => void;
  readonly reason: string;
  readonly says: RegExp;
  readonly frameBytes?: number;
}

const ROWS: readonly Row[] = [
  {
    what: 'a reset in front of the head',
    play: ({ req }) => resetSocket(req.socket),
    reason: 'lost',
    says: /no answer/,
  },
  {
    what: 'a reset behind the head',
    play: (response) => {
      response.writeHead(200).flushHeaders();
      setTimeout(() => resetSocket(response.req.socket), 50);
    },
    reason: 'lost',
    says: /no answer/,
  },
  {
    what: 'a reset within an ack',
    play: (response) => {
      response.write('{"EventType":"BUFF');
      setTimeout(() => resetSocket(response.req.socket), 50);
    },
    reason: 'lost',
    says: /no answer/,
  },
  {
    what: 'an HTML page',
    play: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>'),
    reason: 'closed',
    says: /HTTP 200: the answer \(text\/html\) ended without an ack/,
  },
  {
    what: 'a redirect',
    play: (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/putMedia' }).end(),
    reason: 'refused',
    says: /HTTP 307/,
  },
  {
    what: 'a gateway’s error',
    play: (response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>'),
    reason: 'refused',
    says: /HTTP 502/,
  },
  {
    what: 'a refusal whose reason trickles',
    play: (response) => {
      response.writeHead(500, { 'content-type': 'application/json' }).write('{"Message":"');
      trickle(response.req.socket, '1\r\nx\r\n', 50);
    },
    reason: 'stalled',
    says: /no sign of life for 800 ms/,
  },
  {
    what: 'acks that trickle and never end',
    play: (response) => {
      response.write('{"EventType":"IDLE","Padding":"');
      trickle(response.req.socket, '1\r\nx\r\n', 50);
    },
    reason: 'stalled',
    says: /no sign of life for 800 ms/,
  },
  {
    what: 'a socket that takes nothing any more',
    play: (response, request) => {
      response.flushHeaders();
      request.pause();
    },
    reason: 'stalled',
    says: /no sign of life for 800 ms/,
    frameBytes: BACKLOG_FRAME_BYTES,
  },
];

for (const { what, play, reason, says, frameBytes = 1_000 } of ROWS) {
  it(`${what}: told as ${reason}, and made good by the next connection`, async () => {
    // The first connection meets the hostile server; the endpoint that is asked for after it, the service.
    let connections = 0;
    const hostile = createServer((request, response) => {
      request.on('error', () => undefined);
      response.on('error', () => undefined);
      connections++;
      play(response, request);
    });
    await new Promise<void>((resolve) => hostile.listen(0, '127.0.0.1', resolve));
    const hostileUrl = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}`;
    const urls = [hostileUrl];
    const service = await startTestService({ publicUrl: () => urls.shift() ?? service.url });
    const producer = await createProducer({
      region: 'eu-west-1',
      endpoint: service.url,
      credentials: DEVELOPMENT_CREDENTIALS,
      logLevel: 'silent',
    });
    const stream = await producer.openStream('front-door', {
      tracks: [TEST_TRACK],
      stallTimeoutMs: STALL_MS,
      stopTimeoutMs: 30_000,
      callCaching: 'none',
    });
    const events = stream.events();
    const ends: Array<{ reason: string; message: string }> = [];
    const isConnected = (async () => {
      for await (const event of events) {
        if (event.type === 'disconnected')
          ends.push({ reason: event.reason, message: (event.error as ServiceCallError | undefined)?.message ?? '' });
        if (event.type === 'connected' && ends.length > 0) return;
      }
    })();
    for (let i = 0; i < FRAMES; i++) await stream.putFrame(testFrame(i, frameBytes));
    await within(isConnected, 'the next connection', 30_000);
    await stream.stop();
    assert.is(ends[0]?.reason, reason);
    assert.match(ends[0]?.message as string, says);
    assert.is(connections, 1);
    assert.equal(
      [stream.metrics.framesPut, stream.metrics.fragmentsPersisted, stream.metrics.framesDropped],
      [FRAMES, FRAMES / 4, 0],
    );
    await producer.close();
    hostile.closeAllConnections();
    hostile.close();
    await service.close();
  });
}

it.run();
