/** Frames that another thread puts: they come out as if the owner had put them, and every promise of a put holds. */
// time-limit-s: 300
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CorePoisonedError,
  InvalidFrameError,
  KvsError,
  StoreFullError,
  StreamStoppedError,
} from '../../../sdk/errors.ts';
import { createProducerWith, type Frame, STATUS } from '../../../sdk/producer/index.ts';
import { attachStream } from '../../../sdk/threads/attached-stream.ts';
import type { StreamToken } from '../../../sdk/threads/share-message.ts';
import { framed, h264Sets, slice } from '../../support/parameter-sets.ts';
import { CREDENTIALS, ScriptedMedia } from '../../support/scripted-media.ts';
import { outcomeOf, TEST_TRACK, testFrame, type TestStream, timecodeOf, watched } from '../../support/test-stream.ts';
import { PutThread } from './put-thread.ts';
import { eventually, openShared } from './shared-media.ts';

const it = suite('shared stream');

const SMALL = { storeBytes: 1 << 20 } as const;
const FRAME_BYTES = 128 * 1024;
const frames = (count: number, sizeBytes?: number): Frame[] =>
  Array.from({ length: count }, (_, index) => testFrame(index, sizeBytes));

async function finish(test: TestStream, ...threads: readonly PutThread[]): Promise<void> {
  await test.end();
  for (const thread of threads) await thread.end();
}

/** What the service has received, frame by frame. */
async function receivedFrames(test: TestStream): Promise<Buffer[]> {
  const fragments = await test.service.upload.fragments();
  return fragments.flatMap((fragment) => fragment.frames).map(({ data }) => Buffer.from(data));
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.unreachable('it should have been refused'),
    (error: unknown) => error,
  );
}

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
      const error = await failureOf(put());
      assert.instance(error, InvalidFrameError);
      assert.is((error as InvalidFrameError).status, status);
      assert.is((error as InvalidFrameError).timestampUs, frame.timestampUs);
    }
  }
  assert.instance(await failureOf(thread.putFrames([{ ...early, data: [1] as never }])), TypeError);
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
  const error = await failureOf(thread.putFrames(frames(20, FRAME_BYTES)));
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

it('stop at the owner while a thread puts: what was stored is sent, what came later hears that it is stopped', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  await thread.putFrames(frames(4));
  const putting = failureOf(thread.putFrames(frames(2_000).slice(4)));
  await eventually(() => test.stream.metrics.framesPut > 40, 'it puts');
  const stopped = test.stream.stop();
  const error = await putting;
  assert.instance(error, StreamStoppedError);
  await test.service.idle();
  const { framesPut } = test.stream.metrics;
  const received = await receivedFrames(test);
  assert.is(received.length, framesPut);
  test.service.upload.persist(...Array.from({ length: Math.ceil(framesPut / 4) }, (_, index) => timecodeOf(index)));
  await test.service.idle();
  test.service.upload.close();
  await test.service.idle();
  await stopped;
  assert.instance(await failureOf(thread.tryPutFrame(testFrame(0))), StreamStoppedError);
  await finish(test, thread);
});

it('a stream that fails rejects what waits in the other thread, with its reason', async () => {
  const test = await openShared({}, SMALL);
  const thread = await PutThread.attach(test.stream.share());
  const putting = failureOf(thread.putFrames(frames(20, FRAME_BYTES)));
  await eventually(() => test.producer.metrics.waitingPuts > 0, 'a put waits');
  test.stream.abort(new KvsError(STATUS.STATUS_INVALID_OPERATION, 'given up'));
  const error = await putting;
  assert.instance(error, KvsError);
  assert.is((error as KvsError).message, 'given up');
  assert.is((error as KvsError).status, STATUS.STATUS_INVALID_OPERATION);
  await finish(test, thread);
});

it('a thread that ends while it copies a frame: its room is given back, and the stream goes on with another', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  await thread.putFrames(frames(4));
  const { storeUsedBytes } = test.producer.metrics;
  const words = new SharedArrayBuffer(8);
  void thread.call({ do: 'stay-in-copy', frame: testFrame(4, 50_000), words });
  await eventually(() => Atomics.load(new Int32Array(words), 0) === 1, 'it copies');
  assert.ok(test.producer.metrics.storeUsedBytes > storeUsedBytes + 50_000);
  await thread.end();
  await eventually(() => test.producer.metrics.storeUsedBytes === storeUsedBytes, 'its room is free');
  const next = await PutThread.attach(test.stream.share());
  await next.putFrames(frames(8).slice(4));
  await test.stream.endFragment();
  await test.service.idle();
  assert.is((await receivedFrames(test)).length, 8);
  await finish(test, next);
});

it('where it is not known when a thread runs no more, nobody else gets the room that it may still write to', async () => {
  const test = await openShared();
  const share = test.stream.share();
  const thread = await PutThread.attach(share);
  await thread.putFrames(frames(3));
  const { storeUsedBytes } = test.producer.metrics;
  const words = new SharedArrayBuffer(8);
  void watched(thread.call({ do: 'stay-in-copy', frame: testFrame(3, 50_000), words }));
  await eventually(() => Atomics.load(new Int32Array(words), 0) === 1, 'it copies');
  share.workerEnded();
  assert.ok(test.producer.metrics.storeUsedBytes > storeUsedBytes + 50_000);
  assert.is(test.stream.tryPutFrame(testFrame(3)), 'stored');
  await thread.end();
  await test.stream.endFragment();
  await test.service.idle();
  assert.is((await receivedFrames(test)).length, 4);
  await finish(test);
});

it('a chunk that cannot be copied is the fault of its put alone', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  await thread.putFrames(frames(4));
  const { storeUsedBytes } = test.producer.metrics;
  const { timestampUs } = testFrame(4);
  const error = await failureOf(thread.call({ do: 'put-gone-chunk', timestamp: timestampUs }));
  assert.is((error as Error).message, 'The chunk is closed');
  assert.is(test.producer.metrics.storeUsedBytes, storeUsedBytes);
  await thread.putFrames(frames(8).slice(4), true);
  assert.is(test.stream.metrics.framesPut, 8);
  await finish(test, thread);
});

it('a thread that ends in the middle of a call into the core fails the producer, and says why', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  await thread.putFrames(frames(4));
  const locked = once(thread.worker, 'message');
  void thread.call({ do: 'stay-in-lock' });
  await locked;
  await thread.end();
  await eventually(() => test.eventsOf('failed').length === 1, 'the stream has failed');
  const [failed] = test.eventsOf('failed');
  assert.instance(failed?.error, CorePoisonedError);
  const { cause } = (failed!.error as Error).cause as Error;
  assert.match(String(cause), /A thread has ended in the middle of a call/);
  assert.throws(
    () => test.stream.tryPutFrame(testFrame(5)),
    (error: unknown) => error instanceof CorePoisonedError,
  );
  await finish(test);
});

it('a thread that lets go leaves the stream to the others', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  await thread.putFrames(frames(4));
  await thread.call({ do: 'call', name: 'close' });
  assert.instance(await failureOf(thread.putFrames(frames(1))), StreamStoppedError);
  assert.is(test.stream.tryPutFrame(testFrame(4)), 'stored');
  await finish(test, thread);
});

it('streams are shared only where memory is, and only by their token', async () => {
  const service = new ScriptedMedia();
  const options = { endpoint: 'http://127.0.0.1:1', credentials: CREDENTIALS };
  const refused = await failureOf(createProducerWith(service, { ...options, sharedMemory: true }));
  assert.is((refused as KvsError).status, STATUS.STATUS_NOT_IMPLEMENTED);
  const producer = await createProducerWith(service, options);
  const stream = await producer.openStream('front-door', { tracks: [TEST_TRACK] });
  assert.throws(
    () => stream.share(),
    (error: KvsError) => error.status === STATUS.STATUS_INVALID_OPERATION,
  );
  assert.throws(
    () => attachStream({ type: 'other' } as unknown as StreamToken),
    (error: KvsError) => error.status === STATUS.STATUS_INVALID_ARG,
  );
  stream.abort();
});

it.run();
