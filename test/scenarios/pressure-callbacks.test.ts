/** What callbacks hear while frames are put: data that waits, and pressure. Scenarios of the native putKinesisVideoFrame. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PutStreamCall } from '../../sdk/producer/callbacks/index.ts';
import type { StreamOptions } from '../../sdk/producer/index.ts';
import { CallbackRecorder, type Overrides } from '../support/callback-recorder.ts';
import { ScriptedMedia } from '../support/scripted-media.ts';
import { testFrame, TestStream } from '../support/test-stream.ts';

const it = suite('scenarios: pressure callbacks');

const FRAME_US = 250_000;

/** A stream whose media is taken only when a test takes it: putStream keeps the body. */
class HeldStream {
  readonly test: TestStream;
  readonly recorder: CallbackRecorder;
  readonly #calls: PutStreamCall[];
  readonly #answer: () => void;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  private constructor(test: TestStream, recorder: CallbackRecorder, calls: PutStreamCall[], answer: () => void) {
    this.test = test;
    this.recorder = recorder;
    this.#calls = calls;
    this.#answer = answer;
  }

  static async open(
    stream: Partial<StreamOptions> = {},
    storeBytes?: number,
    overrides: Overrides = {},
  ): Promise<HeldStream> {
    const calls: PutStreamCall[] = [];
    let answer!: () => void;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const recorder = new CallbackRecorder({
      putStream: async (call) => {
        calls.push(call);
        await answered;
        return { result: 200, acks: new ReadableStream() };
      },
      ...overrides,
    });
    const options = { ...recorder.options, ...(storeBytes === undefined ? {} : { storeBytes }) };
    const test = await TestStream.open({ stallTimeoutMs: 600_000, ...stream }, options);
    return new HeldStream(test, recorder, calls, answer);
  }

  /** The service answers 200. */
  async connect(): Promise<void> {
    this.#answer();
    await this.test.service.idle();
  }

  /** Takes one piece of the media; its size. */
  async take(): Promise<number> {
    this.#reader ??= this.#calls[0]?.body.getReader();
    const piece = await this.#reader?.read();
    return piece?.value?.length ?? 0;
  }

  get available(): ReadonlyArray<readonly [number, number]> {
    return this.recorder.of('streamDataAvailable').map(({ durationUs, sizeBytes }) => [durationUs, sizeBytes]);
  }
}

it('S022: frames put in front of the service’s answer are told once, together, when it comes', async () => {
  const held = await HeldStream.open();
  await held.test.putFrames(1);
  assert.is(held.test.stream.metrics.sessions, 1, 'the connection is asked for');
  await held.test.putFrames(1);
  assert.equal(held.available, []);
  await held.connect();
  const { unsentBytes } = held.test.stream.metrics;
  assert.ok(unsentBytes > 2_000);
  assert.equal(held.available, [[FRAME_US, unsentBytes]], 'from the first frame to the second');
  assert.is(held.recorder.of('streamDataAvailable')[0]?.uploadHandle, 1);
  await held.test.end();
});

it('S023: over a connection each put is told, with more each time while nothing is taken', async () => {
  const held = await HeldStream.open();
  await held.test.putFrames(1);
  await held.connect();
  await held.test.putFrames(4);
  const { available } = held;
  assert.is(available.length, 1 + 4);
  assert.equal(
    available.map(([durationUs]) => durationUs),
    [0, 1, 2, 3, 4].map((n) => n * FRAME_US),
  );
  for (let i = 1; i < available.length; i++) assert.ok(available[i]![1] > available[i - 1]![1] + 1_000);
  await held.test.end();
});

it('S024: what was taken of a frame is not told again', async () => {
  const held = await HeldStream.open({}, 4 << 20);
  await held.test.putFrames(1, 400_000);
  await held.connect();
  const taken = await held.take();
  assert.ok(taken > 10_000 && taken < 400_000, `${taken} bytes of one frame`);
  await held.test.putFrames(1, 1_000);
  const told = held.available.at(-1)![1];
  let left = 0;
  while (held.test.stream.metrics.unsentBytes > 0) left += await held.take();
  assert.is(told, left, 'exactly what was still to be taken');
  await held.test.end();
});

it('S025: latency is told with the first frame beyond the limit and every one after it, until the network catches up', async () => {
  const held = await HeldStream.open({ maxLatencyUs: 3 * FRAME_US, whenLate: 'tell' });
  await held.test.putFrames(4);
  await held.connect();
  assert.equal(held.recorder.of('streamLatencyPressure'), [], 'three frames long is not more');
  await held.test.putFrames(3);
  const told = (): number[] => held.recorder.of('streamLatencyPressure').map(({ durationUs }) => durationUs / FRAME_US);
  assert.equal(told(), [4, 5, 6]);
  while (held.test.stream.metrics.unsentBytes > 0) await held.take();
  await held.test.putFrames(3);
  assert.equal(told(), [4, 5, 6]);
  assert.is(held.test.eventsOf('latency-pressure').length, 1);
  await held.test.end();
});

it('S025: without a limit latency is never told', async () => {
  const held = await HeldStream.open();
  await held.test.putFrames(200);
  assert.equal(held.recorder.of('streamLatencyPressure'), []);
  await held.test.end();
});

it('S026: a store of which no more than 5 % are free is told with each put, with what is free', async () => {
  const held = await HeldStream.open({ endIdleFragmentsAfterMs: 0 }, 1 << 20);
  const expected: number[] = [];
  for (let i = 0; ; i++) {
    if (held.test.stream.tryPutFrame(testFrame(i, 8_000)) !== 'stored') break;
    const { storeCapacityBytes, storeUsedBytes } = held.test.producer.metrics;
    const freeBytes = storeCapacityBytes - storeUsedBytes;
    // In whole percents, as natively: below 6 %.
    if (freeBytes < 0.06 * storeCapacityBytes) expected.push(freeBytes);
  }
  await held.test.service.idle();
  const reports = held.recorder.of('storageOverflowPressure').map(({ remainingBytes }) => remainingBytes);
  assert.ok(expected.length >= 5, `${expected.length} puts`);
  assert.equal(reports.slice(0, -1), expected);
  assert.is(reports.at(-1), expected.at(-1), 'and once more for the frame that did not fit');
  assert.is(held.test.eventsOf('store-pressure').length, 1);
  await held.test.end();
});

it('S026: a buffer duration of which no more than 5 % are left is told with each put', async () => {
  const held = await HeldStream.open({ bufferDurationUs: 10_000_000 });
  await held.test.putFrames(41);
  const remaining = held.recorder.of('bufferDurationOverflowPressure').map((report) => report.remainingDurationUs);
  // 40 steps of a quarter of a second fill it; then the oldest fragment goes.
  assert.equal(remaining, [500_000, 250_000, 0]);
  assert.is(held.test.eventsOf('buffer-pressure').length, 1);
  await held.test.end();
});

// Native keeps a failing streamReady as the result of the step and calls on; here nothing that a callback answers reaches the engine.
for (const [what, answer] of [
  ['answers with a failure', () => 0x52000038],
  [
    'throws',
    () => {
      throw new Error('mine');
    },
  ],
  ['rejects', () => Promise.reject(new Error('mine'))],
] as const)
  it(`S027: a streamReady that ${what} is told, and the stream goes on`, async () => {
    const service = new ScriptedMedia();
    const recorder = new CallbackRecorder({ streamReady: answer });
    const test = await TestStream.open({ waitUntilReady: false }, recorder.options, service);
    await test.putFragments(1);
    assert.equal(
      test.eventsOf('callback-failed').map(({ callback }) => callback),
      ['streamReady'],
    );
    assert.is(test.stream.metrics.state, 'streaming');
    assert.is((await service.upload.timecodes()).length, 1);
    await test.end();
  });

it.run();
