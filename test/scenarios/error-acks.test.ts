/** Every error ack: its fragment, the calls that follow, and where the next connection begins, by either roll-back policy. Source: producer-core §17.4. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StreamUnavailableError } from '../../sdk/errors.ts';
import type { StreamOptions } from '../../sdk/producer/index.ts';
import { CallbackRecorder } from '../support/callback-recorder.ts';
import { outcomeOf, testFrame, TestStream, timecodeOf } from '../support/test-stream.ts';

const it = suite('scenarios: error acks');
const RECONNECT_MS = 2_000;
const FULL_ROUND = ['/describeStream', '/getDataEndpoint', '/putMedia'];

/** What an error says of its fragment and of its host. */
type Kind = 'resent, host alive' | 'resent, host lost' | 'skipped, host alive' | 'skipped, host lost';

const KINDS: ReadonlyArray<readonly [number, string, Kind]> = [
  [4000, 'STREAM_READ_ERROR', 'resent, host alive'],
  [4001, 'FRAGMENT_SIZE_REACHED', 'skipped, host lost'],
  [4002, 'FRAGMENT_DURATION_REACHED', 'skipped, host lost'],
  [4003, 'CONNECTION_DURATION_REACHED', 'resent, host alive'],
  [4004, 'FRAGMENT_TIMECODE_NOT_MONOTONIC', 'skipped, host lost'],
  [4005, 'MULTI_TRACK_MKV', 'skipped, host lost'],
  [4006, 'INVALID_MKV_DATA', 'skipped, host lost'],
  [4007, 'INVALID_PRODUCER_TIMESTAMP', 'skipped, host lost'],
  [4008, 'STREAM_NOT_ACTIVE', 'skipped, host alive'],
  [4009, 'FRAGMENT_METADATA_LIMIT_REACHED', 'skipped, host lost'],
  [4010, 'TRACK_NUMBER_MISMATCH', 'skipped, host lost'],
  [4011, 'FRAMES_MISSING_FOR_TRACK', 'skipped, host lost'],
  [4012, 'MORE_THAN_ALLOWED_TRACKS_FOUND', 'skipped, host lost'],
  [4500, 'KMS_KEY_ACCESS_DENIED', 'skipped, host alive'],
  [4501, 'KMS_KEY_DISABLED', 'skipped, host alive'],
  [4502, 'KMS_KEY_VALIDATION_ERROR', 'skipped, host alive'],
  [4503, 'KMS_KEY_UNAVAILABLE', 'skipped, host alive'],
  [4504, 'KMS_KEY_INVALID_USAGE', 'skipped, host alive'],
  [4505, 'KMS_KEY_INVALID_STATE', 'skipped, host alive'],
  [4506, 'KMS_KEY_NOT_FOUND', 'skipped, host alive'],
  [5000, 'ACK_INTERNAL_ERROR', 'resent, host alive'],
  [5001, 'FRAGMENT_ARCHIVAL_ERROR', 'resent, host alive'],
  [7000, 'UNKNOWN_ACK_ERROR', 'resent, host lost'],
  // No errors of the service: they count as unknown.
  [4999, 'UNKNOWN_ACK_ERROR', 'resent, host lost'],
  [401, 'UNKNOWN_ACK_ERROR', 'resent, host lost'],
];

/** Of fragments 0…3, 0 and 1 RECEIVED and 2 in error: what the next connection carries. */
const CARRIED: Readonly<Record<Kind, { readonly ours: number[]; readonly native: number[] }>> = {
  'resent, host alive': { ours: [0, 1, 2, 3], native: [2, 3] },
  'resent, host lost': { ours: [0, 1, 2, 3], native: [1, 2, 3] },
  'skipped, host alive': { ours: [0, 1, 3], native: [3] },
  'skipped, host lost': { ours: [0, 1, 3], native: [1, 3] },
};

interface Heard {
  readonly test: TestStream;
  readonly recorder: CallbackRecorder;
}

/** A stream of four fragments, 0 and 1 RECEIVED and 3 still open. */
async function received(options: Partial<StreamOptions>): Promise<Heard> {
  const recorder = new CallbackRecorder();
  const test = await TestStream.open({ endIdleFragmentsAfterMs: 0, ...options }, recorder.options);
  await test.putFragments(4);
  for (const n of [0, 1]) test.service.upload.ack('RECEIVED', timecodeOf(n));
  await test.service.idle();
  return { test, recorder };
}

for (const [errorId, name, kind] of KINDS) {
  const code = `STATUS_ACK_ERR_${name}`;
  for (const policy of ['ours', 'native'] as const) {
    it(`S182, S183: ${errorId} ${policy}: the fragment is ${kind}`, async () => {
      const native = { rollBack: 'native', replayDurationUs: 2_500_000 } as const;
      const { test, recorder } = await received(policy === 'ours' ? {} : native);
      const callsBefore = test.service.paths.length;
      test.service.upload.ack('ERROR', timecodeOf(2), { ErrorId: errorId });
      await test.service.pass(RECONNECT_MS);
      assert.equal(test.service.paths.slice(callsBefore), FULL_ROUND);
      assert.equal(await test.service.upload.timecodes(), CARRIED[kind][policy].map(timecodeOf));
      assert.is(test.service.uploads[0]?.bodyEnd, 'aborted');
      const reports = recorder.of('streamErrorReport');
      assert.equal(
        reports.map(({ statusName, uploadHandle, fragmentTimecode, isFatal }) => [
          statusName,
          uploadHandle,
          fragmentTimecode,
          isFatal,
        ]),
        [[code, 1, timecodeOf(2), false]],
      );
      const isSkipped = kind.startsWith('skipped');
      assert.equal(
        test.eventsOf('fragment-rejected').map(({ timecode, error, frames }) => [timecode, error.code, frames]),
        isSkipped ? [[timecodeOf(2), code, 4]] : [],
      );
      assert.is(test.stream.metrics.framesRejected, isSkipped ? 4 : 0);
      // What native's replay duration leaves behind is told here.
      const isLeftBehind = policy === 'native' && kind.endsWith('lost');
      assert.equal(
        test.eventsOf('frames-dropped').map(({ reason, frames }) => [reason, frames]),
        isLeftBehind ? [['roll-back', 4]] : [],
      );
      await test.end();
    });
  }
}

for (const rollBack of ['unpersisted', 'native'] as const) {
  // Native skips the fragment and describes a stream that is no more.
  it(`S182: 4507 ends the stream [${rollBack}]`, async () => {
    const { test, recorder } = await received({ rollBack });
    const callsBefore = test.service.paths.length;
    test.service.upload.ack('ERROR', timecodeOf(2), { ErrorId: 4507 });
    await test.service.pass(RECONNECT_MS);
    assert.equal(test.service.paths.slice(callsBefore), []);
    const error = (await outcomeOf(test.stream.flush())) as StreamUnavailableError;
    assert.is(error.code, 'STATUS_ACK_ERR_STREAM_DELETED');
    assert.ok(recorder.of('streamErrorReport').some(({ isFatal }) => isFatal));
    await test.end();
  });
}

it('S183: a refused fragment comes in no later connection either', async () => {
  const { test } = await received({});
  test.service.upload.ack('ERROR', timecodeOf(1), { ErrorId: 4002 });
  await test.service.pass(RECONNECT_MS);
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), [0, 2, 3].map(timecodeOf));
  await test.end();
});

it('S184: when the open fragment is refused, frames up to the next key frame are skipped, which begins behind a header', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  await test.putFrames(2);
  test.service.upload.persist(timecodeOf(0));
  test.service.upload.ack('ERROR', timecodeOf(1), { ErrorId: 4006 });
  await test.service.pass(RECONNECT_MS);
  await test.putFrames(2);
  assert.is(test.service.uploads.length, 1, 'nothing to send');
  await test.putFragments(1);
  await test.service.pass(RECONNECT_MS);
  const [fragment] = await test.service.upload.fragments();
  assert.equal([fragment?.clusterTimecode, fragment?.frames.length], [timecodeOf(2), 4]);
  const { framesRejected, framesSkipped } = test.stream.metrics;
  assert.equal([framesRejected, framesSkipped], [2, 2]);
  await test.end();
});

// Native marks everything back to the last PERSISTED ack; here one fragment, since the service takes them in order.
it('S185: an error without a timecode refuses the first fragment that this connection has not received', async () => {
  const { test } = await received({});
  test.service.upload.ack('ERROR', undefined, { ErrorId: 4006 });
  await test.service.pass(RECONNECT_MS);
  assert.equal(
    test.eventsOf('fragment-rejected').map(({ timecode }) => timecode),
    [timecodeOf(2)],
  );
  assert.equal(await test.service.upload.timecodes(), [0, 1, 3].map(timecodeOf));
  await test.end();
});

it('S185: an error without a timecode that a repetition can mend brings everything back', async () => {
  const { test } = await received({});
  test.service.upload.ack('ERROR', undefined, { ErrorId: 5000 });
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), [0, 1, 2, 3].map(timecodeOf));
  await test.end();
});

// Native takes the oldest fragment for it.
for (const errorId of [4002, 5000]) {
  it(`S186: error ${errorId} for a fragment that is not here refuses no other, and the connection is replaced`, async () => {
    const { test } = await received({});
    test.service.upload.ack('ERROR', timecodeOf(9), { ErrorId: errorId });
    await test.service.pass(RECONNECT_MS);
    assert.equal(test.eventsOf('fragment-rejected'), []);
    assert.is(test.eventsOf('disconnected')[0]?.reason, 'error-ack');
    assert.is(test.eventsOf('ack-ignored').length, errorId === 4002 ? 1 : 0);
    assert.equal(await test.service.upload.timecodes(), [0, 1, 2, 3].map(timecodeOf));
    await test.end();
  });
}

it('S186: an error for a fragment that was persisted meanwhile refuses no other', async () => {
  const { test } = await received({});
  test.service.upload.ack('PERSISTED', timecodeOf(1));
  test.service.upload.ack('ERROR', timecodeOf(0), { ErrorId: 4004 });
  await test.service.pass(RECONNECT_MS);
  assert.equal(test.eventsOf('fragment-rejected'), []);
  assert.equal(await test.service.upload.timecodes(), [2, 3].map(timecodeOf));
  await test.end();
});

it('S182: an error while frames are still put: nothing of them is lost', async () => {
  const { test } = await received({});
  test.service.upload.ack('ERROR', timecodeOf(2), { ErrorId: 5000 });
  for (let i = 16; i < 24; i++) await test.stream.putFrame(testFrame(i));
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), [0, 1, 2, 3, 4, 5].map(timecodeOf));
  await test.end();
});

it.run();
