/** Puts that wait for room in the content store, and what lets them in or turns them away: producer-core §10, with its traps. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StoreFullError, StoreWaitTimeoutError } from '../../sdk/errors.ts';
import {
  fillByOneFragment,
  fillStore,
  frameOfOpen,
  FULL_FRAME_BYTES,
  openUnsent,
  putIntoFull,
  SMALL_STORE,
} from '../support/full-store.ts';
import { outcomeOf, TEST_TRACK, testFrame, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: waiting puts');

for (const [what, persist] of [
  ['of its first fragment', 1],
  ['of all it has sent', 2],
] as const) {
  it(`S105: an offline put that waits for room is let in by the PERSISTED ack ${what}`, async () => {
    const test = await TestStream.open({ streamingType: 'offline' }, SMALL_STORE);
    const { waiting } = putIntoFull(test);
    assert.is(await outcomeOf(waiting), 'pending');
    for (let n = 0; n < persist; n++) test.service.upload.persist(timecodeOf(n));
    await test.service.idle();
    assert.is(await outcomeOf(waiting), undefined);
    assert.is(test.stream.metrics.framesDropped, 0);
    await test.end();
  });
}

it('S106: an offline put that waits is stored in front of a stop', async () => {
  const test = await TestStream.open({ streamingType: 'offline' }, SMALL_STORE);
  const { waiting } = putIntoFull(test);
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  // Native turns the waiting put away with STATUS_BLOCKING_PUT_INTERRUPTED_STREAM_TERMINATED; here calls keep their order.
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await outcomeOf(waiting), undefined);
  test.service.upload.persist(timecodeOf(1));
  await test.service.idle();
  assert.is(await outcomeOf(stopped), undefined);
});

for (const streamingType of ['offline', 'realtime'] as const) {
  it(`S106: a put waits no longer than its limit, when there is one [${streamingType}]`, async () => {
    const test = await TestStream.open({ streamingType, bufferAvailabilityTimeoutMs: 15_000 }, SMALL_STORE);
    const { taken, waiting } = putIntoFull(test);
    await test.service.advance(14_999);
    assert.is(await outcomeOf(waiting), 'pending');
    await test.service.advance(1);
    const error = (await outcomeOf(waiting)) as StoreWaitTimeoutError;
    assert.equal(
      [error.name, error.code, error.retryable, error.timeoutMs, error.neededBytes],
      ['StoreWaitTimeoutError', 'STATUS_OPERATION_TIMED_OUT', true, 15_000, FULL_FRAME_BYTES],
    );
    assert.equal([test.stream.metrics.framesPut, test.producer.metrics.waitingPuts], [taken, 0]);
    test.service.uploads.at(-1)?.persist(timecodeOf(0));
    await test.service.idle();
    assert.is(test.stream.tryPutFrame(testFrame(taken, FULL_FRAME_BYTES)), 'stored', 'the next may be stored');
    await test.end();
  });
}

it('S106: a signal ends a wait that has a limit with its own reason', async () => {
  const test = await TestStream.open({ bufferAvailabilityTimeoutMs: 15_000 }, SMALL_STORE);
  const taken = fillStore(test);
  const controller = new AbortController();
  const waiting = watched(test.stream.putFrame(testFrame(taken, FULL_FRAME_BYTES), { signal: controller.signal }));
  const reason = new Error('enough');
  controller.abort(reason);
  assert.is(await outcomeOf(waiting), reason);
  await test.end();
});

it('S106: without a limit an offline put waits through any outage', async () => {
  const test = await TestStream.open({ streamingType: 'offline' }, SMALL_STORE);
  const { waiting } = putIntoFull(test);
  await test.service.idle();
  test.service.on('/putMedia', { status: 503 });
  test.service.upload.reset();
  await test.service.pass(60_000);
  assert.is(await outcomeOf(waiting), 'pending');
  await test.end();
});

it('S106: a reset ends the wait: what it dropped made room', async () => {
  const test = await TestStream.open({ streamingType: 'offline' }, SMALL_STORE);
  const { waiting } = putIntoFull(test);
  assert.is(await outcomeOf(waiting), 'pending');
  test.stream.resetStream();
  assert.is(await outcomeOf(waiting), undefined);
  await test.end();
});

for (const streamingType of ['offline', 'realtime'] as const) {
  it(`S209: a put that waits is turned away when its stream is aborted [${streamingType}]`, async () => {
    const test = await TestStream.open({ streamingType }, SMALL_STORE);
    const { waiting } = putIntoFull(test);
    const reason = new Error('the camera is gone');
    test.stream.abort(reason);
    assert.is(await outcomeOf(waiting), reason);
    assert.is(await outcomeOf(test.producer.close()), undefined);
    assert.is(test.service.timerCount, 0);
  });
}

it('T8: a put that waits for its own buffer duration stalls no other stream', async () => {
  const test = await openUnsent({ streamingType: 'offline', bufferDurationUs: 2_000_000 }, SMALL_STORE);
  const other = await test.producer.openStream('back-door', { tracks: [TEST_TRACK], waitUntilReady: false });
  const buffered = fillStore(test, 0, 1_000);
  const waiting = watched(test.stream.putFrame(testFrame(buffered, 1_000)));
  assert.is(await outcomeOf(waiting), 'pending');
  assert.is(await outcomeOf(other.putFrame(testFrame(0, 1_000))), undefined, 'which has room');
  let taken = 1;
  while (other.tryPutFrame(testFrame(taken, FULL_FRAME_BYTES)) === 'stored') taken++;
  const behind = watched(other.putFrame(testFrame(taken, FULL_FRAME_BYTES)));
  assert.is(await outcomeOf(behind), 'pending');
  test.service.on('/describeStream', { body: '{"StreamInfo":{"StreamARN":"arn:1","Status":"ACTIVE"}}' });
  await test.service.pass(30_000);
  const uploads = await Promise.all(
    test.service.uploads.map(async (upload) => [upload, await upload.timecodes()] as const),
  );
  const sent = uploads.find(([, timecodes]) => timecodes.length > 0 && timecodes[0] === timecodeOf(0));
  assert.ok(sent);
  for (const [upload] of uploads) upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await outcomeOf(behind), undefined, 'let in although the one in front still may have to wait');
  await test.end();
});

it('T9: space that another stream gives back wakes who waits for it', async () => {
  const test = await TestStream.open({}, SMALL_STORE);
  const other = await test.producer.openStream('back-door', { tracks: [TEST_TRACK], streamingType: 'offline' });
  fillStore(test);
  const waiting = watched(other.putFrame(testFrame(0, FULL_FRAME_BYTES)));
  assert.is(await outcomeOf(waiting), 'pending');
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await outcomeOf(waiting), undefined);
  await test.end();
});

it('S105: a fragment that fills the store alone is ended by the next key frame, which then has its turn', async () => {
  const test = await TestStream.open({}, SMALL_STORE);
  const count = fillByOneFragment(test);
  const refused = (await outcomeOf(test.stream.putFrame(frameOfOpen(count)))) as StoreFullError;
  assert.match(refused.message, 'open fragments fill the store');
  const waiting = watched(test.stream.putFrame(testFrame(4, FULL_FRAME_BYTES)));
  await test.service.idle();
  assert.is(await outcomeOf(waiting), 'pending');
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await outcomeOf(waiting), undefined);
  assert.equal((await test.service.upload.fragments()).map(({ frames }) => frames.length)[0], count);
  await test.end();
});

it.run();
