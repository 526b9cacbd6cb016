/** S087–S096: connections that end while the stream goes on, and streams that begin anew. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as STATUS from '../../sdk/status-codes.ts';
import { AnsweredCalls } from '../support/answered-calls.ts';
import { ScriptedMedia } from '../support/scripted-media.ts';
import { outcomeOf, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: resets');

const ONE_WAIT_MS = 201;

it('S087: a connection that was terminated gives nothing more, and the next begins with a header where it has to', async () => {
  const test = await TestStream.open();
  await test.putFragments(3);
  const [first] = test.service.uploads;
  first?.persist(timecodeOf(0));
  await test.service.idle();
  first?.close();
  await test.service.idle();
  const sizeBytes = first?.bytes.length;
  await test.putFragments(1);
  assert.is(first?.bytes.length, sizeBytes);
  const { bytes } = test.service.upload;
  assert.equal([...bytes.subarray(0, 4)], [0x1a, 0x45, 0xdf, 0xa3]);
  assert.equal(await test.service.upload.timecodes(), [1, 2, 3].map(timecodeOf));
  await test.end();
});

/** Two fragments went over the first connection, which is then to be replaced; a third waits for the next. */
async function handingOver(): Promise<TestStream> {
  const service = new ScriptedMedia();
  service.uploadsStayOpen = true;
  const test = await TestStream.open({ sessionDurationMs: 20_000, stallTimeoutMs: 600_000 }, {}, service);
  await test.putFragments(2);
  await service.advance(20_000);
  await test.putFragments(1);
  assert.is(service.upload.bodyEnd, 'closed');
  assert.is(service.uploads.length, 1, 'the next waits for the acks of this one');
  return test;
}

it('S088: the connection that takes over is made once, and repeats nothing', async () => {
  // Native has both handles at once, and the second goes on when the first is terminated.
  const test = await handingOver();
  const [first] = test.service.uploads;
  first?.persist(timecodeOf(0), timecodeOf(1));
  first?.close();
  await test.service.pass(1_000);
  assert.is(test.service.uploads.length, 2);
  assert.equal(await test.service.upload.timecodes(), [timecodeOf(2)]);
  assert.is(test.stream.metrics.fragmentsResent, 0);
  await test.end();
});

it('S089: the connection that hands over is lost while its acks are awaited: one follows, with all that is owed', async () => {
  // Native: the unused second handle may go while the first streams on; here there is none yet.
  const test = await handingOver();
  const [first] = test.service.uploads;
  first?.persist(timecodeOf(0));
  await test.service.idle();
  first?.reset();
  await test.service.pass(ONE_WAIT_MS);
  assert.is(test.service.uploads.length, 2);
  assert.equal(await test.service.upload.timecodes(), [timecodeOf(1), timecodeOf(2)]);
  await test.end();
});

it('S090: a connection that ends before anything was read of it loses nothing and repeats nothing', async () => {
  const calls = new AnsweredCalls({
    put: [() => ({ result: 200, acks: new ReadableStream({ start: (c) => c.close() }) })],
  });
  const test = await calls.open();
  await test.putFragments(2);
  await test.service.pass(ONE_WAIT_MS);
  assert.is(calls.uploads.length, 1);
  assert.is(calls.line(4), 'token put');
  assert.equal(test.eventsOf('frames-dropped'), []);
  assert.is(test.stream.metrics.unsentBytes, 0);
  await test.end();
});

it('S091: a reset of a live connection: it gives no more, and another is asked for', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open({ callCaching: 'none' });
  await test.putFragments(2);
  const { context } = calls.recorder.of('putStream')[0]!;
  test.stream.resetConnection();
  await test.service.idle();
  assert.ok(context.signal.aborted);
  assert.is(calls.line(4), 'endpoint token put');
  assert.is(test.eventsOf('disconnected')[0]?.resentFragments, 2);
  await test.end();
});

it('S092: a reset in front of the first READY is none', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open();
  test.stream.resetConnection();
  await test.putFragments(1);
  assert.is(calls.line(), 'describe endpoint token put');
  await test.end();
});

it('S093: an end of a connection that is over already ends no other', async () => {
  // Native rolls a healthy session back, and makes a second (trap T44).
  const calls = new AnsweredCalls();
  const test = await calls.open();
  await test.putFragments(1);
  const [first] = calls.uploads;
  test.stream.resetConnection();
  await test.service.idle();
  assert.is(calls.uploads.length, 2);
  first?.ack('PERSISTED', timecodeOf(0));
  first?.end(500);
  await test.service.pass(1_000);
  assert.is(calls.uploads.length, 2);
  assert.is(test.stream.metrics.fragmentsPersisted, 0, 'nor is it heard');
  assert.is(test.eventsOf('disconnected').length, 1);
  await test.end();
});

it('S094: a stream that begins anew skips up to a key frame, keeps its counts, and asks for everything', async () => {
  const calls = new AnsweredCalls();
  const test = await calls.open();
  await test.putFragments(2);
  await test.putFrames(2);
  test.stream.resetStream();
  await test.service.idle();
  assert.is(
    test.eventsOf('frames-dropped').length,
    3,
    'native reports frames that were not sent; ours, all that is not persisted',
  );
  await test.putFrames(3);
  const { framesPut, framesSkipped } = test.stream.metrics;
  assert.equal({ framesPut, framesSkipped }, { framesPut: 11, framesSkipped: 2 });
  assert.is(calls.line(4), 'describe endpoint token put');
  await test.end();
});

it('S094: without recoverOnError, too', async () => {
  // Native returns an unknown service error there (trap T30).
  const calls = new AnsweredCalls();
  const test = await calls.open({ recoverOnError: false });
  await test.putFragments(1);
  test.stream.resetStream();
  await test.putFragments(1);
  assert.is(calls.line(4), 'describe endpoint token put');
  await test.end();
});

it('S095: a stream that was never ready is described again', async () => {
  const calls = new AnsweredCalls({ describe: [500] });
  const test = await calls.open();
  await test.service.idle();
  test.stream.resetStream();
  await test.service.pass(ONE_WAIT_MS);
  assert.is(calls.line(), 'describe describe endpoint');
  await test.end();
});

it('S096: a stream that was stopped stays stopped', async () => {
  // Native: it takes frames again. Here the end of a stream is one, and its name can be opened again.
  const calls = new AnsweredCalls();
  const test = await calls.open();
  await test.putFragments(1);
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  test.stream.resetStream();
  await test.service.idle();
  const put = (await outcomeOf(test.putFrames(1))) as { status?: number };
  assert.is(put.status, STATUS.STATUS_STREAM_HAS_BEEN_STOPPED);
  calls.upload.persist(timecodeOf(0));
  await test.service.idle();
  calls.upload.end();
  assert.is(await outcomeOf(stopped), undefined);
  const again = await test.producer.openStream('front-door', { tracks: [{ kind: 'video', codec: 'h264' }] });
  assert.is(again.metrics.state, 'ready');
  test.producer.abort();
});

it.run();
