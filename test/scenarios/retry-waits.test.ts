/** S028–S031, S035, S212: the waits between attempts. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Backoff } from '../../sdk/aws/backoff.ts';
import type { KvsError } from '../../sdk/errors.ts';
import type { FailedAttempt, StreamOptions } from '../../sdk/producer/index.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { AnsweredCalls } from '../support/answered-calls.ts';
import { ManualPlatform } from '../support/manual-platform.ts';
import { outcomeOf, TestStream, timecodeOf } from '../support/test-stream.ts';

const it = suite('scenarios: waits between attempts');

const QUIET = { factorMs: 100, maxMs: 10_000, quietMs: 90_000 } as const;
const waitsOf = (backoff: Backoff, count: number): number[] => Array.from({ length: count }, () => backoff.nextMs());

/** The waits that a stream takes while describeStream fails. */
async function waitsWhileAway(retry: StreamOptions['retry'], forMs: number): Promise<number[]> {
  const calls = new AnsweredCalls({ describe: Array.from({ length: 50 }, () => 500) });
  const test = await calls.open({ retry: retry ?? {} });
  await test.service.pass(forMs);
  const waits = test.eventsOf('retrying').map(({ delayMs }) => delayMs);
  await test.end();
  return waits;
}

it('S028: waits double from 100 ms up to 10 s', async () => {
  assert.equal(
    (await waitsWhileAway({ jitter: 'none' }, 45_000)).slice(0, 10),
    [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000],
  );
});

it('S029: factor and cap are the stream’s own', async () => {
  const backoff = new Backoff(new ManualPlatform(), { factorMs: 200, maxMs: 3000, quietMs: 90_000, jitter: 'none' });
  assert.equal(waitsOf(backoff, 6), [200, 400, 800, 1600, 3000, 3000]);
  assert.equal(
    (await waitsWhileAway({ factorMs: 1_000, maxWaitMs: 12_000, jitter: 'none' }, 40_000)).slice(0, 5),
    [1000, 2000, 4000, 8000, 12_000],
  );
});

it('S029: full jitter adds up to the wait itself, fixed jitter up to its factor', async () => {
  const full = await waitsWhileAway({}, 20_000);
  full.slice(0, 6).forEach((wait, i) => assert.ok(wait >= 100 * 2 ** i && wait < 200 * 2 ** i, `${i}: ${wait}`));
  const fixed = await waitsWhileAway({ jitter: 'fixed', jitterFactorMs: 50 }, 20_000);
  fixed.slice(0, 6).forEach((wait, i) => assert.ok(wait >= 100 * 2 ** i && wait < 100 * 2 ** i + 50, `${i}: ${wait}`));
  assert.ok(
    fixed.some((wait) => !Number.isInteger(wait / 100)),
    'there is some',
  );
  const byDefault = new Backoff(new ManualPlatform(), { ...QUIET, jitter: 'fixed' });
  waitsOf(byDefault, 5).forEach((wait, i) => assert.ok(wait - 100 * 2 ** i < 300, `${wait}`));
});

it('S029: the cap holds before jitter, which may go beyond it', async () => {
  const waits = waitsOf(new Backoff(new ManualPlatform(), QUIET), 40).slice(7);
  assert.ok(waits.every((wait) => wait >= 10_000 && wait < 20_000));
  assert.ok(waits.some((wait) => wait > 10_500));
});

it('S030: retries that have run out are told, and a stream that is opened again starts with the first wait', async () => {
  // Native: the strategy itself is exhausted. Here a limit belongs to a call.
  const calls = new AnsweredCalls({ describe: [500, 500, 500, 500, 500, 500, 500] });
  for (const expected of [[100, 200, 400, 800, 1600], [100]]) {
    const test = await calls.open({ continuousRetry: false, retry: { jitter: 'none' } });
    await test.service.pass(5_000);
    assert.equal(
      test.eventsOf('retrying').map(({ delayMs }) => delayMs),
      expected,
    );
    await test.end();
  }
});

it('S031: a pause longer than the quiet time starts the waits over', () => {
  const platform = new ManualPlatform();
  const backoff = new Backoff(platform, { ...QUIET, jitter: 'none' });
  assert.equal(waitsOf(backoff, 3), [100, 200, 400]);
  platform.nowMs += 90_000;
  assert.is(backoff.nextMs(), 800, 'not longer than it');
  platform.nowMs += 90_001;
  assert.is(backoff.nextMs(), 100);
});

it('S031: progress starts them over, too', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open({ retry: { jitter: 'none' } });
  await test.putFragments(3);
  calls.next('put', 500, 500);
  calls.upload.end(500);
  await test.service.pass(1_000);
  assert.is(test.stream.metrics.callRetries, 3);
  calls.upload.persist(timecodeOf(0));
  await test.service.idle();
  calls.upload.end(500);
  await test.service.pass(99);
  assert.is(test.stream.metrics.callRetries, 1);
  assert.is(calls.uploads.length, 2);
  await test.service.pass(2);
  assert.is(calls.uploads.length, 3, 'after the first wait');
  await test.end();
});

it('S035: a call that is repeated is made after the wait that was told', async () => {
  const calls = new AnsweredCalls({ describe: [404] });
  const test = await calls.open();
  await test.service.pass(1_000);
  const [first, second] = calls.recorder.of('describeStream').map(({ context }) => context.callAfterUs);
  const [retry] = test.eventsOf('retrying');
  assert.is(retry?.state, 'create');
  const [create] = calls.recorder.of('createStream');
  assert.ok(create!.context.callAfterUs >= first! + retry!.delayMs * 1000 - 1);
  assert.ok(second! >= create!.context.callAfterUs);
  assert.ok(test.stream.metrics.callRetries >= 1);
  await test.end();
});

it('S035: what frames a call: its limits, and whom it is for', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open({ tags: { site: 'north' } });
  await test.putFragments(1);
  const { recorder } = calls;
  for (const call of ['describeStream', 'tagResource', 'getStreamingEndpoint', 'getStreamingToken'] as const) {
    const { context } = recorder.of(call)[0]!;
    assert.is(context.timeoutUs, 10_000_000);
    assert.is(context.connectionTimeoutUs, 5_000_000);
    assert.is(context.customData, 'front-door');
  }
  const [put] = recorder.of('putStream');
  assert.equal([put?.context.timeoutUs, put?.context.connectionTimeoutUs], [Infinity, 5_000_000]);
  await test.end();
});

it('S035: a limit below five seconds holds for connecting, too', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open({ callTimeoutMs: 2_000 });
  await test.service.idle();
  const [describe] = calls.recorder.of('describeStream');
  assert.equal([describe?.context.timeoutUs, describe?.context.connectionTimeoutUs], [2_000_000, 2_000_000]);
  await test.end();
});

it('S212: three error acks in a row: three rounds, each after a longer wait', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open();
  await test.putFragments(2);
  const waits: number[] = [];
  for (let round = 1; round <= 3; round++) {
    const startMs = test.service.now();
    const describes = calls.count('describe');
    calls.upload.ack('ERROR', timecodeOf(0), { ErrorId: 5000 });
    while (calls.count('describe') === describes) await test.service.pass(1);
    waits.push(test.service.now() - startMs);
    await test.service.idle();
    assert.is(calls.uploads.length, round + 1);
    assert.is(test.stream.metrics.callRetries, round);
  }
  assert.is(calls.count('describe'), 4);
  waits.forEach((wait, i) => assert.ok(wait >= 100 * 2 ** i && wait <= 200 * 2 ** i + 1, `${i}: ${wait}`));
  await test.end();
});

it('a strategy of the application’s own is asked, told what failed, and told of progress', async () => {
  const attempts: FailedAttempt[] = [];
  let resets = 0;
  const retry = {
    nextWaitMs: (attempt: FailedAttempt) => {
      attempts.push(attempt);
      return 1_234;
    },
    reset: () => void resets++,
  };
  const calls = new AnsweredCalls({ describe: [500], endpoint: [401] });
  const test = await calls.open({ retry });
  await test.service.pass(1_300);
  await test.service.pass(1_200);
  assert.equal(
    test.eventsOf('retrying').map(({ delayMs }) => delayMs),
    [1_234, 1_234],
  );
  assert.equal(
    attempts.map(({ streamName, state, retries, error }) => [streamName, state, retries, error?.status]),
    [
      ['front-door', 'describe', 0, STATUS.STATUS_SERVICE_CALL_UNKOWN_ERROR],
      ['front-door', 'get-endpoint', 1, STATUS.STATUS_SERVICE_CALL_NOT_AUTHORIZED_ERROR],
    ],
  );
  await test.putFragments(2);
  calls.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(resets, 0);
  calls.upload.end(500);
  await test.service.idle();
  assert.is(resets, 1);
  assert.is(attempts[2]?.retries, 0);
  await test.end();
});

it('a strategy is asked, too, while a connection that works waits for another’s token', async () => {
  const states: string[] = [];
  const nextWaitMs = ({ state, retries }: FailedAttempt): number => {
    states.push(`${state} ${retries}`);
    return 777;
  };
  const calls = new AnsweredCalls();
  const test = await calls.open({ retry: { nextWaitMs }, sessionDurationMs: 20_000, stallTimeoutMs: 600_000 });
  await test.putFragments(1);
  calls.next('token', 500, 500);
  await test.service.pass(21_500);
  assert.equal(
    test.eventsOf('retrying').map(({ state, delayMs }) => [state, delayMs]),
    [
      ['streaming', 777],
      ['streaming', 777],
    ],
  );
  assert.equal(states, ['streaming 0', 'streaming 1']);
  assert.is(calls.uploads.length, 1, 'it is used on');
  await test.end();
});

for (const [what, nextWaitMs] of [
  [
    'throws',
    () => {
      throw new Error('boom');
    },
  ],
  ['gives no number', () => undefined as unknown as number],
  ['gives null', () => null as unknown as number],
  ['gives text', () => '5' as unknown as number],
  ['gives less than nothing', () => -1],
  ['gives for ever', () => Infinity],
] as const) {
  it(`a strategy that ${what} has the default wait taken, and is logged`, async () => {
    const calls = new AnsweredCalls({ describe: [500, 500] });
    const test = await calls.open({ retry: { nextWaitMs } });
    await test.service.pass(1_000);
    assert.is(test.stream.metrics.state, 'ready');
    const [first, second] = test.eventsOf('retrying').map(({ delayMs }) => delayMs);
    assert.ok(first! >= 100 && first! < 200 && second! >= 200 && second! < 400, `${first} ${second}`);
    assert.ok(test.service.logged.includes('error The retry strategy failed'));
    await test.end();
  });
}

it('one stream’s failures do not slow another', async () => {
  // Native: one strategy for all streams of a client (trap T41).
  const calls = new AnsweredCalls({ describe: [500, 500, 500, 500] });
  const test = await calls.open();
  await test.service.pass(3_500);
  assert.is(test.stream.metrics.callRetries, 4);
  calls.next('describe', 500);
  const other = await test.producer.openStream('back-door', {
    tracks: [{ kind: 'video', codec: 'h264' }],
    waitUntilReady: false,
  });
  await test.service.pass(200);
  assert.is(other.metrics.state, 'ready', 'after its first wait');
  await test.end();
});

for (const [retry, named] of [
  [{ factorMs: 49 }, 'retry.factorMs'],
  [{ factorMs: 1_001 }, 'retry.factorMs'],
  [{ maxWaitMs: 9_999 }, 'retry.maxWaitMs'],
  [{ maxWaitMs: 25_001 }, 'retry.maxWaitMs'],
  [{ quietMs: 89_999 }, 'retry.quietMs'],
  [{ quietMs: 120_001 }, 'retry.quietMs'],
  [{ jitter: 'some' }, 'retry.jitter'],
  [{ jitterFactorMs: 49 }, 'retry.jitterFactorMs'],
  [{ jitterFactorMs: 601 }, 'retry.jitterFactorMs'],
  [{ nextWaitMs: 5 }, 'retry.nextWaitMs'],
  [{ nextWaitMs: () => 1, reset: 5 }, 'retry.reset'],
  ['often', 'retry'],
] as const) {
  it(`a retry strategy that cannot be is refused: ${JSON.stringify(retry)}`, async () => {
    const error = (await outcomeOf(TestStream.open({ retry: retry as StreamOptions['retry'] & object }))) as KvsError;
    assert.is(error.status, STATUS.STATUS_INVALID_ARG);
    assert.match(error.message, `Option ${named} is`);
  });
}

it('the edges of every range are taken', async () => {
  for (const retry of [
    { factorMs: 50, maxWaitMs: 10_000, quietMs: 90_000, jitterFactorMs: 50 },
    { factorMs: 1_000, maxWaitMs: 25_000, quietMs: 120_000, jitterFactorMs: 600 },
  ]) {
    const test = await new AnsweredCalls().open({ retry });
    await test.service.idle();
    assert.is(test.stream.metrics.state, 'ready');
    await test.end();
  }
});

it.run();
