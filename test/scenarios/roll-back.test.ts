/** Where the connection that follows a lost one begins. Source: producer-core §11.6, §16.2, §16.4. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StreamOptions } from '../../sdk/producer/index.ts';
import { openFixture, readAll, toHex } from '../support/core-fixture.ts';
import { loadCore } from '../support/load-core.ts';
import { endMarks, putNumbered, sessionOf } from '../support/numbered-frames.ts';
import { ScriptedMedia } from '../support/scripted-media.ts';
import { TestStream, timecodeOf, watched } from '../support/test-stream.ts';
import { parseSession } from '../unit/view/wire.ts';

const it = suite('scenarios: roll back');
const RECONNECT_MS = 2_000;
const EBML_HEADER = '1a45dfa3';
const headers = (bytes: Uint8Array): number => toHex(bytes).split(EBML_HEADER).length - 1;
const native = (replayDurationUs: number): Partial<StreamOptions> => ({ rollBack: 'native', replayDurationUs });

/** A stream of fragments, of which the first `received` are RECEIVED, whose connection then ends so; what the next one carries. */
async function carriedAfter(
  end: (test: TestStream) => void,
  options: Partial<StreamOptions>,
  received: number,
  fragments = 4,
): Promise<number[]> {
  const test = await TestStream.open({ endIdleFragmentsAfterMs: 0, stallTimeoutMs: 600_000, ...options });
  await test.putFragments(fragments);
  for (let n = 0; n < received; n++) test.service.upload.ack('RECEIVED', timecodeOf(n));
  await test.service.idle();
  end(test);
  await test.service.pass(RECONNECT_MS);
  const carried = await test.service.upload.timecodes();
  assert.is(test.service.uploads.length, 2);
  assert.is(headers(test.service.upload.bytes), 1);
  await test.end();
  return carried;
}

const archivalError = (test: TestStream): void => test.service.upload.ack('ERROR', undefined, { ErrorId: 5001 });
const cut = (test: TestStream): void => test.service.upload.reset();

for (const k of [0, 1, 2, 3]) {
  it(`S168: native: error 5001 with fragments up to ${k} received, the rest is sent again`, async () => {
    const carried = await carriedAfter(archivalError, native(60_000_000), k + 1, 5);
    assert.equal(carried, [0, 1, 2, 3, 4].slice(k + 1).map(timecodeOf));
  });
}

it('S168: ours: after error 5001 everything is sent again that is not PERSISTED', async () => {
  assert.equal(await carriedAfter(archivalError, {}, 3), [0, 1, 2, 3].map(timecodeOf));
});

// Everything is sent: the duration counts back from the newest frame, 3.75 s behind the first.
for (const [replayMs, first] of [
  [750, 3],
  [1_000, 2],
  [1_750, 2],
  [2_750, 1],
  [3_750, 0],
  [20_000, 0],
] as const) {
  it(`S169: native: a lost host, ${replayMs} ms of replay: from fragment ${first}, whatever was received`, async () => {
    for (const received of [0, 2])
      assert.equal(
        await carriedAfter(cut, native(replayMs * 1_000), received),
        [0, 1, 2, 3].slice(first).map(timecodeOf),
      );
  });
}

it('S169: native: a timeout is a lost host, too', async () => {
  const service = new ScriptedMedia();
  const test = await TestStream.open({ ...native(1_750_000), stallTimeoutMs: 3_000 }, {}, service);
  await test.putFragments(4);
  for (const n of [0, 1, 2]) service.upload.ack('RECEIVED', timecodeOf(n));
  await service.pass(2_900);
  // A stop keeps it from waiting for a key frame.
  void watched(test.stream.stop());
  await service.pass(RECONNECT_MS);
  assert.is(test.eventsOf('disconnected')[0]?.reason, 'stalled');
  assert.equal(await service.upload.timecodes(), [2, 3].map(timecodeOf));
  await test.end();
});

it('S169: ours: after a lost host everything is sent again that is not PERSISTED', async () => {
  assert.equal(await carriedAfter(cut, {}, 3), [0, 1, 2, 3].map(timecodeOf));
});

// Native goes on in the middle of the fragment, without a header.
it('S170: native: a replay of 0 begins with the fragment that was begun, at its start', async () => {
  const service = new ScriptedMedia();
  const test = await TestStream.open(native(0), {}, service);
  await test.putFragments(2);
  await test.putFrames(2);
  service.upload.reset();
  await test.putFrames(2);
  await service.pass(RECONNECT_MS);
  const fragments = await service.upload.fragments();
  assert.equal(
    fragments.map(({ clusterTimecode, frames }) => [clusterTimecode, frames.length]),
    [[timecodeOf(2), 4]],
  );
  assert.is(headers(service.upload.bytes), 1);
  await test.end();
});

it('S171: what is kept until it is persisted begins again with the first fragment that is not', async () => {
  const test = await TestStream.open();
  await test.putFragments(5);
  test.service.upload.persist(timecodeOf(0), timecodeOf(1));
  test.service.upload.ack('RECEIVED', timecodeOf(2));
  await test.service.idle();
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), [2, 3, 4].map(timecodeOf));
  await test.end();
});

it('S171: a stream that has put nothing has nothing to go back to', async () => {
  const test = await TestStream.open();
  test.stream.resetConnection();
  await test.service.pass(RECONNECT_MS);
  assert.is(test.service.uploads.length, 0);
  await test.putFragments(1);
  assert.equal(await test.service.upload.timecodes(), [timecodeOf(0)]);
  await test.end();
});

it('S172: a fragment that is sent again, and again, stands behind one header each time', async () => {
  const test = await TestStream.open();
  await test.putFragments(2);
  for (let n = 0; n < 4; n++) {
    test.service.upload.reset();
    await test.service.pass(5_000);
  }
  assert.is(test.service.uploads.length, 5);
  for (const upload of test.service.uploads) {
    assert.is(headers(upload.bytes), 1);
    assert.equal(await upload.timecodes(), [0, 1].map(timecodeOf));
  }
  const [first, ...others] = test.service.uploads.map(({ bytes }) => toHex(bytes));
  for (const other of others) assert.is(other, first);
  await test.end();
});

it('S172: a core stream rolled back twice before it is read has one header', () => {
  const { stream } = openFixture(loadCore('simd'));
  putNumbered(stream, 0, 3000);
  stream.beginSession();
  sessionOf(stream);
  for (let n = 0; n < 2; n++) {
    stream.rollBack('unpersisted');
    stream.beginSession();
  }
  assert.equal(
    sessionOf(stream).map(({ timecode, frames }) => [timecode, frames.length]),
    [
      [0, 10],
      [1000, 10],
      [2000, 10],
    ],
  );
});

it('S153: a fragment that is sent again carries the same tags, byte for byte', async () => {
  const test = await TestStream.open();
  await test.stream.putFragmentMetadata('site', 'north', { persistent: true });
  await test.stream.putFragmentMetadata('weather', 'rain');
  await test.putFragments(2);
  await test.stream.putFragmentMetadata('site', 'south', { persistent: true });
  await test.putFragments(1);
  const first = toHex(test.service.upload.bytes);
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
  assert.is(toHex(test.service.upload.bytes), first);
  const tags = (await test.service.upload.fragments()).map((fragment) =>
    fragment.tags.map(({ name, value }) => `${name}=${value}`),
  );
  assert.equal(tags, [['site=north', 'weather=rain'], ['site=north'], ['site=south']]);
  await test.end();
});

// Native makes room for a header in the store, and fails with STATUS_STORE_OUT_OF_MEMORY where there is none.
it('S218: a full store is no obstacle to a new connection: the header needs no room in it', async () => {
  const service = new ScriptedMedia();
  const test = await TestStream.open({}, { storeBytes: 64 << 10 }, service);
  const putting = watched(test.putFragments(30));
  await service.idle();
  assert.is(test.producer.metrics.waitingPuts, 1);
  const before = await service.upload.timecodes();
  service.upload.reset();
  await service.pass(RECONNECT_MS);
  assert.equal(await service.upload.timecodes(), before);
  assert.is(headers(service.upload.bytes), 1);
  for (let n = 0; n < 30; n++) {
    service.upload.persist(timecodeOf(n));
    await service.idle();
  }
  await putting;
  assert.is(test.stream.metrics.fragmentsPut, 30);
  await test.end();
});

it('S166: a session that ends in front of a fragment ends with a mark, and the next begins with a header: each frame once', () => {
  const { stream } = openFixture(loadCore('simd'));
  putNumbered(stream, 0, 2000);
  stream.beginSession();
  const body = readAll(stream);
  stream.endSession();
  putNumbered(stream, 2000, 4000);
  const first = parseSession(Uint8Array.of(...body, ...readAll(stream)));
  stream.beginSession();
  const second = sessionOf(stream);
  assert.equal([first.at(-1)?.marked, first.length, second.length], [true, 2, 2]);
  assert.equal(
    [...first, ...second].flatMap(({ frames }) => frames),
    Array.from({ length: 40 }, (_, i) => i * 100),
  );
});

it('S166: a connection that is replaced: mark, header, and each fragment once', async () => {
  const test = await TestStream.open({ sessionDurationMs: 1_000 });
  await test.putFragments(2);
  test.service.upload.persist(timecodeOf(0));
  await test.service.pass(1_500);
  test.service.uploads[0]?.persist(timecodeOf(1));
  await test.putFragments(2);
  await test.service.pass(500);
  const carried = await Promise.all(test.service.uploads.map((upload) => upload.timecodes()));
  assert.equal(carried, [[0, 1].map(timecodeOf), [2, 3].map(timecodeOf)]);
  assert.equal(
    test.service.uploads.map(({ bytes }) => [headers(bytes), endMarks(bytes)]),
    [
      [1, 1],
      [1, 0],
    ],
  );
  await test.end();
});

it('S167: what a slow reader finds of several sessions comes in order, each behind a header of its own', () => {
  const { stream } = openFixture(loadCore('simd'));
  stream.beginSession();
  const records = [1, 2, 3].map((n) => Uint8Array.of(1, 0x64, 0, 0x34, 0xff, 0xe1, 0, 1, 0x67, 1, 0, 1, n));
  for (const [n, record] of records.entries()) {
    putNumbered(stream, n * 2000, n * 2000 + 2000);
    assert.is(stream.setCodecPrivateData(1, record), 0);
  }
  putNumbered(stream, 6000, 7000);
  const sessions = [sessionOf(stream)];
  for (let n = 0; n < 3; n++) {
    stream.beginSession();
    sessions.push(sessionOf(stream));
  }
  assert.equal(
    sessions.map((clusters) => clusters.map(({ timecode }) => timecode)),
    [[0, 1000], [2000, 3000], [4000, 5000], [6000]],
  );
});

it.run();
