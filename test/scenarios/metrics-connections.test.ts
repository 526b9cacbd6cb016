/** What a stream tells of its connections, calls, acks and store, each in a course of events. Source: producer-core §19. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  acknowledgeLater,
  between,
  figureTests,
  FRAME_BYTES,
  FULL,
  lose,
  nothing,
  persist,
  put,
  RECONNECT_MS,
  replace,
} from '../support/figure-courses.ts';
import { framed, h264Sets, slice } from '../support/parameter-sets.ts';
import { BASE_MS, TestStream, timecodeOf } from '../support/test-stream.ts';

const it = suite('scenarios: metrics of connections');
const figure = figureTests(it);

figure('sessions', 'each connection', {}, lose(1), 2);
figure('handovers', 'in place of one that was not lost', { sessionDurationMs: 1_000 }, replace, 1);
figure('reconnects', 'not for those', { sessionDurationMs: 1_000 }, replace, 0);
figure('reconnects', 'in place of one that was lost', {}, lose(1), 1);
figure(
  'sessionsConnected',
  'not one that was refused',
  {},
  async (test) => {
    const upload = test.service.fetch;
    let count = 0;
    test.service.on('/putMedia', () => (++count === 1 ? { status: 503 } : { body: new ReadableStream() }));
    await test.putFragments(1);
    await test.service.pass(RECONNECT_MS);
    assert.ok(upload !== undefined && test.stream.metrics.sessions === 2);
  },
  1,
);
figure('averageSessionDurationMs', 'none before one is over', {}, put(1), NaN);
figure(
  'averageSessionDurationMs',
  'that of the first, then a twentieth of the second',
  {},
  async (test) => {
    await test.putFragments(1);
    await test.service.pass(1_000);
    test.service.upload.reset();
    await test.service.pass(1_000);
    const beganMs = test.service.nowMs;
    test.stream.resetConnection();
    await test.service.pass(RECONNECT_MS);
    assert.ok(beganMs > BASE_MS);
  },
  between(950, 1_000),
);
figure('controlCallLatencyMs', 'answered at once', {}, nothing, 0);
figure(
  'controlCallLatencyMs',
  'a twentieth of a call that takes its time',
  {},
  async (test) => {
    test.service.on('/getDataEndpoint', () => {
      test.service.jump(400);
      return { body: '{"DataEndpoint":"http://127.0.0.1:2"}' };
    });
    await lose(1)(test);
  },
  0.05 * 400,
);
figure('dataCallLatencyMs', 'none before the first answer', {}, nothing, NaN);
figure(
  'dataCallLatencyMs',
  'to the answer of PutMedia',
  {},
  async (test) => {
    test.service.on(
      '/putMedia',
      () => new Promise((resolve) => void test.service.setTimer(300, () => resolve({ body: new ReadableStream() }))),
    );
    await test.putFragments(1);
    await test.service.pass(500);
  },
  300,
);
figure(
  'callRetries',
  'waits since something went on',
  {},
  async (test) => {
    test.service.on('/putMedia', { status: 500 });
    await test.putFragments(1);
    await test.service.pass(3_000);
  },
  (value: number) => value >= 3,
);
figure(
  'callRetries',
  'none once it goes on',
  {},
  async (test) => {
    await lose(2)(test);
    test.service.upload.persist(timecodeOf(0));
    await test.service.idle();
    test.service.upload.close();
    await test.service.pass(50);
  },
  0,
);
const track = { kind: 'video', codec: 'h264' } as const;
figure(
  'codecPrivateDataChanges',
  'other parameter sets in a key frame',
  { tracks: [track] },
  async (test) => {
    for (const [n, sets] of [h264Sets(640, 480), h264Sets(640, 480), h264Sets(1280, 720)].entries())
      await test.stream.putFrame({
        data: framed('avcc', [...sets.units, slice('h264', true, n)]),
        timestampUs: (BASE_MS + n * 1_000) * 1_000,
        isKey: true,
      });
  },
  1,
);
figure(
  'acks',
  'by type',
  {},
  async (test) => {
    await persist(test);
    test.service.upload.ack('BUFFERING', timecodeOf(2));
    test.service.upload.ack('IDLE');
    test.service.upload.ack('ERROR', timecodeOf(2), { ErrorId: 5000 });
    await test.service.idle();
  },
  { buffering: 3, received: 2, persisted: 2, error: 1 },
);
figure('fragmentsUnpersisted', 'put, and neither persisted nor given up', {}, persist, 1);
figure(
  'storedItems',
  'frames and ends of fragments',
  {},
  async (test) => {
    await test.putFragments(2);
    await test.stream.endFragment();
  },
  9,
);
figure('storedBytes', 'what is still to be persisted', {}, persist, between(4 * FRAME_BYTES, 5 * FRAME_BYTES));
figure('storedDurationUs', 'from the oldest frame to the end of the newest', {}, put(2), 1_750_000);
figure(
  'unsentBytes',
  'all of it, in front of a connection',
  { waitUntilReady: false },
  async (test) => {
    test.service.uploadsClogAfter = 0;
    await test.putFragments(2);
  },
  between(8 * FRAME_BYTES, 9 * FRAME_BYTES),
);
figure('unsentBytes', 'none behind it', {}, put(2), 0);
figure(
  'unsentDurationUs',
  'from the first frame that is not sent',
  {},
  async (test) => {
    test.service.uploadsClogAfter = 0;
    await test.putFragments(2);
  },
  1_750_000,
);
figure('storeUsedBytes', 'headers and rounding included', {}, put(1), between(4 * FRAME_BYTES, 6 * FRAME_BYTES));
figure('storeCapacityBytes', 'what was asked for', {}, nothing, between(64 * 1024 - 512, 64 * 1024), FULL);
figure('firstFrameLatency', 'from the put of the first frame to PERSISTED', {}, acknowledgeLater, {
  lastMs: 1_300,
  medianMs: 1_300,
  worstMs: 1_300,
  samples: 1,
});
figure('lastFrameLatency', 'from the put of the last frame to PERSISTED', {}, acknowledgeLater, {
  lastMs: 1_000,
  medianMs: 1_000,
  worstMs: 1_000,
  samples: 1,
});
it('S203: latencies: to RECEIVED and to PERSISTED, from the first frame and from the last', async () => {
  const test = await TestStream.open();
  await acknowledgeLater(test);
  const sums = Object.entries(test.stream.metrics.latencies).map(([name, { samples, sumMs }]) => [
    name,
    samples,
    sumMs,
  ]);
  assert.equal(sums, [
    ['firstFrameReceived', 1, 800],
    ['lastFrameReceived', 1, 500],
    ['firstFramePersisted', 1, 1_300],
    ['lastFramePersisted', 1, 1_000],
  ]);
  await test.end();
});

it.run();
