/** Every callback, called by the engine; and docs/callbacks.md, which has a row for each. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../../../scripts/prepare.mjs';
import { CALLBACK_KINDS, type CallbackName, platformFromCallbacks } from '../../../../sdk/producer/index.ts';
import { STATUS } from '../../../../sdk/status-codes.ts';
import { CallbackRecorder, everCalled, type Overrides } from '../../../support/callback-recorder.ts';
import { ScriptedMedia } from '../../../support/scripted-media.ts';
import { BASE_MS, outcomeOf, testFrame, TestStream, timecodeOf, watched } from '../../../support/test-stream.ts';

const it = suite('every callback');

const STORE = { storeBytes: 1 << 20 };
const FRAME_BYTES = 128 * 1024;
const STREAM = { streamName: 'front-door' };
const BY_FRAGMENT = { streamingType: 'near-realtime' } as const;
const UPLOAD = { ...STREAM, uploadHandle: 1 };

interface Heard {
  readonly test: TestStream;
  readonly recorder: CallbackRecorder;
}

async function open(
  overrides: Overrides = {},
  stream: Parameters<typeof TestStream.open>[0] = {},
  producer: Parameters<typeof TestStream.open>[1] = {},
  service?: ScriptedMedia,
): Promise<Heard> {
  const recorder = new CallbackRecorder(overrides);
  const test = await TestStream.open(stream, { ...recorder.options, ...producer }, service);
  await test.service.idle();
  return { test, recorder };
}

it('clientReady, clientShutdown: once, in front of every stream and after the last', async () => {
  const { test, recorder } = await open();
  await test.producer.close();
  await test.service.idle();
  const { names } = recorder;
  assert.is(names.indexOf('clientReady'), names.lastIndexOf('clientReady'));
  assert.ok(names.indexOf('clientReady') < names.indexOf('streamReady'));
  assert.is(names.at(-1), 'clientShutdown');
  assert.is(names.indexOf('clientShutdown'), names.length - 1);
  assert.ok(names.includes('streamShutdown'));
});

it('createDevice: once, with the client token, in front of clientReady', async () => {
  const { test, recorder } = await open();
  const [call] = recorder.of('createDevice');
  assert.is(call?.deviceName, 'Kinesis_Video_Device');
  assert.is(call?.context.customData, 'Kinesis_Video_Device');
  assert.is(call?.context.authInfo.type, 'security-token');
  assert.ok(recorder.names.indexOf('createDevice') < recorder.names.indexOf('clientReady'));
  await test.end();
});

it('describeStream, getStreamingEndpoint: each with its context; without an answer the default calls', async () => {
  const { test, recorder } = await open();
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
  const { test } = await open(overrides);
  await test.putFragments(1);
  assert.equal(test.service.paths, ['/own/putMedia']);
  assert.is(test.service.requests[0]?.url, 'http://127.0.0.1:9/own/putMedia');
  await test.end();
});

it('createStream: when describeStream answers 404, with what the stream was opened with', async () => {
  let calls = 0;
  const description = { streamArn: 'arn:own', status: 'ACTIVE', retentionHours: 2, mediaType: undefined } as const;
  const { test, recorder } = await open(
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
  const { test, recorder } = await open({ tagResource: () => ({ result: 200 }) }, { tags: { place: 'door' } });
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
  const { test } = await open(
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
  const { test, recorder } = await open({
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
  const { test, recorder } = await open({ getStreamingToken: () => ({ result: 200, token }) });
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
  const { test, recorder } = await open({
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

it('storageOverflowPressure: after each put that leaves at most 5 %, and when a frame does not fit', async () => {
  const { test, recorder } = await open({}, {}, STORE);
  let i = 0;
  while (test.stream.tryPutFrame(testFrame(i++, 16 * 1024)) === 'stored');
  await test.service.idle();
  const reports = recorder.of('storageOverflowPressure');
  const { storeCapacityBytes, storeUsedBytes } = test.producer.metrics;
  assert.ok(reports.length >= 3, `${reports.length} reports`);
  assert.ok(reports.every(({ remainingBytes }) => remainingBytes < storeCapacityBytes * 0.06));
  assert.is(reports.at(-1)?.remainingBytes, storeCapacityBytes - storeUsedBytes);
  await test.end();
});

it('bufferDurationOverflowPressure: each put under which at most 5 % of the buffer duration are left', async () => {
  const { test, recorder } = await open({}, { bufferDurationUs: 5_000_000, endIdleFragmentsAfterMs: 0 });
  for (let i = 0; i < 20; i++) await test.stream.putFrame(testFrame(i));
  await test.service.idle();
  assert.equal(recorder.of('bufferDurationOverflowPressure'), [{ ...STREAM, remainingDurationUs: 250_000 }], '4.75 s');
  assert.equal(
    test.eventsOf('buffer-pressure').map(({ remainingUs, bufferDurationUs }) => [remainingUs, bufferDurationUs]),
    [[250_000, 5_000_000]],
  );
  for (let i = 20; i < 22; i++) await test.stream.putFrame(testFrame(i));
  await test.service.idle();
  assert.equal(
    recorder.of('bufferDurationOverflowPressure').map(({ remainingDurationUs }) => remainingDurationUs),
    [250_000, 0],
    'full with the next; then the oldest fragment went',
  );
  await test.end();
});

it('streamLatencyPressure: each put behind which more than the limit waits', async () => {
  const service = new ScriptedMedia();
  service.on('/describeStream', { status: 503 });
  const { test, recorder } = await open({}, { maxLatencyUs: 1_000_000, waitUntilReady: false }, {}, service);
  for (let i = 0; i < 8; i++) await test.stream.putFrame(testFrame(i));
  await service.idle();
  assert.equal(
    recorder.of('streamLatencyPressure'),
    [5, 6, 7].map((i) => ({ ...STREAM, durationUs: i * 250_000 })),
  );
  assert.is(test.eventsOf('latency-pressure').length, 1, 'the event tells when it begins');
  await test.end();
});

it('streamReady: with the endpoint, and again after a connection that asked anew', async () => {
  const { test, recorder } = await open();
  assert.equal(recorder.of('streamReady'), [STREAM]);
  await test.putFragments(1);
  test.service.upload.reset();
  await test.service.pass(1_000);
  assert.equal(recorder.of('streamReady'), [STREAM, STREAM]);
  await test.end();
});

it('streamDataAvailable: what waits, when a connection comes up and after each put', async () => {
  const { test, recorder } = await open({}, { waitUntilReady: false });
  await test.putFrames(1);
  await test.putFrames(3);
  const reports = recorder.of('streamDataAvailable');
  assert.is(reports.length, 3, 'after the connection is up');
  assert.ok(reports.every((report) => report.uploadHandle === 1 && report.sizeBytes > 1_000));
  await test.end();
});

it('fragmentAckReceived: every ack but IDLE, with its connection', async () => {
  const { test, recorder } = await open();
  await test.putFragments(2);
  test.service.upload.ack('IDLE');
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  const reports = recorder.of('fragmentAckReceived');
  assert.equal(
    reports.map(({ ack, ...upload }) => [ack.type, ack.timecode, upload]),
    ['buffering', 'received', 'persisted'].map((type) => [type, timecodeOf(0), UPLOAD]),
  );
  await test.end();
});

it('streamErrorReport, droppedFragmentReport: an error ack for a fragment that will never be taken', async () => {
  const { test, recorder } = await open({}, BY_FRAGMENT);
  await test.putFragments(2);
  test.service.upload.ack('ERROR', timecodeOf(0), { ErrorId: 4006, ErrorCode: 'INVALID_MKV_DATA' });
  await test.service.idle();
  const { error, ...report } = recorder.of('streamErrorReport')[0]!;
  assert.equal(report, {
    ...UPLOAD,
    fragmentTimecode: timecodeOf(0),
    status: STATUS.STATUS_ACK_ERR_INVALID_MKV_DATA,
    statusName: 'STATUS_ACK_ERR_INVALID_MKV_DATA',
    isFatal: false,
  });
  assert.match(error.message, '4006');
  assert.equal(recorder.of('droppedFragmentReport'), [
    {
      ...STREAM,
      reason: 'rejected',
      firstTimestampUs: testFrame(0).timestampUs,
      lastTimestampUs: testFrame(3).timestampUs,
      frames: 4,
      fragments: 1,
    },
  ]);
  await test.end();
});

it('streamErrorReport: tags that cannot be set, and the end of a stream', async () => {
  const { test, recorder } = await open({ tagResource: () => ({ result: 406 }) }, { tags: { a: 'b' } });
  assert.is(recorder.of('streamErrorReport')[0]?.statusName, 'STATUS_TAG_STREAM_CALL_FAILED');
  assert.is(recorder.of('streamErrorReport')[0]?.uploadHandle, undefined);
  await test.putFragments(1);
  test.service.upload.ack('ERROR', timecodeOf(0), { ErrorId: 4507 });
  await test.service.pass(1_000);
  assert.equal(
    recorder.of('streamErrorReport').map(({ statusName, isFatal }) => [statusName, isFatal]),
    [
      ['STATUS_TAG_STREAM_CALL_FAILED', false],
      ['STATUS_ACK_ERR_STREAM_DELETED', false],
      ['STATUS_ACK_ERR_STREAM_DELETED', true],
    ],
  );
});

it('streamConnectionStale: the service owed an ack for the stall timeout', async () => {
  const { test, recorder } = await open({}, { stallTimeoutMs: 5_000 });
  await test.putFragments(2);
  await test.service.pass(4_000);
  assert.is(recorder.of('streamConnectionStale').length, 0);
  await test.service.pass(2_000);
  assert.equal(recorder.of('streamConnectionStale'), [{ ...UPLOAD, lastAckDurationUs: 5_000_000 }]);
  await test.end();
});

it('droppedFrameReport: a frame that a full store has no room for', async () => {
  const { test, recorder } = await open({}, { whenFull: 'drop-oldest' }, STORE);
  const key = testFrame(0, FRAME_BYTES);
  let i = 0;
  const frame = (): typeof key => ({ ...testFrame(1, FRAME_BYTES), timestampUs: key.timestampUs + ++i * 1000 });
  test.stream.tryPutFrame(key);
  await test.service.idle();
  while (test.stream.tryPutFrame(frame()) === 'stored');
  await test.service.idle();
  assert.equal(recorder.of('droppedFrameReport'), [
    { ...STREAM, reason: 'store-full', timestampUs: key.timestampUs + i * 1000, bytes: FRAME_BYTES },
  ]);
  await test.end();
});

it('droppedFrameReport: each frame of a fragment that is lost, once, with its decoding time', async () => {
  const service = new ScriptedMedia();
  service.on('/describeStream', { status: 503 });
  const { test, recorder } = await open({}, { whenFull: 'drop-oldest', waitUntilReady: false }, STORE, service);
  // Shown in another order than decoded: what is told is when each was to be decoded.
  for (let i = 0; i < 9; i++) {
    const { timestampUs } = testFrame(i);
    const shownUs = i === 2 ? timestampUs + 500_000 : timestampUs;
    test.stream.tryPutFrame({ ...testFrame(i, FRAME_BYTES), timestampUs: shownUs, decodeTimestampUs: timestampUs });
  }
  await test.service.idle();
  const reports = recorder.of('droppedFrameReport');
  assert.equal(
    reports.map(({ reason, timestampUs }) => [reason, timestampUs]),
    [0, 1, 2, 3].map((i) => ['store-full', testFrame(i).timestampUs]),
  );
  assert.ok(reports.every(({ bytes }) => bytes > FRAME_BYTES && bytes < FRAME_BYTES + 200));
  await test.end();
  assert.equal(
    recorder
      .of('droppedFrameReport')
      .slice(4)
      .map(({ reason, timestampUs }) => [reason, timestampUs]),
    [4, 5, 6, 7, 8].map((i) => ['ended', testFrame(i).timestampUs]),
  );
  assert.equal(recorder.of('droppedFragmentReport'), []);
});

it('droppedFragmentReport: the oldest fragment, given up for a newer one', async () => {
  const service = new ScriptedMedia();
  service.on('/describeStream', { status: 503 });
  const options = { ...BY_FRAGMENT, whenFull: 'drop-oldest', waitUntilReady: false } as const;
  const { test, recorder } = await open({}, options, STORE, service);
  for (let i = 0; i < 9; i++) test.stream.tryPutFrame(testFrame(i, FRAME_BYTES));
  await test.service.idle();
  const lastTimestampUs = testFrame(3).timestampUs;
  const dropped = { firstTimestampUs: testFrame(0).timestampUs, lastTimestampUs, frames: 4, fragments: 1 };
  assert.equal(recorder.of('droppedFragmentReport'), [{ ...STREAM, reason: 'store-full', ...dropped }]);
  assert.equal(recorder.of('droppedFrameReport'), []);
  await test.end();
  assert.is(recorder.of('droppedFragmentReport').at(-1)?.fragments, 2, 'what the aborted stream still held');
});

it('streamClosed, streamShutdown: a stream that was stopped, in this order', async () => {
  const { test, recorder } = await open();
  await test.putFragments(1);
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  await stopped;
  await test.service.idle();
  assert.equal(recorder.of('streamClosed'), [UPLOAD]);
  assert.equal(recorder.of('streamShutdown'), [{ ...STREAM, resetStream: false }]);
  assert.ok(recorder.names.indexOf('streamClosed') < recorder.names.indexOf('streamShutdown'));
  await test.end();
});

it('streamShutdown: a stream that was aborted is not streamClosed', async () => {
  const { test, recorder } = await open();
  await test.end();
  assert.equal(recorder.of('streamClosed'), []);
  assert.is(recorder.of('streamShutdown').length, 1);
  assert.equal(recorder.of('streamErrorReport'), [], 'the application knows that it aborted');
});

it('streamShutdown, droppedFragmentReport: a stream that is reset goes on', async () => {
  const { test, recorder } = await open({}, BY_FRAGMENT);
  await test.putFragments(2);
  test.stream.resetStream();
  await test.service.idle();
  assert.equal(recorder.of('streamShutdown'), [{ ...STREAM, resetStream: true }]);
  assert.is(recorder.of('droppedFragmentReport').length, 2);
  assert.ok(recorder.names.indexOf('streamShutdown') < recorder.names.indexOf('droppedFragmentReport'));
  await test.end();
  assert.equal(
    recorder.of('streamShutdown').map(({ resetStream }) => resetStream),
    [true, false],
  );
});

it('getCurrentTime, getRandomNumber, logPrint: clock, segment ids, back-offs and log are theirs', async () => {
  const service = new ScriptedMedia();
  const recorder = new CallbackRecorder({ getCurrentTime: () => 1_600_000_000_123_000, getRandomNumber: () => 0x1234 });
  const platformCallbacks = recorder.only('getCurrentTime', 'getRandomNumber', 'logPrint');
  const test = await TestStream.open({}, { platformCallbacks }, service);
  await test.putFragments(1);
  assert.match(test.service.requests[0]?.headers['x-amz-date'] ?? '', '20200913T122640Z');
  assert.is(recorder.of('getRandomNumber').length, 16 + 2, 'the segment id, and how early the connection is replaced');
  const line = recorder.of('logPrint').find(({ message }) => message.includes('is up'));
  assert.equal([line?.level, line?.tag], [3, 'front-door']);
  assert.equal(service.logged, []);
  await test.end();
});

it('createMutex, lockMutex, unlockMutex, tryLockMutex, freeMutex: the mutexes of a platform', async () => {
  let isLocked = false;
  const waiting: Array<() => void> = [];
  const recorder = new CallbackRecorder({
    createMutex: () => 'handle',
    tryLockMutex: () => !isLocked && (isLocked = true),
    lockMutex: () => new Promise<void>((resolve) => waiting.push(resolve)),
    unlockMutex: () => {
      const next = waiting.shift();
      if (next === undefined) isLocked = false;
      else next();
    },
  });
  const mutex = platformFromCallbacks(new ScriptedMedia(), recorder.callbacks).createMutex();
  const order: string[] = [];
  const section = (name: string) => async (): Promise<string> => {
    order.push(`${name} in`);
    await Promise.resolve();
    order.push(`${name} out`);
    return name;
  };
  assert.equal(await Promise.all([mutex.run(section('a')), mutex.run(section('b'))]), ['a', 'b']);
  assert.equal(order, ['a in', 'a out', 'b in', 'b out']);
  const count = (name: CallbackName): number => recorder.names.filter((each) => each === name).length;
  assert.equal(
    (['createMutex', 'tryLockMutex', 'lockMutex', 'unlockMutex', 'freeMutex'] as const).map(count),
    [1, 2, 1, 2, 1],
  );
  assert.equal(recorder.of('freeMutex'), ['handle']);
});

it('every callback was called here, but for the one that native never calls either', () => {
  const names = Object.keys(CALLBACK_KINDS) as CallbackName[];
  assert.equal(
    names.filter((name) => !everCalled.has(name)),
    ['streamUnderflowReport'],
  );
});

/** Source: guide-producer-callbacks, the table of ClientCallbacks, as it spells them. */
const GUIDE =
  `CreateDeviceFunc CreateStreamFunc DescribeStreamFunc GetStreamingEndpointFunc GetStreamingTokenFunc PutStreamFunc
  TagResourceFunc CreateMutexFunc FreeMutexFunc LockMutexFunc TryLockMutexFunc UnlockMutexFunc ClientReadyFunc DroppedFrameReportFunc
  DroppedFragmentReportFunc FragmentAckReceivedFunc StorageOverflowPressureFunc StreamClosedFunc StreamConnectionStaleFunc
  StreamDataAvailableFunc StreamErrorReportFunc StreamLatencyPressureFunc StreamReadyFunc StreamUnderflowReportFunc
  DeviceCertToTokenFunc GetCurrentTimeFunc GetDeviceCertificateFunc GetDeviceFingerprintFunc GetRandomNumberFunc
  GetSecurityTokenFunc LogPrintFunc`.split(/\s+/);

it('each of the 31 callbacks of the guide is one here, by its name', () => {
  assert.is(GUIDE.length, 31);
  const names = new Set<string>(Object.keys(CALLBACK_KINDS));
  for (const spelled of GUIDE) {
    const name = spelled.replace(/Func$/, '');
    assert.ok(names.has(name.charAt(0).toLowerCase() + name.slice(1)), spelled);
  }
  // Beside them: what only the headers have.
  assert.equal(
    [...names].filter((name) => !GUIDE.includes(`${name.charAt(0).toUpperCase()}${name.slice(1)}Func`)).toSorted(),
    ['bufferDurationOverflowPressure', 'clientShutdown', 'streamShutdown'],
  );
});

it('docs/callbacks.md has a row for each callback, and names the test that shows it', () => {
  const rows = readFileSync(`${root}/docs/callbacks.md`, 'utf8')
    .split('\n')
    .filter((line) => /^\| `\w+`/.test(line))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  const documented = rows.map(([, name = '']) => name.slice(1, -1));
  assert.equal(documented.toSorted(), Object.keys(CALLBACK_KINDS).toSorted());
  const tests = readFileSync(`${root}/test/unit/producer/callbacks/every-callback.test.ts`, 'utf8');
  for (const [, name = '', , , title = ''] of rows) {
    if (name === '`streamUnderflowReport`') continue;
    const names = title.split(':')[0] ?? '';
    assert.ok(names.split(', ').includes(name.slice(1, -1)), `${name}: the test's title begins with it`);
    assert.ok(tests.includes(`it('${title}`), `${name}: '${title}' is a test`);
  }
});

it.run();
