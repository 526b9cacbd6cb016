/** What every error ack does to its fragment and its stream. Source: producer-core §17.4. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StreamUnavailableError } from '../../../sdk/errors.ts';
import {
  outcomeOf as outcomeOfResult,
  SESSION_TABLE,
  type SessionState,
} from '../../../sdk/producer/session-states.ts';
import { ackErrorResult, isFragmentRetriable, resultStatus, statusName } from '../../../sdk/status.ts';
import { outcomeOf, TestStream, timecodeOf } from '../../support/test-stream.ts';

const it = suite('error acks');

/** What becomes of the fragment: sent again, left out, or lost with its stream. */
type Fate = 'resent' | 'skipped' | 'stopped';

interface Row {
  readonly fate: Fate;
  readonly status: string;
}

const resent = (name: string): Row => ({ fate: 'resent', status: `STATUS_ACK_ERR_${name}` });
const skipped = (name: string): Row => ({ fate: 'skipped', status: `STATUS_ACK_ERR_${name}` });

const ROWS: ReadonlyMap<number, Row> = new Map([
  [4000, resent('STREAM_READ_ERROR')],
  [4001, skipped('FRAGMENT_SIZE_REACHED')],
  [4002, skipped('FRAGMENT_DURATION_REACHED')],
  [4003, resent('CONNECTION_DURATION_REACHED')],
  [4004, skipped('FRAGMENT_TIMECODE_NOT_MONOTONIC')],
  [4005, skipped('MULTI_TRACK_MKV')],
  [4006, skipped('INVALID_MKV_DATA')],
  [4007, skipped('INVALID_PRODUCER_TIMESTAMP')],
  [4008, skipped('STREAM_NOT_ACTIVE')],
  [4009, skipped('FRAGMENT_METADATA_LIMIT_REACHED')],
  [4010, skipped('TRACK_NUMBER_MISMATCH')],
  [4011, skipped('FRAMES_MISSING_FOR_TRACK')],
  [4012, skipped('MORE_THAN_ALLOWED_TRACKS_FOUND')],
  [4500, skipped('KMS_KEY_ACCESS_DENIED')],
  [4501, skipped('KMS_KEY_DISABLED')],
  [4502, skipped('KMS_KEY_VALIDATION_ERROR')],
  [4503, skipped('KMS_KEY_UNAVAILABLE')],
  [4504, skipped('KMS_KEY_INVALID_USAGE')],
  [4505, skipped('KMS_KEY_INVALID_STATE')],
  [4506, skipped('KMS_KEY_NOT_FOUND')],
  // Native skips the fragment and describes the stream that is no more.
  [4507, { fate: 'stopped', status: 'STATUS_ACK_ERR_STREAM_DELETED' }],
  [5000, resent('ACK_INTERNAL_ERROR')],
  [5001, resent('FRAGMENT_ARCHIVAL_ERROR')],
  [7000, resent('UNKNOWN_ACK_ERROR')],
]);

/** Ids that the service does not have count as unknown. */
const rowOf = (errorId: number): Row => ROWS.get(errorId) ?? resent('UNKNOWN_ACK_ERROR');

it('each id from 3990 to 7010 has its status, its fragment’s fate and the state that follows', () => {
  for (let errorId = 3990; errorId <= 7010; errorId++) {
    const { fate, status } = rowOf(errorId);
    const result = ackErrorResult(errorId);
    assert.is(statusName(resultStatus(result)), status, `${errorId}`);
    assert.is(isFragmentRetriable(result), fate === 'resent', `${errorId}`);
    const next: SessionState = SESSION_TABLE.streaming[outcomeOfResult(result)];
    assert.is(next, fate === 'stopped' ? 'failed' : 'describe', `${errorId}`);
  }
});

/** A stream of three fragments, the last of them open, whose first is persisted. */
async function sentStream(): Promise<TestStream> {
  const test = await TestStream.open();
  await test.putFragments(3);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  return test;
}

for (const errorId of [...ROWS.keys(), 4013, 4499, 4508, 4999, 5002, 9999]) {
  const { fate, status } = rowOf(errorId);
  it(`${errorId}: the fragment is ${fate}`, async () => {
    const test = await sentStream();
    const callsBefore = test.service.paths.length;
    test.service.upload.ack('ERROR', timecodeOf(1), { ErrorId: errorId, ErrorCode: 'CODE' });
    await test.service.pass(2_000);
    const calls = test.service.paths.slice(callsBefore);
    assert.is(test.stream.metrics.acks.error, 1);
    const rejected = test.eventsOf('fragment-rejected').map(({ timecode, error }) => [timecode, error.code]);
    assert.equal(rejected, fate === 'skipped' ? [[timecodeOf(1), status]] : []);
    const disconnected = test.eventsOf('disconnected').map((event) => [event.reason, event.error?.code]);
    assert.equal(disconnected, [['error-ack', status]]);
    if (fate === 'stopped') {
      assert.equal(calls, []);
      const error = (await outcomeOf(test.stream.flush())) as StreamUnavailableError;
      assert.is(error.code, status);
    } else {
      assert.equal(calls, ['/describeStream', '/getDataEndpoint', '/putMedia']);
      const expected = fate === 'resent' ? [1, 2] : [2];
      assert.equal(await test.service.upload.timecodes(), expected.map(timecodeOf));
      test.service.upload.persist(...expected.slice(0, -1).map(timecodeOf));
      const flushed = test.stream.flush();
      await test.service.idle();
      test.service.upload.persist(timecodeOf(2));
      assert.is(await outcomeOf(flushed), undefined, 'the stream goes on');
    }
    await test.end();
  });
}

for (const [name, type, extra] of [
  ['IDLE', 'IDLE', {}],
  ['an ack of an unknown type', 'SOMETHING', {}],
  ['an error without an id', 'ERROR', {}],
  ['an ack of a fragment that is not there', 'PERSISTED', { FragmentTimecode: 1 }],
  ['BUFFERING', 'BUFFERING', { FragmentTimecode: timecodeOf(1) }],
] as const) {
  it(`${name}: the connection goes on`, async () => {
    const test = await sentStream();
    test.service.upload.ack(type, undefined, extra);
    await test.service.pass(2_000);
    test.service.upload.persist(timecodeOf(1));
    await test.service.idle();
    assert.is(test.service.uploads.length, 1);
    assert.equal(test.eventsOf('disconnected'), []);
    assert.is(test.stream.metrics.fragmentsPersisted, 2);
    await test.end();
  });
}

it('two errors of one connection: the second is too late', async () => {
  const test = await sentStream();
  test.service.upload.ack('ERROR', timecodeOf(1), { ErrorId: 4006 });
  test.service.upload.ack('ERROR', timecodeOf(2), { ErrorId: 4006 });
  await test.service.pass(2_000);
  assert.is(test.eventsOf('fragment-rejected').length, 1);
  assert.equal(await test.service.upload.timecodes(), [timecodeOf(2)]);
  await test.end();
});

it.run();
