import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { staticCredentials } from '../../../sdk/aws/credentials.ts';
import { createStream, describeStream, getDataEndpoint, tagStream } from '../../../sdk/aws/control-api.ts';
import { ProxyRefusedError } from '../../../sdk/aws/network-failure.ts';
import { jsonCall, type ServiceTarget } from '../../../sdk/aws/signed-call.ts';
import { type KvsError, ServiceCallError } from '../../../sdk/errors.ts';
import type { Credentials } from '../../../sdk/platform.ts';
import * as SERVICE_RESULT from '../../../sdk/service-results.ts';
import { credentialsError, everythingIn } from '../../support/rejection.ts';
import { jsonBody, type Responder, type ScriptedAnswer, ScriptedPlatform } from '../../support/scripted-platform.ts';

const it = suite('signed calls');

function targetOf(platform: ScriptedPlatform): ServiceTarget {
  return {
    platform,
    region: 'eu-west-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: staticCredentials({ accessKeyId: 'AKID', secretAccessKey: 'SECRET' }),
  };
}

/** Calls `/describeStream` against an answer and gives the error. */
async function failure(answer: Responder | ScriptedAnswer, maxAttempts = 1): Promise<ServiceCallError> {
  const platform = new ScriptedPlatform().on('/describeStream', answer);
  return (await jsonCall(targetOf(platform), '/describeStream', {}, { maxAttempts }).then(
    () => assert.unreachable('the call should fail'),
    (error: unknown) => error,
  )) as ServiceCallError;
}

for (const [name, answer, expected] of [
  [
    'the error header',
    {
      status: 404,
      headers: { 'x-amzn-errortype': 'ResourceNotFoundException', 'x-amzn-requestid': 'r-1' },
      body: '{"Message":"no such stream"}',
    },
    {
      errorType: 'ResourceNotFoundException',
      result: SERVICE_RESULT.RESOURCE_NOT_FOUND,
      retryable: false,
      requestId: 'r-1',
      reason: 'no such stream',
    },
  ],
  [
    'the error header with a URL',
    {
      status: 400,
      headers: { 'x-amzn-errortype': 'ResourceInUseException:http://internal.amazon.com/coral/' },
      body: '{}',
    },
    { errorType: 'ResourceInUseException', result: SERVICE_RESULT.RESOURCE_IN_USE, retryable: false },
  ],
  [
    'the type in the body',
    { status: 400, body: '{"__type":"com.amazon.coral.service#ThrottlingException","message":"slow down"}' },
    { errorType: 'ThrottlingException', result: SERVICE_RESULT.CLIENT_LIMIT, retryable: true, reason: 'slow down' },
  ],
  [
    'the front door’s nested body',
    {
      status: 400,
      body: '{"Output":{"__type":"com.amazon.coral.service#SerializationException","Message":null},"Version":"1.0"}',
    },
    { errorType: 'SerializationException', result: SERVICE_RESULT.BAD_REQUEST, retryable: false },
  ],
  [
    'an expired token',
    { status: 403, headers: { 'x-amzn-errortype': 'ExpiredTokenException' } },
    { result: SERVICE_RESULT.SIGNATURE_EXPIRED },
  ],
  ['a status alone', { status: 503, body: '<html>' }, { errorType: undefined, result: 503, retryable: true }],
  ['too many requests', { status: 429 }, { result: SERVICE_RESULT.CLIENT_LIMIT, retryable: true }],
  ['a redirect', { status: 301, headers: { location: '/' } }, { result: SERVICE_RESULT.BAD_REQUEST, retryable: false }],
  ['a gateway’s status', { status: 502 }, { result: SERVICE_RESULT.UNKNOWN, retryable: true }],
  [
    'a name that Object has',
    { status: 400, headers: { 'x-amzn-errortype': 'toString' } },
    { errorType: 'toString', result: 400 },
  ],
] as const) {
  it(`jsonCall() types an error by ${name}`, async () => {
    const error = await failure(answer);
    assert.instance(error, ServiceCallError);
    assert.is(error.operation, 'DescribeStream');
    assert.is(error.httpStatus, answer.status);
    for (const [field, value] of Object.entries(expected))
      assert.is(error[field as keyof ServiceCallError], value, field);
  });
}

it('jsonCall() tells a network failure from an answer', async () => {
  const error = await failure(() => new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') }));
  assert.is(error.httpStatus, undefined);
  assert.is(error.result, SERVICE_RESULT.UNKNOWN);
  assert.is(error.reason, 'ECONNREFUSED');
  assert.is(error.retryable, true);
});

for (const [code, result] of [
  ['UND_ERR_CONNECT_TIMEOUT', SERVICE_RESULT.NETWORK_CONNECTION_TIMEOUT],
  ['ETIMEDOUT', SERVICE_RESULT.NETWORK_CONNECTION_TIMEOUT],
  ['UND_ERR_HEADERS_TIMEOUT', SERVICE_RESULT.NETWORK_READ_TIMEOUT],
  ['UND_ERR_BODY_TIMEOUT', SERVICE_RESULT.NETWORK_READ_TIMEOUT],
  ['ECONNRESET', SERVICE_RESULT.UNKNOWN],
  ['EAI_AGAIN', SERVICE_RESULT.UNKNOWN],
] as const) {
  it(`jsonCall() tells what the runtime's network says by ${code}`, async () => {
    const cause = Object.assign(new Error(''), { code });
    const error = await failure(() => new TypeError('fetch failed', { cause }));
    assert.is(error.result, result);
    assert.is(error.reason, code);
    assert.is(error.retryable, true);
  });
}

it('jsonCall() tells the first of several addresses that were tried', async () => {
  const cause = new AggregateError([new Error('connect ECONNREFUSED ::1:1'), new Error('connect ECONNREFUSED')]);
  const error = await failure(() => new TypeError('fetch failed', { cause }));
  assert.is(error.reason, 'connect ECONNREFUSED ::1:1');
});

for (const [proxyStatus, result, retryable] of [
  [407, SERVICE_RESULT.NOT_AUTHORIZED, false],
  [403, SERVICE_RESULT.FORBIDDEN, false],
  [502, SERVICE_RESULT.UNKNOWN, true],
  [503, SERVICE_RESULT.SERVICE_UNAVAILABLE, true],
  [504, SERVICE_RESULT.GATEWAY_TIMEOUT, true],
] as const) {
  it(`jsonCall() tells a proxy that refuses with ${proxyStatus} from an answer of the service`, async () => {
    const inner = new Error('Proxy response');
    const error = await failure(() => new ProxyRefusedError('http://proxy.test', proxyStatus, { cause: inner }));
    assert.equal([error.httpStatus, error.result, error.retryable], [undefined, result, retryable]);
    assert.is(error.reason, `the proxy http://proxy.test refused the connection: HTTP ${proxyStatus}`);
  });
}

for (const cause of [
  Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
  Object.assign(new Error('unable to verify the first certificate'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }),
  Object.assign(new Error('IP: 127.0.0.1 is not in the list'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
  new Error('client error: invalid peer certificate: UnknownIssuer'),
]) {
  it(`jsonCall() takes a certificate that is not trusted (${cause.message}) for an answer`, async () => {
    const error = await failure(() => new TypeError('fetch failed', { cause }));
    assert.is(error.result, SERVICE_RESULT.NOT_AUTHORIZED);
    assert.is(error.reason, cause.message);
    assert.is(error.retryable, false);
  });
}

it('jsonCall() refuses an answer that is not a JSON object', async () => {
  assert.match((await failure({ body: '[' })).message, 'not a JSON object');
  assert.match((await failure({ body: '3' })).message, 'not a JSON object');
});

it('jsonCall() gives up after its timeout', async () => {
  const platform = new ScriptedPlatform().on('/describeStream', () => new Promise<never>(() => undefined));
  const call = jsonCall(targetOf(platform), '/describeStream', {}, { maxAttempts: 1, timeoutMs: 700 }).catch(
    (error: unknown) => error,
  );
  await platform.idle();
  await platform.advance(700);
  assert.is(((await call) as ServiceCallError).result, SERVICE_RESULT.NETWORK_CONNECTION_TIMEOUT);
  assert.is(platform.timerCount, 0);
});

it('jsonCall() gives up a body that never ends', async () => {
  const platform = new ScriptedPlatform().on('/describeStream', (request) => ({
    body: new ReadableStream({
      start: (controller) => request.signal?.addEventListener('abort', () => controller.error(request.signal?.reason)),
    }),
  }));
  const call = jsonCall(targetOf(platform), '/describeStream', {}, { maxAttempts: 1, timeoutMs: 700 }).catch(
    (error: unknown) => error,
  );
  await platform.idle();
  await platform.advance(700);
  assert.is(((await call) as ServiceCallError).result, SERVICE_RESULT.NETWORK_CONNECTION_TIMEOUT);
});

it('jsonCall() retries what may be retried, with growing waits, and stops at its limit', async () => {
  const platform = new ScriptedPlatform().on('/describeStream', { status: 500 });
  const times: number[] = [];
  platform.on('/describeStream', () => {
    times.push(platform.now());
    return { status: 500 };
  });
  const call = jsonCall(targetOf(platform), '/describeStream', {}).catch((error: unknown) => error);
  for (let i = 0; i < 40; i++) {
    await platform.idle();
    await platform.advance(500);
  }
  assert.is(((await call) as ServiceCallError).result, 500);
  assert.is(times.length, 6);
  const waits = times.slice(1).map((time, i) => time - (times[i] as number));
  waits.forEach((wait, i) => assert.ok(wait >= 100 * 2 ** i && wait < 200 * 2 ** i, `wait ${i} was ${wait} ms`));
});

it('jsonCall() signs every attempt anew', async () => {
  const platform = new ScriptedPlatform().on('/describeStream', (_request, count) =>
    count === 1 ? { status: 500 } : { body: '{}' },
  );
  const call = jsonCall(targetOf(platform), '/describeStream', {});
  await platform.idle();
  await platform.advance(5_000);
  await call;
  const [first, second] = platform.requests.map((request) => request.headers['x-amz-date']);
  assert.is(platform.requests.length, 2);
  assert.ok(platform.requests.every((request) => request.headers['authorization'] !== undefined));
  assert.ok(first !== undefined && second !== undefined);
});

it('jsonCall() rejects with the reason of the caller’s signal', async () => {
  const platform = new ScriptedPlatform().on('/describeStream', () => new Promise<never>(() => undefined));
  const controller = new AbortController();
  const call = jsonCall(targetOf(platform), '/describeStream', {}, { signal: controller.signal }).catch(
    (error: unknown) => error,
  );
  await platform.idle();
  const reason = new Error('enough');
  controller.abort(reason);
  assert.is(await call, reason);
  assert.is(platform.timerCount, 0);
});

it('describeStream() gives the description, and refuses one without ARN or with an unknown status', async () => {
  const info = { StreamARN: 'arn:1', Status: 'ACTIVE', DataRetentionInHours: 24, MediaType: 'video/h264' };
  const platform = new ScriptedPlatform().on('/describeStream', { body: JSON.stringify({ StreamInfo: info }) });
  assert.equal(await describeStream(targetOf(platform), 'front-door'), {
    streamArn: 'arn:1',
    status: 'ACTIVE',
    retentionHours: 24,
    mediaType: 'video/h264',
  });
  assert.equal(await jsonBody(platform.requests[0]), { StreamName: 'front-door' });
  for (const bad of [
    {},
    { StreamInfo: { ...info, StreamARN: undefined } },
    { StreamInfo: { ...info, Status: 'GONE' } },
  ]) {
    platform.on('/describeStream', { body: JSON.stringify(bad) });
    const error = await describeStream(targetOf(platform), 'front-door').catch((reason: unknown) => reason);
    assert.is((error as KvsError).code, 'STATUS_INVALID_DESCRIBE_STREAM_RESPONSE');
  }
});

it('createStream(), tagStream() and getDataEndpoint() speak the service’s JSON', async () => {
  const platform = new ScriptedPlatform()
    .on('/createStream', { body: '{"StreamARN":"arn:1"}' })
    .on('/tagStream', { body: '' })
    .on('/getDataEndpoint', { body: '{"DataEndpoint":"http://127.0.0.1:2/"}' });
  const target = targetOf(platform);
  assert.is(await createStream(target, { streamName: 'a"b', mediaType: 'video/h264', retentionHours: 2 }), 'arn:1');
  assert.equal(await jsonBody(platform.requests[0]), {
    StreamName: 'a"b',
    MediaType: 'video/h264',
    DataRetentionInHours: 2,
  });
  await tagStream(target, 'arn:1', { site: 'north' });
  assert.equal(await jsonBody(platform.requests[1]), { StreamARN: 'arn:1', Tags: { site: 'north' } });
  assert.is(await getDataEndpoint(target, 'front-door', 'PUT_MEDIA'), 'http://127.0.0.1:2');
  assert.equal(await jsonBody(platform.requests[2]), { StreamName: 'front-door', APIName: 'PUT_MEDIA' });
});

for (const endpoint of ['', 'not a url', `http://127.0.0.1/${'x'.repeat(10_000)}`]) {
  it(`getDataEndpoint() refuses '${endpoint.slice(0, 12)}' as an endpoint`, async () => {
    const platform = new ScriptedPlatform().on('/getDataEndpoint', {
      body: JSON.stringify({ DataEndpoint: endpoint }),
    });
    const error = await getDataEndpoint(targetOf(platform), 's', 'PUT_MEDIA').catch((reason: unknown) => reason);
    assert.is((error as KvsError).code, 'STATUS_INVALID_URI_LEN');
  });
}

for (const [field, wrong] of [
  ['a sessionToken', { sessionToken: 'PSST\nPSST' }],
  ['no secretAccessKey', { secretAccessKey: undefined }],
] as const) {
  it(`sends nothing by credentials that have ${field} of the wrong kind, whatever cache they come out of`, async () => {
    const platform = new ScriptedPlatform().on('/describeStream', { body: '{}' });
    const given = { accessKeyId: 'AKID', secretAccessKey: 'SECRET', ...wrong } as Credentials;
    const credentials = Object.assign(async () => given, { invalidate: () => undefined });
    const error = await credentialsError(jsonCall({ ...targetOf(platform), credentials }, '/describeStream', {}));
    assert.match(error.message, `what the provider gave have ${field}`);
    assert.not.match(everythingIn(error), 'PSST');
    assert.is(platform.requests.length, 0);
  });
}

it.run();
