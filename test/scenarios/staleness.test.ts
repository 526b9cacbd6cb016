/** Connections whose acks stop although media goes out. Source: producer-core §18.3. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CallbackRecorder } from '../support/callback-recorder.ts';
import { TestStream, timecodeOf } from '../support/test-stream.ts';

const it = suite('scenarios: staleness');
const RECONNECT_MS = 2_000;
const STALE = { connectionStalenessMs: 20_000, stallTimeoutMs: 3_600_000 };

// Native calls back at every read from then on and leaves the connection; here it is given up, and told once.
it('S197: twenty seconds of media without an ack: the connection is given up, and everything is sent again', async () => {
  const recorder = new CallbackRecorder();
  const test = await TestStream.open(STALE, { streamCallbacks: recorder.only('streamConnectionStale') });
  await test.putFragments(20);
  await test.putFrames(1);
  assert.is(test.stream.metrics.staleConnections, 0, 'twenty seconds lie behind the first frame, and no more');
  await test.putFrames(4);
  await test.service.pass(RECONNECT_MS);
  assert.is(test.stream.metrics.staleConnections, 1);
  assert.equal(
    test.eventsOf('disconnected').map(({ reason }) => reason),
    ['stale'],
  );
  assert.match(test.eventsOf('disconnected')[0]?.error?.message ?? '', /no ack for 2\d{4} ms of media/);
  assert.is(recorder.of('streamConnectionStale').length, 1);
  assert.is((await test.service.upload.timecodes())[0], timecodeOf(0));
  await test.end();
});

for (const type of ['BUFFERING', 'RECEIVED'] as const) {
  it(`S197: a ${type} ack within the time starts it over`, async () => {
    const test = await TestStream.open(STALE);
    for (let n = 0; n < 6; n++) {
      await test.putFragments(10);
      test.service.upload.ack(type, timecodeOf(n * 10));
      test.service.upload.ack(type, timecodeOf(n * 10 + 9));
      await test.service.idle();
    }
    await test.service.pass(RECONNECT_MS);
    assert.is(test.service.uploads.length, 1);
    assert.is(test.stream.metrics.staleConnections, 0);
    await test.end();
  });
}

it('S197: acks of the connection before do not count for the next', async () => {
  const test = await TestStream.open(STALE);
  await test.putFragments(19);
  for (let n = 0; n < 18; n++) test.service.upload.ack('BUFFERING', timecodeOf(n));
  await test.service.idle();
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
  await test.putFragments(3);
  await test.service.pass(RECONNECT_MS);
  assert.is(test.stream.metrics.staleConnections, 1);
  await test.end();
});

it('S198: without acks a connection is never stale', async () => {
  const test = await TestStream.open({ ...STALE, fragmentAcks: false });
  await test.putFragments(60);
  await test.service.pass(RECONNECT_MS);
  assert.is(test.service.uploads.length, 1);
  assert.is(test.stream.metrics.staleConnections, 0);
  await test.end();
});

it('S198: nor is one where nothing of it was asked for', async () => {
  const test = await TestStream.open({ stallTimeoutMs: 3_600_000 });
  await test.putFragments(60);
  await test.service.pass(RECONNECT_MS);
  assert.is(test.service.uploads.length, 1);
  await test.end();
});

it.run();
