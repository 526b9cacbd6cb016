import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type InvalidFrameError, StoreFullError } from '../../../sdk/errors.ts';
import type { Frame, PutResult } from '../../../sdk/producer/index.ts';
import { outcomeOf, TEST_TRACK, testFrame, TestStream, timecodeOf, watched } from '../../support/test-stream.ts';

const it = suite('full store');

/** Room for some seven frames of this size. */
const STORE_BYTES = 1 << 20;
const FRAME_BYTES = 128 * 1024;
const small = { storeBytes: STORE_BYTES };

/** Puts frames without waiting until one does not fit; returns how many were taken. */
function fill(test: TestStream, from = 0): number {
  let taken = 0;
  while (test.stream.tryPutFrame(testFrame(from + taken, FRAME_BYTES)) === 'stored') taken++;
  return taken;
}

it('a put waits for room, and gets in when a fragment is persisted', async () => {
  const test = await TestStream.open({}, small);
  const taken = fill(test);
  assert.ok(taken >= 5, `${taken} frames fit`);
  const waiting = test.stream.putFrame(testFrame(taken, FRAME_BYTES));
  assert.is(await outcomeOf(waiting), 'pending');
  assert.is(test.producer.metrics.waitingPuts, 1);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await outcomeOf(waiting), undefined);
  assert.is(test.stream.metrics.framesPut, taken + 1);
  assert.is(test.stream.metrics.framesDropped, 0);
  await test.end();
});

it('a full store is told once, with what this stream holds of it, and again after it has been half empty', async () => {
  const test = await TestStream.open({}, small);
  const other = await test.producer.openStream('back-door', { tracks: [TEST_TRACK] });
  await other.putFrame(testFrame(0, FRAME_BYTES / 4));
  const taken = fill(test);
  for (let i = 0; i < 3; i++) test.stream.tryPutFrame(testFrame(taken, FRAME_BYTES));
  await test.service.idle();
  const { storeCapacityBytes, storeUsedBytes } = test.producer.metrics;
  const [full] = test.eventsOf('store-full');
  assert.equal(full, { type: 'store-full', storeCapacityBytes, storeUsedBytes, ownBytes: full?.ownBytes });
  assert.ok(Math.abs((full?.ownBytes ?? 0) - taken * FRAME_BYTES) < FRAME_BYTES / 2, `${full?.ownBytes} are its own`);
  assert.is(test.eventsOf('store-full').length, 1);
  for (const upload of test.service.uploads) upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.ok(fill(test, taken) > 0, 'there is room again');
  await test.service.idle();
  assert.is(test.eventsOf('store-full').length, 2, 'once more');
  await test.end();
});

it('a stream without a link can fill the store: whoever waits then is told so', async () => {
  const test = await TestStream.open({}, small);
  const dead = await test.producer.openStream('back-door', { tracks: [TEST_TRACK], waitUntilReady: false });
  for (let i = 0; dead.tryPutFrame(testFrame(i, FRAME_BYTES)) === 'stored'; i++);
  const waiting = watched(test.stream.putFrame(testFrame(0, FRAME_BYTES)));
  assert.is(await outcomeOf(waiting), 'pending');
  const [full] = test.eventsOf('store-full');
  assert.is(full?.ownBytes, 0, 'none of it is its own');
  dead.abort(new Error('given up'));
  assert.is(await outcomeOf(waiting), undefined, 'room at last');
  await test.end();
});

it('waiting puts keep their order, and tryPutFrame() does not overtake them', async () => {
  const test = await TestStream.open({}, small);
  const taken = fill(test);
  const order: number[] = [];
  const puts = [0, 1].map((i) => test.stream.putFrame(testFrame(taken + i, FRAME_BYTES)).then(() => order.push(i)));
  assert.is(test.stream.tryPutFrame(testFrame(taken + 2, 100)), 'full');
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await Promise.all(puts);
  await test.service.idle();
  assert.equal(order, [0, 1]);
  const frames = (await test.service.upload.fragments()).flatMap((fragment) =>
    fragment.frames.map((frame) => frame.data[10]),
  );
  assert.equal(
    frames,
    Array.from({ length: taken + 2 }, (_, i) => i),
  );
  await test.end();
});

it('a put waits for memory of any stream of the producer', async () => {
  const test = await TestStream.open({}, small);
  const other = await test.producer.openStream('back-door', { tracks: [{ kind: 'video', codec: 'h264' }] });
  fill(test);
  const waiting = other.putFrame(testFrame(0, FRAME_BYTES));
  assert.is(await outcomeOf(waiting), 'pending');
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await outcomeOf(waiting), undefined);
  await test.end();
});

it('an aborted put leaves the queue and was not stored', async () => {
  const test = await TestStream.open({}, small);
  const taken = fill(test);
  const controller = new AbortController();
  const waiting = test.stream.putFrame(testFrame(taken, FRAME_BYTES), { signal: controller.signal });
  const reason = new Error('enough');
  controller.abort(reason);
  assert.is(await outcomeOf(waiting), reason);
  assert.is(test.stream.metrics.framesPut, taken);
  assert.is(test.producer.metrics.waitingPuts, 0);
  await test.end();
});

it('a frame larger than the store is refused at once', async () => {
  const test = await TestStream.open({}, small);
  const error = (await outcomeOf(test.stream.putFrame(testFrame(0, 2 * STORE_BYTES)))) as StoreFullError;
  assert.instance(error, StoreFullError);
  assert.is(error.neededBytes, 2 * STORE_BYTES);
  assert.match(error.message, 'it is larger than the store');
  assert.is(error.retryable, false);
  await test.putFragments(1);
  assert.is(test.stream.metrics.framesPut, 4, 'the next good frames are taken');
  await test.end();
});

it('a fragment that fills the store alone is refused: nothing could free it', async () => {
  const test = await TestStream.open({}, small);
  const key = testFrame(0, FRAME_BYTES);
  await test.stream.putFrame(key);
  let put = Promise.resolve();
  let i = 1;
  for (; i < 20 && (await outcomeOf(put)) === undefined; i++)
    put = test.stream.putFrame({ ...testFrame(1, FRAME_BYTES), timestampUs: key.timestampUs + i * 1000 });
  const error = (await outcomeOf(put)) as StoreFullError;
  assert.instance(error, StoreFullError);
  assert.match(error.message, 'open fragments fill the store');
  await test.end();
});

it('a put that waits for a stream that then ends is told that nothing will be freed', async () => {
  const test = await TestStream.open({}, small);
  const other = await test.producer.openStream('back-door', { tracks: [{ kind: 'video', codec: 'h264' }] });
  const key = testFrame(0, FRAME_BYTES);
  for (let i = 0; i < 4; i++)
    await other.putFrame({ ...testFrame(i === 0 ? 0 : 1, FRAME_BYTES), timestampUs: key.timestampUs + i * 1000 });
  await test.stream.putFrame(testFrame(0, 100));
  await test.stream.putFrame(testFrame(4, 100));
  const waiting = other.putFrame({ ...testFrame(1, STORE_BYTES >> 1), timestampUs: key.timestampUs + 10_000 });
  waiting.catch(() => undefined);
  assert.is(await outcomeOf(waiting), 'pending', 'the front door has a fragment that may be persisted');
  test.stream.abort(new Error('gone'));
  assert.instance(await outcomeOf(waiting), StoreFullError);
  await test.end();
});

for (const end of ['endFragment', 'flush'] as const) {
  it(`${end}() needs no room: a fragment that fills the store is sent, persisted, and the stream goes on`, async () => {
    const test = await TestStream.open({}, small);
    const key = testFrame(0, FRAME_BYTES);
    const put = (i: number, sizeBytes: number): PutResult =>
      test.stream.tryPutFrame({ ...testFrame(i === 0 ? 0 : 1, sizeBytes), timestampUs: key.timestampUs + i * 1000 });
    let count = 0;
    for (const sizeBytes of [FRAME_BYTES, 4_096, 8]) while (put(count, sizeBytes) === 'stored') count++;
    const ended = watched(test.stream[end]());
    await test.service.idle();
    test.service.upload.persist(timecodeOf(0));
    assert.is(await outcomeOf(ended), undefined);
    assert.is((await test.service.upload.fragments())[0]?.frames.length, count);
    assert.is(test.stream.tryPutFrame(testFrame(4, FRAME_BYTES)), 'stored');
    await test.end();
  });
}

it('drop-oldest gives up the oldest fragment that is not being sent, and tells which', async () => {
  const test = await TestStream.open({ whenFull: 'drop-oldest', waitUntilReady: false }, small);
  test.service.on('/describeStream', { status: 503 });
  const results: PutResult[] = [];
  for (let i = 0; i < 12; i++) results.push(test.stream.tryPutFrame(testFrame(i, FRAME_BYTES)));
  assert.ok(results.every((result) => result === 'stored'));
  await test.service.idle();
  const drops = test.eventsOf('frames-dropped');
  assert.ok(drops.length >= 1);
  assert.is(drops[0]?.firstTimestampUs, timecodeOf(0) * 1000);
  assert.is(drops[0]?.lastTimestampUs, testFrame(3).timestampUs);
  assert.is(drops[0]?.frames, 4);
  assert.ok((drops[0]?.bytes ?? 0) >= 4 * FRAME_BYTES);
  const { framesPut, framesDropped, fragmentsUnpersisted } = test.stream.metrics;
  assert.is(framesPut, 12);
  assert.is(framesDropped, 4 * drops.length);
  assert.is(fragmentsUnpersisted, 3 - drops.length, 'the ledger agrees');
  await test.end();
});

for (const timecodeType of ['absolute', 'relative'] as const) {
  it(`drop-oldest tells the very times of the frames, and owes them no more [${timecodeType}]`, async () => {
    const test = await TestStream.open({ whenFull: 'drop-oldest', waitUntilReady: false, timecodeType }, small);
    test.service.on('/describeStream', { status: 503 });
    const timesUs = Array.from({ length: 12 }, (_, i) => testFrame(0).timestampUs + Math.round((i * 1e6) / 30));
    for (const [i, timestampUs] of timesUs.entries())
      assert.is(test.stream.tryPutFrame({ ...testFrame(i, FRAME_BYTES), timestampUs }), 'stored');
    await test.service.idle();
    const drops = test.eventsOf('frames-dropped');
    assert.ok(drops.length >= 1);
    assert.is(drops[0]?.firstTimestampUs, timesUs[0]);
    assert.is(drops[0]?.lastTimestampUs, timesUs[3]);
    assert.is(test.stream.metrics.fragmentsUnpersisted, 3 - drops.length, 'the ledger agrees');
    await test.end();
  });
}
it('drop-oldest owes no longer what it gave up, whatever the times of its frames', async () => {
  const test = await TestStream.open({ whenFull: 'drop-oldest', waitUntilReady: false }, small);
  const betweenMilliseconds = (i: number): Frame => ({
    ...testFrame(i, FRAME_BYTES),
    timestampUs: testFrame(i).timestampUs + 333,
  });
  for (let i = 0; i < 12; i++) assert.is(test.stream.tryPutFrame(betweenMilliseconds(i)), 'stored');
  await test.service.idle();
  const dropped = test.eventsOf('frames-dropped').length;
  assert.ok(dropped >= 1);
  assert.is(test.stream.metrics.fragmentsUnpersisted, 3 - dropped);
  await test.end();
});

it('drop-oldest drops the frame itself when nothing older can go, and what cannot be decoded without it', async () => {
  const test = await TestStream.open({ whenFull: 'drop-oldest' }, small);
  await test.service.idle();
  const key = testFrame(0, FRAME_BYTES);
  test.stream.tryPutFrame(key);
  await test.service.idle();
  const results: PutResult[] = [];
  for (let i = 1; i < 12; i++)
    results.push(test.stream.tryPutFrame({ ...testFrame(1, FRAME_BYTES), timestampUs: key.timestampUs + i * 1000 }));
  const firstDropped = results.indexOf('dropped');
  assert.ok(firstDropped > 0);
  assert.ok(results.slice(firstDropped).every((result) => result === 'dropped'));
  assert.is(
    test.stream.tryPutFrame({ ...testFrame(1, 100), timestampUs: key.timestampUs + 20_000 }),
    'dropped',
    'small, but undecodable',
  );
  assert.is(test.stream.metrics.framesDropped, 11 - firstDropped + 1);
  test.service.upload.ack('BUFFERING', timecodeOf(0));
  await test.service.idle();
  assert.is(test.stream.tryPutFrame(testFrame(4, 1_000)), 'stored', 'the next key frame begins anew');
  await test.end();
});

it('bad frames are refused with the status of what is wrong, and the next good one is taken', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  const good = testFrame(4);
  for (const [frame, code] of [
    [{ ...good, data: new Uint8Array(0) }, 'STATUS_MKV_INVALID_FRAME_DATA'],
    [{ ...good, trackNumber: 2 }, 'STATUS_MKV_TRACK_INFO_NOT_FOUND'],
    [{ ...good, timestampUs: NaN }, 'STATUS_MKV_INVALID_FRAME_TIMESTAMP'],
    [{ ...good, timestampUs: -1 }, 'STATUS_MKV_INVALID_FRAME_TIMESTAMP'],
    [{ ...good, timestampUs: 0.5 }, 'STATUS_MKV_INVALID_FRAME_TIMESTAMP'],
  ] as const) {
    const error = (await outcomeOf(test.stream.putFrame(frame))) as InvalidFrameError;
    assert.is(error.code, code);
    assert.is(error.retryable, false);
  }
  assert.throws(() => test.stream.tryPutFrame({ ...good, data: 'text' as unknown as Uint8Array }), TypeError);
  assert.is(test.stream.tryPutFrame(good), 'stored');
  await test.end();
});

it('frames before the first key frame are skipped', async () => {
  const test = await TestStream.open();
  assert.is(test.stream.tryPutFrame(testFrame(1)), 'skipped');
  await test.stream.putFrame(testFrame(2));
  assert.is(test.stream.tryPutFrame(testFrame(4)), 'stored');
  assert.is(test.stream.metrics.framesSkipped, 2);
  assert.is(test.stream.metrics.framesPut, 1);
  await test.end();
});

it('a wait for a key frame is told once, each time', async () => {
  const test = await TestStream.open();
  for (const i of [1, 2, 3, 4, 5]) test.stream.tryPutFrame(testFrame(i));
  await test.stream.endFragment();
  for (const i of [6, 7, 8, 9]) test.stream.tryPutFrame(testFrame(i));
  await test.service.idle();
  assert.equal(
    test.eventsOf('frames-skipped').map(({ trackNumber, firstTimestampUs }) => [trackNumber, firstTimestampUs]),
    [1, 6].map((i) => [1, testFrame(i).timestampUs]),
  );
  assert.is(test.stream.metrics.framesSkipped, 5);
  await test.end();
});

it.run();
