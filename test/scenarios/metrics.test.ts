/** Rates, sessions and store, and the figures of a producer. Source: producer-core §19. */
import { readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  between,
  figureTests,
  fill,
  FRAME_BYTES,
  FULL,
  lose,
  nothing,
  put,
  totalTests,
} from '../support/figure-courses.ts';
import { BASE_MS, testFrame, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: metrics');
const figure = figureTests(it);
const total = totalTests(it);
const track = { kind: 'video', codec: 'h264' } as const;

// Native begins with the rate that the application stated.
figure('framesPerSecond', 'S201: none without frames', {}, nothing, 0);
figure('elementaryFramesPerSecond', 'S201: none without frames', {}, nothing, 0);

it('S201: a stream that was opened and has no traffic counts nothing', async () => {
  const test = await TestStream.open();
  const { state, controlCallLatencyMs, storeUsedBytes, storeCapacityBytes, ...rest } = test.stream.metrics;
  assert.equal([state, controlCallLatencyMs], ['ready', 0]);
  assert.ok(storeUsedBytes < storeCapacityBytes);
  for (const [name, value] of Object.entries(rest))
    if (typeof value === 'number') assert.ok(value === 0 || Number.isNaN(value), `${name} is ${value}`);
  await test.end();
});

it('S202: frames put 40 ms apart: 25 a second, by the clock and by their timestamps', async () => {
  const test = await TestStream.open();
  for (let i = 0; i < 100; i++) {
    await test.stream.putFrame({ ...testFrame(i), timestampUs: (BASE_MS + i * 40) * 1_000 });
    test.service.jump(40);
  }
  const { framesPerSecond, elementaryFramesPerSecond } = test.stream.metrics;
  assert.ok(Math.abs(framesPerSecond - 25) < 1e-9, `${framesPerSecond}`);
  assert.is(elementaryFramesPerSecond, 25);
  await test.end();
});

it('S202: the rate by the clock follows by a twentieth of each frame, the one by timestamps at once', async () => {
  const test = await TestStream.open();
  for (const [i, ms] of [0, 100, 150].entries()) {
    test.service.jump(BASE_MS + ms - test.service.nowMs);
    await test.stream.putFrame({ ...testFrame(i), timestampUs: (BASE_MS + ms) * 1_000 });
  }
  const { framesPerSecond, elementaryFramesPerSecond } = test.stream.metrics;
  assert.is(framesPerSecond, 0.95 * 10 + 0.05 * 20);
  assert.is(elementaryFramesPerSecond, 20);
  await test.end();
});

it('S203: of three connections two were answered', async () => {
  const test = await TestStream.open();
  let count = 0;
  test.service.on('/putMedia', (request) => {
    count++;
    if (count === 2) return { status: 503 };
    void new Response(request.body as ReadableStream<Uint8Array>).arrayBuffer().catch(() => undefined);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void test.service.setTimer(500, () => controller.error(new TypeError('terminated'))),
    });
    return { body };
  });
  await test.putFragments(1);
  while (count < 3) await test.service.pass(100);
  const { sessions, sessionsConnected } = test.stream.metrics;
  assert.equal([sessions, sessionsConnected], [3, 2]);
  await test.end();
});

it('S204: used and free make the whole store at every moment', async () => {
  const test = await TestStream.open({}, FULL);
  const check = (): void => {
    const { storeUsedBytes, storeFreeBytes, storeCapacityBytes } = test.producer.metrics;
    assert.is(storeUsedBytes + storeFreeBytes, storeCapacityBytes);
    assert.ok(storeUsedBytes >= 0 && storeFreeBytes >= 0);
    assert.equal(
      [test.stream.metrics.storeUsedBytes, test.stream.metrics.storeCapacityBytes],
      [storeUsedBytes, storeCapacityBytes],
    );
  };
  check();
  for (let n = 0; n < 10; n++) {
    await test.putFragments(1);
    check();
    test.service.upload.persist(timecodeOf(n - 1));
    await test.service.idle();
    check();
  }
  await test.end();
  assert.is(test.producer.metrics.storeUsedBytes, 0);
});

total(
  'streams',
  'open ones',
  async (test) => {
    const second = await test.producer.openStream('back-door', { tracks: [track] });
    const third = await test.producer.openStream('garden', { tracks: [track] });
    await third.stop();
    assert.is(test.producer.metrics.streams, 2);
    await second.stop();
  },
  1,
);
total('storeUsedBytes', 'of all streams', put(1), between(4 * FRAME_BYTES, 6 * FRAME_BYTES));
total('storeFreeBytes', 'the rest', put(1), between(58 * 1024, 60 * 1024), FULL);
total('storeCapacityBytes', 'what was asked for', nothing, between(64 * 1024 - 512, 64 * 1024), FULL);
total(
  'storedItems',
  'of all streams',
  async (test) => {
    const second = await test.producer.openStream('back-door', { tracks: [track], waitUntilReady: false });
    await test.putFragments(1);
    for (let i = 0; i < 3; i++) await second.putFrame(testFrame(i));
  },
  7,
);
total('waitingPuts', 'for room', fill, 1, FULL);
for (const [name, low, high] of [
  ['framesPerSecond', 8, 8],
  ['elementaryFramesPerSecond', 8, 8],
  ['bytesPerSecond', 7_000, 9_000],
] as const)
  total(
    name,
    'the sum of two streams',
    async (test) => {
      const second = await test.producer.openStream('back-door', { tracks: [track] });
      for (let i = 0; i < 12; i++) {
        await test.putFrames(1);
        await second.putFrame(testFrame(i));
        await test.service.pass(250);
      }
    },
    between(low, high),
  );
total(
  'averageCallRetries',
  'the mean of two streams',
  async (test) => {
    await test.producer.openStream('back-door', { tracks: [track] });
    await lose(1)(test);
    assert.is(test.stream.metrics.callRetries, 1);
  },
  0.5,
);

it('S203: there is a test of every figure', async () => {
  const folder = new URL('.', import.meta.url);
  const text = readdirSync(folder)
    .filter((name) => name.startsWith('metrics'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n');
  const test = await TestStream.open();
  for (const name of Object.keys(test.stream.metrics))
    assert.match(text, new RegExp(`figure\\(\\s*'${name}'|'S203: ${name}:`), name);
  for (const name of Object.keys(test.producer.metrics))
    assert.match(text, new RegExp(`total\\(\\s*'${name}'|\\['${name}', \\d`), `${name} of the producer`);
  await test.end();
});

it('S203: a stream that has ended keeps its figures, and its producer counts it no more', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  await stopped;
  const { state, framesPut, fragmentsPersisted, storedItems } = test.stream.metrics;
  assert.equal(
    { state, framesPut, fragmentsPersisted, storedItems },
    { state: 'ended', framesPut: 4, fragmentsPersisted: 1, storedItems: 0 },
  );
  assert.is(test.producer.metrics.streams, 0);
});

it.run();
