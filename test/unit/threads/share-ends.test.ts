/** The end of a shared stream, and of the threads that put into it: what was put is sent, and nobody waits for nothing. */
// time-limit-s: 300
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CorePoisonedError, KvsError, StreamStoppedError } from '../../../sdk/errors.ts';
import { STATUS } from '../../../sdk/producer/index.ts';
import { rejectionOf } from '../../support/rejection.ts';
import { testFrame, timecodeOf, watched } from '../../support/test-stream.ts';
import { PutThread } from './put-thread.ts';
import { eventually, finish, FRAME_BYTES, frames, openShared, receivedFrames, SMALL } from './shared-media.ts';

const it = suite('ends of a shared stream');

it('stop at the owner while a thread puts: what was stored is sent, what came later hears that it is stopped', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  await thread.putFrames(frames(4));
  const putting = rejectionOf(thread.putFrames(frames(2_000).slice(4)));
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
  assert.instance(await rejectionOf(thread.tryPutFrame(testFrame(0))), StreamStoppedError);
  await finish(test, thread);
});

it('a stream that fails rejects what waits in the other thread, with its reason', async () => {
  const test = await openShared({}, SMALL);
  const thread = await PutThread.attach(test.stream.share());
  const putting = rejectionOf(thread.putFrames(frames(20, FRAME_BYTES)));
  await eventually(() => test.producer.metrics.waitingPuts > 0, 'a put waits');
  test.stream.abort(new KvsError(STATUS.STATUS_INVALID_OPERATION, 'given up'));
  const error = await putting;
  assert.instance(error, KvsError);
  assert.is((error as KvsError).message, 'given up');
  assert.is((error as KvsError).status, STATUS.STATUS_INVALID_OPERATION);
  await finish(test, thread);
});

it('a reason that is longer than its place in shared memory still ends every put, as the error that it is', async () => {
  const test = await openShared({}, SMALL);
  const thread = await PutThread.attach(test.stream.share());
  const putting = rejectionOf(thread.putFrames(frames(20, FRAME_BYTES)));
  await eventually(() => test.producer.metrics.waitingPuts > 0, 'a put waits');
  const long = '\u0007Überlänge '.repeat(2_000);
  let reason: Error = new Error(long);
  for (let depth = 0; depth < 5; depth++) reason = new Error(long, { cause: reason });
  const streamName = long;
  const failure = Object.assign(new KvsError(STATUS.STATUS_INVALID_OPERATION, long, { cause: reason }), { streamName });
  test.stream.abort(failure);
  for (const error of [await putting, await rejectionOf(thread.tryPutFrame(testFrame(0)))]) {
    assert.instance(error, KvsError);
    assert.is((error as KvsError).status, STATUS.STATUS_INVALID_OPERATION);
    assert.ok(error.message.startsWith('\u0007Überlänge'));
  }
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
  assert.instance(await rejectionOf(thread.putFrames(frames(1))), StreamStoppedError);
  assert.is(test.stream.tryPutFrame(testFrame(4)), 'stored');
  await finish(test, thread);
});

it.run();
