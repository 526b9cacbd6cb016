/** Traps of the native core about streams, their store and their calls, and what happens here instead: docs/traps.md. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createProducerWith, type ProducerOptions, type StreamOptions } from '../../sdk/producer/index.ts';
import { CallbackRecorder } from '../support/callback-recorder.ts';
import { openFixture, readAll } from '../support/core-fixture.ts';
import { loadCore } from '../support/load-core.ts';
import { putNumbered } from '../support/numbered-frames.ts';
import { CREDENTIALS, ScriptedMedia } from '../support/scripted-media.ts';
import { BASE_MS, outcomeOf, TEST_TRACK, testFrame, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: traps of streams');
const RECONNECT_MS = 2_000;
const SMALL = { storeBytes: 64 << 10 };
const BACK_DOOR = { tracks: [TEST_TRACK] };

it('T8: a stream that is being stopped holds no other up', async () => {
  const test = await TestStream.open();
  const other = await test.producer.openStream('back-door', BACK_DOOR);
  await test.putFragments(1);
  const stopped = watched(test.stream.stop());
  await test.service.pass(60_000);
  assert.is(await outcomeOf(stopped), 'pending');
  assert.is(await outcomeOf(other.putFrame(testFrame(0))), undefined);
  await test.end();
});

it('T14: frames of several tracks go out in the order in which they are put', async () => {
  const audio = { kind: 'audio', codec: 'aac', sampleRate: 48_000, channels: 2 } as const;
  const test = await TestStream.open({ tracks: [TEST_TRACK, audio] });
  for (let i = 0; i < 8; i++) {
    const { timestampUs } = testFrame(i);
    await test.stream.putFrame({ ...testFrame(i), trackNumber: 1 });
    await test.stream.putFrame({ data: new Uint8Array(20), timestampUs, isKey: true, trackNumber: 2 });
  }
  await test.service.idle();
  const frames = (await test.service.upload.fragments()).flatMap((fragment) => fragment.frames);
  assert.equal(
    frames.map(({ trackNumber }) => trackNumber),
    Array.from({ length: 16 }, (_, i) => 1 + (i % 2)),
  );
  await test.end();
});

it('T15: behind an end of fragment no frame is made a key frame: those that are none are skipped', async () => {
  const test = await TestStream.open();
  await test.putFrames(2);
  await test.stream.endFragment();
  await test.putFrames(2);
  assert.is(test.stream.metrics.framesSkipped, 2);
  await test.putFrames(1);
  assert.is(test.stream.metrics.framesSkipped, 2);
  await test.end();
});

it('T17: a stream that could not be opened leaves nothing behind, and its name is free', async () => {
  const service = new ScriptedMedia();
  const producer = await createProducerWith(service, { endpoint: 'http://127.0.0.1:1', credentials: CREDENTIALS });
  service.on('/describeStream', { status: 400, body: '{}' });
  const opened = watched(producer.openStream('front-door', BACK_DOOR));
  await service.idle();
  assert.instance(await outcomeOf(opened), Error);
  assert.equal([producer.metrics.streams, producer.metrics.storeUsedBytes, service.timerCount], [0, 0, 0]);
  const info = { StreamARN: 'arn:1', Status: 'ACTIVE', DataRetentionInHours: 24 };
  service.on('/describeStream', { body: JSON.stringify({ StreamInfo: info }) });
  const stream = await producer.openStream('front-door', BACK_DOOR);
  assert.is(stream.metrics.state, 'ready');
  producer.abort();
  await service.idle();
});

it('T18: a name of 256 characters is used whole', async () => {
  const service = new ScriptedMedia();
  const producer = await createProducerWith(service, { endpoint: 'http://127.0.0.1:1', credentials: CREDENTIALS });
  const name = 'n'.repeat(256);
  const stream = await producer.openStream(name, BACK_DOOR);
  await stream.putFrame(testFrame(0));
  await service.idle();
  assert.is(service.upload.headers['x-amzn-stream-name'], name);
  assert.is(stream.name.length, 256);
  producer.abort();
  await service.idle();
});

it('T24: what an application gives is read, and never written to', async () => {
  const deepFreeze = <T extends object>(value: T): T => {
    for (const part of Object.values(value))
      if (typeof part === 'object' && !ArrayBuffer.isView(part)) deepFreeze(part as object);
    return Object.freeze(value);
  };
  const options: Partial<StreamOptions> = deepFreeze({
    tags: { site: 'north' },
    fragmentation: { mode: 'duration', durationMs: 2_000 } as const,
    bufferDurationUs: 60_000_000,
  });
  const producerOptions: ProducerOptions = deepFreeze({
    storeBytes: 1 << 20,
    streamCallbacks: { streamReady: () => 0 },
  });
  const service = new ScriptedMedia();
  service.on('/tagStream', { body: '{}' });
  const test = await TestStream.open(options, producerOptions, service);
  const frame = deepFreeze(testFrame(0));
  const before = Uint8Array.from(frame.data);
  await test.stream.putFrame(frame);
  assert.equal(frame.data, before);
  await test.end();
});

it('T26: a notification that throws takes no frame with it', async () => {
  const fails = (): never => {
    throw new Error('the application has failed');
  };
  const streamCallbacks = { streamDataAvailable: fails, storageOverflowPressure: fails, fragmentAckReceived: fails };
  const test = await TestStream.open({}, { streamCallbacks });
  await test.putFragments(1);
  await test.putFragments(1);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  const fragments = await test.service.upload.fragments();
  assert.equal(
    fragments.map(({ clusterTimecode, frames }) => [clusterTimecode, frames.length]),
    [
      [timecodeOf(0), 4],
      [timecodeOf(1), 4],
    ],
  );
  assert.is(test.stream.metrics.fragmentsPersisted, 1);
  assert.ok(test.eventsOf('callback-failed').length > 0);
  await test.end();
});

it('T27: what happens meanwhile does not begin a wait anew', async () => {
  const test = await TestStream.open({ stopTimeoutMs: 5_000 });
  await test.putFragments(4);
  const stopped = watched(test.stream.stop());
  for (let n = 0; n < 3; n++) {
    await test.service.pass(1_500);
    test.service.upload.persist(timecodeOf(n));
  }
  assert.is(await outcomeOf(stopped), 'pending');
  await test.service.pass(600);
  assert.instance(await outcomeOf(stopped), Error, 'five seconds from the call');
  await test.end();
});

// A frame is stamped by whoever made it.
it('T31: a frame without a timestamp is refused: no clock is asked, once or twice', async () => {
  const test = await TestStream.open();
  const { timestampUs: _timestampUs, ...frame } = testFrame(0);
  assert.instance(await outcomeOf(test.stream.putFrame(frame)), Error);
  assert.is(test.stream.metrics.framesPut, 0);
  assert.is(await outcomeOf(test.stream.putFrame(testFrame(0))), undefined);
  await test.end();
});

it('T33: figures are those of the moment, however often they are asked for', async () => {
  const test = await TestStream.open();
  for (let n = 1; n <= 5; n++) {
    await test.putFragments(1);
    assert.is(test.stream.metrics.fragmentsPut, n);
    assert.match(await test.producer.metricsText(), `penstock_stream_fragments_put_total{stream="front-door"} ${n}\n`);
  }
  await test.end();
});

it('T34: a header of more than 64 KiB stands in front of every connection, and the fragments behind it are whole', async () => {
  const codecPrivateData = new Uint8Array(70_000).fill(3);
  const track = { kind: 'video', codec: 'x', codecId: 'V_X', contentType: 'video/x', codecPrivateData } as const;
  const test = await TestStream.open({ tracks: [track] });
  await test.putFragments(2);
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
  for (const upload of test.service.uploads) {
    const fragments = await upload.fragments();
    assert.equal(
      fragments.map(({ frames, tracks }) => [frames.length, tracks[0]?.codecPrivateData?.length]),
      [
        [4, 70_000],
        [4, 70_000],
      ],
    );
  }
  await test.end();
});

it('T35: taking away metadata that is not there puts none', async () => {
  const test = await TestStream.open();
  await test.stream.putFragmentMetadata('weather', '', { persistent: true });
  await test.putFragments(2);
  for (const { tags } of await test.service.upload.fragments()) assert.equal(tags, []);
  await test.end();
});

it('T39: an answer of 200 that does not say what was asked for is none', async () => {
  const service = new ScriptedMedia();
  service.on('/getDataEndpoint', (_request, count) => ({
    body: count < 3 ? '{}' : '{"DataEndpoint":"http://127.0.0.1:2"}',
  }));
  const test = await TestStream.open({ waitUntilReady: false }, {}, service);
  await test.putFragments(1);
  assert.is(service.uploads.length, 0);
  assert.is(test.stream.metrics.state, 'get-endpoint');
  await service.pass(5_000);
  assert.equal(await service.upload.timecodes(), [timecodeOf(0)]);
  await test.end();
});

it('T40: an answer that comes after its call was given up is not taken for that of another', async () => {
  const service = new ScriptedMedia();
  const late: Array<() => void> = [];
  service.on('/describeStream', (_request, count) => {
    const status = count === 1 ? 'DELETING' : 'ACTIVE';
    const body = JSON.stringify({ StreamInfo: { StreamARN: 'arn:1', Status: status, DataRetentionInHours: 24 } });
    return count === 1 ? new Promise((resolve) => late.push(() => resolve({ body }))) : { body };
  });
  const test = await TestStream.open({ waitUntilReady: false, callTimeoutMs: 1_000 }, {}, service);
  await service.pass(3_000);
  for (const answer of late) answer();
  await service.idle();
  assert.is(late.length, 1);
  assert.is(test.stream.metrics.state, 'ready');
  await test.end();
});

it('T41: a stream that fails again and again does not slow another down', async () => {
  const service = new ScriptedMedia();
  const test = await TestStream.open({}, {}, service);
  const bad = await test.producer.openStream('back-door', BACK_DOOR);
  const media = new ScriptedMedia();
  service.on('/putMedia', async (request) => {
    if (request.headers['x-amzn-stream-name'] === 'back-door') return { status: 500 };
    return { body: (await media.fetch(request)).body as ReadableStream<Uint8Array> };
  });
  await bad.putFrame(testFrame(0));
  await service.pass(20_000);
  assert.ok(bad.metrics.callRetries > 4, `${bad.metrics.callRetries} retries`);
  await test.putFragments(1);
  media.upload.reset();
  await service.pass(1_000);
  assert.is(test.stream.metrics.sessions, 2, 'after its own first wait');
  await test.end();
});

it('T45: ready is the first endpoint, and streamReady each that was asked for', async () => {
  const recorder = new CallbackRecorder();
  const test = await TestStream.open({ callCaching: 'none' }, { streamCallbacks: recorder.only('streamReady') });
  let resolved = 0;
  void test.stream.ready.then(() => resolved++);
  for (let n = 0; n < 3; n++) {
    await test.putFragments(1);
    test.service.upload.reset();
    await test.service.pass(5_000);
  }
  assert.is(resolved, 1);
  assert.ok(recorder.of('streamReady').length >= 3);
  await test.end();
});

it('T46: sound in front of the first picture is skipped, and told once', async () => {
  const audio = { kind: 'audio', codec: 'aac', sampleRate: 48_000, channels: 2 } as const;
  const test = await TestStream.open({ tracks: [TEST_TRACK, audio] });
  const sound = { data: new Uint8Array(20), timestampUs: BASE_MS * 1_000, isKey: true, trackNumber: 2 };
  for (let n = 0; n < 3; n++) assert.is(test.stream.tryPutFrame(sound), 'skipped');
  assert.is(test.stream.tryPutFrame({ ...testFrame(0), trackNumber: 1 }), 'stored');
  assert.is(test.stream.tryPutFrame(sound), 'stored');
  await test.service.idle();
  assert.equal(
    test.eventsOf('frames-skipped').map(({ trackNumber }) => trackNumber),
    [2],
  );
  await test.end();
});

it('T47: a store that was emptied remembers nothing: an end of fragment has nothing to end', () => {
  const { stream } = openFixture(loadCore('simd'));
  putNumbered(stream, 0, 1000);
  stream.beginSession();
  stream.endFragment();
  readAll(stream);
  stream.acknowledge('persisted', 0);
  assert.is(stream.stats.items, 0);
  assert.ok(stream.endFragment() < 0);
  assert.is(stream.stats.items, 0);
  assert.is(readAll(stream).length, 0);
});

it('T48: one giant frame takes no room when it has gone', async () => {
  const test = await TestStream.open({}, SMALL);
  const fits = (from: number): number => {
    let count = 0;
    while (test.stream.tryPutFrame(testFrame(from + count)) === 'stored') count++;
    return count;
  };
  const empty = test.producer.metrics.storeUsedBytes;
  assert.is(test.stream.tryPutFrame(testFrame(0, 50_000)), 'stored');
  await test.stream.endFragment();
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(test.producer.metrics.storeUsedBytes, empty);
  const after = fits(4);
  const twin = await TestStream.open({}, SMALL);
  let count = 0;
  while (twin.stream.tryPutFrame(testFrame(4 + count)) === 'stored') count++;
  assert.ok(count > 20);
  assert.is(after, count);
  await test.end();
  await twin.end();
});

it.run();
