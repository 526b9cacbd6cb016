/**
 * S075–S082 and the tables of PUT_STREAM, STREAMING and STOPPED (producer-core §8.2, §8.3, §17.4): each end of a connection, through the
 * engine: which calls are made before the next connection, with recoverOnError and without.
 *
 * Where ours differs from native: a token is asked for in front of every connection; the endpoint is kept after ends that say nothing against
 * it; a stream that was deleted is given up.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KvsError } from '../../sdk/errors.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { resultStatus } from '../../sdk/status.ts';
import { AnsweredCalls, failureOf } from '../support/answered-calls.ts';
import { outcomeOf, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: connection states');

const TOKEN_ONLY = 'token put';
const ENDPOINT = 'endpoint token put';
const DESCRIBE = 'describe endpoint token put';
/** A connection that ends without progress is followed by another within this time: one wait, and its jitter. */
const ONE_WAIT_MS = 201;

const TIMEOUTS = [408, 504, 598, 599];
const REFUSALS = [401, 403, 10_007, 10_008, 10_009];
const UNKNOWN = [0, 400, 404, 406, 500, 501, 503, 10_000, 10_003, 10_004, 10_005, 10_006, 10_400, 6_000, 7_777];
const LIMITS = [10_001, 10_002];
const ERROR_ACKS = [
  4000, 4001, 4002, 4003, 4004, 4005, 4006, 4007, 4008, 4009, 4010, 4011, 4012, 4500, 4501, 4502, 4503, 4504, 4505,
  4506, 5000, 5001, 7000,
];

/** Calls that follow an end, up to the next connection. */
const AFTER: ReadonlyArray<readonly [result: number, calls: string]> = [
  ...[200, 10_401].map((result) => [result, TOKEN_ONLY] as const),
  ...TIMEOUTS.map((result) => [result, TOKEN_ONLY] as const),
  ...REFUSALS.map((result) => [result, TOKEN_ONLY] as const),
  ...LIMITS.map((result) => [result, ENDPOINT] as const),
  ...UNKNOWN.map((result) => [result, DESCRIBE] as const),
];

const SCENARIOS: ReadonlyArray<readonly [id: string, results: readonly number[]]> = [
  ['S075', [200]],
  ['S076', [404, 10_400, 10_003, 10_006, 5000]],
  ['S077', [401, 403]],
  ['S078', LIMITS],
  ['S079', TIMEOUTS],
  ['S081', [10_000, 7_777]],
];
const idOf = (result: number): string => {
  const id = SCENARIOS.find(([, results]) => results.includes(result))?.[0];
  return id === undefined ? '' : `${id}: `;
};

for (const [result, expected] of AFTER) {
  // 200 with nothing more is a connection that is closed.
  if (result !== 200)
    it(`PUT_STREAM × ${result} → ${expected}`, async () => {
      const calls = new AnsweredCalls({ put: [result] });
      const test = await calls.open();
      await test.putFragments(1);
      assert.is(calls.line(), 'describe endpoint token put');
      await test.service.pass(ONE_WAIT_MS);
      assert.is(calls.line(4), expected);
      assert.is(calls.uploads.length, 1, 'a failed put leaves no connection behind');
      await test.end();
    });

  if (result !== 200 && result !== 10_401)
    it(`S082: PUT_STREAM × ${result}, without recoverOnError`, async () => {
      // As the C library, which tells of a refused PutMedia by its termination.
      const calls = new AnsweredCalls({ put: [result] });
      const test = await calls.open({ recoverOnError: false });
      await test.putFragments(1);
      await test.service.pass(ONE_WAIT_MS);
      assert.is(calls.line(4), '');
      assert.is(failureOf(test).status, resultStatus(result));
      await test.end();
    });

  it(`${idOf(result)}STREAMING × ${result} → ${expected}`, async () => {
    const calls = new AnsweredCalls();
    const test = await calls.open();
    await test.putFragments(2);
    calls.upload.end(result === 200 ? undefined : result);
    await test.service.pass(ONE_WAIT_MS);
    assert.is(calls.line(4), expected);
    assert.is(test.eventsOf('disconnected')[0]?.resentFragments, 2);
    await test.end();
  });

  it(`${result === 200 || result === 10_401 ? '' : 'S082: '}STOPPED × ${result}, without recoverOnError`, async () => {
    const calls = new AnsweredCalls();
    const test = await calls.open({ recoverOnError: false });
    await test.putFragments(2);
    const flushed = watched(test.stream.flush());
    await test.service.idle();
    calls.upload.end(result === 200 ? undefined : result);
    await test.service.pass(ONE_WAIT_MS);
    const status = resultStatus(result);
    if (status === STATUS.STATUS_SUCCESS) {
      // Native describes the stream here, at every handover too (trap T42).
      assert.is(calls.line(4), TOKEN_ONLY);
      assert.is(test.stream.metrics.state, 'streaming');
    } else {
      assert.is(calls.line(4), '', 'nothing is called any more');
      assert.is(test.stream.metrics.state, 'failed');
      assert.is(failureOf(test).status, status);
      assert.is(await outcomeOf(flushed), failureOf(test), 'whoever waits is told');
      assert.equal(test.eventsOf('disconnected'), [], 'there is no other connection to announce');
    }
    await test.end();
  });
}

for (const result of ERROR_ACKS) {
  it(`${idOf(result)}ERROR ack × ${result} → ${DESCRIBE}`, async () => {
    const calls = new AnsweredCalls();
    const test = await calls.open();
    await test.putFragments(3);
    calls.upload.ack('ERROR', timecodeOf(0), { ErrorId: result });
    await test.service.pass(ONE_WAIT_MS);
    assert.is(calls.line(4), DESCRIBE);
    const [event] = test.eventsOf('disconnected');
    assert.equal([event?.reason, event?.error?.status], ['error-ack', resultStatus(result)]);
    await test.end();
  });

  it(`S082: ERROR ack × ${result}, without recoverOnError`, async () => {
    const calls = new AnsweredCalls();
    const test = await calls.open({ recoverOnError: false });
    await test.putFragments(3);
    calls.upload.ack('ERROR', timecodeOf(0), { ErrorId: result });
    await test.service.pass(ONE_WAIT_MS);
    assert.is(calls.line(4), '');
    assert.is(failureOf(test).status, resultStatus(result));
    await test.end();
  });
}

for (const recoverOnError of [true, false]) {
  it(`ERROR ack × 4507, recoverOnError ${recoverOnError}: a stream that was deleted is given up`, async () => {
    // Native describes it.
    const calls = new AnsweredCalls();
    const test = await calls.open({ recoverOnError });
    await test.putFragments(3);
    calls.upload.ack('ERROR', timecodeOf(0), { ErrorId: 4507 });
    await test.service.pass(ONE_WAIT_MS);
    assert.is(calls.line(4), '');
    assert.is(failureOf(test).status, STATUS.STATUS_ACK_ERR_STREAM_DELETED);
    await test.end();
  });
}

for (const [result, expected] of [
  [200, ENDPOINT],
  [599, ENDPOINT],
  [401, TOKEN_ONLY],
] as const) {
  it(`${idOf(result)}callCaching 'none': STREAMING × ${result} → ${expected}, as natively but for timeouts`, async () => {
    const calls = new AnsweredCalls();
    const test = await calls.open({ callCaching: 'none' });
    await test.putFragments(1);
    calls.upload.end(result === 200 ? undefined : result);
    await test.service.pass(ONE_WAIT_MS);
    assert.is(calls.line(4), expected);
    await test.end();
  });
}

it('S075: a connection that worked and is closed is followed by the next at once', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open();
  await test.putFragments(2);
  calls.upload.persist(timecodeOf(0));
  await test.service.idle();
  calls.upload.end();
  await test.service.idle();
  assert.is(calls.line(4), TOKEN_ONLY);
  await test.end();
});

for (const rollBack of ['unpersisted', 'native'] as const) {
  it(`S080: a timeout with nothing buffered: no call until something is put: rollBack ${rollBack}`, async () => {
    const calls = new AnsweredCalls();
    const test = await calls.open({ rollBack });
    await test.putFragments(1);
    await test.stream.endFragment();
    await test.service.idle();
    calls.upload.persist(timecodeOf(0));
    await test.service.idle();
    calls.upload.end(599);
    await test.service.pass(5_000);
    assert.is(calls.line(4), '');
    assert.is(test.stream.metrics.state, 'ready');
    await test.putFrames(1);
    assert.is(calls.line(4), TOKEN_ONLY);
    await test.end();
  });
}

it('S080: a frame that is skipped makes no connection', async () => {
  // Native: it does; there would be nothing to send.
  const calls = new AnsweredCalls();
  const test = await calls.open();
  await test.putFrames(2);
  await test.stream.endFragment();
  await test.service.idle();
  calls.upload.persist(timecodeOf(0));
  await test.service.idle();
  calls.upload.end(408);
  await test.service.pass(1_000);
  await test.putFrames(1);
  assert.is(test.stream.metrics.framesSkipped, 1);
  await test.service.pass(1_000);
  assert.is(calls.line(4), '');
  await test.end();
});

it('S082: what is given up from this side fails nothing without recoverOnError', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open({ recoverOnError: false, connectionStalenessMs: 1_500 });
  await test.putFragments(1);
  test.stream.resetConnection();
  await test.service.idle();
  assert.is(calls.uploads.length, 2);
  await test.putFragments(3);
  await test.service.pass(ONE_WAIT_MS);
  assert.equal(
    test.eventsOf('disconnected').map(({ reason }) => reason),
    ['reset', 'stale'],
  );
  assert.is(calls.uploads.length, 3);
  await test.end();
});

it('S082: a stream that is complete has not failed, whatever its connection ends with', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open({ recoverOnError: false });
  await test.putFragments(1);
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  calls.upload.persist(timecodeOf(0));
  await test.service.idle();
  calls.upload.end(599);
  await test.service.idle();
  assert.is(await outcomeOf(stopped), undefined);
  assert.equal(test.eventsOf('failed'), []);
  await test.end();
});

it('S082: recoverOnError says nothing of calls in front of a connection: they are repeated', async () => {
  const calls = new AnsweredCalls({ describe: [500], endpoint: [500], token: [500] });
  const test = await calls.open({ recoverOnError: false });
  await test.putFragments(1);
  await test.service.pass(1_500);
  assert.is(calls.line(), 'describe describe endpoint endpoint token token put');
  await test.end();
});

it('S082: over the network a lost connection fails the stream, too', async () => {
  const test = await TestStream.open({ recoverOnError: false });
  await test.putFragments(1);
  test.service.upload.reset();
  await test.service.pass(ONE_WAIT_MS);
  assert.is(failureOf(test).status, STATUS.STATUS_SERVICE_CALL_UNKOWN_ERROR);
  assert.is(test.service.uploads.length, 1);
  await test.end();
});

it('S082: a connection that gives no sign of life fails the stream as timed out', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open({ recoverOnError: false, stallTimeoutMs: 2_000 });
  await test.putFragments(1);
  await test.service.pass(2_100);
  assert.is(failureOf(test).status, STATUS.STATUS_SERVICE_CALL_TIMEOUT_ERROR);
  await test.end();
});

for (const recoverOnError of ['no', 1, null] as const) {
  it(`recoverOnError must be true or false, not ${JSON.stringify(recoverOnError)}`, async () => {
    const options = { recoverOnError: recoverOnError as unknown as boolean };
    assert.is(((await outcomeOf(TestStream.open(options))) as KvsError).status, STATUS.STATUS_INVALID_ARG);
  });
}

it.run();
