/**
 * The state machines that the C library hangs on its stale and latency callbacks (c-producer §7.2, §7.3), by themselves and through the
 * engine. Where ours differs: staleness comes back to normal, and a stream that catches up is left alone.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KvsError } from '../../sdk/errors.ts';
import type { StreamOptions } from '../../sdk/producer/index.ts';
import { LATENCY_TABLE, RecoveryLadder, STALENESS_TABLE } from '../../sdk/producer/recovery/recovery-ladder.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { AnsweredCalls } from '../support/answered-calls.ts';
import { ManualPlatform } from '../support/manual-platform.ts';
import { outcomeOf, testFrame, TestStream, timecodeOf } from '../support/test-stream.ts';

const it = suite('scenarios: connection recovery');

/** What is reported when, in seconds since the beginning, and what comes of it. */
type Course = ReadonlyArray<readonly [atSeconds: number, step: string | undefined]>;

const COURSES: ReadonlyArray<readonly [name: string, table: typeof LATENCY_TABLE, course: Course]> = [
  ['latency: NORMAL → RESET_CONNECTION at once', LATENCY_TABLE, [[0, 'reset']]],
  [
    'latency: 30 s of quiet after a step, to the end',
    LATENCY_TABLE,
    [
      [0, 'reset'],
      [0.1, undefined],
      [29.9, undefined],
      [30, undefined],
      [30.1, 'throttle'],
    ],
  ],
  [
    'latency: NORMAL → RESET_CONNECTION → THROTTLE_PIPELINE → INFINITE_RETRY, which resets every 30 s',
    LATENCY_TABLE,
    [
      [0, 'reset'],
      [31, 'throttle'],
      [60, undefined],
      [62, 'reset'],
      [93, 'reset'],
      [94, undefined],
      [124, 'reset'],
    ],
  ],
  [
    'latency: the step is taken up to 60 s after the quiet',
    LATENCY_TABLE,
    [
      [0, 'reset'],
      [90, 'throttle'],
      [180, 'reset'],
    ],
  ],
  [
    'latency: after that all is normal again',
    LATENCY_TABLE,
    [
      [0, 'reset'],
      [90.1, 'reset'],
      [121, 'throttle'],
      [212, 'reset'],
      [243, 'throttle'],
    ],
  ],
  [
    'latency: INFINITE_RETRY gets back to normal, too',
    LATENCY_TABLE,
    [
      [0, 'reset'],
      [31, 'throttle'],
      [62, 'reset'],
      [153, 'reset'],
      [184, 'throttle'],
    ],
  ],
  [
    'staleness: RESET_CONNECTION once, as long as it lasts',
    STALENESS_TABLE,
    [
      [0, 'reset'],
      [30, undefined],
      [31, 'hold'],
      [61, undefined],
      [62, 'hold'],
      [150, 'hold'],
    ],
  ],
  [
    // Native: never again.
    'staleness: and again when it was well for 60 s',
    STALENESS_TABLE,
    [
      [0, 'reset'],
      [31, 'hold'],
      [121, 'hold'],
      [212, 'reset'],
    ],
  ],
];

for (const [name, table, course] of COURSES) {
  it(name, () => {
    const platform = new ManualPlatform();
    const startMs = platform.nowMs;
    const ladder = new RecoveryLadder(platform, table);
    for (const [atSeconds, step] of course) {
      platform.nowMs = startMs + atSeconds * 1000;
      assert.is(ladder.isQuiet, step === undefined, `at ${atSeconds} s`);
      assert.is(ladder.report(), step, `at ${atSeconds} s`);
    }
  });
}

it('latency: what is getting better is given another 30 s, and no step is skipped for it', () => {
  const platform = new ManualPlatform();
  const ladder = new RecoveryLadder(platform, LATENCY_TABLE);
  assert.is(ladder.report(true), 'reset', 'nothing was done yet that could help');
  platform.nowMs += 31_000;
  assert.is(ladder.report(true), undefined);
  platform.nowMs += 29_000;
  assert.is(ladder.report(), undefined);
  platform.nowMs += 2_000;
  assert.is(ladder.report(), 'throttle');
});

it('a clock that is set back does not make the quiet last', () => {
  const platform = new ManualPlatform();
  const ladder = new RecoveryLadder(platform, LATENCY_TABLE);
  ladder.report();
  platform.nowMs -= 3_600_000;
  assert.is(ladder.report(), 'throttle');
  assert.is(ladder.report(), undefined);
});

/** A connection that takes nothing; media is put in real time, a fragment a second. */
class LateStream {
  readonly calls = new AnsweredCalls();
  /** Connections made. */
  puts = 0;
  test!: TestStream;

  async open(options: Partial<StreamOptions>): Promise<this> {
    // Nobody reads the bodies: everything put stays unsent.
    this.calls.next(
      'put',
      ...Array.from({ length: 50 }, () => () => {
        this.puts++;
        return { result: 200, acks: new ReadableStream() };
      }),
    );
    this.test = await this.calls.open({ maxLatencyUs: 2_000_000, stallTimeoutMs: 10_000_000, ...options });
    await this.test.service.idle();
    return this;
  }

  async put(fragments: number, frameBytes?: number): Promise<void> {
    for (let i = 0; i < fragments; i++) {
      await this.test.putFragments(1, frameBytes);
      await this.test.service.pass(1_000);
    }
  }

  get reasons(): string[] {
    return this.test.eventsOf('disconnected').map(({ reason }) => reason);
  }
}

it('latency pressure makes the connection anew, asks to throttle after 30 s, and then makes it anew every 30 s', async () => {
  const late = await new LateStream().open({});
  await late.put(2);
  assert.equal([late.reasons, late.puts], [[], 1]);
  await late.put(2);
  assert.equal([late.reasons, late.puts], [['latency'], 2]);
  assert.is(late.test.eventsOf('throttle-wanted').length, 0);
  await late.put(32);
  assert.equal([late.reasons, late.puts], [['latency'], 2]);
  const [wanted] = late.test.eventsOf('throttle-wanted');
  assert.ok(wanted!.unsentUs > 30_000_000, `${wanted?.unsentUs}`);
  await late.put(31);
  assert.equal([late.reasons, late.puts], [['latency', 'latency'], 3]);
  await late.put(31);
  assert.equal([late.reasons, late.puts], [['latency', 'latency', 'latency'], 4]);
  assert.is(late.test.eventsOf('throttle-wanted').length, 1);
  assert.is(late.test.eventsOf('latency-pressure').length, 1, 'it is the same all the time');
  assert.equal(late.test.eventsOf('frames-dropped'), [], 'nothing is lost for it');
  await late.test.end();
});

it('a reset for latency asks for no description and no endpoint, and does not wait', async () => {
  const late = await new LateStream().open({});
  await late.put(4);
  assert.is(late.calls.line(), 'describe endpoint token put token put');
  assert.is(late.test.stream.metrics.callRetries, 0);
  await late.test.end();
});

it('a stream that catches up keeps its connection', async () => {
  // Native makes it anew all the same, and has it send again what was not acknowledged.
  const late = await new LateStream().open({});
  const { test, calls } = late;
  await late.put(34, 2_000);
  assert.equal([late.reasons, test.eventsOf('throttle-wanted').length], [['latency'], 1]);
  await late.put(20, 2_000);
  const reader = calls.recorder.of('putStream').at(-1)!.body.getReader();
  for (let bytes = 0; bytes < 400_000;) bytes += (await reader.read()).value?.length ?? Infinity;
  await late.put(20, 2_000);
  const { unsentDurationUs } = test.stream.metrics;
  assert.ok(unsentDurationUs > 2_000_000, `${unsentDurationUs}: it is late`);
  assert.ok(unsentDurationUs < test.eventsOf('throttle-wanted')[0]!.unsentUs, 'but less than it was');
  assert.equal([late.reasons, late.puts], [['latency'], 2]);
  await late.put(32, 2_000);
  assert.equal(late.reasons, ['latency', 'latency'], 'until it falls behind again');
  await test.end();
});

it('latency during an outage has no connection to reset, but asks to throttle', async () => {
  const calls = new AnsweredCalls({ describe: Array.from({ length: 100 }, () => 500) });
  const test = await calls.open({ maxLatencyUs: 2_000_000 });
  for (let i = 0; i < 40; i++) {
    await test.putFragments(1);
    await test.service.pass(1_000);
  }
  assert.is(test.eventsOf('throttle-wanted').length, 1);
  assert.equal(test.eventsOf('disconnected'), []);
  await test.end();
});

for (const [what, options] of [
  ["whenLate 'tell'", { whenLate: 'tell' }],
  ['continuousRetry false', { continuousRetry: false }],
] as const) {
  it(`${what}: latency is told, and nothing is done about it`, async () => {
    const late = await new LateStream().open(options);
    await late.put(40);
    assert.equal([late.reasons, late.puts], [[], 1]);
    assert.is(late.test.eventsOf('latency-pressure').length, 1);
    assert.equal(late.test.eventsOf('throttle-wanted'), []);
    await late.test.end();
  });
}

it("continuousRetry false with whenLate 'recover': it is", async () => {
  const late = await new LateStream().open({ continuousRetry: false, whenLate: 'recover' });
  await late.put(4);
  assert.equal(late.reasons, ['latency']);
  await late.test.end();
});

it('a reset for latency fails nothing without recoverOnError', async () => {
  const late = await new LateStream().open({ recoverOnError: false });
  await late.put(4);
  assert.equal([late.reasons, late.puts], [['latency'], 2]);
  assert.is(late.test.stream.metrics.state, 'streaming');
  await late.test.end();
});

it('without a limit of latency nothing is reset', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open({ stallTimeoutMs: 10_000_000 });
  for (let i = 0; i < 40; i++) test.stream.tryPutFrame(testFrame(i, 100));
  await test.service.pass(1_000);
  assert.equal(test.eventsOf('disconnected'), []);
  await test.end();
});

/** Media goes out, and acks do not come: a fragment a second. */
async function stale(options: Partial<StreamOptions>): Promise<{ calls: AnsweredCalls; test: TestStream }> {
  const calls = new AnsweredCalls();
  const test = await calls.open({ connectionStalenessMs: 2_500, stallTimeoutMs: 10_000_000, ...options });
  await test.service.idle();
  return { calls, test };
}

async function putInRealTime(test: TestStream, fragments: number): Promise<void> {
  for (let i = 0; i < fragments; i++) {
    await test.putFragments(1);
    await test.service.pass(1_000);
  }
}

it('a stale connection is made anew once as long as it lasts, and told every 30 s', async () => {
  const { calls, test } = await stale({});
  await putInRealTime(test, 5);
  assert.is(calls.uploads.length, 2);
  const report = calls.recorder.of('streamConnectionStale')[0]!;
  assert.is(report.uploadHandle, 1);
  assert.ok(
    report.lastAckDurationUs > 2_500_000 && report.lastAckDurationUs < 4_000_000,
    `${report.lastAckDurationUs}`,
  );
  await putInRealTime(test, 65);
  assert.is(calls.uploads.length, 2);
  assert.is(test.stream.metrics.staleConnections, 1);
  assert.equal(
    test.eventsOf('connection-stale').map(({ session }) => session),
    [1, 2, 2],
  );
  await test.end();
});

it('a connection that has been well for a while is made anew when it gets stale again', async () => {
  // Native resets one connection in a stream's life.
  const { calls, test } = await stale({});
  await putInRealTime(test, 5);
  assert.is(calls.uploads.length, 2);
  for (let n = 5; n < 100; n++) {
    calls.upload.persist(timecodeOf(n - 1));
    await putInRealTime(test, 1);
  }
  assert.is(calls.uploads.length, 2);
  await putInRealTime(test, 5);
  assert.is(calls.uploads.length, 3);
  assert.is(test.stream.metrics.staleConnections, 2);
  await test.end();
});

it("whenStale 'tell': a stale connection is told, and used on", async () => {
  const { calls, test } = await stale({ whenStale: 'tell' });
  await putInRealTime(test, 40);
  assert.is(calls.uploads.length, 1);
  assert.is(test.eventsOf('connection-stale').length, 2);
  assert.is(test.stream.metrics.staleConnections, 0);
  await test.end();
});

it('connectionStalenessMs 0, the default: acks that do not come are a matter of the clock alone', async () => {
  const { calls, test } = await stale({ connectionStalenessMs: 0, stallTimeoutMs: 20_000 });
  await putInRealTime(test, 15);
  assert.is(calls.uploads.length, 1);
  assert.equal(test.eventsOf('connection-stale'), []);
  await putInRealTime(test, 10);
  assert.is(test.eventsOf('disconnected')[0]?.reason, 'stalled');
  assert.is(calls.recorder.of('streamConnectionStale')[0]?.lastAckDurationUs, 20_000_000);
  await test.end();
});

for (const name of ['whenLate', 'whenStale'] as const) {
  it(`${name} is one of two`, async () => {
    const options = { [name]: 'shout' } as Partial<StreamOptions>;
    const error = (await outcomeOf(TestStream.open(options))) as KvsError;
    assert.is(error.status, STATUS.STATUS_INVALID_ARG);
    assert.match(error.message, `Option ${name} is 'shout'`);
  });
}

it.run();
