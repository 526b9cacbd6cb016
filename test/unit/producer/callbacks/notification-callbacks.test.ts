/** Every callback that is told something, called by the engine. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as STATUS from '../../../../sdk/status-codes.ts';
import { neverCalled } from '../../../support/callback-recorder.ts';
import { FULL_FRAME_BYTES, SMALL_STORE } from '../../../support/full-store.ts';
import { openHeard } from '../../../support/heard-stream.ts';
import { ScriptedMedia } from '../../../support/scripted-media.ts';
import { testFrame, timecodeOf, watched } from '../../../support/test-stream.ts';

const it = suite('callbacks: notifications');

const STREAM = { streamName: 'front-door' };
const BY_FRAGMENT = { streamingType: 'near-realtime' } as const;
const UPLOAD = { ...STREAM, uploadHandle: 1 };

it('clientReady, clientShutdown: once, in front of every stream and after the last', async () => {
  const { test, recorder } = await openHeard();
  await test.producer.close();
  await test.service.idle();
  const { names } = recorder;
  assert.is(names.indexOf('clientReady'), names.lastIndexOf('clientReady'));
  assert.ok(names.indexOf('clientReady') < names.indexOf('streamReady'));
  assert.is(names.at(-1), 'clientShutdown');
  assert.is(names.indexOf('clientShutdown'), names.length - 1);
  assert.ok(names.includes('streamShutdown'));
});

it('storageOverflowPressure: after each put that leaves at most 5 %, and when a frame does not fit', async () => {
  const { test, recorder } = await openHeard({}, {}, SMALL_STORE);
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
  const { test, recorder } = await openHeard({}, { bufferDurationUs: 5_000_000, endIdleFragmentsAfterMs: 0 });
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
  const { test, recorder } = await openHeard({}, { maxLatencyUs: 1_000_000, waitUntilReady: false }, {}, service);
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
  const { test, recorder } = await openHeard();
  assert.equal(recorder.of('streamReady'), [STREAM]);
  await test.putFragments(1);
  test.service.upload.reset();
  await test.service.pass(1_000);
  assert.equal(recorder.of('streamReady'), [STREAM, STREAM]);
  await test.end();
});

it('streamDataAvailable: what waits, when a connection comes up and after each put', async () => {
  const { test, recorder } = await openHeard({}, { waitUntilReady: false });
  await test.putFrames(1);
  await test.putFrames(3);
  const reports = recorder.of('streamDataAvailable');
  assert.is(reports.length, 3, 'after the connection is up');
  assert.ok(reports.every((report) => report.uploadHandle === 1 && report.sizeBytes > 1_000));
  await test.end();
});

it('fragmentAckReceived: every ack but IDLE, with its connection', async () => {
  const { test, recorder } = await openHeard();
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
  const { test, recorder } = await openHeard({}, BY_FRAGMENT);
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
  const { test, recorder } = await openHeard({ tagResource: () => ({ result: 406 }) }, { tags: { a: 'b' } });
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
  const { test, recorder } = await openHeard({}, { stallTimeoutMs: 5_000 });
  await test.putFragments(2);
  await test.service.pass(4_000);
  assert.is(recorder.of('streamConnectionStale').length, 0);
  await test.service.pass(2_000);
  assert.equal(recorder.of('streamConnectionStale'), [{ ...UPLOAD, lastAckDurationUs: 5_000_000 }]);
  await test.end();
});

it('droppedFrameReport: a frame that a full store has no room for', async () => {
  const { test, recorder } = await openHeard({}, { whenFull: 'drop-oldest' }, SMALL_STORE);
  const key = testFrame(0, FULL_FRAME_BYTES);
  let i = 0;
  const frame = (): typeof key => ({ ...testFrame(1, FULL_FRAME_BYTES), timestampUs: key.timestampUs + ++i * 1000 });
  test.stream.tryPutFrame(key);
  await test.service.idle();
  while (test.stream.tryPutFrame(frame()) === 'stored');
  await test.service.idle();
  assert.equal(recorder.of('droppedFrameReport'), [
    { ...STREAM, reason: 'store-full', timestampUs: key.timestampUs + i * 1000, bytes: FULL_FRAME_BYTES },
  ]);
  await test.end();
});

it('droppedFrameReport: each frame of a fragment that is lost, once, with its decoding time', async () => {
  const service = new ScriptedMedia();
  service.on('/describeStream', { status: 503 });
  const { test, recorder } = await openHeard(
    {},
    { whenFull: 'drop-oldest', waitUntilReady: false },
    SMALL_STORE,
    service,
  );
  // Shown in another order than decoded: what is told is when each was to be decoded.
  for (let i = 0; i < 9; i++) {
    const { timestampUs } = testFrame(i);
    const shownUs = i === 2 ? timestampUs + 500_000 : timestampUs;
    test.stream.tryPutFrame({
      ...testFrame(i, FULL_FRAME_BYTES),
      timestampUs: shownUs,
      decodeTimestampUs: timestampUs,
    });
  }
  await test.service.idle();
  const reports = recorder.of('droppedFrameReport');
  assert.equal(
    reports.map(({ reason, timestampUs }) => [reason, timestampUs]),
    [0, 1, 2, 3].map((i) => ['store-full', testFrame(i).timestampUs]),
  );
  assert.ok(reports.every(({ bytes }) => bytes > FULL_FRAME_BYTES && bytes < FULL_FRAME_BYTES + 200));
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
  const { test, recorder } = await openHeard({}, options, SMALL_STORE, service);
  for (let i = 0; i < 9; i++) test.stream.tryPutFrame(testFrame(i, FULL_FRAME_BYTES));
  await test.service.idle();
  const lastTimestampUs = testFrame(3).timestampUs;
  const dropped = { firstTimestampUs: testFrame(0).timestampUs, lastTimestampUs, frames: 4, fragments: 1 };
  assert.equal(recorder.of('droppedFragmentReport'), [{ ...STREAM, reason: 'store-full', ...dropped }]);
  assert.equal(recorder.of('droppedFrameReport'), []);
  await test.end();
  assert.is(recorder.of('droppedFragmentReport').at(-1)?.fragments, 2, 'what the aborted stream still held');
});

it('streamClosed, streamShutdown: a stream that was stopped, in this order', async () => {
  const { test, recorder } = await openHeard();
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
  const { test, recorder } = await openHeard();
  await test.end();
  assert.equal(recorder.of('streamClosed'), []);
  assert.is(recorder.of('streamShutdown').length, 1);
  assert.equal(recorder.of('streamErrorReport'), [], 'the application knows that it aborted');
});

it('streamShutdown, droppedFragmentReport: a stream that is reset goes on', async () => {
  const { test, recorder } = await openHeard({}, BY_FRAGMENT);
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

it('each of its kinds was called here, but for the one that native never calls either', () => {
  assert.equal(neverCalled('client', 'stream'), ['streamUnderflowReport']);
});

it.run();
