/** Threads that are killed at any moment while they put: what they put whole arrives, in order, and nothing of the store is lost. */
// time-limit-s: 300
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CorePoisonedError } from '../../../sdk/errors.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { FRAMES_A_FRAGMENT, testFrame, timecodeOf, watched } from '../../support/test-stream.ts';
import { PutThread } from './put-thread.ts';
import { eventually, openShared } from './shared-media.ts';

const it = suite('killed threads');

const ROUNDS = 8;
const FRAME_BYTES = 30_000;
const BATCH = 300;
const seed = Number(process.env.PENSTOCK_THREADS_SEED ?? Date.now() % 100_000);
console.log(`PENSTOCK_THREADS_SEED=${seed}`);

it('the store stays whole, or the producer says that it is not', async () => {
  const random = seededRandom(seed);
  const test = await openShared({}, { storeBytes: 256 << 20 });
  assert.is(test.stream.tryPutFrame(testFrame(0, FRAME_BYTES)), 'stored');
  let failed = 0;
  for (let round = 0; round < ROUNDS && failed === 0; round++) {
    const from = test.stream.metrics.framesPut;
    const thread = await PutThread.attach(test.stream.share());
    const batch = Array.from({ length: BATCH }, (_, index) => testFrame(from + index, FRAME_BYTES));
    void watched(thread.putFrames(batch, random() < 0.5));
    const atLeast = from + Math.floor(random() * (BATCH - 64));
    await eventually(() => test.stream.metrics.framesPut >= atLeast, `frame ${atLeast} is put`);
    await thread.end();
    // The end is told by an event of its own.
    await new Promise((resolve) => setTimeout(resolve, 50));
    failed = test.eventsOf('failed').length;
  }
  if (failed > 0) {
    // In the middle of a call into the core, which takes microseconds.
    assert.instance(test.eventsOf('failed')[0]!.error, CorePoisonedError);
    console.log('a thread was killed in the middle of a call');
    return;
  }
  const { framesPut } = test.stream.metrics;
  await test.stream.endFragment();
  await test.service.idle();
  const fragments = await test.service.upload.fragments();
  const received = fragments.flatMap((fragment) => fragment.frames);
  assert.is(received.length, framesPut);
  for (const [index, { data }] of received.entries())
    assert.is(Buffer.compare(data, testFrame(index, FRAME_BYTES).data), 0, `frame ${index}`);
  const count = Math.ceil(framesPut / FRAMES_A_FRAGMENT);
  test.service.upload.persist(...Array.from({ length: count }, (_, index) => timecodeOf(index)));
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, count);
  assert.is(test.producer.metrics.storeUsedBytes, 0, 'all of the store is free');
  await test.end();
});

it.run();
