/** Every callback that answers for the service or for tokens, called by the engine. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as STATUS from '../../../../sdk/status-codes.ts';
import { CallbackRecorder, neverCalled, type Overrides } from '../../../support/callback-recorder.ts';
import { openHeard } from '../../../support/heard-stream.ts';
import { ScriptedMedia } from '../../../support/scripted-media.ts';
import { BASE_MS, outcomeOf, TestStream, timecodeOf } from '../../../support/test-stream.ts';

const it = suite('callbacks: service and tokens');

it('createDevice: once, with the client token, in front of clientReady', async () => {
  const { test, recorder } = await openHeard();
  const [call] = recorder.of('createDevice');
  assert.is(call?.deviceName, 'Kinesis_Video_Device');
  assert.is(call?.context.customData, 'Kinesis_Video_Device');
  assert.is(call?.context.authInfo.type, 'security-token');
  assert.ok(recorder.names.indexOf('createDevice') < recorder.names.indexOf('clientReady'));
  await test.end();
});

it('describeStream, getStreamingEndpoint: each with its context; without an answer the default calls', async () => {
  const { test, recorder } = await openHeard();
  const [describe] = recorder.of('describeStream');
  const { version, callAfterUs, timeoutUs, customData } = describe!.context;
  assert.is(describe?.streamName, 'front-door');
  assert.equal(
    { version, callAfterUs, timeoutUs, customData },
    { version: 1, callAfterUs: BASE_MS * 1000, timeoutUs: 10_000_000, customData: 'front-door' },
  );
  assert.is(recorder.of('getStreamingEndpoint')[0]?.apiName, 'PUT_MEDIA');
  assert.equal(test.service.paths.slice(0, 2), ['/describeStream', '/getDataEndpoint']);
  await test.end();
});

it('describeStream, getStreamingEndpoint: what they answer stands for the service', async () => {
  const overrides: Overrides = {
    describeStream: () => ({
      result: 200,
      description: { streamArn: 'arn:own', status: 'ACTIVE', retentionHours: 1, mediaType: undefined },
    }),
    getStreamingEndpoint: () => Promise.resolve({ result: 200, endpoint: 'http://127.0.0.1:9/own/' }),
  };
  const { test } = await openHeard(overrides);
  await test.putFragments(1);
  assert.equal(test.service.paths, ['/own/putMedia']);
  assert.is(test.service.requests[0]?.url, 'http://127.0.0.1:9/own/putMedia');
  await test.end();
});

it('createStream: when describeStream answers 404, with what the stream was opened with', async () => {
  let calls = 0;
  const description = { streamArn: 'arn:own', status: 'ACTIVE', retentionHours: 2, mediaType: undefined } as const;
  const { test, recorder } = await openHeard(
    {
      describeStream: () => (++calls === 1 ? { result: 404 } : { result: 200, description }),
      createStream: () => ({ result: 200, streamArn: 'arn:own' }),
    },
    { retentionHours: 2, kmsKeyId: 'key', waitUntilReady: false },
  );
  await test.service.pass(1_000);
  const { context: _context, ...call } = recorder.of('createStream')[0]!;
  assert.equal(call, {
    deviceName: 'Kinesis_Video_Device',
    streamName: 'front-door',
    contentType: 'video/h264',
    kmsKeyId: 'key',
    retentionUs: 7_200_000_000,
  });
  assert.is(test.stream.metrics.state, 'ready');
  await test.end();
});

it('tagResource: with the ARN and the tags', async () => {
  const { test, recorder } = await openHeard({ tagResource: () => ({ result: 200 }) }, { tags: { place: 'door' } });
  const { context: _context, ...call } = recorder.of('tagResource')[0]!;
  assert.equal(call, { streamName: 'front-door', streamArn: 'arn:1', tags: { place: 'door' } });
  assert.not.ok(test.service.paths.includes('/tagStream'));
  await test.end();
});

it('getSecurityToken: its token signs the calls, and is asked for again when it expires', async () => {
  const secret = (id: number): Uint8Array =>
    new TextEncoder().encode(JSON.stringify({ accessKeyId: `OWN${id}`, secretAccessKey: 'S' }));
  const service = new ScriptedMedia();
  let asked = 0;
  const { test } = await openHeard(
    { getSecurityToken: () => ({ data: secret(++asked), expiresAtUs: (service.now() + 3_600_000) * 1000 }) },
    {},
    {},
    service,
  );
  assert.is(asked, 1, 'cached');
  assert.match(test.service.requests[0]?.headers['authorization'] ?? '', 'Credential=OWN1/');
  await test.service.advance(3_599_000);
  await test.putFragments(1);
  assert.is(asked, 2);
  assert.match(test.service.requests.at(-1)?.headers['authorization'] ?? '', 'Credential=OWN2/');
  await test.end();
});

it('getDeviceCertificate, deviceCertToToken: a certificate is exchanged for the token when there is none', async () => {
  const token = new TextEncoder().encode(JSON.stringify({ accessKeyId: 'CERT', secretAccessKey: 'S' }));
  const { test, recorder } = await openHeard({
    getSecurityToken: () => ({ data: new Uint8Array(0) }),
    getDeviceCertificate: () => ({ data: Uint8Array.of(1, 2, 3) }),
    deviceCertToToken: () => ({ result: 200, token }),
  });
  const { authInfo } = recorder.of('deviceCertToToken')[0]!.context;
  assert.is(authInfo.type, 'device-certificate');
  assert.equal([...authInfo.data], [1, 2, 3]);
  assert.match(test.service.requests[0]?.headers['authorization'] ?? '', 'Credential=CERT/');
  await test.end();
});

it('getDeviceFingerprint: asked when there is neither; the client fails, as natively', async () => {
  const recorder = new CallbackRecorder({ getSecurityToken: () => ({ data: new Uint8Array(0) }) });
  const error = await outcomeOf(TestStream.open({}, recorder.options));
  assert.is((error as { status: number }).status, STATUS.STATUS_CLIENT_PROVISION_CALL_FAILED);
  assert.is(recorder.of('getDeviceFingerprint').length, 1);
  assert.not.ok(recorder.names.includes('clientReady'));
});

it('getStreamingToken: in front of each connection; its token is what putStream gets', async () => {
  const token = new TextEncoder().encode(JSON.stringify({ accessKeyId: 'STREAM', secretAccessKey: 'S' }));
  const { test, recorder } = await openHeard({ getStreamingToken: () => ({ result: 200, token }) });
  await test.putFragments(1);
  assert.equal([...recorder.of('putStream')[0]!.context.authInfo.data], [...token]);
  assert.match(test.service.requests.at(-1)?.headers['authorization'] ?? '', 'Credential=STREAM/');
  test.service.upload.reset();
  await test.service.pass(1_000);
  assert.is(recorder.of('getStreamingToken').length, 2);
  await test.end();
});

it('putStream: gets the media as a body and gives acks as bytes', async () => {
  let acks!: ReadableStreamDefaultController<Uint8Array>;
  const received: Uint8Array[] = [];
  const { test, recorder } = await openHeard({
    putStream: ({ body }) => {
      void body.pipeTo(new WritableStream({ write: (piece) => void received.push(piece) })).catch(() => undefined);
      return { result: 200, acks: new ReadableStream({ start: (controller) => void (acks = controller) }) };
    },
  });
  await test.putFragments(2);
  const { context, body: _body, ...call } = recorder.of('putStream')[0]!;
  assert.equal(call, {
    streamName: 'front-door',
    containerType: 'video/x-matroska',
    startTimestampUs: BASE_MS * 1000,
    absoluteFragmentTimes: true,
    fragmentAcks: true,
    endpoint: 'http://127.0.0.1:2',
    uploadHandle: 1,
  });
  assert.is(context.timeoutUs, Infinity);
  assert.equal([...received[0]!.subarray(0, 4)], [0x1a, 0x45, 0xdf, 0xa3]);
  assert.is(test.stream.metrics.fragmentsPersisted, 0);
  acks.enqueue(new TextEncoder().encode(`{"EventType":"PERSISTED","FragmentTimecode":${timecodeOf(0)}}`));
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 1);
  assert.not.ok(test.service.paths.includes('/putMedia'));
  await test.end();
});

it('each of its kinds was called here', () => {
  assert.equal(neverCalled('api', 'auth'), []);
});

it.run();
