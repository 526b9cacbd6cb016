/** Frames that wait for their turn in a store that is full: what makes progress, and what is dropped or refused. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NotPersistedError, StoreFullError } from '../../../../sdk/errors.ts';
import { FULL_FRAME_BYTES, SMALL_STORE } from '../../../support/full-store.ts';
import { framed, h264Sets, slice } from '../../../support/parameter-sets.ts';
import { BASE_MS, outcomeOf, TEST_TRACK, watched } from '../../../support/test-stream.ts';
import { arrived, AUDIO, audio, AUDIO_TRACK, key, openOrdered, VIDEO, video } from '../../../support/uneven-tracks.ts';

const it = suite('frame order in a full store');

const LARGE_FRAME = { sizeBytes: FULL_FRAME_BYTES };

for (const how of ['putFrame', 'tryPutFrame'] as const) {
  it(`a store that waiting frames fill makes progress: ${how}, policy wait`, async () => {
    const test = await openOrdered({}, SMALL_STORE);
    let filled = 0;
    while (test.stream.tryPutFrame(video(filled * 40, { ...LARGE_FRAME, isKey: filled % 2 === 0 })) === 'stored') {
      filled++;
      if (test.eventsOf('track-silent').length > 0 || filled > 20) break;
      await test.service.idle();
    }
    assert.ok(filled >= 5, `${filled} fit`);
    await test.service.idle();
    assert.equal(
      test.eventsOf('track-silent').map(({ trackNumber, reason }) => [trackNumber, reason]),
      [[AUDIO, 'store-full']],
    );
    assert.match(await arrived(test), /^v0/, 'the earliest have gone on');
    const next = video(filled * 40, { ...LARGE_FRAME, isKey: filled % 2 === 0 });
    if (how === 'putFrame') {
      const waiting = watched(test.stream.putFrame(next));
      assert.is(await outcomeOf(waiting), 'pending');
      test.service.upload.persist(BASE_MS);
      await test.service.idle();
      assert.is(await outcomeOf(waiting), undefined);
    } else {
      assert.is(test.stream.tryPutFrame(next), 'full');
      test.service.upload.persist(BASE_MS);
      await test.service.idle();
      assert.is(test.stream.tryPutFrame(next), 'stored');
    }
    await test.end();
  });
}

it('a store that waiting frames fill makes progress for another stream too', async () => {
  const test = await openOrdered({}, SMALL_STORE);
  const other = await test.producer.openStream('back-door', { tracks: [TEST_TRACK] });
  for (let i = 0; i < 7; i++) await test.stream.putFrame(video(i * 40, { ...LARGE_FRAME, isKey: i % 2 === 0 }));
  const waiting = watched(other.putFrame(key(0, LARGE_FRAME)));
  assert.is(await outcomeOf(waiting), 'pending');
  test.service.upload.persist(BASE_MS);
  await test.service.idle();
  assert.is(await outcomeOf(waiting), undefined);
  await test.end();
});

it('a fragment that fills the store with frames that wait is refused as ever', async () => {
  const test = await openOrdered({}, SMALL_STORE);
  let outcome: unknown;
  for (let i = 0; i < 20 && outcome === undefined; i++)
    outcome = await outcomeOf(test.stream.putFrame(video(i * 40, { ...LARGE_FRAME, isKey: i === 0 })));
  assert.instance(outcome, StoreFullError);
  assert.is(test.stream.metrics.framesWaiting, 0, 'all that waited has gone on');
  await test.end();
});

it('a key frame that waits with other parameter sets is packaged in a store that was filled since', async () => {
  const sets = [h264Sets(640, 480), h264Sets(1280, 720)];
  const test = await openOrdered({ tracks: [{ kind: 'video', codec: 'h264' }, AUDIO_TRACK] }, SMALL_STORE);
  const other = await test.producer.openStream('back-door', { tracks: [TEST_TRACK] });
  for (const [i, { units }] of sets.entries())
    await test.stream.putFrame(key(i * 40, { data: framed('avcc', [...units, slice('h264', true, i)]) }));
  await test.stream.putFrame(audio(10));
  await test.service.idle();
  assert.is(await arrived(test), 'v0 a10');
  assert.is(test.stream.metrics.framesWaiting, 1);
  // Its closed fragment could free memory, so nobody lets the frame that waits go on.
  for (let i = 0; i < 2; i++) await other.putFrame(key(0));
  for (let sizeBytes = 1 << 19; sizeBytes >= 64; sizeBytes >>= 1)
    while (other.tryPutFrame(key(0, { sizeBytes })) === 'stored');
  const { storeUsedBytes, storeCapacityBytes } = test.producer.metrics;
  assert.ok(storeCapacityBytes - storeUsedBytes < 256, 'it is full');
  assert.is(test.stream.metrics.framesWaiting, 1);
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  const { fragmentsPut, codecPrivateDataChanges } = test.stream.metrics;
  assert.equal([fragmentsPut, codecPrivateDataChanges], [2, 1]);
  assert.equal(
    test.eventsOf('codec-private-data-changed').map(({ trackNumber, width, height }) => [trackNumber, width, height]),
    [[VIDEO, 1280, 720]],
  );
  await test.end();
  assert.not.instance(await outcomeOf(stopped), StoreFullError);
});

it('a full store, policy drop-oldest: frames that wait close fragments, which go', async () => {
  const test = await openOrdered({ whenFull: 'drop-oldest' }, SMALL_STORE);
  test.service.on('/putMedia', () => new Error('no network'));
  for (let i = 0; i < 30; i++) {
    await test.stream.putFrame(video(i * 40, { ...LARGE_FRAME, isKey: i % 2 === 0 }));
    if (i === 20) await test.stream.putFrame(audio(i * 40 + 1));
  }
  await test.service.idle();
  const { framesPut, framesDropped, storedItems, framesWaiting, framesSkipped } = test.stream.metrics;
  assert.ok(framesDropped > 15, `${framesDropped} were dropped`);
  assert.is(storedItems + framesWaiting + framesDropped + framesSkipped, 31, 'every frame is accounted for');
  assert.ok(framesPut <= 31);
  test.stream.abort();
  assert.is(test.producer.metrics.storeUsedBytes, 0);
  await test.end();
});

it('a stop that never comes to its turn says what waited as well', async () => {
  const test = await openOrdered({ stopTimeoutMs: 1_000 }, SMALL_STORE);
  const puts: Promise<void>[] = [];
  for (let i = 0; i < 12; i++)
    puts.push(watched(test.stream.putFrame(video(i * 40, { ...LARGE_FRAME, isKey: i % 2 === 0 }))));
  await test.service.idle();
  const { framesPut, framesWaiting } = test.stream.metrics;
  assert.ok(framesWaiting > 0 && framesPut > framesWaiting && framesPut < 12, `${framesWaiting} of ${framesPut} wait`);
  const stopped = watched(test.stream.stop());
  await test.service.pass(1_500);
  const failure = (await outcomeOf(stopped)) as NotPersistedError;
  assert.instance(failure, NotPersistedError);
  assert.is(failure.frames, framesPut);
  assert.is(failure.lastTimestampUs, (BASE_MS + (framesPut - 1) * 40) * 1000);
  assert.is(test.producer.metrics.storeUsedBytes, 0);
});

it.run();
