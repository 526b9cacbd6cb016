/** What a stream counts of its frames and fragments, each in a course of events that it tells. Source: producer-core §19. */
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
  persist,
  put,
  RECONNECT_MS,
  refuse,
} from '../support/figure-courses.ts';
import { TEST_TRACK, testFrame, TestStream, timecodeOf } from '../support/test-stream.ts';
import { audio, AUDIO_TRACK, key, putAll, video } from '../support/uneven-tracks.ts';

const it = suite('scenarios: metrics of media');
const figure = figureTests(it);

figure('state', 'waits for something to send', {}, nothing, 'ready');
figure('state', 'sends', {}, put(1), 'streaming');
figure(
  'state',
  'a step that fails is taken again',
  { waitUntilReady: false },
  async (test) => {
    test.service.on('/getDataEndpoint', { status: 500 });
    test.stream.resetStream();
    await test.service.idle();
  },
  'get-endpoint',
);
figure('uptimeMs', 'since it was opened', {}, (test) => test.service.pass(1_234), 1_234);
figure('framesPut', 'each that was stored', {}, (test) => test.putFrames(7), 7);
figure(
  'framesSkipped',
  'those in front of the first key frame',
  {},
  async (test) => {
    for (let i = 1; i < 7; i++) await test.stream.putFrame(testFrame(i));
  },
  3,
);
figure(
  'framesDropped',
  'for want of room',
  { whenFull: 'drop-oldest' },
  put(30),
  (value: number) => value > 0 && value % 4 === 0,
  FULL,
);
figure('framesDropped', 'for their age', { bufferDurationUs: 2_000_000 }, put(6), between(8, 16));
figure('framesDropped', 'by a roll back', { rollBack: 'native', replayDurationUs: 1_000_000 }, lose(4), 8);
figure(
  'framesDropped',
  'by a reset',
  {},
  async (test) => {
    await test.putFragments(2);
    test.stream.resetStream();
  },
  8,
);
figure('fragmentsDropped', 'by a roll back', { rollBack: 'native', replayDurationUs: 1_000_000 }, lose(4), 2);
figure(
  'fragmentsDropped',
  'for want of room',
  { whenFull: 'drop-oldest' },
  put(30),
  (value: number) => value > 5,
  FULL,
);
figure('framesRejected', 'those of a fragment that was refused', {}, refuse, 4);
figure('fragmentsRejected', 'the fragment that was refused', {}, refuse, 1);
figure(
  'putFrameErrors',
  'each put that failed',
  {},
  async (test) => {
    await test.putFragments(1);
    for (const bad of [{ timestampUs: 0 }, { trackNumber: 5 }, { data: new Uint8Array(0) }])
      await test.stream.putFrame({ ...testFrame(4), ...bad }).catch(() => undefined);
  },
  3,
);
figure('storePressures', 'nearly full, and full', {}, fill, between(1, 3), FULL);
figure(
  'bufferPressures',
  'each time that the duration was reached',
  { bufferDurationUs: 2_000_000 },
  put(6),
  between(2, 6),
);
figure('bufferPressures', 'none without a duration', {}, put(6), 0);
figure(
  'latencyPressures',
  'each time that too much came to wait',
  { maxLatencyUs: 1_000_000 },
  async (test) => {
    test.service.uploadsClogAfter = 0;
    await test.putFragments(3);
    test.service.upload.unclog();
    await test.service.idle();
    await test.putFragments(1);
  },
  1,
);
figure('latencyPressures', 'none without a limit', {}, put(3), 0);
figure(
  'staleConnections',
  'given up for want of acks',
  { connectionStalenessMs: 2_000 },
  async (test) => {
    await test.putFragments(4);
    await test.service.pass(RECONNECT_MS);
  },
  1,
);
figure('bytesPut', 'payload', {}, put(2), 8 * FRAME_BYTES);
figure(
  'bytesPut',
  'not of frames that were skipped',
  {},
  async (test) => {
    for (let i = 1; i < 6; i++) await test.stream.putFrame(testFrame(i));
  },
  2 * FRAME_BYTES,
);
it('S203: bytesSent: all that went out, over every connection', async () => {
  const test = await TestStream.open();
  await lose(2)(test);
  const received = test.service.uploads.reduce((sum, { bytes }) => sum + bytes.length, 0);
  assert.is(test.service.uploads.length, 2);
  assert.is(test.stream.metrics.bytesSent, received);
  await test.end();
});
figure(
  'bytesPerSecond',
  'four frames of a thousand bytes a second',
  {},
  async (test) => {
    for (let i = 0; i < 20; i++) {
      await test.putFrames(1);
      await test.service.pass(250);
    }
  },
  between(4_000, 4_400),
);
figure(
  'bytesPerSecond',
  'the time between two connections does not count',
  {},
  async (test) => {
    for (let i = 0; i < 12; i++) {
      await test.service.pass(250);
      await test.putFrames(1);
    }
    test.service.upload.persist(timecodeOf(0), timecodeOf(1));
    await test.stream.endFragment();
    await test.service.idle();
    test.service.upload.persist(timecodeOf(2));
    test.service.upload.close();
    await test.service.pass(600_000);
    for (let i = 0; i < 4; i++) {
      await test.service.pass(250);
      await test.putFrames(1);
    }
  },
  between(4_000, 4_500),
);
figure('fragmentsPut', 'begun', {}, put(3), 3);
figure('fragmentsPersisted', 'safe', {}, persist, 2);
figure('fragmentsSent', 'without acks, let go', { fragmentAcks: false }, put(3), 2);
figure('fragmentsSent', 'none with acks', {}, persist, 0);
figure(
  'fragmentsResent',
  'each time',
  {},
  async (test) => {
    await lose(2)(test);
    test.service.upload.reset();
    await test.service.pass(4_000);
  },
  4,
);
figure(
  'framesWaiting',
  'for their turn',
  { tracks: [TEST_TRACK, AUDIO_TRACK], frameOrder: 'decode-time' },
  (test) => putAll(test, key(0), video(40), audio(10), video(80)),
  2,
);

it.run();
