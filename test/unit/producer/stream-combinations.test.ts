/** What the parts of a stream do to each other: order, private data, roll back and room in the store at once. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StreamStoppedError } from '../../../sdk/errors.ts';
import type { TrackChunk } from '../../../sdk/producer/index.ts';
import { fillByOneFragment, fillStore, FULL_FRAME_BYTES, SMALL_STORE } from '../../support/full-store.ts';
import { h264Sets } from '../../support/parameter-sets.ts';
import { BASE_MS, outcomeOf, testFrame, TestStream, timecodeOf, watched } from '../../support/test-stream.ts';
import { arrived, audio, key, openOrdered, VIDEO } from '../../support/uneven-tracks.ts';

const it = suite('stream combinations');
const RECONNECT_MS = 2_000;

it('a flush waits for what was put before it, and not for the fragment of a put that waited behind it', async () => {
  const test = await TestStream.open({ endIdleFragmentsAfterMs: 0 }, SMALL_STORE);
  const filled = fillStore(test, 0);
  const before = watched(test.stream.putFrame(testFrame(filled, FULL_FRAME_BYTES)));
  const flushed = watched(test.stream.flush());
  const next = filled + 4 - (filled % 4);
  const behind = watched(test.stream.putFrame(testFrame(next, FULL_FRAME_BYTES)));
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.equal([await outcomeOf(before), await outcomeOf(behind)], [undefined, undefined]);
  test.service.upload.persist(timecodeOf(1));
  assert.is(await outcomeOf(flushed), undefined);
  assert.is(test.stream.metrics.fragmentsUnpersisted, 1, 'the one that was put behind it');
  await test.end();
});

for (const how of ['putFrame', 'tryPutFrame'] as const) {
  it(`native roll back: the key frame that it waits for gets in, although received fragments fill the store [${how}]`, async () => {
    const test = await TestStream.open({ rollBack: 'native', stallTimeoutMs: 3_000 }, SMALL_STORE);
    const filled = fillStore(test, 0);
    await test.service.idle();
    test.service.upload.ack('RECEIVED', timecodeOf(0));
    await test.service.pass(3_000 + RECONNECT_MS);
    assert.equal(
      test.eventsOf('disconnected').map(({ reason }) => reason),
      ['stalled'],
    );
    assert.is(test.service.uploads.length, 1, 'everything was sent, and a key frame is waited for');
    const next = testFrame(filled + 4 - (filled % 4), FULL_FRAME_BYTES);
    const waiting = how === 'putFrame' ? watched(test.stream.putFrame(next)) : undefined;
    if (waiting === undefined) assert.is(test.stream.tryPutFrame(next), 'full');
    await test.service.pass(RECONNECT_MS);
    assert.is(test.service.uploads.length, 2, 'what was received is sent again');
    assert.equal(await test.service.upload.timecodes(), [0, 1].map(timecodeOf));
    test.service.upload.persist(timecodeOf(0), timecodeOf(1));
    await test.service.idle();
    if (waiting === undefined) assert.is(test.stream.tryPutFrame(next), 'stored');
    else assert.is(await outcomeOf(waiting), undefined);
    await test.end();
  });
}

it('a reset gives frames up that wait, and keeps the private data that they brought', async () => {
  const [small, large] = [h264Sets(640, 480), h264Sets(1280, 720)];
  const test = await openOrdered();
  const chunk = (atMs: number, description: Uint8Array): TrackChunk => {
    const { data, timestampUs } = key(atMs);
    const copyTo = (to: Uint8Array): void => to.set(data);
    const frame = { type: 'key', timestamp: timestampUs, duration: null, byteLength: data.length, copyTo } as const;
    return { chunk: frame, trackNumber: VIDEO, decoderConfig: { description } };
  };
  for (const frame of [chunk(0, small.record), audio(1), chunk(40, small.record), chunk(80, large.record)])
    await test.stream.putFrame(frame);
  assert.is(test.stream.metrics.framesWaiting, 2);
  test.stream.resetStream();
  await test.service.pass(RECONNECT_MS);
  for (const frame of [chunk(120, large.record), audio(121)]) await test.stream.putFrame(frame);
  await test.service.pass(RECONNECT_MS);
  assert.match(await arrived(test), /^v120/);
  const [fragment] = await test.service.upload.fragments();
  assert.is(fragment?.tracks[0]?.pixelWidth, 1280);
  await test.end();
});

it('a fragment that was persisted while it was open and full makes room for the key frame that ends it', async () => {
  const test = await TestStream.open({}, SMALL_STORE);
  const filled = fillByOneFragment(test);
  await test.service.idle();
  test.service.upload.persist(BASE_MS);
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 0, 'frames may still join it');
  const next = { ...testFrame(0, FULL_FRAME_BYTES), timestampUs: (BASE_MS + filled) * 1000 };
  assert.is(await outcomeOf(test.stream.putFrame(next)), undefined);
  assert.equal([test.stream.metrics.fragmentsPersisted, test.stream.metrics.fragmentsUnpersisted], [1, 1]);
  await test.end();
});

it('of fragments that begin in one millisecond an error costs one, and that one is told', async () => {
  const test = await TestStream.open({ endIdleFragmentsAfterMs: 0 });
  const at = testFrame(0).timestampUs;
  for (const i of [0, 1, 4]) await test.stream.putFrame({ ...testFrame(i), timestampUs: at });
  await test.service.idle();
  test.service.upload.ack('RECEIVED', BASE_MS);
  test.service.upload.ack('ERROR', undefined, { ErrorId: 4006 });
  await test.service.pass(RECONNECT_MS);
  const [event] = test.eventsOf('fragment-rejected');
  assert.is(event?.lostFrames.length, event?.frames);
  const { framesPut, framesRejected, storedItems, fragmentsUnpersisted } = test.stream.metrics;
  assert.equal([framesPut - framesRejected - storedItems, fragmentsUnpersisted], [0, 1]);
  await test.end();
});

it('without acks, fragments that begin in one millisecond leave the store together, and a reset tells only what is left', async () => {
  const test = await TestStream.open({ fragmentAcks: false, endIdleFragmentsAfterMs: 0 });
  const at = testFrame(0).timestampUs;
  // Put at once, so that the two closed ones are let go by one read.
  for (const i of [0, 1, 4, 5, 6, 8]) void test.stream.putFrame({ ...testFrame(i), timestampUs: at });
  await test.service.idle();
  const { fragmentsSent, fragmentsUnpersisted, storedItems } = test.stream.metrics;
  assert.equal([fragmentsSent, fragmentsUnpersisted, storedItems], [2, 1, 1]);
  test.stream.resetStream();
  await test.service.idle();
  const [event] = test.eventsOf('frames-dropped');
  assert.equal([event?.frames, event?.lostFrames.length, test.producer.metrics.storeUsedBytes], [1, 1, 0]);
  await test.end();
});

it('what is called behind a stop is rejected as on a stopped stream', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  const stopped = watched(test.stream.stop());
  const { stream } = test;
  for (const call of [
    () => stream.flush(),
    () => stream.endFragment(),
    () => stream.putFragmentMetadata('name', 'value'),
    () => stream.putEventMetadata(['notification']),
  ])
    assert.instance(await outcomeOf(call()), StreamStoppedError, String(call));
  test.service.upload.persist(timecodeOf(0));
  assert.is(await outcomeOf(stopped), undefined);
  await test.end();
});

it.run();
