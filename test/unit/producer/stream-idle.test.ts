/** The intermittent producer: a fragment is ended when no frame comes any more. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { outcomeOf, testFrame, TestStream, timecodeOf, watched } from '../../support/test-stream.ts';

const it = suite('idle fragments');
const IDLE_MS = 4_000;
const idle = { endIdleFragmentsAfterMs: IDLE_MS } as const;
const MARK = 'AWS_KINESISVIDEO_END_OF_FRAGMENT';
const marksIn = (bytes: Uint8Array): number => Buffer.from(bytes).toString('latin1').split(MARK).length - 1;

it('a pause ends the open fragment, once; frames go on at the next key frame', async () => {
  const test = await TestStream.open(idle);
  await test.putFrames(2);
  await test.service.pass(IDLE_MS);
  assert.is(marksIn(test.service.upload.bytes), 0, 'not before it is over');
  await test.service.pass(2_000);
  assert.is(marksIn(test.service.upload.bytes), 1);
  await test.service.pass(3 * IDLE_MS);
  assert.is(marksIn(test.service.upload.bytes), 1, 'an ended fragment is not ended again');
  await test.putFrames(2);
  assert.is(test.stream.metrics.framesSkipped, 2);
  await test.putFrames(1);
  const fragments = await test.service.upload.fragments();
  assert.equal(
    fragments.map(({ clusterTimecode, frames }) => [clusterTimecode, frames.length]),
    [
      [timecodeOf(0), 2],
      [timecodeOf(1), 1],
    ],
  );
  await test.end();
});

it('frames now and then keep it open', async () => {
  const test = await TestStream.open(idle);
  for (let i = 0; i < 4; i++) {
    await test.putFrames(1);
    await test.service.pass(IDLE_MS - 1_000);
  }
  assert.is(marksIn(test.service.upload.bytes), 0);
  await test.end();
});

it('only the stream that pauses is ended', async () => {
  const test = await TestStream.open(idle);
  const other = await test.producer.openStream('back-door', {
    tracks: [{ kind: 'audio', codec: 'aac', sampleRate: 8000, channels: 1 }],
    ...idle,
  });
  await test.putFrames(1);
  for (let i = 0; i < 6; i++) {
    await other.putFrame(testFrame(i * 4));
    await test.service.pass(1_000);
  }
  assert.equal(
    test.service.uploads.map(({ bytes }) => marksIn(bytes)),
    [1, 0],
  );
  await test.end();
});

it('twenty seconds by default, and never with 0', async () => {
  const byDefault = await TestStream.open();
  await byDefault.putFrames(1);
  await byDefault.service.pass(20_000);
  assert.is(marksIn(byDefault.service.upload.bytes), 0);
  await byDefault.service.pass(5_100);
  assert.is(marksIn(byDefault.service.upload.bytes), 1);
  await byDefault.end();
  const never = await TestStream.open({ endIdleFragmentsAfterMs: 0 });
  await never.putFrames(1);
  await never.service.pass(26_000);
  assert.is(marksIn(never.service.upload.bytes), 0);
  await never.end();
});

it('a stream that ends leaves no timer behind', async () => {
  const test = await TestStream.open(idle);
  await test.putFragments(1);
  const stopping = watched(test.stream.stop());
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await test.service.pass(2 * IDLE_MS);
  assert.is(await outcomeOf(stopping), undefined);
  assert.is(test.service.timerCount, 0);
  await test.end();
});

it.run();
