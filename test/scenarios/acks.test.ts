/** Acks in every order, for every fragment, over every connection. Source: producer-core §17.2, §17.3. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CallbackRecorder } from '../support/callback-recorder.ts';
import { ackLine, ScriptedMedia } from '../support/scripted-media.ts';
import { ignored, NOT_IN_VIEW, sent } from '../support/sent-stream.ts';
import { BASE_MS, outcomeOf, testFrame, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: acks');
const RECONNECT_MS = 2_000;

const heard = (recorder: CallbackRecorder): string[] => recorder.of('fragmentAckReceived').map(({ ack }) => ack.type);

it('S175: with each PERSISTED ack in order the store begins at the next fragment', async () => {
  const { test } = await sent(4);
  for (const [n, storedItems] of [
    [0, 12],
    [1, 8],
    [2, 4],
  ] as const) {
    test.service.upload.ack('PERSISTED', timecodeOf(n));
    await test.service.idle();
    assert.equal([test.stream.metrics.storedItems, test.stream.metrics.fragmentsPersisted], [storedItems, n + 1]);
  }
  await test.end();
});

it('S176: a PERSISTED ack for the second fragment releases the first, whose own ack then comes too late', async () => {
  const { test } = await sent(3);
  test.service.upload.ack('PERSISTED', timecodeOf(1));
  await test.service.idle();
  assert.equal([test.stream.metrics.storedItems, test.stream.metrics.fragmentsPersisted], [4, 2]);
  test.service.upload.ack('PERSISTED', timecodeOf(0));
  await test.service.idle();
  assert.equal(ignored(test), [NOT_IN_VIEW]);
  assert.is(test.stream.metrics.fragmentsPersisted, 2);
  await test.end();
});

for (const order of [
  ['BUFFERING', 'RECEIVED', 'PERSISTED'],
  ['BUFFERING', 'PERSISTED', 'RECEIVED'],
  ['RECEIVED', 'BUFFERING', 'PERSISTED'],
  ['RECEIVED', 'PERSISTED', 'BUFFERING'],
  ['PERSISTED', 'BUFFERING', 'RECEIVED'],
  ['PERSISTED', 'RECEIVED', 'BUFFERING'],
] as const) {
  it(`S176: ${order.join(', ')} of a fragment that is still open are all taken`, async () => {
    const { test } = await sent(1);
    for (const type of order) test.service.upload.ack(type, timecodeOf(0));
    await test.service.idle();
    assert.equal(test.stream.metrics.acks, { buffering: 1, received: 1, persisted: 1, error: 0 });
    assert.equal(ignored(test), []);
    assert.is(test.stream.metrics.storedItems, 4, 'frames of it are still to come');
    await test.end();
  });
}

for (const order of [['RECEIVED', 'BUFFERING', 'PERSISTED'], ['BUFFERING', 'PERSISTED'], ['PERSISTED']] as const) {
  it(`S176: ${order.join(', ')} of a complete fragment release it`, async () => {
    const { test } = await sent(2);
    for (const type of order) test.service.upload.ack(type, timecodeOf(0));
    await test.service.idle();
    assert.equal([test.stream.metrics.storedItems, test.stream.metrics.fragmentsPersisted], [4, 1]);
    assert.equal(ignored(test), []);
    await test.end();
  });
}

for (const [how, go] of [
  ['an end of fragment', (test: TestStream) => test.stream.flush()],
  ['stop', (test: TestStream) => test.stream.stop()],
  ['the next key frame', (test: TestStream) => test.putFrames(1)],
] as const) {
  it(`S176: a fragment that was PERSISTED while it was open is settled when ${how} closes it`, async () => {
    const { test } = await sent(1);
    test.service.upload.persist(timecodeOf(0));
    await test.service.idle();
    const done = watched(go(test));
    await test.service.idle();
    assert.is(await outcomeOf(done), undefined);
    assert.equal([test.stream.metrics.fragmentsPersisted, test.stream.metrics.lastFrameLatency.samples], [1, 1]);
    assert.is(test.stream.metrics.storedItems, how === 'the next key frame' ? 1 : 0);
    await test.end();
  });
}

it('S176: a frame behind the PERSISTED ack of an open fragment wants another', async () => {
  const { test } = await sent(1);
  await test.putFrames(2);
  test.service.upload.persist(timecodeOf(1));
  await test.service.idle();
  await test.putFrames(1);
  const flushed = watched(test.stream.flush());
  assert.is(await outcomeOf(flushed), 'pending');
  assert.is(test.stream.metrics.fragmentsPersisted, 1);
  test.service.upload.persist(timecodeOf(1));
  await test.service.idle();
  assert.is(await outcomeOf(flushed), undefined);
  await test.end();
});

it('S176: an ack that comes twice is taken once', async () => {
  const { test } = await sent(3);
  for (const type of ['BUFFERING', 'BUFFERING', 'RECEIVED', 'RECEIVED', 'PERSISTED', 'PERSISTED'])
    test.service.upload.ack(type, timecodeOf(0));
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 1);
  assert.is(test.stream.metrics.latencies.firstFrameReceived.samples, 1);
  assert.equal(ignored(test), [NOT_IN_VIEW], 'the second PERSISTED ack names nothing any more');
  await test.end();
});

it('S177: with relative timecodes 0 is the first fragment', async () => {
  const { test } = await sent(2, { timecodeType: 'relative' });
  test.service.upload.ack('PERSISTED', 0);
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 1);
  assert.equal(ignored(test), []);
  await test.end();
});

it('S177: with absolute timecodes 0 is no fragment: told, and the ack callback called', async () => {
  const { test, recorder } = await sent(2);
  test.service.upload.ack('PERSISTED', 0);
  await test.service.idle();
  assert.equal(ignored(test), [NOT_IN_VIEW]);
  assert.equal(heard(recorder), ['persisted']);
  assert.is(test.stream.metrics.storedItems, 8);
  await test.end();
});

for (const type of ['BUFFERING', 'RECEIVED', 'PERSISTED']) {
  it(`S178: a ${type} ack beyond the newest frame is told and changes nothing`, async () => {
    const { test, recorder } = await sent(2);
    test.service.upload.ack(type, timecodeOf(9));
    await test.service.idle();
    assert.equal(ignored(test), [NOT_IN_VIEW]);
    assert.equal(heard(recorder), [type.toLowerCase()]);
    assert.is(test.stream.metrics.storedItems, 8);
    await test.end();
  });
}

it('S178: an ack without a timecode names no fragment, and is told', async () => {
  const { test } = await sent(2);
  test.service.upload.ack('PERSISTED');
  await test.service.idle();
  assert.equal(ignored(test), [NOT_IN_VIEW]);
  assert.is(test.stream.metrics.fragmentsPersisted, 0);
  await test.end();
});

// Natively the callback still hears of such acks; here the connection's response is not read any more.
it('S179: acks behind the one that ended their connection are not looked at', async () => {
  const { test } = await sent(3);
  test.service.upload.send(
    ackLine('ERROR', timecodeOf(1), { ErrorId: 4000 }) + ackLine('PERSISTED', timecodeOf(1)) + ackLine('RECEIVED', 0),
  );
  await test.service.pass(RECONNECT_MS);
  assert.equal(test.stream.metrics.acks, { buffering: 0, received: 0, persisted: 0, error: 1 });
  assert.is(test.stream.metrics.fragmentsPersisted, 0);
  assert.equal(await test.service.upload.timecodes(), [0, 1, 2].map(timecodeOf));
  await test.end();
});

it('S179: acks of a connection that was given up from this side are not looked at', async () => {
  const { test } = await sent(3);
  const { upload } = test.service;
  test.stream.resetConnection();
  upload.persist(timecodeOf(0), timecodeOf(1));
  await test.service.pass(RECONNECT_MS);
  assert.is(test.stream.metrics.acks.persisted, 0);
  assert.equal(await test.service.upload.timecodes(), [0, 1, 2].map(timecodeOf));
  await test.end();
});

it('S179: an ack over a new connection for a fragment that an older one carried holds', async () => {
  const { test } = await sent(3);
  test.service.uploadsClogAfter = 0;
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
  assert.is(test.service.upload.bytes.length, 0, 'this one has carried nothing yet');
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 1);
  test.service.upload.unclog();
  await test.service.idle();
  assert.equal(await test.service.upload.timecodes(), [1, 2].map(timecodeOf), 'nor does it now');
  await test.end();
});

it('S179: an ack over a new connection that has begun to send an older one’s fragments again settles all of them', async () => {
  const service = new ScriptedMedia();
  const test = await TestStream.open({}, {}, service);
  await test.putFragments(4, 60_000);
  service.uploadsClogAfter = 6;
  service.upload.reset();
  await service.pass(RECONNECT_MS);
  const sentBytes = service.upload.bytes.length;
  assert.ok(sentBytes > 250_000 && sentBytes < 470_000, `it is in the middle of the second: ${sentBytes}`);
  service.upload.ack('PERSISTED', timecodeOf(2));
  await service.idle();
  assert.equal([test.stream.metrics.fragmentsPersisted, test.stream.metrics.fragmentsUnpersisted], [3, 1]);
  service.upload.unclog();
  await service.idle();
  assert.equal(await service.upload.timecodes(), [0, 1, 3].map(timecodeOf), 'what was begun comes to its end');
  service.upload.ack('PERSISTED', timecodeOf(3));
  const flushed = watched(test.stream.flush());
  await service.idle();
  service.upload.ack('PERSISTED', timecodeOf(3));
  await service.idle();
  assert.is(await outcomeOf(flushed), undefined);
  assert.equal([test.stream.metrics.fragmentsPersisted, test.stream.metrics.storedItems], [4, 0]);
  await test.end();
});

it('S179: what an older connection received is not received by the next: an error without a timecode means the first', async () => {
  const { test } = await sent(3);
  test.service.upload.ack('RECEIVED', timecodeOf(0));
  await test.service.idle();
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), [0, 1, 2].map(timecodeOf));
  test.service.upload.ack('ERROR', undefined, { ErrorId: 4006 });
  await test.service.pass(RECONNECT_MS);
  assert.equal(
    test.eventsOf('fragment-rejected').map(({ timecode }) => timecode),
    [timecodeOf(0)],
  );
  await test.end();
});

it('S179: what the same connection received is passed over by an error without a timecode', async () => {
  const { test } = await sent(3);
  test.service.upload.ack('RECEIVED', timecodeOf(0));
  test.service.upload.ack('ERROR', undefined, { ErrorId: 4006 });
  await test.service.pass(RECONNECT_MS);
  assert.equal(
    test.eventsOf('fragment-rejected').map(({ timecode }) => timecode),
    [timecodeOf(1)],
  );
  await test.end();
});

it('S180: IDLE has no consequence, and no callback', async () => {
  const { test, recorder } = await sent(2);
  const acks = test.stream.acks();
  test.service.upload.ack('IDLE');
  await test.service.idle();
  assert.equal(heard(recorder), []);
  assert.equal(ignored(test), []);
  assert.equal(test.stream.metrics.acks, { buffering: 0, received: 0, persisted: 0, error: 0 });
  assert.is((await acks.next()).value?.type, 'idle', 'whoever reads all acks sees it');
  await test.end();
});

it('S181: BUFFERING, RECEIVED and PERSISTED count once each', async () => {
  const { test, recorder } = await sent(2);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.equal(test.stream.metrics.acks, { buffering: 1, received: 1, persisted: 1, error: 0 });
  assert.equal(heard(recorder), ['buffering', 'received', 'persisted']);
  await test.end();
});

/** Fragments that are refused for good → what is acknowledged of the others. */
for (const [count, refused] of [
  [12, [4]],
  [12, [1, 5, 6, 10]],
  [9, [0, 4, 8]],
] as const) {
  it(`S191: with fragments ${refused.join(', ')} of ${count} refused, each of the others has its three acks`, async () => {
    const { test } = await sent(count);
    const bad = new Set<number>(refused);
    for (let n = 0; n < count; n++) {
      if (bad.has(n)) test.service.upload.ack('ERROR', timecodeOf(n), { ErrorId: 4002 });
      else test.service.upload.persist(timecodeOf(n));
      await test.service.pass(bad.has(n) ? RECONNECT_MS : 0);
    }
    const { acks, framesRejected, fragmentsRejected } = test.stream.metrics;
    const good = count - bad.size;
    assert.equal(acks, { buffering: good, received: good, persisted: good, error: bad.size });
    assert.equal([fragmentsRejected, framesRejected], [bad.size, 4 * bad.size]);
    await test.end();
  });
}

it('S211: with absolute timecodes an ack names the fragment by the time of its first frame, in milliseconds', async () => {
  const test = await TestStream.open();
  for (let i = 0; i < 8; i++) {
    const { timestampUs, ...frame } = testFrame(i);
    await test.stream.putFrame({ ...frame, timestampUs: timestampUs + 777 });
  }
  await test.service.idle();
  assert.is((await test.service.upload.timecodes())[0], BASE_MS);
  test.service.upload.ack('PERSISTED', BASE_MS);
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 1);
  await test.end();
});

it('S211: with relative timecodes 0 is the stream’s first fragment in every connection', async () => {
  const { test } = await sent(2, { timecodeType: 'relative' });
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
  test.service.upload.ack('PERSISTED', 0);
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 1);
  assert.equal(ignored(test), []);
  await test.end();
});

it.run();
