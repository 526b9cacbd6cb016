/** The intermittent producer: a fragment is ended when frames stay away. producer-core §15, with its trap. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StreamOptions } from '../../sdk/producer/index.ts';
import { outcomeOf, TEST_TRACK, testFrame, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: intermittent producer');
const MARK = 'AWS_KINESISVIDEO_END_OF_FRAGMENT';
const marksIn = (test: TestStream, upload = test.service.upload): number =>
  Buffer.from(upload.bytes).toString('latin1').split(MARK).length - 1;

for (const [what, options, marks] of [
  ['never, for a continuous producer', { endIdleFragmentsAfterMs: 0 }, 0],
  ['after 20 s unless told', {}, 1],
  ['after a shorter time that was told', { endIdleFragmentsAfterMs: 2_000 }, 1],
  ['after a longer time, not yet', { endIdleFragmentsAfterMs: 60_000 }, 0],
] as const satisfies ReadonlyArray<readonly [string, Partial<StreamOptions>, number]>)
  it(`S154: fragments are ended ${what}`, async () => {
    const test = await TestStream.open(options);
    await test.putFrames(1);
    await test.service.pass(26_000);
    assert.is(marksIn(test), marks);
    await test.end();
  });

for (const pauseMs of [19_000, 20_000])
  it(`S155: a pause of ${pauseMs} ms ends nothing`, async () => {
    const test = await TestStream.open();
    await test.putFrames(1);
    await test.service.pass(pauseMs);
    assert.is(marksIn(test), 0);
    await test.end();
  });

it('S155: a pause ends the fragment once, however long it lasts', async () => {
  const test = await TestStream.open();
  await test.putFrames(1);
  await test.service.pass(26_000);
  assert.is(marksIn(test), 1);
  test.service.upload.persist(timecodeOf(0));
  await test.service.pass(100_000);
  assert.is(marksIn(test, test.service.uploads[0]), 1);
  assert.is(test.stream.metrics.fragmentsPersisted, 1, 'without a frame behind it');
  await test.end();
});

it('S155: a pause before the first frame, or behind an end, ends nothing', async () => {
  const test = await TestStream.open();
  await test.service.pass(26_000);
  await test.putFrames(1);
  await test.stream.endFragment();
  await test.service.pass(26_000);
  assert.is(marksIn(test), 1);
  await test.end();
});

it('S155: fragments that are cut by duration are ended as well', async () => {
  // Native's end is refused there, and the failure ignored.
  const test = await TestStream.open({ fragmentation: { mode: 'duration', durationMs: 10_000 } });
  await test.putFrames(1);
  await test.service.pass(26_000);
  assert.is(marksIn(test), 1);
  await test.end();
});

for (const everyMs of [3_000, 19_000])
  it(`S156: a frame every ${everyMs} ms keeps the fragment open`, async () => {
    const test = await TestStream.open();
    for (let i = 0; i < 4; i++) {
      await test.putFrames(1);
      await test.service.pass(everyMs);
    }
    assert.is(marksIn(test), 0);
    await test.end();
  });

it('S157: of several streams only the one that pauses is ended', async () => {
  const test = await TestStream.open();
  const busy = await test.producer.openStream('back-door', { tracks: [TEST_TRACK] });
  await test.putFrames(1);
  for (let i = 0; i < 9; i++) {
    await busy.putFrame(testFrame(i));
    await test.service.pass(3_000);
  }
  assert.equal(
    test.service.uploads.map((upload) => marksIn(test, upload)),
    [1, 0],
  );
  await test.end();
});

it('S158: behind the end frames are skipped up to a key frame', async () => {
  const test = await TestStream.open();
  await test.putFrames(2);
  await test.service.pass(26_000);
  await test.putFrames(2);
  assert.is(test.stream.metrics.framesSkipped, 2);
  await test.putFrames(2);
  assert.equal(
    (await test.service.upload.fragments()).map(({ frames }) => frames.length),
    [2, 2],
  );
  await test.end();
});

for (const [what, jumpMs] of [
  ['forward', 3_600_000],
  ['back', -3_600_000],
] as const)
  it(`T13: a wall clock that is set ${what} neither ends a fragment early nor late`, async () => {
    const test = await TestStream.open();
    await test.putFrames(1);
    await test.service.pass(6_000);
    test.service.jump(jumpMs);
    await test.service.pass(12_000);
    assert.is(marksIn(test, test.service.uploads[0]), 0, 'after 18 s');
    await test.service.pass(8_000);
    assert.is(marksIn(test, test.service.uploads[0]), 1, 'after 26 s');
    await test.end();
  });

it('T13: streams of every kind are ended side by side', async () => {
  const test = await TestStream.open();
  const sound = await test.producer.openStream('back-door', {
    tracks: [{ kind: 'audio', codec: 'aac', sampleRate: 8000, channels: 1 }],
  });
  const cut = await test.producer.openStream('garage', {
    tracks: [TEST_TRACK],
    fragmentation: { mode: 'duration', durationMs: 2_000 },
  });
  await test.putFrames(1);
  await sound.putFrame(testFrame(0));
  await cut.putFrame(testFrame(0));
  await test.service.pass(26_000);
  assert.equal(
    test.service.uploads.map((upload) => marksIn(test, upload)),
    [1, 1, 1],
  );
  await test.end();
});

it('S155: a stream that was stopped has nothing to end', async () => {
  const test = await TestStream.open();
  await test.putFrames(1);
  const stopped = watched(test.stream.stop());
  await test.service.pass(26_000);
  assert.is(marksIn(test), 1, 'that of the stop');
  test.service.uploads.at(-1)?.persist(timecodeOf(0));
  await test.service.pass(1_000);
  assert.ok((await outcomeOf(stopped)) !== 'pending');
  await test.end();
});

it.run();
