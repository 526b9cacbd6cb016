import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { NotPersistedError } from '../../../sdk/errors.ts';
import { framed, h264Sets, slice } from '../../support/parameter-sets.ts';
import { outcomeOf, testFrame, TestStream, timecodeOf, watched } from '../../support/test-stream.ts';

const it = suite('pressure');
const RECONNECT_MS = 2_000;

it('what is older than the buffer duration is given up, each fragment told once', async () => {
  const test = await TestStream.open({ bufferDurationUs: 2_000_000, waitUntilReady: false });
  for (let i = 0; i < 20; i++) assert.is(test.stream.tryPutFrame(testFrame(i)), 'stored');
  const flushing = watched(test.stream.flush());
  await test.service.idle();
  assert.equal(
    test.eventsOf('frames-dropped').map(({ reason, frames, firstTimestampUs }) => [reason, frames, firstTimestampUs]),
    [0, 1, 2].map((n) => ['buffer-duration', 4, timecodeOf(n) * 1000]),
  );
  assert.is(test.stream.metrics.framesDropped, 12);
  assert.is(test.stream.metrics.fragmentsUnpersisted, 2);
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), [3, 4].map(timecodeOf));
  test.service.upload.persist(timecodeOf(4));
  await test.service.idle();
  assert.is(await outcomeOf(flushing), undefined, 'what was lost before the call is not its own');
  await test.end();
});

it('a flush hears of what the buffer duration took from it', async () => {
  const test = await TestStream.open({ bufferDurationUs: 1_000_000, waitUntilReady: false });
  for (let i = 0; i < 4; i++) test.stream.tryPutFrame(testFrame(i));
  const flushing = watched(test.stream.flush());
  await test.service.idle();
  for (let i = 4; i < 12; i++) test.stream.tryPutFrame(testFrame(i));
  assert.equal([((await outcomeOf(flushing)) as NotPersistedError).frames], [4]);
  await test.end();
});

it('a change of parameter sets is told as it is by a frame that also begins to press', async () => {
  const test = await TestStream.open({ maxLatencyUs: 1_000_000, waitUntilReady: false });
  const [small, large] = [h264Sets(640, 480), h264Sets(1280, 720)];
  for (const [i, { units }] of [small, large].entries())
    test.stream.tryPutFrame({
      ...testFrame(i * 8),
      data: framed('avcc', [...units, slice('h264', true, i)]),
    });
  await test.service.idle();
  assert.is(test.eventsOf('latency-pressure').length, 1);
  assert.equal(
    test.eventsOf('codec-private-data-changed').map(({ trackNumber, width, height }) => [trackNumber, width, height]),
    [
      [1, 640, 480],
      [1, 1280, 720],
    ],
  );
  await test.end();
});

it('latency and a store that is nearly full are told when they begin', async () => {
  const test = await TestStream.open({ maxLatencyUs: 1_000_000, waitUntilReady: false }, { storeBytes: 1 << 20 });
  let taken = 0;
  while (test.stream.tryPutFrame(testFrame(taken, 16_000)) === 'stored') taken++;
  await test.service.idle();
  assert.equal(
    test.eventsOf('latency-pressure').map(({ unsentUs }) => unsentUs),
    [1_250_000],
    'with the first frame that is beyond it',
  );
  const [low, ...more] = test.eventsOf('store-pressure');
  assert.is(more.length, 0);
  const { storeCapacityBytes = 1, storeUsedBytes = 0, ownBytes = 0 } = low ?? {};
  assert.ok(storeUsedBytes / storeCapacityBytes > 0.94 && storeUsedBytes < storeCapacityBytes, `${storeUsedBytes}`);
  assert.ok(ownBytes > storeUsedBytes * 0.9);
  await test.end();
});

it('without a limit nothing is given up', async () => {
  const test = await TestStream.open({ waitUntilReady: false });
  for (let i = 0; i < 4000; i++) assert.is(test.stream.tryPutFrame(testFrame(i, 100)), 'stored');
  await test.service.idle();
  assert.equal([test.eventsOf('frames-dropped').length, test.eventsOf('latency-pressure').length], [0, 0]);
  await test.end();
});

it.run();
