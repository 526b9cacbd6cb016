/** The bytes of answers: headers, bodies, unknown paths, preflights. Source: service-api §1.4, §6. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startInProcessService } from '../support/in-process-service.ts';
import { settle } from '../support/manual-platform.ts';
import { rawRequest, signedPost } from '../support/raw-http.ts';
import type { TestService } from '../support/service.ts';
import { startTestService } from '../support/service.ts';

const wire = suite<{ service: TestService }>('control plane: wire');

wire.before(async (context) => {
  context.service = await startTestService();
});
wire.after((context) => context.service.close());

/** Headers with names in lower case: their case is not significant. */
function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

wire('a success carries JSON, a length, the date and a request id of its own', async ({ service }) => {
  const responses = [
    await signedPost(service.url, '/createStream', '{"StreamName":"wire"}'),
    await signedPost(service.url, '/listStreams', '{}'),
  ];
  const ids = responses.map((response) => {
    const headers = lowerCase(response.headers);
    assert.is(response.status, 200);
    assert.is(headers['content-type'], 'application/json');
    assert.is(headers['content-length'], String(Buffer.byteLength(response.body)));
    assert.ok(
      Math.abs(Date.parse(headers['date'] as string) - Date.now()) < 60_000,
      'clients correct their clocks by it',
    );
    assert.match(
      headers['x-amzn-requestid'] as string,
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    return headers['x-amzn-requestid'];
  });
  assert.is.not(ids[0], ids[1]);
});

wire('timestamps are numbers of seconds, with a fraction', async ({ service }) => {
  const { body } = await signedPost(service.url, '/describeStream', '{"StreamName":"wire"}');
  const info = (JSON.parse(body) as { StreamInfo: Record<string, unknown> }).StreamInfo;
  const seconds = info['CreationTime'] as number;
  assert.ok(Math.abs(seconds - Date.now() / 1000) < 60);
  assert.is(info['StreamARN'], `arn:aws:kinesisvideo:us-east-1:000000000000:stream/wire/${Math.round(seconds * 1000)}`);
});

wire('an error carries x-amzn-ErrorType and a body with exactly a Message', async ({ service }) => {
  const response = await signedPost(service.url, '/describeStream', '{"StreamName":"none"}');
  const headers = lowerCase(response.headers);
  assert.is(response.status, 404);
  assert.is(headers['x-amzn-errortype'], 'ResourceNotFoundException');
  assert.is(headers['x-amz-errortype'], undefined);
  assert.ok(headers['x-amzn-requestid']);
  assert.equal(JSON.parse(response.body), { Message: 'No stream named none' });
});

wire('paths are case-sensitive; what is not there is UnknownOperationException', async ({ service }) => {
  for (const path of [
    '/',
    '/CreateStream',
    '/createstream',
    '/createStream/',
    '/createSignalingChannel',
    '/putmedia',
    '/..%2f',
  ]) {
    const response = await signedPost(service.url, path, '{}');
    assert.is(response.status, 404, path);
    assert.is(lowerCase(response.headers)['x-amzn-errortype'], 'UnknownOperationException', path);
    assert.ok((JSON.parse(response.body) as { Message: string }).Message.startsWith('No operation POST /'));
  }
  const get = await rawRequest(service.url, 'GET', '/createStream', { host: 'x' });
  assert.is(get.status, 404);
  assert.equal(JSON.parse(get.body), { Message: 'No operation GET /createStream' });
});

wire('a preflight allows whatever headers it asks for, without a signature', async ({ service }) => {
  const asked =
    'amz-sdk-invocation-id,amz-sdk-request,authorization,content-type,x-amz-content-sha256,x-amz-date,x-amz-user-agent';
  for (const path of ['/createStream', '/putMedia', '/getMedia']) {
    const response = await rawRequest(service.url, 'OPTIONS', path, {
      host: 'x',
      origin: 'https://app.example.com',
      'access-control-request-method': 'POST',
      'access-control-request-headers': asked,
    });
    const headers = lowerCase(response.headers);
    assert.is(response.status, 204);
    assert.is(headers['access-control-allow-origin'], '*');
    assert.match(headers['access-control-allow-methods'] as string, /POST/);
    assert.equal((headers['access-control-allow-headers'] as string).split(/, ?/), asked.split(','));
    assert.is(headers['access-control-max-age'], '86400');
  }
});

wire('a page may read the request id and the error type of every answer', async ({ service }) => {
  const good = await signedPost(service.url, '/listStreams', '{}', { headers: { origin: 'https://app.example.com' } });
  const bad = await signedPost(service.url, '/describeStream', '{}', {
    headers: { origin: 'https://app.example.com' },
  });
  const unsigned = await rawRequest(service.url, 'POST', '/listStreams', {
    host: 'x',
    origin: 'https://app.example.com',
  });
  for (const response of [good, bad, unsigned]) {
    const headers = lowerCase(response.headers);
    assert.is(headers['access-control-allow-origin'], '*');
    const exposed = (headers['access-control-expose-headers'] as string).toLowerCase().split(/, ?/);
    assert.ok(exposed.includes('x-amzn-requestid') && exposed.includes('x-amzn-errortype'));
  }
});

wire('a JSON body that does not arrive is refused after a minute', async () => {
  const slow = await startInProcessService();
  const another = await slow.startAnother();
  const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array([0x7b])) });
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half' };
  const request = new Request('http://service.test/listStreams', init);
  const answer = another.fetch(request);
  await settle();
  await slow.platform.advance(60_000);
  const response = await answer;
  assert.is(response.status, 408);
  assert.is(response.headers.get('x-amzn-errortype'), 'RequestTimeoutException');
  await another.close();
  await slow.close();
});

wire('a client that goes away in the middle of its body is no failure of the service', async () => {
  const service = await startInProcessService();
  const another = await service.startAnother();
  const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error('Reset')) });
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half' };
  const response = await another.fetch(new Request('http://service.test/listStreams', init));
  assert.is(response.status, 400);
  assert.match(((await response.json()) as { Message: string }).Message, /Request body broke off/);
  assert.equal(service.platform.logged, []);
  await another.close();
  await service.close();
});

wire.run();
