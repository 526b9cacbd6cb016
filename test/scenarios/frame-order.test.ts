/** Several tracks: the order in which their frames enter the stream, and frames without timecodes of their own. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidFrameError } from '../../sdk/errors.ts';
import { MAX_WAITING_FRAMES } from '../../sdk/producer/frames/frame-order.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { BASE_MS, outcomeOf, TEST_TRACK, TestStream } from '../support/test-stream.ts';
import {
  arrived,
  AUDIO,
  audio,
  AUDIO_TRACK,
  data,
  DATA_TRACK,
  decodedAt,
  key,
  openOrdered,
  putAll,
  video,
} from '../support/uneven-tracks.ts';

const it = suite('scenarios: frame order');

const BOTH_ORDERS = ['decode-time', 'presentation-time'] as const;

/** Status of the frame that a put was refused for; what it came to otherwise. */
async function refusal(put: Promise<void>): Promise<unknown> {
  const outcome = await outcomeOf(put);
  return outcome instanceof InvalidFrameError ? outcome.status : outcome;
}

it('S138: three tracks put in turn are taken in decode order, and blocks carry their own track numbers', async () => {
  const test = await TestStream.open({ tracks: [TEST_TRACK, AUDIO_TRACK, DATA_TRACK] });
  await putAll(test, key(0), audio(5), data(7), video(40), audio(45), data(47), key(80), audio(85));
  assert.is(await arrived(test), 'v0 a5 d7 v40 a45 d47 | v80 a85');
  await test.end();
});

it('S138: a decode time before the last frame of any track is refused, and the next good one taken', async () => {
  const test = await TestStream.open({ tracks: [TEST_TRACK, AUDIO_TRACK] });
  await putAll(test, key(0), audio(50, decodedAt(50)));
  const late = test.stream.putFrame(video(60, decodedAt(40)));
  assert.is(await refusal(late), STATUS.STATUS_CONTENT_VIEW_INVALID_TIMESTAMP);
  await putAll(test, video(60));
  assert.is(await arrived(test), 'v0 a50 v60');
  await test.end();
});

it('S138a: of two first frames the earlier goes first, and the first track at equal times', async () => {
  const test = await openOrdered();
  await putAll(test, key(0), audio(10), video(40), audio(20), audio(60), video(50));
  assert.is(await arrived(test), 'v0 a10 a20 v40 v50');
  await test.stream.endFragment();
  await test.end();
});

it('S138a: at equal times of different kinds the presentation time moves by one timecode, the decode time does not', async () => {
  const test = await openOrdered();
  // Were its place moved as well, the picture at 1 ms would go in front of it.
  await putAll(test, key(0, decodedAt(0)), audio(0, decodedAt(0)), audio(0, decodedAt(0)), video(1, decodedAt(1)));
  await test.stream.endFragment();
  await test.service.idle();
  assert.is(await arrived(test), 'v0 a1 a0 v1');
  await test.end();
});

it('S138a: at equal times of the same kind nothing moves', async () => {
  const test = await openOrdered({ tracks: [AUDIO_TRACK, { ...AUDIO_TRACK, name: 'second' }] });
  await putAll(test, audio(0, { trackNumber: 1 }), audio(0), audio(40, { trackNumber: 1 }));
  const [fragment] = await test.service.upload.fragments();
  assert.equal(
    fragment?.frames.map(({ trackNumber, timecode }) => [trackNumber, timecode - BASE_MS]),
    [
      [1, 0],
      [2, 0],
    ],
  );
  await test.end();
});

it('S138a: an empty queue has no first frame: nothing is released, nothing fails', async () => {
  const test = await openOrdered();
  await test.stream.endFragment();
  assert.is(test.service.uploads.length, 0);
  await test.end();
});

it('S139: as put, uneven tracks keep the order of the puts', async () => {
  const test = await TestStream.open({ tracks: [TEST_TRACK, AUDIO_TRACK] });
  await putAll(test, key(0), video(40), video(80), audio(0), audio(21));
  assert.is(await arrived(test), 'v0 v40 v80 a0 a21');
  await test.end();
});

for (const frameOrder of BOTH_ORDERS) {
  it(`S139: by ${frameOrder}, uneven tracks come out sorted`, async () => {
    const test = await openOrdered({ frameOrder });
    await putAll(test, key(0), video(40), video(80), key(120), audio(5), audio(26), audio(47), audio(69), audio(130));
    assert.is(await arrived(test), 'v0 a5 a26 v40 a47 a69 v80 | v120');
    await test.end();
  });

  it(`S140: by ${frameOrder}, 61 frames of one track wait; then they go on, which is told once`, async () => {
    const test = await openOrdered({ frameOrder });
    for (let i = 0; i < MAX_WAITING_FRAMES; i++) await test.stream.putFrame(video(i * 40, { isKey: i === 0 }));
    await test.service.idle();
    assert.is(MAX_WAITING_FRAMES, 61);
    assert.is(test.service.uploads.length, 0, 'nothing was delivered');
    assert.is(test.stream.metrics.framesWaiting, 61);
    // Native refuses the 62nd, and each after it for ever: one dead microphone would stop the video.
    await putAll(test, video(61 * 40), video(62 * 40));
    assert.is(await arrived(test), 'v0 v40');
    assert.equal(test.eventsOf('track-silent'), [
      { type: 'track-silent', trackNumber: AUDIO, reason: 'too-many-waiting', timestampUs: BASE_MS * 1000 },
    ]);
    await test.end();
  });

  it(`S140: by ${frameOrder}, a silent track that comes back is taken where it is not too late, and told again`, async () => {
    const test = await openOrdered({ frameOrder });
    for (let i = 0; i < 63; i++) await test.stream.putFrame(video(i * 40, { isKey: i === 0 }));
    assert.is(await refusal(test.stream.putFrame(audio(39))), STATUS.STATUS_CONTENT_VIEW_INVALID_TIMESTAMP);
    await putAll(test, audio(70), audio(90));
    assert.is(await arrived(test), 'v0 v40 a70 v80 a90');
    for (let i = 63; i < 70; i++) await test.stream.putFrame(video(i * 40));
    await test.service.idle();
    assert.is(test.eventsOf('track-silent').length, 2);
    assert.is(test.stream.metrics.putFrameErrors, 1);
    await test.end();
  });

  it(`S142: by ${frameOrder}, of equal video and audio times the later is moved by one timecode`, async () => {
    const test = await openOrdered({ frameOrder });
    await putAll(test, key(0), audio(0), video(40), audio(40), video(80), audio(80));
    await test.stream.endFragment();
    await test.service.idle();
    assert.is(await arrived(test), 'v0 a1 v40 a41 v80 a81');
    await test.end();
  });

  it(`S142: by ${frameOrder}, a frame that waits is moved once, however often it is compared`, async () => {
    const test = await openOrdered({ frameOrder, tracks: [TEST_TRACK, AUDIO_TRACK] });
    // Native compares the audio frame with each of the three, and moves it each time.
    await putAll(test, key(0), video(40), video(40), video(40), audio(40), audio(80));
    await test.stream.endFragment();
    await test.service.idle();
    assert.is(await arrived(test), 'v0 v40 v40 v40 a41 a80');
    await test.end();
  });

  it(`S143: by ${frameOrder}, a key frame that is second keeps its time, the first moves and still goes first`, async () => {
    const test = await openOrdered({ frameOrder, tracks: [{ ...AUDIO_TRACK }, { ...TEST_TRACK }] });
    const sound = (atMs: number) => audio(atMs, { trackNumber: 1 });
    const picture = (atMs: number, isKey: boolean) => video(atMs, { trackNumber: 2, isKey });
    await putAll(test, picture(0, true), picture(40, false), picture(80, true), sound(10), sound(80), sound(90));
    await test.stream.endFragment();
    await test.service.idle();
    const fragments = await test.service.upload.fragments();
    assert.equal(
      fragments.map(({ frames }) => frames.map(({ timecode, trackNumber }) => [trackNumber, timecode - BASE_MS])),
      // prettier-ignore
      [[[2, 0], [1, 10], [2, 40], [1, 81]], [[2, 80], [1, 90]]],
    );
    await test.end();
  });

  it(`S144: by ${frameOrder}, an end of fragment is taken after a key frame, behind what waits`, async () => {
    const test = await openOrdered({ frameOrder });
    await putAll(test, key(0), audio(10), video(40), video(80));
    // Native refuses it in two of its orders (C:84); here it is taken in all.
    await test.stream.endFragment();
    await test.service.idle();
    assert.is(await arrived(test), 'v0 a10 v40 v80');
    assert.is(test.stream.metrics.framesWaiting, 0);
    test.service.upload.persist(BASE_MS);
    await test.service.idle();
    assert.is(test.stream.metrics.fragmentsUnpersisted, 0, 'so it can be persisted');
    await test.end();
  });

  it(`S145: by ${frameOrder}, a frame behind an end of fragment is not made a key frame but skipped`, async () => {
    // Native's fourth order writes it as a key frame, the fifth skips it: a fragment that begins with what is none cannot be decoded.
    const test = await openOrdered({ frameOrder });
    await putAll(test, key(0), audio(10));
    await test.stream.endFragment();
    await putAll(test, video(40), audio(50), key(80), audio(90), video(120));
    await test.stream.endFragment();
    await test.service.idle();
    assert.is(await arrived(test), 'v0 a10 | v80 a90 v120');
    assert.is(test.stream.metrics.framesSkipped, 2);
    assert.is(test.eventsOf('frames-skipped').length, 1);
    await test.end();
  });
}

it('S141: stopping lets the frames of one track out in order, then completes', async () => {
  const test = await openOrdered();
  await putAll(test, key(0), video(40), video(80), key(120), video(160));
  assert.is(test.service.uploads.length, 0);
  const stopped = test.stream.stop();
  await test.service.idle();
  test.service.upload.persist(BASE_MS, BASE_MS + 120);
  await stopped;
  assert.is(await arrived(test), 'v0 v40 v80 | v120 v160');
  assert.is(test.stream.metrics.framesPut, 5);
  assert.is(test.producer.metrics.storeUsedBytes, 0);
});

// Natively nobody is called for them. They were accepted, so each is told here, as of every stream that ends.
it('S146: a stream that is given up with frames waiting leaves nothing behind, and tells each', async () => {
  const lost: number[] = [];
  const droppedFrameReport = ({ timestampUs }: { readonly timestampUs: number }): void => void lost.push(timestampUs);
  const test = await openOrdered({}, { streamCallbacks: { droppedFrameReport } });
  const usedBefore = test.producer.metrics.storeUsedBytes;
  const frames = [key(0), video(40), key(80)];
  await putAll(test, ...frames);
  assert.ok(test.producer.metrics.storeUsedBytes > usedBefore);
  test.stream.abort(new Error('given up'));
  await test.service.idle();
  assert.is(test.producer.metrics.storeUsedBytes, usedBefore);
  assert.equal(
    lost,
    frames.map(({ timestampUs }) => timestampUs),
  );
  assert.equal(test.eventsOf('frames-dropped'), []);
  await test.end();
});

it('T14: there is no order by track: every order but the one of the puts goes by time', async () => {
  for (const frameOrder of BOTH_ORDERS) {
    const test = await openOrdered({ frameOrder });
    // Native's first order would put the audio frames in front of all others.
    await putAll(test, key(0), audio(100), audio(110), video(40), video(80), video(120));
    assert.is(await arrived(test), 'v0 v40 v80 a100 a110');
    await test.end();
  }
  const refused = (await outcomeOf(openOrdered({ frameOrder: 'multi-track' as 'as-put' }))) as Error;
  assert.match(refused.message, "Option frameOrder is 'multi-track'");
});

it('T31: without timecodes of their own frames are stamped once, with the clock at their put', async () => {
  const test = await TestStream.open({ timestamps: 'arrival' });
  let readings = 0;
  test.service.now = () => test.service.nowMs + readings++ / 1000;
  const { timestampUs, ...untimed } = key(5_000);
  assert.ok(timestampUs > 0);
  await test.stream.putFrame(untimed);
  await test.service.advance(40);
  await test.stream.putFrame({ ...video(0), trackNumber: 1 });
  await test.service.advance(60);
  await test.stream.putFrame({ ...key(0), trackNumber: 1, decodeTimestampUs: 0 });
  await test.service.idle();
  assert.is(await arrived(test), 'v0 v40 | v100');
  await test.end();
});

it('T31: a clock that is set back keeps the last time', async () => {
  const test = await TestStream.open({ timestamps: 'arrival' });
  await test.stream.putFrame(key(0));
  await test.service.advance(40);
  await test.stream.putFrame(video(0));
  test.service.jump(-10_000);
  await test.stream.putFrame(video(0));
  await test.service.advance(9_000);
  await test.stream.putFrame(video(0));
  await test.service.advance(1_060);
  await test.stream.putFrame(video(0));
  await test.service.idle();
  assert.is(await arrived(test), 'v0 v40 v40 v40 v100');
  await test.end();
});

it.run();
