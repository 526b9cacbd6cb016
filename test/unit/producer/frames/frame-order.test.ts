/** Frames put in order: any interleaving, and everything that can end a wait. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidFrameError, NotPersistedError } from '../../../../sdk/errors.ts';
import type { Frame } from '../../../../sdk/producer/index.ts';
import * as STATUS from '../../../../sdk/status-codes.ts';
import { CallbackRecorder } from '../../../support/callback-recorder.ts';
import { h264Sets } from '../../../support/parameter-sets.ts';
import { ScriptedMedia } from '../../../support/scripted-media.ts';
import { seededRandom } from '../../../support/seeded-random.ts';
import { BASE_MS, outcomeOf, TEST_TRACK, watched } from '../../../support/test-stream.ts';
import {
  arrived,
  audio,
  AUDIO_TRACK,
  data,
  DATA_TRACK,
  decodedAt,
  key,
  openOrdered,
  putAll,
  VIDEO,
  video,
} from '../../../support/uneven-tracks.ts';

const it = suite('frame order');

const THREE = { tracks: [TEST_TRACK, AUDIO_TRACK, DATA_TRACK] } as const;

const chunk = (frame: Frame, description?: Uint8Array) => ({
  chunk: {
    type: frame.isKey ? ('key' as const) : ('delta' as const),
    timestamp: frame.timestampUs,
    duration: null,
    byteLength: frame.data.length,
    copyTo: (destination: Uint8Array) => destination.set(frame.data),
  },
  trackNumber: frame.trackNumber ?? VIDEO,
  ...(description && { decoderConfig: { description } }),
});

async function refusal(put: Promise<void>): Promise<unknown> {
  const outcome = await outcomeOf(put);
  return outcome instanceof InvalidFrameError ? outcome.status : outcome;
}

it('with one track every frame goes on at once', async () => {
  const test = await openOrdered({ tracks: [TEST_TRACK] });
  await putAll(test, key(0), video(40), key(80));
  assert.is(await arrived(test), 'v0 v40 | v80');
  assert.is(test.stream.metrics.framesWaiting, 0);
  await test.end();
});

it('three tracks wait for each other', async () => {
  const test = await openOrdered(THREE);
  await putAll(test, key(0), video(40), audio(3), audio(24));
  assert.is(test.service.uploads.length, 0, 'the third has given nothing');
  assert.is(test.stream.metrics.framesWaiting, 4);
  await putAll(test, data(10), data(50));
  assert.is(await arrived(test), 'v0 a3 d10 a24');
  await test.end();
});

it('tryPutFrame() and the writable put in order too', async () => {
  const test = await openOrdered();
  assert.is(test.stream.tryPutFrame(key(0)), 'stored');
  assert.is(test.stream.tryPutFrame(video(40)), 'stored');
  const writer = test.stream.writable.getWriter();
  await writer.write(audio(10));
  await writer.write(audio(50));
  await test.service.idle();
  assert.is(await arrived(test), 'v0 a10 v40');
  await test.end();
});

it('chunks are put in order, and a description that changes while frames wait holds from its own fragment on', async () => {
  const [small, large] = [h264Sets(640, 480), h264Sets(1280, 720)];
  const service = new ScriptedMedia();
  service.uploadsStayOpen = true;
  const test = await openOrdered({ tracks: [{ kind: 'video', codec: 'h264' }, AUDIO_TRACK] }, {}, service);
  const frames = [chunk(key(0), small.record), chunk(key(40)), chunk(key(80), large.record), chunk(video(120))];
  for (const frame of frames) await test.stream.putFrame(frame);
  for (const ms of [10, 50, 90, 130]) await test.stream.putFrame(audio(ms));
  await test.service.idle();
  const [first] = test.service.uploads;
  assert.is(await arrived(test, first), 'v0 a10 | v40 a50');
  const widths = async (upload = first) => (await upload?.fragments())?.[0]?.tracks[0]?.pixelWidth;
  assert.is(await widths(), 640);
  first?.persist(BASE_MS, BASE_MS + 40);
  await test.service.idle();
  first?.close();
  await test.service.pass(1_000);
  assert.is(test.service.uploads.length, 2, 'a connection of its own');
  assert.is(await arrived(test), 'v80 a90 v120');
  assert.is(await widths(test.service.upload), 1280);
  assert.equal(
    test.eventsOf('codec-private-data-changed').map(({ timestampUs }) => timestampUs),
    [(BASE_MS + 80) * 1000],
  );
  await test.end();
});

it('a description that came with frames which a reset gives up holds for the next key frame', async () => {
  const [small, large] = [h264Sets(640, 480), h264Sets(1280, 720)];
  const test = await openOrdered({ tracks: [{ kind: 'video', codec: 'h264' }, AUDIO_TRACK] });
  for (const frame of [chunk(key(0), small.record), chunk(key(40), small.record), chunk(key(80), large.record)])
    await test.stream.putFrame(frame);
  test.stream.resetStream();
  await test.service.pass(1_000);
  await test.stream.putFrame(chunk(key(120), large.record));
  await putAll(test, audio(130), video(160));
  await test.service.idle();
  assert.is((await test.service.upload.fragments())[0]?.tracks[0]?.pixelWidth, 1280);
  await test.end();
});

it('a description that cannot be is refused at its put, and the frames that wait go on', async () => {
  const test = await openOrdered({ tracks: [{ ...TEST_TRACK, framing: 'annexb' }, AUDIO_TRACK] });
  const annexB = (atMs: number): Frame => ({ ...key(atMs), data: Uint8Array.of(0, 0, 0, 1, 0x65, 0x88, 0x80) });
  await test.stream.putFrame(annexB(0));
  const { data: bytes, timestampUs } = annexB(40);
  const bad = test.stream.putFrame({
    chunk: {
      type: 'key',
      timestamp: timestampUs,
      duration: null,
      byteLength: bytes.length,
      copyTo: (to: Uint8Array) => to.set(bytes),
    },
    decoderConfig: { description: Uint8Array.of(0, 0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x06, 1, 2, 3, 4, 5) },
  });
  assert.match(((await outcomeOf(bad)) as Error).message, 'set the codec private data');
  await putAll(test, annexB(40), audio(5), audio(45));
  assert.is(await arrived(test), 'v0 a5 | v40');
  await test.end();
});

it('pictures that are reordered come through in either order of the tracks', async () => {
  for (const frameOrder of ['decode-time', 'presentation-time'] as const) {
    const test = await openOrdered({ frameOrder });
    const pictures = [
      key(80, decodedAt(0)),
      video(200, decodedAt(40)),
      video(120, decodedAt(80)),
      video(160, decodedAt(120)),
      key(240, decodedAt(160)),
      video(280, decodedAt(200)),
    ];
    const sounds = [75, 90, 110, 130, 150, 170, 190, 210, 230, 250, 270, 290].map((ms) => audio(ms));
    // Sound in front of the first key frame's presentation belongs to no fragment.
    await putAll(test, ...pictures, ...sounds);
    await test.stream.endFragment();
    await test.service.idle();
    const fragments = await test.service.upload.fragments();
    const frames = fragments.flatMap((fragment) => fragment.frames);
    assert.is(frames.length, pictures.length + sounds.length - 1, frameOrder);
    assert.equal(
      frames.filter(({ trackNumber }) => trackNumber === VIDEO).map(({ timecode }) => timecode - BASE_MS),
      [80, 200, 120, 160, 240, 280],
    );
    assert.ok(fragments.every((f) => f.frames.every(({ timecode }) => timecode >= f.clusterTimecode)));
    await test.end();
  }
});

it('what cannot be is refused when it is put, and the next good frame taken', async () => {
  const test = await openOrdered();
  await putAll(test, key(0), video(40, decodedAt(40)), audio(10), audio(20));
  for (const [frame, status] of [
    [video(60, decodedAt(30)), STATUS.STATUS_CONTENT_VIEW_INVALID_TIMESTAMP],
    [video(40_000), STATUS.STATUS_MKV_LARGE_FRAME_TIMECODE],
    [video(50, { durationUs: -1 }), STATUS.STATUS_MKV_MAX_FRAME_TIMECODE],
    [video(50, { decodeTimestampUs: -1 }), STATUS.STATUS_MKV_MAX_FRAME_TIMECODE],
    [video(50, { data: new Uint8Array(0) }), STATUS.STATUS_MKV_INVALID_FRAME_DATA],
    [audio(-5), STATUS.STATUS_MKV_INVALID_FRAME_TIMESTAMP],
    [audio(50, { trackNumber: 3 }), STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND],
  ] as const)
    assert.is(await refusal(test.stream.putFrame(frame)), status, `${frame.trackNumber} ${frame.timestampUs}`);
  assert.is(test.stream.metrics.putFrameErrors, 7);
  await putAll(test, video(80), audio(50), audio(90));
  assert.is(await arrived(test), 'v0 a10 a20 v40 a50 v80');
  await test.end();
});

it('a frame far behind the open fragment is taken where a key frame that waits begins another', async () => {
  const test = await openOrdered();
  await putAll(test, key(0), key(30_000), video(60_000), audio(10), audio(60_010));
  assert.is(await arrived(test), 'v0 a10 | v30000 v60000');
  assert.is(await refusal(test.stream.putFrame(video(62_768))), STATUS.STATUS_MKV_LARGE_FRAME_TIMECODE);
  await test.end();
});

it('flush() lets everything out; sound that lags behind it is skipped up to the next key frame', async () => {
  const test = await openOrdered();
  await putAll(test, key(0), video(40), video(80), audio(10));
  const flushed = test.stream.flush();
  await test.service.idle();
  test.service.upload.persist(BASE_MS);
  await flushed;
  await putAll(test, audio(31), audio(52), audio(99), key(120), audio(121), video(160));
  assert.is(await arrived(test), 'v0 a10 v40 v80 | v120 a121');
  assert.is(test.stream.metrics.framesSkipped, 3);
  await test.end();
});

it('a pause of all tracks lets everything out', async () => {
  const test = await openOrdered();
  await putAll(test, key(0), video(40));
  await test.service.pass(15_000);
  assert.is(test.service.uploads.length, 0);
  await test.stream.putFrame(video(15_000));
  await test.service.pass(15_000);
  assert.is(test.service.uploads.length, 0, 'frames were put all the time');
  await test.service.pass(11_000);
  assert.is(await arrived(test), 'v0 v40 v15000');
  test.service.upload.persist(BASE_MS);
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsUnpersisted, 0);
  await test.end();
});

it('what is too far behind the first key frame, which still waits, is refused and not moved', async () => {
  const test = await openOrdered();
  await putAll(test, key(0));
  assert.is(await refusal(test.stream.putFrame(audio(32_768))), STATUS.STATUS_MKV_LARGE_FRAME_TIMECODE);
  await putAll(test, audio(32_767), key(32_800), audio(32_810));
  assert.is(await arrived(test), 'v0 a32767 | v32800');
  await test.end();
});

it('a key frame too far in front of what waits already is refused, so that nothing accepted is moved', async () => {
  const test = await openOrdered();
  await putAll(test, audio(40_000));
  assert.is(await refusal(test.stream.putFrame(key(7_000))), STATUS.STATUS_MKV_LARGE_FRAME_TIMECODE);
  await putAll(test, key(7_233), key(41_000));
  assert.is(await arrived(test), 'v7233 a40000');
  await test.end();
});

it('a picture that stands where its key frame does, by a decode time before it, is no tie with a sound there', async () => {
  const test = await openOrdered();
  await putAll(test, { ...key(80), ...decodedAt(0) }, audio(80), { ...video(120), ...decodedAt(40) }, audio(200));
  await putAll(test, { ...video(160), ...decodedAt(120) });
  assert.is(await arrived(test), 'v80 v120 a80 v160');
  await test.end();
});

it('a reset drops what waits, tells it, and the memory is free', async () => {
  const test = await openOrdered();
  const used = test.producer.metrics.storeUsedBytes;
  await putAll(test, key(0), audio(10), video(40), key(80), video(120));
  test.stream.resetStream();
  await test.service.pass(1_000);
  assert.is(test.producer.metrics.storeUsedBytes, used);
  const [waiting, ...others] = test.eventsOf('frames-dropped');
  assert.equal(waiting, {
    type: 'frames-dropped',
    reason: 'reset',
    frames: 3,
    bytes: 3 * 64,
    firstTimestampUs: (BASE_MS + 40) * 1000,
    lastTimestampUs: (BASE_MS + 120) * 1000,
    isFragment: false,
    fragments: 0,
    lostFrames: [40, 80, 120].map((ms) => ({ decodeTimestampUs: (BASE_MS + ms) * 1000, bytes: 64 })),
  });
  assert.is(others.length, 1, 'and the fragment');
  assert.is(test.stream.metrics.framesDropped, 5);
  await putAll(test, key(160), audio(150), audio(170), video(200));
  assert.is(await arrived(test), 'v160 a170');
  await test.end();
});

it('what waits when a stream ends is told to callbacks, frame by frame', async () => {
  const recorder = new CallbackRecorder();
  const test = await openOrdered({}, { streamCallbacks: recorder.only('droppedFrameReport') });
  await putAll(test, key(0), audio(10), video(40), video(80));
  test.stream.abort();
  await test.service.idle();
  assert.equal(
    recorder.of('droppedFrameReport').map(({ reason, timestampUs }) => [reason, timestampUs / 1000 - BASE_MS]),
    [0, 10, 40, 80].map((ms) => ['ended', ms]),
  );
  await test.end();
});

it('a stop that takes too long says what waited', async () => {
  const test = await openOrdered({ stopTimeoutMs: 1_000 });
  test.service.on('/putMedia', () => new Error('no network'));
  await putAll(test, key(0), video(40), video(80));
  const stopped = watched(test.stream.stop());
  await test.service.pass(1_500);
  const failure = (await outcomeOf(stopped)) as NotPersistedError;
  assert.instance(failure, NotPersistedError);
  assert.is(failure.frames, 3);
  assert.is(test.producer.metrics.storeUsedBytes, 0);
});

/** A frame of the property, and where it has to come out. */
interface Planned {
  readonly frame: Frame;
  readonly atMs: number;
}

/** Frames of three tracks at random times, each track's rising, no two at the same time. */
function planned(random: () => number): Planned[][] {
  const taken = new Set<number>();
  return [video, audio, data].map((make, track) => {
    const count = 1 + Math.floor(random() * 12);
    const times = new Set<number>(track === 0 ? [0] : []);
    while (times.size < count) {
      const atMs = 1 + Math.floor(random() * 400);
      if (!taken.has(atMs)) times.add(atMs);
      taken.add(atMs);
    }
    return [...times]
      .sort((a, b) => a - b)
      .map((atMs, i) => ({ frame: make(atMs, track === 0 ? { isKey: i === 0 || random() < 0.3 } : {}), atMs }));
  });
}

it('any interleaving of three tracks comes out sorted: 1000 of them', async () => {
  const random = seededRandom(20_260_101);
  for (let round = 0; round < 20; round++) {
    const test = await openOrdered({ ...THREE, frameOrder: round % 2 === 0 ? 'decode-time' : 'presentation-time' });
    const expected: string[] = [];
    for (let part = 0; part < 50; part++) {
      const shiftMs = part * 1_000;
      const tracks = planned(random).map((frames) =>
        frames.map(({ frame, atMs }) => ({
          atMs: atMs + shiftMs,
          frame: { ...frame, timestampUs: frame.timestampUs + shiftMs * 1000 },
        })),
      );
      const sorted = tracks.flat().sort((a, b) => a.atMs - b.atMs);
      const queues = tracks.map((frames) => [...frames]);
      while (queues.some((queue) => queue.length > 0)) {
        const left = queues.filter((queue) => queue.length > 0);
        const next = left[Math.floor(random() * left.length)]?.shift();
        if (next !== undefined) await test.stream.putFrame(next.frame);
      }
      await test.stream.endFragment();
      expected.push(...sorted.map(({ frame, atMs }) => `${'?vad'[frame.trackNumber ?? 0]}${atMs}`));
    }
    await test.service.idle();
    const text = await arrived(test);
    assert.is(text.replaceAll(' |', ''), expected.join(' '), `round ${round}`);
    assert.is(test.stream.metrics.framesSkipped, 0);
    assert.is(test.stream.metrics.framesWaiting, 0);
    await test.end();
    assert.is(test.producer.metrics.storeUsedBytes, 0);
  }
});

it.run();
