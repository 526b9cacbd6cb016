/** Frames that another thread puts: they come out as if the owner had put them, and every promise of a put holds. */
// time-limit-s: 300
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidFrameError, StoreFullError } from '../../../sdk/errors.ts';
import { type Frame, STATUS } from '../../../sdk/producer/index.ts';
import { framed, h264Sets, slice } from '../../support/parameter-sets.ts';
import { rejectionOf } from '../../support/rejection.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { outcomeOf, TEST_TRACK, testFrame, timecodeOf, watched } from '../../support/test-stream.ts';
import { PutThread } from './put-thread.ts';
import { eventually, finish, FRAME_BYTES, frames, openShared, receivedFrames, SMALL } from './shared-media.ts';

const it = suite('shared stream');

it('frames of another thread arrive identical and in order, one by one, in a row, and blocking', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  const all = frames(48);
  await thread.putFrames(all.slice(0, 10));
  await thread.putFrames(all.slice(10, 40), true);
  for (const frame of all.slice(40)) assert.is(await thread.tryPutFrame(frame), 'stored');
  await test.stream.endFragment();
  await test.service.idle();
  const { framesPut, bytesPut, fragmentsPut } = test.stream.metrics;
  assert.equal([framesPut, bytesPut, fragmentsPut], [48, 48_000, 12]);
  const received = await receivedFrames(test);
  assert.is(received.length, 48);
  for (const [index, { data }] of all.entries()) assert.is(Buffer.compare(received[index]!, data), 0, `frame ${index}`);
  await finish(test, thread);
});

it('Annex-B is adapted in the other thread, once the first frame has shown it', async () => {
  const test = await openShared({ tracks: [{ kind: 'video', codec: 'h264' }] });
  const thread = await PutThread.attach(test.stream.share());
  const units = Array.from({ length: 8 }, (_, index) =>
    index % 4 === 0 ? [...h264Sets(640, 480).units, slice('h264', true, index)] : [slice('h264', false, index)],
  );
  const annexB = units.map((unit, index) => ({ ...testFrame(index), data: framed('annexb', unit) }));
  // So many start codes of three bytes that the frame outgrows the room that is kept for them.
  const short = Array.from({ length: 90 }, (_, index) => [0, 0, 1, 0x41, index + 1]);
  const avcc = short.map(([, , , type = 0, number = 0]) => [0, 0, 0, 2, type, number]);
  annexB.push({ ...testFrame(9), data: Uint8Array.from(short.flat()) });
  await thread.putFrames(annexB);
  await test.stream.endFragment();
  await test.service.idle();
  const expected = [...units.map((unit) => framed('avcc', unit)), Uint8Array.from(avcc.flat())];
  const received = await receivedFrames(test);
  assert.is(received.length, expected.length);
  for (const [index, data] of expected.entries())
    assert.is(Buffer.compare(received[index]!, data), 0, `frame ${index}`);
  await finish(test, thread);
});

it('what is wrong with a frame is thrown in the thread that puts it, by its class and with its data', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  await thread.putFrames(frames(5));
  const early = { ...testFrame(8), timestampUs: 1 };
  const wrong: ReadonlyArray<readonly [Frame, number]> = [
    [early, STATUS.STATUS_MKV_INVALID_FRAME_TIMESTAMP],
    [{ ...early, timestampUs: 0.5 }, STATUS.STATUS_MKV_INVALID_FRAME_TIMESTAMP],
    [{ ...testFrame(8), trackNumber: 2 }, STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND],
    [{ ...testFrame(8), data: new Uint8Array(0) }, STATUS.STATUS_MKV_INVALID_FRAME_DATA],
  ];
  for (const [frame, status] of wrong) {
    for (const put of [() => thread.putFrames([frame]), () => thread.tryPutFrame(frame)]) {
      const error = await rejectionOf(put());
      assert.instance(error, InvalidFrameError);
      assert.is((error as InvalidFrameError).status, status);
      assert.is((error as InvalidFrameError).timestampUs, frame.timestampUs);
    }
  }
  assert.instance(await rejectionOf(thread.putFrames([{ ...early, data: [1] as never }])), TypeError);
  assert.is(test.stream.metrics.putFrameErrors, 2 * wrong.length);
  assert.is(await thread.tryPutFrame(testFrame(5)), 'stored');
  await finish(test, thread);
});

it('a frame before the first key frame is skipped, and its room is free again', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  const { storeUsedBytes } = test.producer.metrics;
  assert.is(await thread.tryPutFrame(testFrame(1)), 'skipped');
  assert.is(test.producer.metrics.storeUsedBytes, storeUsedBytes);
  assert.is(test.stream.metrics.framesSkipped, 1);
  await finish(test, thread);
});

it('wait: a put that finds the store full waits for acks, and those behind it stay behind', async () => {
  const test = await openShared({}, SMALL);
  const thread = await PutThread.attach(test.stream.share());
  let taken = 0;
  while ((await thread.tryPutFrame(testFrame(taken, FRAME_BYTES))) === 'stored') taken++;
  assert.ok(taken >= 5, `${taken} frames fit`);
  assert.is(test.stream.metrics.storePressures >= 1, true, 'told to the owner');
  const waiting = watched(thread.putFrames([testFrame(taken, FRAME_BYTES), testFrame(taken + 1)], true));
  await eventually(() => test.producer.metrics.waitingPuts > 0, 'the put waits');
  assert.is(await outcomeOf(waiting), 'pending');
  assert.is(await thread.tryPutFrame(testFrame(taken + 2)), 'full', 'nobody overtakes');
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await waiting, 2);
  assert.is(test.stream.metrics.framesPut, taken + 2);
  await test.stream.endFragment();
  await test.service.idle();
  const received = await receivedFrames(test);
  assert.equal(
    received.map((data) => data.at(-1)),
    Array.from({ length: taken + 2 }, (_, index) => index),
  );
  await finish(test, thread);
});

it('reject: a full store is StoreFullError in the other thread', async () => {
  const test = await openShared({ whenFull: 'reject' }, SMALL);
  const thread = await PutThread.attach(test.stream.share());
  const error = await rejectionOf(thread.putFrames(frames(20, FRAME_BYTES)));
  assert.instance(error, StoreFullError);
  assert.is((error as StoreFullError).capacityBytes, SMALL.storeBytes);
  await finish(test, thread);
});

it('drop-oldest: fragments go for new frames, each told at the owner', async () => {
  const test = await openShared({ whenFull: 'drop-oldest', waitUntilReady: false }, SMALL);
  const thread = await PutThread.attach(test.stream.share());
  await thread.putFrames(frames(24, FRAME_BYTES));
  await test.service.idle();
  const { framesPut, framesDropped } = test.stream.metrics;
  const told = test.eventsOf('frames-dropped').reduce((sum, event) => sum + event.frames, 0);
  assert.ok(framesDropped > 0);
  assert.is(told, framesDropped);
  assert.ok(framesPut <= 24);
  await finish(test, thread);
});

it('metadata, the end of a fragment and flush keep their place among the frames', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  await thread.call({ do: 'metadata', name: 'place', value: 'door' });
  await thread.putFrames(frames(3));
  await thread.call({ do: 'call', name: 'endFragment' });
  await thread.putFrames(frames(7).slice(4));
  const flushed = thread.call({ do: 'call', name: 'flush' });
  await eventually(() => test.stream.metrics.fragmentsPut === 2, 'two fragments');
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0), timecodeOf(1));
  await test.service.idle();
  await flushed;
  const fragments = await test.service.upload.fragments();
  assert.equal(
    fragments.map((fragment) => fragment.frames.length),
    [3, 3],
  );
  assert.is(fragments[0]!.tags.find(({ name }) => name === 'place')?.value, 'door');
  await finish(test, thread);
});

it('two threads put a track each, and the order of times is kept', async () => {
  const sound = { kind: 'audio', codec: 'aac', codecPrivateData: Uint8Array.of(0x11, 0x90) } as const;
  const test = await openShared({ tracks: [TEST_TRACK, sound], frameOrder: 'decode-time' });
  const threads = [await PutThread.attach(test.stream.share()), await PutThread.attach(test.stream.share())];
  const pictures = frames(40);
  const sounds = pictures.map(({ timestampUs }, index) => ({
    data: Uint8Array.of(7, index),
    timestampUs: timestampUs + 100_000,
    isKey: false,
    trackNumber: 2,
  }));
  await Promise.all([threads[0]!.putFrames(pictures, true), threads[1]!.putFrames(sounds, true)]);
  await test.stream.endFragment();
  await test.service.idle();
  const fragments = await test.service.upload.fragments();
  const times = fragments.flatMap((fragment) => fragment.frames).map(({ timestampUs }) => timestampUs);
  assert.is(times.length, 80);
  assert.equal(
    times,
    times.toSorted((a, b) => a - b),
  );
  await finish(test, ...threads);
});

it('data in shared memory that is altered while it is put harms that frame alone', async () => {
  const test = await openShared({ tracks: [{ kind: 'video', codec: 'h264' }] });
  const thread = await PutThread.attach(test.stream.share());
  const units = [...h264Sets(640, 480).units, slice('h264', true, 0)];
  assert.is(test.stream.tryPutFrame({ ...testFrame(0), data: framed('annexb', units) }), 'stored');
  const sizeBytes = 20_000;
  const shared = new Uint8Array(new SharedArrayBuffer(sizeBytes)).fill(7);
  shared.set([0, 0, 0, 1, 0x41]);
  const random = seededRandom(7);
  const altered = Array.from({ length: 300 }, (_, index) => ({ ...testFrame(index + 1), isKey: false, data: shared }));
  let isDone = false;
  const putting = thread.call({ do: 'put-all', frames: altered }).finally(() => (isDone = true)) as Promise<string[]>;
  for (let turns = 0; !isDone && turns < 1_000_000; turns++) {
    // Start codes come and go behind the first.
    for (let change = 0; change < 50; change++) shared[5 + Math.floor(random() * 59)] = Math.floor(random() * 4);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const outcomes = await putting;
  assert.is(outcomes.length, 300);
  assert.is(test.stream.metrics.framesPut, 1 + outcomes.filter((outcome) => outcome === 'put').length);
  await test.stream.endFragment();
  await test.service.idle();
  const received = await receivedFrames(test);
  assert.is(received.length, test.stream.metrics.framesPut);
  assert.is(Buffer.compare(received[0]!, framed('avcc', units)), 0);
  // Adapted as it was when it had been copied: lengths lead from unit to unit, up to the last byte.
  for (const [index, data] of received.entries()) {
    let at = 0;
    while (at < data.length) at += 4 + data.readUInt32BE(at);
    assert.is(at, data.length, `frame ${index}`);
  }
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(test.producer.metrics.storeUsedBytes, 0);
  await finish(test, thread);
});

it('a chunk that cannot be copied is the fault of its put alone, however many there are', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  await thread.putFrames(frames(4));
  const { storeUsedBytes } = test.producer.metrics;
  const { timestampUs } = testFrame(4);
  // More than are on their way at once: each gives its place to the next.
  const outcomes = thread.call({ do: 'put-gone-chunks', timestamp: timestampUs, count: 200 });
  thread.waitUntilObeyed(3);
  assert.equal(await outcomes, Array<string>(200).fill('The chunk is closed'));
  assert.is(test.producer.metrics.storeUsedBytes, storeUsedBytes);
  await thread.putFrames(frames(8).slice(4), true);
  assert.is(test.stream.metrics.framesPut, 8);
  await finish(test, thread);
});

it.run();
