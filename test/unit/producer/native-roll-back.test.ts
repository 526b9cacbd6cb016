/** `rollBack: 'native'`: what is sent again as the native producer does, what is given up for it, and that it is told. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { NotPersistedError } from '../../../sdk/errors.ts';
import { FRAMES_A_FRAGMENT, outcomeOf, testFrame, TestStream, timecodeOf, watched } from '../../support/test-stream.ts';

const it = suite('native roll back');
const RECONNECT_MS = 2_000;
const native = { rollBack: 'native', replayDurationUs: 1_000_000 } as const;
const timecodes = (...fragments: number[]): number[] => fragments.map(timecodeOf);

it('the native policy goes on behind what a living host has received', async () => {
  const test = await TestStream.open(native);
  await test.putFragments(4);
  for (const n of [0, 1]) test.service.upload.ack('RECEIVED', timecodeOf(n));
  test.service.upload.ack('ERROR', undefined, { ErrorId: 4000 });
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), timecodes(2, 3));
  assert.equal(test.eventsOf('frames-dropped'), []);
  assert.is(test.stream.metrics.fragmentsResent, 2);
  test.service.upload.persist(timecodeOf(2));
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 3, 'the received ones with it');
  await test.end();
});

it('an unnamed error ack is for what the connection carries, not for what another one was told is received', async () => {
  const test = await TestStream.open(native);
  await test.putFragments(4);
  for (const n of [0, 1]) test.service.upload.ack('RECEIVED', timecodeOf(n));
  test.service.upload.ack('ERROR', undefined, { ErrorId: 4000 });
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), timecodes(2, 3));
  test.service.upload.ack('ERROR', undefined, { ErrorId: 4006 });
  await test.service.idle();
  assert.equal(
    test.eventsOf('fragment-rejected').map(({ timecode }) => timecode),
    [timecodeOf(2)],
  );
  await test.end();
});

it('what the native policy gives up after a lost host is told, and flush says so', async () => {
  const test = await TestStream.open(native);
  await test.putFragments(4);
  test.service.upload.ack('RECEIVED', timecodeOf(0));
  await test.service.idle();
  const flushing = watched(test.stream.flush());
  await test.service.idle();
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), timecodes(2, 3));
  assert.equal(
    test
      .eventsOf('frames-dropped')
      .map(({ reason, fragments, frames, firstTimestampUs, lastTimestampUs }) => [
        reason,
        fragments,
        frames,
        firstTimestampUs,
        lastTimestampUs,
      ]),
    [['roll-back', 2, 8, timecodeOf(0) * 1000, timecodeOf(2) * 1000 - 250_000]],
  );
  assert.is(test.stream.metrics.framesDropped, 8);
  test.service.upload.persist(timecodeOf(3));
  await test.service.idle();
  const error = (await outcomeOf(flushing)) as NotPersistedError;
  assert.equal([error.fragments, error.frames], [2, 8]);
  await test.end();
});

it('the native policy waits for a key frame after a timeout with everything sent', async () => {
  const test = await TestStream.open({ ...native, stallTimeoutMs: 3_000 });
  test.service.uploadsStayOpen = true;
  await test.putFragments(2);
  await test.service.pass(6_000);
  assert.is(test.service.uploads.length, 1, 'no connection before there is something new');
  await test.putFrames(2);
  await test.service.pass(RECONNECT_MS);
  assert.is(test.service.uploads.length, 2, 'the next frame was a key frame');
  assert.equal(await test.service.upload.timecodes(), timecodes(1), 'the key frame goes over one of its own');
  assert.is(test.stream.metrics.fragmentsResent, 1);
  test.service.upload.persist(timecodeOf(1));
  await test.service.idle();
  test.service.upload.close();
  await test.service.pass(RECONNECT_MS);
  assert.is(test.service.uploads.length, 3);
  assert.equal(await test.service.upload.timecodes(), timecodes(2));
  assert.is(test.eventsOf('frames-dropped')[0]?.frames, 4, 'the fragment before the replay');
  await test.end();
});

for (const replayDurationUs of [0, 1_000_000])
  it(`what was received and not persisted is sent again for a stop, a flush: replay of ${replayDurationUs} µs`, async () => {
    for (const call of ['stop', 'flush'] as const) {
      const test = await TestStream.open({ ...native, replayDurationUs });
      await test.putFragments(2);
      const done = watched(test.stream[call]());
      await test.service.idle();
      for (const n of [0, 1]) test.service.upload.ack('RECEIVED', timecodeOf(n));
      await test.service.idle();
      test.service.upload.close();
      await test.service.pass(RECONNECT_MS);
      assert.equal(await test.service.upload.timecodes(), timecodes(0, 1), call);
      test.service.upload.persist(timecodeOf(1));
      await test.service.idle();
      test.service.upload.close();
      await test.service.idle();
      assert.is(await outcomeOf(done), undefined, call);
      await test.end();
    }
  });

it('stop and flush do not wait for a key frame', async () => {
  for (const call of ['stop', 'flush'] as const) {
    const test = await TestStream.open({ ...native, stallTimeoutMs: 3_000 });
    await test.putFragments(2);
    await test.service.pass(6_000);
    assert.is(test.service.uploads.length, 1, call);
    const done = watched(test.stream[call]());
    await test.service.pass(RECONNECT_MS);
    assert.is(test.service.uploads.length, 2, call);
    assert.equal(await test.service.upload.timecodes(), timecodes(0, 1), call);
    // For a flush the connection goes on, and nothing else would end the fragment.
    const text = Buffer.from(test.service.upload.bytes).toString('latin1');
    assert.ok(text.includes('AWS_KINESISVIDEO_END_OF_FRAGMENT'), call);
    test.service.upload.persist(timecodeOf(0), timecodeOf(1));
    await test.service.idle();
    assert.is(await outcomeOf(done), undefined, call);
    await test.end();
  }
});

for (const order of ['before', 'after'] as const)
  it(`the native policy does not wait for a key frame that finds no room: a put ${order} the timeout`, async () => {
    const test = await TestStream.open({ ...native, stallTimeoutMs: 3_000 }, { storeBytes: 1 << 20 });
    test.service.uploadsStayOpen = true;
    let taken = 0;
    while (test.stream.tryPutFrame(testFrame(taken, 128 * 1024)) === 'stored') taken++;
    await test.service.idle();
    if (order === 'after') await test.service.pass(6_000);
    const keyFrame = testFrame(taken + FRAMES_A_FRAGMENT - (taken % FRAMES_A_FRAGMENT), 128 * 1024);
    const waiting = watched(test.stream.putFrame(keyFrame));
    await test.service.pass(8_000);
    assert.ok(test.service.uploads.length >= 2, 'what is kept goes out again, until it is acknowledged');
    test.service.upload.persist(timecodeOf(0));
    await test.service.idle();
    assert.is(await outcomeOf(waiting), undefined);
    await test.end();
  });

it.run();
