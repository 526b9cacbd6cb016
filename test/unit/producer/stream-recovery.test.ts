import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { NotPersistedError, StreamUnavailableError } from '../../../sdk/errors.ts';
import { ScriptedMedia } from '../../support/scripted-media.ts';
import { outcomeOf, testFrame, TestStream, timecodeOf, watched } from '../../support/test-stream.ts';

const it = suite('stream recovery');
const RECONNECT_MS = 2_000;
const EBML_HEADER = '1a45dfa3';
const startsWithHeader = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, 4)).toString('hex') === EBML_HEADER;
const timecodes = (...fragments: number[]): number[] => fragments.map(timecodeOf);

/** What was acknowledged before the cut → where the next connection begins. */
for (const [name, acks, retentionHours, expected] of [
  ['nothing', [], 24, 0],
  ['buffered', [['BUFFERING', 0]], 24, 0],
  [
    'received, not persisted: it could die with the host',
    [
      ['RECEIVED', 0],
      ['RECEIVED', 1],
    ],
    24,
    0,
  ],
  [
    'the first persisted',
    [
      ['RECEIVED', 0],
      ['PERSISTED', 0],
      ['RECEIVED', 1],
    ],
    24,
    1,
  ],
  ['two persisted by one ack', [['PERSISTED', 1]], 24, 2],
  [
    'persisted out of order',
    [
      ['PERSISTED', 1],
      ['PERSISTED', 0],
    ],
    24,
    2,
  ],
  [
    'the same twice',
    [
      ['PERSISTED', 0],
      ['PERSISTED', 0],
    ],
    24,
    1,
  ],
  [
    'received, without retention',
    [
      ['BUFFERING', 0],
      ['RECEIVED', 0],
      ['BUFFERING', 1],
    ],
    0,
    1,
  ],
] as const) {
  it(`a connection lost after ${name} is followed by one from fragment ${expected}`, async () => {
    const test = await TestStream.open({}, {}, new ScriptedMedia(retentionHours));
    await test.putFragments(4);
    const first = test.service.upload;
    assert.equal(await first.timecodes(), timecodes(0, 1, 2, 3));
    for (const [type, fragment] of acks) first.ack(type, timecodeOf(fragment));
    await test.service.idle();
    first.reset();
    await test.service.pass(RECONNECT_MS);
    const second = test.service.upload;
    assert.is.not(second, first);
    assert.ok(startsWithHeader(second.bytes), 'a fresh header');
    assert.equal(await second.timecodes(), timecodes(0, 1, 2, 3).slice(expected));
    const [disconnected] = test.eventsOf('disconnected');
    assert.is(disconnected?.resentFragments, 4 - expected);
    assert.is(test.stream.metrics.fragmentsResent, 4 - expected);
    assert.is(test.stream.metrics.reconnects, 1);
    await test.end();
  });
}

it('a connection lost in the middle of a fragment begins again at its first frame', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  await test.putFrames(2);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  test.service.upload.reset();
  await test.service.idle();
  await test.putFrames(2);
  await test.service.pass(RECONNECT_MS);
  const [fragment] = await test.service.upload.fragments();
  assert.is(fragment?.clusterTimecode, timecodeOf(1));
  assert.is(fragment?.frames.length, 4, 'with the frames put meanwhile');
  await test.end();
});

it('every connection of many carries a header and goes on where the acks were', async () => {
  const test = await TestStream.open();
  for (let round = 0; round < 6; round++) {
    await test.putFragments(1);
    await test.service.pass(RECONNECT_MS);
    const { upload } = test.service;
    assert.ok(startsWithHeader(upload.bytes), `connection ${round}`);
    assert.equal(
      await upload.timecodes(),
      timecodes(...Array.from({ length: round + 1 }, (_, i) => i).slice(Math.max(0, round - 1))),
    );
    if (round > 0) upload.persist(timecodeOf(round - 1));
    await test.service.idle();
    upload.reset();
  }
  await test.end();
});

it('an error ack that a repetition can mend brings the fragment back', async () => {
  for (const errorId of [4000, 4003, 5000, 5001, 7000, 9999]) {
    const test = await TestStream.open();
    await test.putFragments(2);
    test.service.upload.ack('ERROR', timecodeOf(0), { ErrorId: errorId });
    await test.service.pass(RECONNECT_MS);
    assert.is(test.service.uploads.length, 2, String(errorId));
    assert.equal(await test.service.upload.timecodes(), timecodes(0, 1), String(errorId));
    assert.is(test.eventsOf('disconnected')[0]?.reason, 'error-ack');
    assert.is(test.eventsOf('fragment-rejected').length, 0);
    await test.end();
  }
});

for (const [name, timecode] of [
  ['names the fragment', timecodeOf(1)],
  ['names none', undefined],
  ['names 0, as the service does when it could not read the timecode', 0],
] as const) {
  it(`a fragment refused for good is skipped, when the error ack ${name}`, async () => {
    const test = await TestStream.open();
    await test.putFragments(3);
    test.service.upload.ack('RECEIVED', timecodeOf(0));
    test.service.upload.ack('ERROR', timecode, { ErrorId: 4004, ErrorCode: 'FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS' });
    await test.service.pass(RECONNECT_MS);
    assert.equal(await test.service.upload.timecodes(), timecodes(0, 2));
    const [event] = test.eventsOf('fragment-rejected');
    assert.is(event?.timecode, timecodeOf(1));
    assert.is(event?.frames, 4);
    assert.is(event?.error.code, 'STATUS_ACK_ERR_FRAGMENT_TIMECODE_NOT_MONOTONIC');
    assert.is(event?.error.errorCode, 'FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS');
    assert.is(event?.firstTimestampUs, timecodeOf(1) * 1000);
    assert.is(test.stream.metrics.framesRejected, 4);
    assert.is(test.stream.metrics.fragmentsRejected, 1);
    await test.end();
  });
}

it('the endpoint is asked for again when the one that is known has fallen silent', async () => {
  const test = await TestStream.open({ stallTimeoutMs: 5_000 });
  await test.putFragments(1);
  test.service.on('/getDataEndpoint', { body: '{"DataEndpoint":"http://127.0.0.1:3"}' });
  await test.service.pass(5_000 + RECONNECT_MS);
  const urls = test.service.requests.flatMap(({ url }) => (url.endsWith('/putMedia') ? [url] : []));
  assert.equal(urls, ['http://127.0.0.1:2/putMedia', 'http://127.0.0.1:3/putMedia']);
  await test.end();
});

it('no other fragment suffers for a refused one that is not here any more', async () => {
  const test = await TestStream.open();
  await test.putFragments(2);
  test.service.upload.ack('ERROR', timecodeOf(0) - 4_000, { ErrorId: 4004 });
  await test.service.pass(RECONNECT_MS);
  assert.is(test.eventsOf('fragment-rejected').length, 0);
  assert.equal(await test.service.upload.timecodes(), timecodes(0, 1));
  await test.end();
});

it('an ack frees only the fragment that it names: one in whose time its timecode lies is still owed, and sent again', async () => {
  const test = await TestStream.open();
  await test.putFragments(2);
  test.service.upload.ack('RECEIVED', timecodeOf(0));
  test.service.upload.ack('PERSISTED', timecodeOf(0) + 100);
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsUnpersisted, 2);
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), timecodes(0, 1));
  await test.end();
});

it('a fragment refused for good is told with the very times of its frames', async () => {
  const test = await TestStream.open();
  const timesUs = Array.from({ length: 5 }, (_, i) => timecodeOf(0) * 1000 + Math.round((i * 1e6) / 30));
  for (const [i, timestampUs] of timesUs.entries()) await test.stream.putFrame({ ...testFrame(i), timestampUs });
  await test.service.idle();
  test.service.upload.ack('ERROR', timecodeOf(0), { ErrorId: 4004 });
  await test.service.idle();
  const [event] = test.eventsOf('fragment-rejected');
  assert.is(event?.firstTimestampUs, timesUs[0]);
  assert.is(event?.lastTimestampUs, timesUs[3]);
  await test.end();
});

it('when the open fragment is refused, its later frames are skipped up to the next key frame', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  await test.putFrames(2);
  test.service.upload.persist(timecodeOf(0));
  test.service.upload.ack('ERROR', timecodeOf(1), { ErrorId: 4006 });
  await test.service.idle();
  await test.putFrames(2);
  await test.putFragments(1);
  await test.service.pass(RECONNECT_MS);
  const fragments = await test.service.upload.fragments();
  assert.equal(
    fragments.map((fragment) => [fragment.clusterTimecode, fragment.frames.length]),
    [[timecodeOf(2), 4]],
  );
  assert.is(test.stream.metrics.framesSkipped, 2);
  await test.end();
});

it('a stream that was deleted fails with a typed error, and everything pending with it', async () => {
  const test = await TestStream.open();
  await test.putFragments(2);
  const flushed = test.stream.flush();
  test.service.upload.ack('ERROR', timecodeOf(0), { ErrorId: 4507 });
  const error = (await outcomeOf(flushed)) as StreamUnavailableError;
  assert.is(error.code, 'STATUS_ACK_ERR_STREAM_DELETED');
  assert.is(await outcomeOf(test.stream.putFrame({ data: new Uint8Array(10), timestampUs: 1, isKey: true })), error);
  assert.is(test.eventsOf('failed')[0]?.error, error);
  assert.is(test.eventsOf('fragment-rejected').length, 0, 'it is not the fragment’s fault');
  assert.is(test.producer.metrics.storeUsedBytes, 0, 'its memory came back');
  await test.end();
});

it('an ack for a fragment that is not here is told and changes nothing', async () => {
  const test = await TestStream.open();
  await test.putFragments(2);
  test.service.upload.ack('PERSISTED', timecodeOf(99));
  test.service.upload.ack('RECEIVED');
  await test.service.idle();
  assert.equal(
    test.eventsOf('ack-ignored').map((event) => event.error.code),
    ['STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW', 'STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW'],
  );
  assert.is(test.stream.metrics.fragmentsUnpersisted, 2);
  await test.end();
});

it('a half-open connection is noticed and replaced', async () => {
  const test = await TestStream.open({ stallTimeoutMs: 5_000 });
  await test.putFragments(2);
  await test.service.pass(4_900);
  assert.is(test.service.uploads.length, 1);
  await test.service.pass(1_500);
  assert.is(test.eventsOf('disconnected')[0]?.reason, 'stalled');
  assert.equal(await test.service.upload.timecodes(), timecodes(0, 1));
  await test.end();
});

it('a fragment that was ended by hand and is not acknowledged any further is owed, too', async () => {
  const test = await TestStream.open({ stallTimeoutMs: 5_000 });
  await test.putFragments(1);
  test.service.upload.ack('BUFFERING', timecodeOf(0));
  await test.service.pass(20_000);
  assert.is(test.service.uploads.length, 1, 'an open fragment that began to arrive owes nothing');
  await test.stream.endFragment();
  await test.service.pass(6_500);
  assert.is(test.eventsOf('disconnected')[0]?.reason, 'stalled');
  await test.end();
});

it('a connection that the service closes when all is persisted is not replaced before there is more', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  const flushed = test.stream.flush();
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await flushed;
  test.service.upload.close();
  await test.service.pass(60_000);
  assert.is(test.service.uploads.length, 1);
  await test.putFragments(1);
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), timecodes(1));
  await test.end();
});

it('relative timecodes count from the first frame, in every connection, and their acks find home', async () => {
  const test = await TestStream.open({ timecodeType: 'relative' });
  await test.putFragments(2);
  const first = test.service.upload;
  assert.is(first.headers['x-amzn-fragment-timecode-type'], 'RELATIVE');
  assert.is(first.headers['x-amzn-producer-start-timestamp'], '1700000000.000');
  assert.equal(await first.timecodes(), [0, 1000]);
  first.persist(0);
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 1);
  first.reset();
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), [1000]);
  assert.is(test.service.upload.headers['x-amzn-producer-start-timestamp'], '1700000000.000');
  await test.end();
});

const native = { rollBack: 'native', replayDurationUs: 1_000_000 } as const;

it('the native policy goes on behind what a living host has received', async () => {
  const test = await TestStream.open(native);
  await test.putFragments(4);
  for (const n of [0, 1]) test.service.upload.ack('RECEIVED', timecodeOf(n));
  test.service.upload.ack('ERROR', undefined, { ErrorId: 4000 });
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), timecodes(2, 3));
  assert.equal(test.eventsOf('frames-dropped'), []);
  assert.is(test.stream.metrics.fragmentsResent, 2);
  test.service.upload.persist(timecodeOf(2));
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 3, 'the received ones with it');
  await test.end();
});

it('an unnamed error ack is for what the connection carries, not for what another one was told is received', async () => {
  const test = await TestStream.open(native);
  await test.putFragments(4);
  for (const n of [0, 1]) test.service.upload.ack('RECEIVED', timecodeOf(n));
  test.service.upload.ack('ERROR', undefined, { ErrorId: 4000 });
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), timecodes(2, 3));
  test.service.upload.ack('ERROR', undefined, { ErrorId: 4006 });
  await test.service.idle();
  assert.equal(
    test.eventsOf('fragment-rejected').map(({ timecode }) => timecode),
    [timecodeOf(2)],
  );
  await test.end();
});

it('what the native policy gives up after a lost host is told, and flush says so', async () => {
  const test = await TestStream.open(native);
  await test.putFragments(4);
  test.service.upload.ack('RECEIVED', timecodeOf(0));
  await test.service.idle();
  const flushing = watched(test.stream.flush());
  await test.service.idle();
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), timecodes(2, 3));
  assert.equal(
    test
      .eventsOf('frames-dropped')
      .map(({ reason, fragments, frames, firstTimestampUs, lastTimestampUs }) => [
        reason,
        fragments,
        frames,
        firstTimestampUs,
        lastTimestampUs,
      ]),
    [['roll-back', 2, 8, timecodeOf(0) * 1000, timecodeOf(2) * 1000 - 250_000]],
  );
  assert.is(test.stream.metrics.framesDropped, 8);
  test.service.upload.persist(timecodeOf(3));
  await test.service.idle();
  const error = (await outcomeOf(flushing)) as NotPersistedError;
  assert.equal([error.fragments, error.frames], [2, 8]);
  await test.end();
});

it('the native policy waits for a key frame after a timeout with everything sent', async () => {
  const test = await TestStream.open({ ...native, stallTimeoutMs: 3_000 });
  test.service.uploadsStayOpen = true;
  await test.putFragments(2);
  await test.service.pass(6_000);
  assert.is(test.service.uploads.length, 1, 'no connection before there is something new');
  await test.putFrames(2);
  await test.service.pass(RECONNECT_MS);
  assert.is(test.service.uploads.length, 2, 'the next frame was a key frame');
  assert.equal(await test.service.upload.timecodes(), timecodes(1), 'the key frame goes over one of its own');
  assert.is(test.stream.metrics.fragmentsResent, 1);
  test.service.upload.persist(timecodeOf(1));
  await test.service.idle();
  test.service.upload.close();
  await test.service.pass(RECONNECT_MS);
  assert.is(test.service.uploads.length, 3);
  assert.equal(await test.service.upload.timecodes(), timecodes(2));
  assert.is(test.eventsOf('frames-dropped')[0]?.frames, 4, 'the fragment before the replay');
  await test.end();
});

for (const order of ['before', 'after'] as const)
  it(`the native policy does not wait for a key frame that finds no room: a put ${order} the timeout`, async () => {
    const test = await TestStream.open({ ...native, stallTimeoutMs: 3_000 }, { storeBytes: 1 << 20 });
    test.service.uploadsStayOpen = true;
    let taken = 0;
    while (test.stream.tryPutFrame(testFrame(taken, 128 * 1024)) === 'stored') taken++;
    await test.service.idle();
    if (order === 'after') await test.service.pass(6_000);
    const waiting = watched(test.stream.putFrame(testFrame(taken, 128 * 1024)));
    await test.service.pass(8_000);
    assert.is(test.service.uploads.length, 2, 'what is kept goes out again');
    test.service.upload.persist(timecodeOf(0));
    await test.service.idle();
    assert.is(await outcomeOf(waiting), undefined);
    await test.end();
  });

for (const replayDurationUs of [0, 1_000_000])
  it(`what was received and not persisted is sent again for a stop, a flush: replay of ${replayDurationUs} µs`, async () => {
    for (const call of ['stop', 'flush'] as const) {
      const test = await TestStream.open({ ...native, replayDurationUs });
      await test.putFragments(2);
      const done = watched(test.stream[call]());
      await test.service.idle();
      for (const n of [0, 1]) test.service.upload.ack('RECEIVED', timecodeOf(n));
      await test.service.idle();
      test.service.upload.close();
      await test.service.pass(RECONNECT_MS);
      assert.equal(await test.service.upload.timecodes(), timecodes(0, 1), call);
      test.service.upload.persist(timecodeOf(1));
      await test.service.idle();
      test.service.upload.close();
      await test.service.idle();
      assert.is(await outcomeOf(done), undefined, call);
      await test.end();
    }
  });

it('stop and flush do not wait for a key frame', async () => {
  for (const call of ['stop', 'flush'] as const) {
    const test = await TestStream.open({ ...native, stallTimeoutMs: 3_000 });
    await test.putFragments(2);
    await test.service.pass(6_000);
    assert.is(test.service.uploads.length, 1, call);
    const done = watched(test.stream[call]());
    await test.service.pass(RECONNECT_MS);
    assert.is(test.service.uploads.length, 2, call);
    assert.equal(await test.service.upload.timecodes(), timecodes(0, 1), call);
    test.service.upload.persist(timecodeOf(0), timecodeOf(1));
    await test.service.idle();
    assert.is(await outcomeOf(done), undefined, call);
    await test.end();
  }
});

it.run();
