/** What a session's reads give, and what their status says. Source: producer-core §16.1, §16.3, §16.4. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreStreamConfig } from '../../sdk/core/content-store.ts';
import type { CoreStream } from '../../sdk/core/core-stream.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { CallbackRecorder } from '../support/callback-recorder.ts';
import { openFixture, readAll, toHex } from '../support/core-fixture.ts';
import { loadCore } from '../support/load-core.ts';
import { ScriptedMedia } from '../support/scripted-media.ts';
import { outcomeOf, TestStream, timecodeOf, watched } from '../support/test-stream.ts';
import { endMarks, putNumbered, sessionOf } from '../support/numbered-frames.ts';

const it = suite('scenarios: session reads');

/** A stream of two fragments at 0 and 1 s whose first session has begun. */
function begun(settings: Partial<CoreStreamConfig> = {}, fragments = 2): CoreStream {
  const { stream } = openFixture(loadCore('simd'), settings);
  putNumbered(stream, 0, fragments * 1000);
  stream.beginSession();
  return stream;
}

for (const chunkBytes of [1, 7, 39, 40, 41, 100, 1024]) {
  it(`S159: chunks of ${chunkBytes} bytes put together are the bytes of one large read`, () => {
    const whole = readAll(begun(), 1 << 16);
    assert.is(toHex(readAll(begun(), chunkBytes)), toHex(whole));
  });
}

it('S159: a chunk larger than all there is is filled in part, and the status says that there is no more', () => {
  const stream = begun();
  const chunk = new Uint8Array(1 << 16);
  const sizeBytes = stream.read(chunk);
  assert.ok(sizeBytes > 0 && sizeBytes < chunk.length, `${sizeBytes}`);
  assert.is(stream.readStatus, STATUS.STATUS_NO_MORE_DATA_AVAILABLE);
});

it('S159: a chunk that is filled to its end has the status of success', () => {
  const stream = begun();
  assert.is(stream.read(new Uint8Array(64)), 64);
  assert.is(stream.readStatus, STATUS.STATUS_SUCCESS);
});

// Native aborts a handle that it does not know; a core stream without a session has nothing for anyone.
it('S160: a read before a session has begun takes nothing', () => {
  const { stream } = openFixture(loadCore('simd'));
  putNumbered(stream, 0, 1000);
  assert.is(stream.read(new Uint8Array(64)), 0);
  assert.is(stream.readStatus, STATUS.STATUS_NO_MORE_DATA_AVAILABLE);
  stream.beginSession();
  assert.equal(
    sessionOf(stream).map(({ timecode }) => timecode),
    [0],
  );
});

it('S160: a read of a session that was given up takes nothing', () => {
  const stream = begun();
  stream.read(new Uint8Array(64));
  stream.rollBack('unpersisted');
  assert.is(stream.read(new Uint8Array(64)), 0);
  stream.beginSession();
  assert.equal(
    sessionOf(stream).map(({ timecode }) => timecode),
    [0, 1000],
  );
});

// Native refuses a size of 0; here it is a read of nothing, which has no consequences.
it('S161: a read into no bytes at all gives none and changes nothing', () => {
  const stream = begun();
  assert.is(stream.read(new Uint8Array(0)), 0);
  assert.is(toHex(readAll(stream)), toHex(readAll(begun())));
});

it('S161: a read of a stream that is closed throws', () => {
  const stream = begun();
  stream.dispose();
  assert.throws(() => stream.read(new Uint8Array(64)));
});

it('S162: after stop the end mark, then an ack is awaited, then the session is over', () => {
  const stream = begun({ absoluteTimecodes: true }, 1);
  stream.stop();
  const bytes = readAll(stream);
  assert.is(endMarks(bytes), 1);
  assert.is(stream.readStatus, STATUS.STATUS_AWAITING_PERSISTED_ACK);
  stream.acknowledge('persisted', 0);
  assert.is(stream.read(new Uint8Array(64)), 0);
  assert.is(stream.readStatus, STATUS.STATUS_END_OF_STREAM);
});

/** A stopped stream of one fragment, with what its callbacks heard. */
async function stopped(
  retentionHours: number,
): Promise<{ test: TestStream; recorder: CallbackRecorder; done: Promise<void> }> {
  const recorder = new CallbackRecorder();
  const test = await TestStream.open({ retentionHours }, recorder.options, new ScriptedMedia(retentionHours));
  await test.putFragments(1);
  const done = watched(test.stream.stop());
  await test.service.idle();
  return { test, recorder, done };
}

it('S162: with retention a stopped stream keeps its connection until the last fragment is PERSISTED, and is closed once', async () => {
  const { test, recorder, done } = await stopped(24);
  assert.is(endMarks(test.service.upload.bytes), 1);
  test.service.upload.ack('BUFFERING', timecodeOf(0));
  test.service.upload.ack('RECEIVED', timecodeOf(0));
  await test.service.idle();
  assert.is(test.service.upload.bodyEnd, 'open');
  assert.is(await outcomeOf(done), 'pending');
  test.service.upload.ack('PERSISTED', timecodeOf(0));
  await test.service.idle();
  assert.is(test.service.upload.bodyEnd, 'closed');
  assert.is(await outcomeOf(done), undefined);
  assert.is(recorder.of('streamClosed').length, 1);
  await test.end();
});

// Native closes as soon as the mark is read; here RECEIVED takes the place of PERSISTED where nothing is kept.
it('S163: without retention a stopped stream ends when its last fragment is RECEIVED, and is closed once', async () => {
  const { test, recorder, done } = await stopped(0);
  assert.is(endMarks(test.service.upload.bytes), 1);
  assert.is(await outcomeOf(done), 'pending');
  test.service.upload.ack('RECEIVED', timecodeOf(0));
  await test.service.idle();
  assert.is(test.service.upload.bodyEnd, 'closed');
  assert.is(await outcomeOf(done), undefined);
  assert.is(recorder.of('streamClosed').length, 1);
  await test.end();
});

it('S163: a core stream that expects no PERSISTED ack is over with the read that gives its end mark', () => {
  const stream = begun({ expectsPersistedAck: false });
  stream.stop();
  assert.is(endMarks(readAll(stream)), 1);
  assert.is(stream.readStatus, STATUS.STATUS_END_OF_STREAM);
});

it('S163: without acks a stopped stream waits for nothing but the answer', async () => {
  const recorder = new CallbackRecorder();
  const test = await TestStream.open({ fragmentAcks: false }, recorder.options);
  await test.putFragments(2);
  assert.is(await outcomeOf(test.stream.stop()), undefined);
  assert.is(endMarks(test.service.upload.bytes), 1);
  assert.is(recorder.of('streamClosed').length, 1);
  await test.end();
});

it('S164: a last ack that comes before the end mark is read ends the session without another wait', () => {
  const stream = begun({ absoluteTimecodes: true }, 1);
  readAll(stream);
  stream.acknowledge('persisted', 0);
  stream.stop();
  assert.is(endMarks(readAll(stream)), 1);
  assert.is(stream.readStatus, STATUS.STATUS_END_OF_STREAM);
});

it('S164: a stream whose last fragment was persisted before stop ends with it', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  const ended = test.stream.endFragment();
  await test.service.idle();
  await ended;
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await outcomeOf(test.stream.stop()), undefined);
  assert.is(test.service.upload.bodyEnd, 'closed');
  await test.end();
});

for (const settings of [{}, { expectsPersistedAck: false }] satisfies Array<Partial<CoreStreamConfig>>) {
  it(`S165: an end of fragment that was the last put is not followed by another [${JSON.stringify(settings)}]`, () => {
    const stream = begun(settings);
    stream.endFragment();
    stream.stop();
    assert.is(endMarks(readAll(stream)), 1);
  });
}

it('S174: with relative timecodes a session that begins before any frame waits, and counts from the first', () => {
  const { stream } = openFixture(loadCore('simd'), { absoluteTimecodes: false });
  stream.beginSession();
  assert.is(stream.read(new Uint8Array(4096)), 0);
  assert.is(stream.readStatus, STATUS.STATUS_NO_MORE_DATA_AVAILABLE);
  putNumbered(stream, 5000, 7000);
  assert.equal(
    sessionOf(stream).map(({ timecode }) => timecode),
    [0, 1000],
  );
});

// Native counts each session from its own first frame, and has to wait for one; one base for the stream's whole life needs no waiting.
it('S174: with relative timecodes a new session begins at once, with the timecodes that its fragments had', async () => {
  const test = await TestStream.open({ timecodeType: 'relative' });
  await test.putFragments(3);
  test.service.upload.persist(0);
  await test.service.idle();
  test.service.upload.reset();
  await test.service.pass(2_000);
  assert.equal(await test.service.upload.timecodes(), [1000, 2000]);
  await test.end();
});

it.run();
