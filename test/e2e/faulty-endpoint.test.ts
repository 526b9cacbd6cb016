/** What answers at the endpoint is not the service, or not one to be trusted: openStream() says so, and nothing is left running. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createProducer, KvsError } from '../../bindings/node/index.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { startTestService } from '../support/service.ts';

const it = suite('faulty endpoint');

/** For what is tried again until then: long enough for an answer on a busy machine. */
const TIMEOUT_MS = 1_500;

/** The error with which a stream cannot be opened there. */
async function openingError(
  endpoint: string,
  { credentials = DEVELOPMENT_CREDENTIALS, openTimeoutMs = 20_000 } = {},
): Promise<KvsError> {
  await using producer = await createProducer({ region: 'eu-west-1', endpoint, credentials, logLevel: 'silent' });
  const opening = producer.openStream('front-door', {
    tracks: [{ kind: 'video', codec: 'h264' }],
    openTimeoutMs,
  });
  const error: unknown = await opening.catch((reason: unknown) => reason);
  assert.is(producer.metrics.streams, 0);
  assert.instance(error, KvsError);
  return error as KvsError;
}

for (const [name, answer, code, message] of [
  [
    'answers with a page',
    (response: ServerResponse) => response.end('<html>Welcome</html>'),
    'STATUS_OPERATION_TIMED_OUT',
    'HTTP 200: the answer is not a JSON object',
  ],
  [
    'redirects',
    (response: ServerResponse) => response.writeHead(301, { location: 'http://127.0.0.1:1/' }).end(),
    'STATUS_SERVICE_CALL_UNKOWN_ERROR',
    'DescribeStream failed: HTTP 301',
  ],
  [
    'is broken',
    (response: ServerResponse) => response.writeHead(500).end('Oops'),
    'STATUS_OPERATION_TIMED_OUT',
    `it was not ready within ${TIMEOUT_MS} ms: DescribeStream failed: HTTP 500`,
  ],
  [
    'throttles',
    (response: ServerResponse) => response.writeHead(429).end(),
    'STATUS_OPERATION_TIMED_OUT',
    'DescribeStream failed: HTTP 429',
  ],
  [
    'hangs up',
    (response: ServerResponse) => response.destroy(),
    'STATUS_OPERATION_TIMED_OUT',
    'DescribeStream failed: no answer',
  ],
  ['says nothing', () => undefined, 'STATUS_OPERATION_TIMED_OUT', `it was not ready within ${TIMEOUT_MS} ms`],
] as const) {
  it(`an endpoint that ${name}`, async () => {
    const server = createServer((_request, response) => answer(response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const error = await openingError(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      ...(code === 'STATUS_OPERATION_TIMED_OUT' ? { openTimeoutMs: TIMEOUT_MS } : {}),
    });
    server.closeAllConnections();
    server.close();
    assert.is(error.code, code);
    assert.match(error.message, message);
  });
}

it('a certificate that is not trusted', async () => {
  const service = await startTestService({ tls: true });
  const error = await openingError(service.url);
  await service.close();
  assert.is(error.code, 'STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR');
  assert.match(error.message, 'self-signed certificate');
});

it('credentials that the service does not know, or with another secret', async () => {
  const service = await startTestService();
  const unknown = await openingError(service.url, {
    credentials: { accessKeyId: 'nobody', secretAccessKey: 'nothing' },
  });
  const wrong = await openingError(service.url, {
    credentials: { ...DEVELOPMENT_CREDENTIALS, secretAccessKey: 'guess' },
  });
  await service.close();
  assert.is(unknown.code, 'InvalidClientTokenId');
  assert.is(wrong.code, 'InvalidSignatureException');
});

it.run();
