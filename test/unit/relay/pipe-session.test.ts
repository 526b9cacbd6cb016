/** What the relay's end of a pipe lets through to the service, and what it refuses. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PlatformRequest } from '../../../sdk/platform.ts';
import { encodeCredit, PIPE_CLOSE, PIPE_LIMITS, PIPE_MESSAGE, PIPE_VERSION } from '../../../sdk/relay/pipe-message.ts';
import { PipeRates } from '../../../bindings/workers/relay/pipe-rates.ts';
import { ScriptedPlatform } from '../../support/scripted-platform.ts';
import { DATA_URL, PipeTest, SERVICE_URL } from '../../support/pipe-pair.ts';

const it = suite('relay pipe, the session');

const bodyOf = ({ body }: PlatformRequest): unknown => JSON.parse(Buffer.from(body as Uint8Array).toString());
const MEDIA = {
  'x-amzn-stream-name': 'granted',
  'x-amzn-producer-start-timestamp': '1700000000.000',
  'x-amzn-fragment-acknowledgment-required': '1',
  'x-amzn-fragment-timecode-type': 'ABSOLUTE',
};

it('a call goes to the service, signed, with the headers of the relay; of the answer only what is listed comes back', async () => {
  const test = new PipeTest();
  const answer = await test.call('/describeStream', { StreamName: 'granted', More: 1 });
  assert.equal(answer, {
    status: 200,
    headers: { 'content-type': 'application/json' },
    text: '{"StreamInfo":{}}',
    isEnded: true,
    isReset: false,
  });
  const [request] = test.platform.requests as [PlatformRequest];
  assert.is(request.url, `${SERVICE_URL}/describeStream`);
  assert.equal(bodyOf(request), { StreamName: 'granted' });
  assert.match(request.headers['authorization'] ?? '', /^AWS4-HMAC-SHA256 Credential=AKID\//);
  assert.equal(Object.keys(request.headers).sort(), ['authorization', 'content-type', 'user-agent', 'x-amz-date']);
});

for (const [what, path, input, errorType] of [
  ['another stream', '/describeStream', { StreamName: 'other' }, 'RelayStreamNotGrantedException'],
  ['no stream', '/describeStream', {}, 'RelayStreamNotGrantedException'],
  [
    'another stream by its ARN',
    '/describeStream',
    { StreamARN: 'arn:aws:x:stream/other/1' },
    'RelayStreamNotGrantedException',
  ],
  [
    'tags of another stream',
    '/tagStream',
    { StreamARN: 'arn:aws:kinesisvideo:r:1:stream/other/1', Tags: {} },
    'RelayStreamNotGrantedException',
  ],
  [
    'an endpoint of another stream',
    '/getDataEndpoint',
    { StreamName: 'other', APIName: 'PUT_MEDIA' },
    'RelayStreamNotGrantedException',
  ],
  ['a new stream of another name', '/createStream', { StreamName: 'other' }, 'RelayStreamNotGrantedException'],
  [
    'a key of the account',
    '/createStream',
    { StreamName: 'granted', KmsKeyId: 'alias/mine' },
    'RelayBodyInvalidException',
  ],
  ['an API that reads', '/getMedia', { StreamName: 'granted' }, 'RelayApiNotAllowedException'],
  ['an API that deletes', '/deleteStream', { StreamName: 'granted' }, 'RelayApiNotAllowedException'],
  ['a way out of the path', '/../describeStream', { StreamName: 'granted' }, 'RelayApiNotAllowedException'],
  ['another host', '//evil.test/describeStream', { StreamName: 'granted' }, 'RelayApiNotAllowedException'],
] as const)
  it(`refuses ${what}, and asks the service nothing`, async () => {
    const test = new PipeTest();
    const answer = await test.call(path, input);
    assert.is(answer.headers['x-amzn-errortype'], errorType);
    assert.is(answer.isEnded, true);
    assert.equal(test.platform.requests, []);
    assert.is(test.socket.closed, undefined);
  });

it('refuses CreateStream where the relay creates none', async () => {
  const test = new PipeTest({ context: { createStream: false } });
  const answer = await test.call('/createStream', { StreamName: 'granted' });
  assert.is(answer.status, 403);
  assert.is(answer.headers['x-amzn-errortype'], 'RelayCreateNotGrantedException');
  assert.equal(test.platform.requests, []);
});

it("CreateStream and TagStream have fields of the relay's choice", async () => {
  const test = new PipeTest();
  test.platform.on('/createStream', { body: '{}' }).on('/tagStream', { body: '{}' });
  const stream = { StreamName: 'granted', MediaType: 'video/h264', DataRetentionInHours: 2, Tags: { no: 'tags' } };
  await test.call('/createStream', stream);
  await test.call('/tagStream', { StreamARN: 'arn:aws:kinesisvideo:r:1:stream/granted/1', Tags: { a: 'b' } });
  assert.equal(test.platform.requests.map(bodyOf), [
    { StreamName: 'granted', MediaType: 'video/h264', DataRetentionInHours: 2 },
    { StreamName: 'granted', Tags: { a: 'b' } },
  ]);
});

for (const [name, value] of [
  ['authorization', 'AWS4-HMAC-SHA256 …'],
  ['host', 'evil.test'],
  ['x-amz-security-token', 'token'],
  ['x-amzn-fragment-timecode-type', 'ABSOLUTE\r\nx-evil: 1'],
] as const)
  it(`refuses the header ${name} of a client`, async () => {
    const test = new PipeTest();
    const exchange = test.open('/putMedia', { ...MEDIA, [name]: value });
    await test.platform.idle();
    assert.is(test.answer(exchange).headers['x-amzn-errortype'], 'RelayHeaderNotAllowedException');
    assert.equal(test.platform.requests, []);
  });

it('the client learns no data endpoint, and its media go to the one that the service named', async () => {
  const test = new PipeTest();
  const endpoint = await test.call('/getDataEndpoint', { StreamName: 'granted', APIName: 'GET_MEDIA' });
  assert.equal(JSON.parse(endpoint.text), { DataEndpoint: 'https://put-media.relay.invalid' });
  assert.equal(bodyOf(test.platform.requests[0] as PlatformRequest), { StreamName: 'granted', APIName: 'PUT_MEDIA' });
  test.platform.on('/putMedia', { body: 'acks' });
  const exchange = test.open('/putMedia', MEDIA);
  await test.platform.idle();
  assert.is(test.answer(exchange).text, 'acks');
  const request = test.platform.requests.at(-1) as PlatformRequest;
  assert.is(request.url, `${DATA_URL}/putMedia`);
  assert.is(request.headers['x-amzn-stream-name'], 'granted');
});

it('a client that knows the endpoint from another socket has it found again', async () => {
  const test = new PipeTest();
  test.platform.on('/putMedia', { body: 'acks' });
  const exchange = test.open('/putMedia', MEDIA);
  await test.platform.idle();
  assert.equal(test.platform.paths, ['/getDataEndpoint', '/putMedia']);
  assert.is(test.answer(exchange).status, 200);
});

it('refuses media for another stream', async () => {
  const test = new PipeTest();
  const exchange = test.open('/putMedia', { ...MEDIA, 'x-amzn-stream-name': 'other' });
  await test.platform.idle();
  assert.is(test.answer(exchange).headers['x-amzn-errortype'], 'RelayStreamNotGrantedException');
  assert.equal(test.platform.requests, []);
});

it('what the service refuses comes back as it is; what does not answer is a reset', async () => {
  const test = new PipeTest();
  const missing = {
    status: 404,
    headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
    body: '{"Message":"none"}',
  };
  test.platform.on('/describeStream', missing).on('/getDataEndpoint', missing);
  for (const path of ['/describeStream', '/getDataEndpoint']) {
    const answer = await test.call(path, { StreamName: 'granted' });
    assert.is(answer.status, 404);
    assert.is(answer.headers['x-amzn-errortype'], 'ResourceNotFoundException');
    assert.match(answer.text, 'none');
  }
  test.platform.on('/describeStream', () => new Error('connect ECONNREFUSED 10.0.0.7'));
  const lost = await test.call('/describeStream', { StreamName: 'granted' });
  assert.ok(lost.isReset);
  assert.not.match(Buffer.concat(test.socket.sent).toString(), '10.0.0.7');
});

for (const [what, status, errorType] of [
  ['a signature that is not taken', 403, 'InvalidSignatureException'],
  ['a signature that is not taken, as a bad request', 400, 'IncompleteSignatureException'],
  ['a right that is missing', 403, 'AccessDeniedException'],
  ['no authorization', 401, 'NotAuthorizedException'],
  ['a token that has expired', 400, 'ExpiredTokenException'],
] as const)
  it(`of ${what} the client hears by name alone: the service's words are about the relay's account and signature`, async () => {
    const test = new PipeTest();
    const words = 'x-amz-security-token:FwoGZX The user arn:aws:iam::123456789012:user/relay is not authorized';
    const refused = { status, headers: { 'x-amzn-errortype': errorType }, body: JSON.stringify({ Message: words }) };
    test.platform.on('/describeStream', refused).on('/getDataEndpoint', refused).on('/putMedia', refused);
    for (const path of ['/describeStream', '/getDataEndpoint']) {
      const answer = await test.call(path, { StreamName: 'granted' });
      assert.is(answer.status, status);
      assert.is(answer.headers['x-amzn-errortype'], errorType);
    }
    test.platform.on('/getDataEndpoint', { body: JSON.stringify({ DataEndpoint: DATA_URL }) });
    const exchange = test.open('/putMedia', MEDIA);
    await test.platform.idle();
    assert.is(test.answer(exchange).status, status);
    assert.not.match(Buffer.concat(test.socket.sent).toString(), /FwoGZX|123456789012/);
    assert.match(test.platform.logged.join(), /warn An exchange of a pipe has failed/, 'who runs the relay is told');
  });

it('an answer is read only as far as the client has given credit', async () => {
  const test = new PipeTest();
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pulled++;
      controller.enqueue(new Uint8Array(16_384));
    },
  });
  test.platform.on('/describeStream', { body });
  const exchange = test.open('/describeStream');
  test.message(PIPE_MESSAGE.DATA, exchange, Buffer.from('{"StreamName":"granted"}'));
  test.message(PIPE_MESSAGE.END, exchange);
  await test.platform.idle();
  assert.is(test.answer(exchange).text.length, PIPE_LIMITS.responseWindowBytes);
  const before = pulled;
  test.message(PIPE_MESSAGE.CREDIT, exchange, encodeCredit(16_384));
  await test.platform.idle();
  assert.is(test.answer(exchange).text.length, PIPE_LIMITS.responseWindowBytes + 16_384);
  assert.is(pulled, before + 1);
  test.socket.tell('close');
});

for (const [what, message, code] of [
  ['a version that there is not', Uint8Array.of(PIPE_VERSION + 1, 1, 0, 0, 0, 1), PIPE_CLOSE.PROTOCOL],
  ['an unknown type', Uint8Array.of(PIPE_VERSION, 99, 0, 0, 0, 1), PIPE_CLOSE.PROTOCOL],
  ['a head cut short', Uint8Array.of(PIPE_VERSION, 1, 0), PIPE_CLOSE.PROTOCOL],
  ['an exchange that was not begun', Uint8Array.of(PIPE_VERSION, PIPE_MESSAGE.DATA, 0, 0, 0, 9), PIPE_CLOSE.PROTOCOL],
  ['a head that is no JSON', Uint8Array.of(PIPE_VERSION, PIPE_MESSAGE.OPEN, 0, 0, 0, 1, 0x7b), PIPE_CLOSE.PROTOCOL],
  ['a message that is too long', new Uint8Array(PIPE_LIMITS.messageBytes + 1).fill(1), PIPE_CLOSE.TOO_LARGE],
] as const)
  it(`closes the socket for ${what}`, async () => {
    const test = new PipeTest();
    test.raw(message);
    assert.is(test.socket.closed?.code, code);
    await test.closed;
  });

it('closes the socket for text, and for an exchange that was there before', async () => {
  const text = new PipeTest();
  text.socket.tell('message', 'hello');
  assert.is(text.socket.closed?.code, PIPE_CLOSE.PROTOCOL);
  const twice = new PipeTest();
  twice.message(PIPE_MESSAGE.OPEN, 1, Buffer.from('{}'));
  twice.message(PIPE_MESSAGE.OPEN, 1, Buffer.from('{}'));
  assert.is(twice.socket.closed?.code, PIPE_CLOSE.PROTOCOL);
});

it('closes the socket for more body than there was credit for', () => {
  const test = new PipeTest();
  test.platform.on('/putMedia', () => new Promise(() => undefined));
  const exchange = test.open('/putMedia', MEDIA);
  const piece = new Uint8Array(PIPE_LIMITS.dataBytes);
  const whole = PIPE_LIMITS.requestWindowBytes / piece.length;
  for (let count = 0; count < whole; count++) test.message(PIPE_MESSAGE.DATA, exchange, piece);
  assert.is(test.socket.closed, undefined);
  test.message(PIPE_MESSAGE.DATA, exchange, Uint8Array.of(1));
  assert.is(test.socket.closed?.code, PIPE_CLOSE.FLOW);
});

it('a body of the control plane has a limit', async () => {
  const test = new PipeTest();
  const exchange = test.open('/describeStream');
  for (let count = 0; count < 3; count++)
    test.message(PIPE_MESSAGE.DATA, exchange, new Uint8Array(PIPE_LIMITS.dataBytes).fill(0x20));
  await test.platform.idle();
  assert.is(test.answer(exchange).headers['x-amzn-errortype'], 'RelayBodyTooLargeException');
});

it('refuses one exchange more than it carries, and more calls than a producer makes', async () => {
  const test = new PipeTest();
  test.platform.on('/putMedia', () => new Promise(() => undefined));
  for (let count = 0; count < PIPE_LIMITS.exchanges; count++) test.open('/putMedia', MEDIA);
  const tooMany = await test.call('/describeStream', { StreamName: 'granted' });
  assert.is(tooMany.headers['x-amzn-errortype'], 'RelayTooManyExchangesException');

  const busy = new PipeTest();
  const types: (string | undefined)[] = [];
  for (let count = 0; count < 60; count++)
    types.push((await busy.call('/describeStream', { StreamName: 'granted' })).headers['x-amzn-errortype']);
  assert.is(types.indexOf('RelayTooManyCallsException'), 40);
  await busy.platform.advance(1000);
  assert.is((await busy.call('/describeStream', { StreamName: 'granted' })).status, 200);
});

it('what a client sends is held to the bit rate of its grant', async () => {
  // 80 kbit/s are 10 000 bytes a second, and two seconds of them at once.
  const test = new PipeTest({ grant: { maxBitrateBps: 80_000 } });
  let received = 0;
  test.platform.on('/putMedia', ({ body }) => {
    void (async () => {
      for await (const piece of body as ReadableStream<Uint8Array>) received += piece.length;
    })().catch(() => undefined);
    return new Promise(() => undefined);
  });
  const exchange = test.open('/putMedia', MEDIA);
  for (let count = 0; count < 10; count++) test.message(PIPE_MESSAGE.DATA, exchange, new Uint8Array(5000));
  await test.platform.idle();
  assert.is(received, 20_000);
  await test.platform.advance(1000);
  assert.is(received, 30_000);
  await test.platform.advance(10_000);
  assert.is(received, 50_000);
});

it('a client that connects again is held to the bit rate of before', async () => {
  const platform = new ScriptedPlatform();
  const rates = new PipeRates(platform, 80_000);
  let received = 0;
  for (let connection = 0; connection < 5; connection++) {
    const test = new PipeTest({ platform, rates });
    platform.on('/putMedia', ({ body }) => {
      void (async () => {
        for await (const piece of body as ReadableStream<Uint8Array>) received += piece.length;
      })().catch(() => undefined);
      return new Promise(() => undefined);
    });
    const exchange = test.open('/putMedia', MEDIA);
    for (let count = 0; count < 50; count++) test.message(PIPE_MESSAGE.DATA, exchange, new Uint8Array(1000));
    await platform.idle();
    test.socket.tell('close');
  }
  assert.ok(received <= 20_000, `${received} bytes in no time`);
  assert.is(rates.areFull, false);
  await platform.advance(60_000);
  assert.is(rates.areFull, true);
});

it('closes the socket for more messages than are of use: their answers would fill the memory for a client that does not read', async () => {
  const test = new PipeTest();
  for (let count = 0; count < 500; count++) test.message(PIPE_MESSAGE.PING, 0);
  assert.is(test.socket.closed, undefined);
  await test.platform.advance(1000);
  for (let count = 0; count < 50; count++) test.message(PIPE_MESSAGE.PING, 0);
  assert.is(test.socket.closed, undefined);
  test.message(PIPE_MESSAGE.PING, 0);
  assert.is(test.socket.closed?.code, PIPE_CLOSE.FLOW);
});

it('closes the socket when the grant expires, and ends what is going on', async () => {
  const test = new PipeTest({ grant: { expiresAtMs: 1_700_000_060_000 } });
  let signal: AbortSignal | undefined;
  test.platform.on('/putMedia', (request) => {
    ({ signal } = request);
    return new Promise(() => undefined);
  });
  test.open('/putMedia', MEDIA);
  await test.platform.advance(59_999);
  assert.is(test.socket.closed, undefined);
  assert.is(signal?.aborted, false);
  await test.platform.advance(1);
  assert.is(test.socket.closed?.code, PIPE_CLOSE.EXPIRED);
  assert.is(signal?.aborted, true);
  await test.closed;
  assert.is(test.platform.timerCount, 0);
});

it('ends what is going on when the socket closes, or the client gives an exchange up', async () => {
  const signals: AbortSignal[] = [];
  const test = new PipeTest();
  test.platform.on('/putMedia', ({ signal }) => {
    signals.push(signal as AbortSignal);
    return new Promise(() => undefined);
  });
  const first = test.open('/putMedia', MEDIA);
  test.open('/putMedia', MEDIA);
  await test.platform.idle();
  test.message(PIPE_MESSAGE.RESET, first, Uint8Array.of(0, 1));
  assert.equal(
    signals.map(({ aborted }) => aborted),
    [true, false],
  );
  test.socket.tell('close');
  assert.equal(
    signals.map(({ aborted }) => aborted),
    [true, true],
  );
  await test.closed;
  assert.is(test.platform.timerCount, 0);
});

it('answers pings, and gives up a client that says nothing', async () => {
  const test = new PipeTest();
  for (let minute = 0; minute < 5; minute++) {
    await test.platform.advance(60_000);
    test.message(PIPE_MESSAGE.PING, 0);
  }
  assert.is(test.messages(0).length, 5);
  assert.is(test.socket.closed, undefined);
  await test.platform.advance(300_000);
  assert.is(test.socket.closed?.code, PIPE_CLOSE.SILENT);
});

it.run();
