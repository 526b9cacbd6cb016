/** What becomes of a frame that is put: producer-core §12, with its traps. Frame order (S138 on) is elsewhere. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { InvalidFrameError, KvsError } from '../../sdk/errors.ts';
import type { Frame, TrackOptions } from '../../sdk/producer/index.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { CallbackRecorder } from '../support/callback-recorder.ts';
import { AVCC_RECORD, openFixture, PLAIN_VIDEO, readAll } from '../support/core-fixture.ts';
import { openUnsent } from '../support/full-store.ts';
import { loadCore } from '../support/load-core.ts';
import { h264Sets } from '../support/parameter-sets.ts';
import { ScriptedMedia } from '../support/scripted-media.ts';
import { outcomeOf, TEST_TRACK, testFrame, TestStream, timecodeOf, watched } from '../support/test-stream.ts';
import { parseSession } from '../unit/view/wire.ts';

const it = suite('scenarios: putFrame');
const START_US = testFrame(0).timestampUs;
const AUDIO: TrackOptions = { kind: 'audio', codec: 'aac', sampleRate: 8000, channels: 1, trackNumber: 2 };

/** A frame of the test track at so many milliseconds. */
const at = (ms: number, isKey = false): Frame => ({ ...testFrame(1), isKey, timestampUs: START_US + ms * 1000 });

it('S122: what comes in front of the first key frame is skipped, and the body begins with that key frame', async () => {
  const test = await TestStream.open();
  for (let i = 0; i < 9; i++) assert.is(await outcomeOf(test.stream.putFrame(at(i))), undefined);
  await test.stream.putFrame(at(100, true));
  await test.service.idle();
  assert.is(test.stream.metrics.framesSkipped, 9);
  const [fragment, ...more] = await test.service.upload.fragments();
  assert.equal([fragment?.frames.length, fragment?.frames[0]?.isKey, more.length], [1, true, 0]);
  await test.end();
});

for (const [id, what, frame, status] of [
  [
    'S123',
    'a track that the stream does not have',
    { ...at(10), trackNumber: 7 },
    STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND,
  ],
  ['S124', 'no data', { ...at(10), data: new Uint8Array(0) }, STATUS.STATUS_MKV_INVALID_FRAME_DATA],
  [
    'S125',
    'an earlier decoding time',
    { ...at(1_500), decodeTimestampUs: START_US + 1_100_000 },
    STATUS.STATUS_CONTENT_VIEW_INVALID_TIMESTAMP,
  ],
  ['S125', 'a time in front of its cluster', at(900), STATUS.STATUS_MKV_INVALID_FRAME_TIMESTAMP],
  ['S126', 'a time too far behind its cluster', at(1_000 + 32_768), STATUS.STATUS_MKV_LARGE_FRAME_TIMECODE],
] as const)
  it(`${id}: a frame with ${what} is refused, and the next good one is taken`, async () => {
    const test = await TestStream.open();
    for (const ms of [1_000, 1_200]) await test.stream.putFrame(at(ms, ms === 1_000));
    const error = (await outcomeOf(test.stream.putFrame(frame))) as InvalidFrameError;
    assert.equal([error.name, error.status, error.retryable], ['InvalidFrameError', status, false]);
    assert.equal([test.stream.metrics.putFrameErrors, test.stream.metrics.framesPut], [1, 2]);
    assert.is(test.stream.tryPutFrame(at(1_300)), 'stored');
    await test.end();
  });

for (const data of [null, undefined, 'text', [1, 2]])
  it(`S124: a frame whose data is ${JSON.stringify(data)} is refused`, async () => {
    const test = await TestStream.open();
    const error = await outcomeOf(test.stream.putFrame({ ...at(0, true), data: data as unknown as Uint8Array }));
    assert.instance(error, TypeError);
    assert.is(test.stream.tryPutFrame(at(0, true)), 'stored');
    await test.end();
  });

it('S125: a decoding time that repeats is taken', async () => {
  const test = await TestStream.open();
  await test.stream.putFrame(at(0, true));
  await test.stream.putFrame(at(0));
  assert.is(test.stream.metrics.framesPut, 2);
  await test.end();
});

it('S126: 32.767 s behind the cluster is the last place for a frame that begins none', async () => {
  const test = await TestStream.open({ endIdleFragmentsAfterMs: 0 });
  await test.stream.putFrame(at(0, true));
  assert.is(test.stream.tryPutFrame(at(32_767)), 'stored');
  assert.is(test.stream.tryPutFrame(at(32_768, true)), 'stored', 'a key frame begins one');
  await test.end();
});

it('S127: fragments of two seconds, with a key frame each second, begin at every second one', async () => {
  const test = await TestStream.open({ fragmentation: { mode: 'duration', durationMs: 2_000 } });
  await test.putFragments(6);
  assert.equal(await test.service.upload.timecodes(), [0, 2, 4].map(timecodeOf));
  await test.end();
});

it('S128: what is put before the service knows the stream is sent when it does', async () => {
  const service = new ScriptedMedia();
  service.on('/describeStream', { status: 503 });
  const test = await TestStream.open({ waitUntilReady: false }, {}, service);
  await test.putFragments(2);
  assert.is(service.uploads.length, 0);
  service.on('/describeStream', { body: '{"StreamInfo":{"StreamARN":"arn:1","Status":"ACTIVE"}}' });
  await service.pass(3_000);
  assert.equal(await service.upload.timecodes(), [0, 1].map(timecodeOf));
  await test.end();
});

it('S129: an end in front of everything, and a second one, end nothing', async () => {
  const test = await TestStream.open();
  // Native answers with STATUS_CONTENT_VIEW_NO_MORE_ITEMS and STATUS_MULTIPLE_CONSECUTIVE_EOFR.
  assert.is(await outcomeOf(test.stream.endFragment()), undefined);
  await test.putFrames(2);
  for (let i = 0; i < 2; i++) assert.is(await outcomeOf(test.stream.endFragment()), undefined);
  await test.service.idle();
  const body = Buffer.from(test.service.upload.bytes).toString('latin1');
  assert.is(body.split('AWS_KINESISVIDEO_END_OF_FRAGMENT').length - 1, 1);
  await test.end();
});

it('S129: behind an end frames are skipped up to a key frame, which begins the next fragment', async () => {
  const test = await TestStream.open();
  await test.putFrames(2);
  await test.stream.endFragment();
  assert.equal([test.stream.tryPutFrame(testFrame(2)), test.stream.tryPutFrame(testFrame(3))], ['skipped', 'skipped']);
  assert.is(test.stream.tryPutFrame(testFrame(4)), 'stored');
  await test.service.idle();
  assert.equal(
    (await test.service.upload.fragments()).map(({ frames }) => frames.length),
    [2, 1],
  );
  await test.end();
});

for (const [endsDurationFragments, status] of [
  [false, STATUS.STATUS_END_OF_FRAGMENT_FRAME_INVALID_STATE],
  [true, 0],
] as const)
  it(`S130: an end of a fragment that is cut by duration: ${endsDurationFragments ? 'ours' : 'as native'}`, () => {
    const { stream } = openFixture(loadCore('simd'), { keyFrameFragmentation: false, endsDurationFragments });
    stream.putFrame(1, Uint8Array.of(1), 1, 0, 0, 0);
    assert.is(stream.endFragment(), status === 0 ? 0 : -status);
  });

it('S130: the producer asks for it, so that flush and pauses work there as well', async () => {
  const test = await TestStream.open({ fragmentation: { mode: 'duration', durationMs: 2_000 } });
  await test.putFrames(2);
  const flushed = watched(test.stream.flush());
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  assert.is(await outcomeOf(flushed), undefined);
  await test.end();
});

it('S131: metadata stand in front of their cluster, persistent ones in front of each', async () => {
  const test = await TestStream.open();
  await test.stream.putFragmentMetadata('site', 'north', { persistent: true });
  await test.stream.putFragmentMetadata('door', 'open');
  await test.putFragments(2);
  await test.putFrames(1);
  assert.equal(
    (await test.service.upload.fragments()).map(({ tags }) => tags.map(({ name }) => name)),
    [['site', 'door'], ['site'], ['site']],
  );
  await test.end();
});

for (const [retentionHours, streamingType, isTold] of [
  [10, 'realtime', true],
  [10, 'near-realtime', true],
  [10, 'offline', false],
] as const)
  it(`S132: a buffer duration that is nearly full [${streamingType}, retention ${retentionHours} h]`, async () => {
    const recorder = new CallbackRecorder();
    const options = {
      bufferDurationUs: 10_000_000,
      retentionHours,
      streamingType,
      endIdleFragmentsAfterMs: 0,
    } as const;
    const test = await openUnsent(options, recorder.options);
    for (let i = 0; i < 40; i++) test.stream.tryPutFrame(testFrame(i));
    await test.service.idle();
    const remaining = recorder
      .of('bufferDurationOverflowPressure')
      .map(({ remainingDurationUs }) => remainingDurationUs);
    assert.equal(remaining, isTold ? [500_000, 250_000] : []);
    assert.is(test.eventsOf('buffer-pressure').length, isTold ? 1 : 0);
    await test.end();
  });

it('S133: a storage callback that fails does not cost the frame', async () => {
  const recorder = new CallbackRecorder({ storageOverflowPressure: () => STATUS.STATUS_INVALID_OPERATION });
  const test = await openUnsent({}, { storeBytes: 1 << 20, ...recorder.options });
  let taken = 0;
  while (test.stream.tryPutFrame(testFrame(taken, 16_000)) === 'stored') taken++;
  await test.service.idle();
  // Native answers the put with it, and the frame is lost.
  assert.ok(recorder.of('storageOverflowPressure').length > 1);
  assert.is(test.stream.metrics.framesPut, taken);
  assert.ok(test.service.logged.includes('error The callback storageOverflowPressure failed'));
  await test.end();
});

it('S135: the first key frame’s parameter sets become the codec private data of an Annex-B stream', async () => {
  const sets = h264Sets(640, 480);
  const test = await TestStream.open({ tracks: [{ kind: 'video', codec: 'h264' }] });
  const code = [0, 0, 0, 1];
  const data = Uint8Array.from([...sets.units.flatMap((unit) => [...code, ...unit]), ...code, 0x65, 0x88, 0x84]);
  await test.stream.putFrame({ data, timestampUs: START_US, isKey: true });
  await test.service.idle();
  const [fragment] = await test.service.upload.fragments();
  assert.equal(Buffer.from(fragment?.tracks[0]?.codecPrivateData ?? []), Buffer.from(sets.record));
  await test.end();
});

for (const cpdBytes of [0, 1, 30, 4_096, 65_535, 65_536, 1 << 20])
  it(`S136: with ${cpdBytes} bytes of private data the body is one header and the clusters, its segment id at byte 54`, () => {
    const codecPrivateData = new Uint8Array(cpdBytes).fill(0x5a);
    const [track] = PLAIN_VIDEO.tracks;
    assert.ok(track);
    const tracks = [{ ...track, codecId: 'V_TEST', ...(cpdBytes > 0 ? { codecPrivateData } : {}) }];
    const core = loadCore('simd');
    const { stream } = openFixture(core, { tracks, contentType: 'video/x-test', segmentUuid: ID_BYTES }, 4 << 20);
    stream.beginSession();
    for (let i = 0; i < 20; i++)
      stream.putFrame(1, Uint8Array.of(0, 0, 0, i), i % 10 === 0 ? 1 : 0, i * 1e5, i * 1e5, 1e5);
    const bytes = readAll(stream, 100_000);
    assert.is(Buffer.from(bytes).indexOf(Buffer.from(ID_BYTES)), 54);
    assert.equal(
      parseSession(bytes).flatMap(({ frames }) => frames),
      Array.from({ length: 20 }, (_, i) => i),
    );
  });

const ID_BYTES = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i);

for (const cpdBytes of [65_000, 65_536, 200_000])
  it(`T34: a header with ${cpdBytes} bytes of private data is in front of each session once, and is not sent again with its fragment`, () => {
    const codecPrivateData = new Uint8Array(cpdBytes).fill(0x5a);
    const [track] = PLAIN_VIDEO.tracks;
    assert.ok(track);
    const tracks = [{ ...track, codecId: 'V_TEST', codecPrivateData }];
    const { stream } = openFixture(loadCore('simd'), { tracks, contentType: 'video/x-test' });
    for (let i = 0; i < 6; i++) stream.putFrame(1, Uint8Array.of(0, 0, 0, i), i % 2 === 0 ? 1 : 0, i * 1e5, i * 1e5, 0);
    const sessions = [0, 1, 2].map(() => {
      stream.rollBack('unpersisted');
      stream.beginSession();
      return readAll(stream, 100_000);
    });
    assert.ok(sessions.every((bytes) => Buffer.from(bytes).equals(Buffer.from(sessions[0] ?? []))));
    assert.equal(
      parseSession(sessions[2] ?? new Uint8Array(0)).map(({ frames }) => frames),
      [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
    );
  });

it('S137: private data given before the first frame stand in the first header', () => {
  const { stream } = openFixture(loadCore('simd'));
  const other = Uint8Array.from(AVCC_RECORD);
  other[1] = 0x42;
  assert.is(stream.setCodecPrivateData(1, other), 0);
  stream.putFrame(1, Uint8Array.of(1), 1, 0, 0, 0);
  stream.beginSession();
  const bytes = Buffer.from(readAll(stream));
  assert.equal([bytes.includes(Buffer.from(other)), bytes.includes(Buffer.from(AVCC_RECORD))], [true, false]);
});

it('S137: given in mid-stream they hold from the next fragment on, over a connection of its own', async () => {
  const chunk = (i: number, description?: Uint8Array): Parameters<TestStream['stream']['putFrame']>[0] => {
    const { data, timestampUs, isKey } = testFrame(i);
    return {
      chunk: {
        type: isKey ? 'key' : 'delta',
        timestamp: timestampUs,
        duration: null,
        byteLength: data.length,
        copyTo: (into: Uint8Array) => into.set(data),
      },
      ...(description === undefined ? {} : { decoderConfig: { description } }),
    };
  };
  const [first, second] = [h264Sets(640, 480), h264Sets(1280, 720)];
  const test = await TestStream.open({ tracks: [{ kind: 'video', codec: 'h264' }] });
  test.service.uploadsStayOpen = true;
  for (let i = 0; i < 4; i++) await test.stream.putFrame(chunk(i, first.record));
  for (let i = 4; i < 6; i++) await test.stream.putFrame(chunk(i, second.record));
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  test.service.upload.close();
  await test.service.pass(100);
  const widths = await Promise.all(
    test.service.uploads.map(async (upload) => (await upload.fragments()).map(({ tracks }) => tracks[0]?.pixelWidth)),
  );
  assert.equal(widths, [[640], [1280]]);
  await test.end();
});

it('T46: beside video, sound waits for a key frame of the video, whatever it says of itself', async () => {
  const test = await TestStream.open({ tracks: [TEST_TRACK, AUDIO] });
  const sound = (ms: number): Frame => ({ ...at(ms, true), trackNumber: 2 });
  assert.equal([test.stream.tryPutFrame(sound(0)), test.stream.tryPutFrame(sound(10))], ['skipped', 'skipped']);
  assert.is(test.stream.tryPutFrame(at(20, true)), 'stored');
  assert.is(test.stream.tryPutFrame(sound(30)), 'stored');
  await test.service.idle();
  assert.is((await test.service.upload.fragments()).length, 1, 'and begins no fragment of its own');
  await test.end();
});

it('T46: alone, sound begins fragments itself', async () => {
  const test = await TestStream.open({ tracks: [{ ...AUDIO, trackNumber: 1 }] });
  assert.is(test.stream.tryPutFrame(at(0, true)), 'stored');
  await test.end();
});

it('T25: an end that fails leaves nothing waiting: what is put next carries no mark', async () => {
  const test = await TestStream.open();
  await test.stream.endFragment();
  await test.putFrames(1);
  const body = Buffer.from(test.service.upload.bytes).toString('latin1');
  assert.not.ok(body.includes('END_OF_FRAGMENT'));
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  const error = (await outcomeOf(test.stream.endFragment())) as KvsError;
  assert.is(error.status, STATUS.STATUS_STREAM_HAS_BEEN_STOPPED);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await outcomeOf(stopped), undefined);
  const all = Buffer.from(test.service.upload.bytes).toString('latin1');
  assert.is(all.split('END_OF_FRAGMENT').length - 1, 1, 'that of the stop');
});

it.run();
