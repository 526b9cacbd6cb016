/** Connections and streams that are begun anew: by the application, and because acks have stopped. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NotPersistedError } from '../../../sdk/errors.ts';
import type { Credentials } from '../../../sdk/platform.ts';
import { ScriptedMedia } from '../../support/scripted-media.ts';
import { outcomeOf, testFrame, TestStream, timecodeOf, watched } from '../../support/test-stream.ts';

const it = suite('reset');
const RECONNECT_MS = 2_000;

const disconnected = (test: TestStream): unknown[] =>
  test.eventsOf('disconnected').map((event) => [event.reason, event.resentFragments]);

it('resetConnection() replaces the connection at once, and what is not persisted is sent again', async () => {
  const test = await TestStream.open();
  await test.putFragments(3);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  const [first] = test.service.uploads;
  test.stream.resetConnection();
  await test.service.idle();
  assert.is(first?.bodyEnd, 'aborted');
  assert.is(test.service.uploads.length, 2, 'without a pause');
  assert.equal(await test.service.upload.timecodes(), [timecodeOf(1), timecodeOf(2)]);
  assert.equal(disconnected(test), [['reset', 2]]);
  const { reconnects, handovers, fragmentsResent } = test.stream.metrics;
  assert.equal({ reconnects, handovers, fragmentsResent }, { reconnects: 1, handovers: 0, fragmentsResent: 2 });
  await test.end();
});

it('resetConnection() without a connection does nothing', async () => {
  const test = await TestStream.open();
  test.stream.resetConnection();
  await test.putFragments(1);
  assert.is(test.service.uploads.length, 1);
  assert.equal(
    test.events.map(({ type }) => type),
    ['connected'],
  );
  await test.end();
  test.stream.resetConnection();
  assert.is(test.service.uploads.length, 1);
});

it('resetConnection() while a stream stops: it stops over the next connection', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  const stopped = test.stream.stop();
  await test.service.idle();
  test.stream.resetConnection();
  await test.service.idle();
  assert.is(test.service.uploads.length, 2);
  test.service.upload.persist(timecodeOf(0));
  test.service.upload.close();
  await stopped;
  await test.end();
});

it('resetStream() drops what is not persisted, asks for everything anew, and goes on at the next key frame', async () => {
  const test = await TestStream.open();
  await test.putFragments(2);
  await test.putFrames(2);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  const flushed = watched(test.stream.flush());
  await test.service.idle();
  const count = test.service.paths.length;
  test.stream.resetStream();
  assert.is(test.producer.metrics.storeUsedBytes, 0);
  await test.service.idle();
  assert.instance(await outcomeOf(flushed), NotPersistedError);
  assert.equal(test.service.paths.slice(count), ['/describeStream', '/getDataEndpoint'], 'there is nothing to send');
  assert.equal(
    test.eventsOf('frames-dropped').map(({ frames, firstTimestampUs }) => [frames, firstTimestampUs]),
    [
      [4, timecodeOf(1) * 1000],
      [2, timecodeOf(2) * 1000],
    ],
  );
  assert.equal(disconnected(test), [['reset', 0]]);
  await test.putFrames(2);
  await test.putFragments(1);
  const fragments = await test.service.upload.fragments();
  assert.equal(
    fragments.map(({ clusterTimecode, frames }) => [clusterTimecode, frames.length]),
    [[timecodeOf(3), 4]],
  );
  assert.is(test.service.uploads.length, 2);
  const { framesPut, framesSkipped, framesDropped, fragmentsDropped, fragmentsPersisted } = test.stream.metrics;
  assert.equal(
    { framesPut, framesSkipped, framesDropped, fragmentsDropped, fragmentsPersisted },
    { framesPut: 14, framesSkipped: 2, framesDropped: 6, fragmentsDropped: 2, fragmentsPersisted: 1 },
  );
  await test.end();
});

it('resetStream() tells times as they were put, not as timecodes have them', async () => {
  const test = await TestStream.open();
  const times = [0, 1, 2, 3].map((i) => testFrame(i).timestampUs + 123);
  for (const [i, timestampUs] of times.entries()) await test.stream.putFrame({ ...testFrame(i), timestampUs });
  test.stream.resetStream();
  await test.service.idle();
  assert.equal(
    test.eventsOf('frames-dropped').map(({ firstTimestampUs, lastTimestampUs }) => [firstTimestampUs, lastTimestampUs]),
    [[times[0], times[3]]],
  );
  await test.end();
});

it('resetStream() while a connection waits for credentials: it is not made', async () => {
  const service = new ScriptedMedia();
  let give: (() => void) | undefined;
  let fetches = 0;
  const credentials = async (): Promise<Credentials> => {
    if (++fetches === 2) await new Promise<void>((resolve) => (give = resolve));
    return { accessKeyId: 'AKID', secretAccessKey: 's', expiresAtMs: service.nowMs + 1_000 };
  };
  const test = await TestStream.open({}, { credentials }, service);
  await service.pass(800);
  await test.putFragments(1);
  assert.is(service.uploads.length, 0);
  const count = service.paths.length;
  test.stream.resetStream();
  give?.();
  await service.idle();
  assert.equal(service.paths.slice(count), ['/describeStream', '/getDataEndpoint']);
  await test.putFragments(1);
  assert.equal(await service.upload.timecodes(), [timecodeOf(1)]);
  await test.end();
});

it('resetStream() lets the puts through that wait for room', async () => {
  const test = await TestStream.open({}, { storeBytes: 64 << 10 });
  let taken = 0;
  while (test.stream.tryPutFrame(testFrame(taken)) === 'stored') taken++;
  const waiting = test.stream.putFrame(testFrame(taken + (4 - (taken % 4))));
  assert.is(await outcomeOf(waiting), 'pending');
  test.stream.resetStream();
  assert.is(await outcomeOf(waiting), undefined);
  await test.end();
});

for (const timecodeType of ['absolute', 'relative'] as const) {
  it(`resetStream() of a stream that was never ready drops its frames, too: ${timecodeType} timecodes`, async () => {
    const service = new ScriptedMedia();
    let isAway = true;
    const active = '{"StreamInfo":{"StreamARN":"arn:1","Status":"ACTIVE","DataRetentionInHours":24}}';
    service.on('/describeStream', () => (isAway ? new Error('ECONNREFUSED') : { body: active }));
    const test = await TestStream.open({ waitUntilReady: false, timecodeType }, {}, service);
    await test.putFragments(2);
    test.stream.resetStream();
    assert.equal([test.producer.metrics.storeUsedBytes, test.stream.metrics.fragmentsUnpersisted], [0, 0]);
    isAway = false;
    await test.putFragments(1);
    await service.pass(5_000);
    const base = timecodeType === 'absolute' ? 0 : timecodeOf(0);
    assert.equal(await service.upload.timecodes(), [timecodeOf(2) - base]);
    await test.end();
  });
}

it('resetStream() of a stream that was stopped, or has ended, does nothing', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  const stopped = test.stream.stop();
  await test.service.idle();
  test.stream.resetStream();
  test.service.upload.persist(timecodeOf(0));
  test.service.upload.close();
  await stopped;
  test.stream.resetStream();
  assert.is(test.service.uploads.length, 1);
  assert.is(test.stream.metrics.framesDropped, 0);
  await test.end();
});

it('connectionStalenessMs: a connection is given up when that much media went out without an ack', async () => {
  const test = await TestStream.open({ connectionStalenessMs: 2_500, stallTimeoutMs: 1_000_000 });
  await test.putFrames(11);
  assert.is(test.service.uploads.length, 1, 'frame 10 lies 2.5 s behind frame 0');
  await test.putFrames(5);
  await test.service.pass(RECONNECT_MS);
  assert.equal(disconnected(test), [['stale', 3]]);
  const [event] = test.eventsOf('disconnected');
  assert.match(event?.error?.message ?? '', /no ack for \d+ ms of media/);
  assert.is(test.stream.metrics.staleConnections, 1);
  assert.equal(await test.service.upload.timecodes(), [0, 1, 2, 3].map(timecodeOf));
  await test.putFragments(4);
  await test.service.pass(RECONNECT_MS);
  assert.is(test.service.uploads.length, 2, 'not again for 30 s');
  await test.service.pass(29_000);
  await test.putFragments(1);
  await test.service.pass(RECONNECT_MS);
  assert.is(test.stream.metrics.staleConnections, 1, 'nor as long as it lasts');
  assert.equal(
    test.eventsOf('connection-stale').map(({ session }) => session),
    [1, 2],
    'but it is told again',
  );
  await test.end();
});

it('connectionStalenessMs: any ack of a fragment starts it over, and 0 is off', async () => {
  for (const [connectionStalenessMs, acks] of [
    [2_500, true],
    [0, false],
  ] as const) {
    const test = await TestStream.open({ connectionStalenessMs, stallTimeoutMs: 1_000_000 });
    for (let n = 0; n < 12; n++) {
      await test.putFragments(1);
      if (acks) test.service.upload.ack('BUFFERING', timecodeOf(n));
      await test.service.idle();
    }
    await test.service.pass(RECONNECT_MS);
    assert.is(test.service.uploads.length, 1);
    assert.is(test.stream.metrics.staleConnections, 0);
    await test.end();
  }
});

it.run();
