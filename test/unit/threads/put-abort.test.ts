/** Puts of another thread that are called off: at once, before the owner has them, and while they wait for room. */
// time-limit-s: 60
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { testFrame, timecodeOf, watched } from '../../support/test-stream.ts';
import { PutThread } from './put-thread.ts';
import { eventually, finish, FRAME_BYTES, frames, openShared, receivedFrames, SMALL } from './shared-media.ts';

const it = suite('puts of another thread that are aborted');

it('a put that waits for room in the store ends with its signal, and those behind it go on', async () => {
  const test = await openShared({}, SMALL);
  const thread = await PutThread.attach(test.stream.share());
  let taken = 0;
  while ((await thread.tryPutFrame(testFrame(taken, FRAME_BYTES))) === 'stored') taken++;
  const { storeUsedBytes } = test.producer.metrics;
  const given = watched(thread.call({ do: 'put-abortable', frames: [testFrame(taken, FRAME_BYTES)] }));
  await eventually(() => test.producer.metrics.waitingPuts === 1, 'the put waits');
  const next = watched(thread.putFrames([testFrame(taken)]));
  await eventually(() => test.producer.metrics.waitingPuts === 2, 'another waits behind it');
  await thread.call({ do: 'abort', reason: 'enough' });
  assert.equal(await given, ['enough']);
  assert.ok(test.producer.metrics.storeUsedBytes <= storeUsedBytes + 2_000, 'its room is free');
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  await next;
  assert.is(test.stream.metrics.framesPut, taken + 1);
  await finish(test, thread);
});

it('what waits for its turn in the thread, and what the owner has not taken, is not put', async () => {
  const test = await openShared({}, SMALL);
  const thread = await PutThread.attach(test.stream.share());
  await thread.putFrames(frames(4));
  // More than are on their way at once, behind one that waits for room.
  const large = Array.from({ length: 80 }, (_, index) => testFrame(4 + index, FRAME_BYTES));
  const given = watched(thread.call({ do: 'put-abortable', frames: large }));
  await eventually(() => test.producer.metrics.waitingPuts > 50, 'they wait');
  await thread.call({ do: 'abort', reason: 'enough' });
  const outcomes = (await given) as string[];
  const put = outcomes.indexOf('enough');
  assert.equal(outcomes, [...Array<string>(put).fill('put'), ...Array<string>(80 - put).fill('enough')]);
  assert.is(test.stream.metrics.framesPut, 4 + put);
  assert.is(test.producer.metrics.waitingPuts, 0);
  await thread.putFrames([testFrame(3 + put)], true);
  await test.stream.endFragment();
  await test.service.idle();
  assert.is((await receivedFrames(test)).length, 5 + put);
  await finish(test, thread);
});

it('an owner that is busy: its thread takes back what it has put', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  await thread.putFrames(frames(4));
  const { storeUsedBytes } = test.producer.metrics;
  const given = thread.call({ do: 'put-abortable', frames: frames(100) });
  void thread.call({ do: 'abort', reason: 'enough' });
  // The owner does nothing until both have been obeyed.
  thread.waitUntilObeyed(4);
  const outcomes = (await given) as string[];
  assert.equal(outcomes, Array<string>(100).fill('enough'));
  assert.is(test.stream.metrics.framesPut, 4);
  await thread.putFrames(frames(8).slice(4), true);
  assert.is(test.stream.metrics.framesPut, 8);
  assert.ok(test.producer.metrics.storeUsedBytes < 3 * storeUsedBytes);
  await finish(test, thread);
});

it('a signal that is aborted already, and one that comes too late', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  assert.equal(await thread.call({ do: 'put-abortable', frames: frames(4) }), Array<string>(4).fill('put'));
  await thread.call({ do: 'abort', reason: 'too late' });
  assert.equal(await thread.call({ do: 'put-aborted', frames: frames(8).slice(4) }), Array<string>(4).fill('before'));
  assert.is(test.stream.metrics.framesPut, 4);
  await finish(test, thread);
});

it('a flush that waits for acks ends with its signal', async () => {
  const test = await openShared();
  const thread = await PutThread.attach(test.stream.share());
  await thread.putFrames(frames(3));
  const flushed = watched(thread.call({ do: 'flush-abortable' }));
  await eventually(() => test.stream.metrics.fragmentsPut === 1, 'the fragment is ended');
  await thread.call({ do: 'abort', reason: 'enough' });
  assert.is(await flushed, 'enough');
  await finish(test, thread);
});

it.run();
