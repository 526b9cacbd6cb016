// time-limit-s: 420
/** A camera in its other ways, in a real Chromium: other codecs, a video element, sound, a full store, and what cannot be opened. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MediaFragment } from '../../sdk/consumer/media-types.ts';
import { hasChromium, NO_CHROMIUM, openPage, startChromium } from '../support/chromium.ts';
import { serveScript } from '../support/page-server.ts';
import { startPipeRelay } from '../support/pipe-relay.ts';
import { pipeUrl } from '../support/pipe-url.ts';
import { readBack, REGION } from '../support/read-back.ts';
import { startTestService } from '../support/service.ts';
import { skip } from '../support/skip.ts';
import type { CameraRun, CameraTask } from './camera-page.ts';

const TITLE = 'a camera in its other ways, in Chromium';
const it = suite(TITLE);
const service = await startTestService({ region: REGION });
const relay = await startPipeRelay();
const site = await serveScript(
  "import { runCamera } from './camera-page.ts'; Object.assign(globalThis, { runCamera });",
);

type Devices = 'granted' | 'denied' | 'missing';

/** Runs a camera in a page. */
async function run(task: Omit<CameraTask, 'relayUrl'>, camera: Devices = 'granted'): Promise<CameraRun> {
  const relayUrl = pipeUrl(relay.url, { endpoint: service.url, region: REGION });
  const browser = await startChromium({ camera });
  try {
    const page = await openPage(browser, site.url);
    return await page.evaluate<CameraRun>(`runCamera(${JSON.stringify({ ...task, relayUrl })})`);
  } finally {
    await browser.close();
  }
}

function received(streamName: string, frames: number): Promise<MediaFragment[]> {
  return readBack(
    service.url,
    streamName,
    (fragments) => fragments.reduce((total, fragment) => total + fragment.frames.length, 0) >= frames,
  );
}

const framesOf = (fragments: readonly MediaFragment[], track: number): number =>
  fragments.flatMap(({ frames }) => frames).filter(({ trackNumber }) => trackNumber === track).length;

function tests(): void {
  it('VP8 through a video element', async () => {
    const { camera, error } = await run({
      stream: 'element',
      frames: 40,
      options: { codecs: ['vp8'], capture: 'video-element', audio: false },
    });
    assert.is(error, undefined);
    assert.is(camera?.codec, 'vp8');
    const fragments = await received('element', camera?.video.encoded ?? Infinity);
    assert.is(framesOf(fragments, 1), camera?.video.encoded);
    assert.is(fragments[0]?.tracks[0]?.codecId, 'V_VP8');
  });

  it('H.264 with lengths in front of its units, and sound in Opus, in order of time', async () => {
    const { camera, error, events } = await run({
      stream: 'sound',
      frames: 60,
      options: { framing: 'avcc', audioCodecs: ['aac', 'opus'], width: 640, height: 480 },
    });
    assert.is(error, undefined);
    assert.equal(events, []);
    const { video, audio } = camera as { video: { encoded: number }; audio: { encoded: number } };
    const fragments = await received('sound', video.encoded + audio.encoded);
    assert.is(framesOf(fragments, 1), video.encoded);
    assert.is(framesOf(fragments, 2), audio.encoded);
    assert.ok(audio.encoded > 50, `${audio.encoded} packets of sound`);
    assert.equal(
      fragments[0]?.tracks.map(({ codecId, samplingFrequencyHz }) => [codecId, samplingFrequencyHz]),
      [
        ['V_MPEG4/ISO/AVC', undefined],
        ['A_OPUS', 48_000],
      ],
    );
  });

  it('without an encoder for its sound, video goes alone, and that is told', async () => {
    const { camera, events, error } = await run({ stream: 'silent', frames: 10, options: {} });
    assert.is(error, undefined);
    // Debian's Chromium has no encoder of AAC.
    assert.equal(events, [{ type: 'audio-unavailable', reason: 'no-encoder' }]);
    assert.is(camera?.audio, undefined);
  });

  it('a full store skips frames before they are encoded: all that is encoded arrives', async () => {
    const { camera, error } = await run({
      stream: 'full',
      frames: 200,
      options: { bitrateBps: 4_000_000, audio: false, keyFrameIntervalMs: 500 },
      storeBytes: 150_000,
      // Less than the encoder makes.
      maxBitrateBps: 100_000,
    });
    assert.is(error, undefined);
    const { video, framesDropped } = camera as NonNullable<CameraRun['camera']>;
    assert.ok(video.skippedForStore > 0, 'The store was never full');
    assert.is(framesDropped, 0);
    const fragments = await received('full', video.encoded);
    assert.is(framesOf(fragments, 1), video.encoded);
    console.log(JSON.stringify(video));
  });

  it('a fragment that fills the store is ended, and the camera goes on with a key frame', async () => {
    const { camera, error, events } = await run({
      stream: 'one-fragment',
      frames: 120,
      options: { audio: false, width: 640, height: 480, bitrateBps: 1_000_000, keyFrameIntervalMs: 20_000 },
      storeBytes: 60_000,
    });
    assert.is(error, undefined);
    const { video, framesDropped } = camera as NonNullable<CameraRun['camera']>;
    console.log(JSON.stringify(video));
    assert.is(framesDropped, 0);
    assert.ok(video.keyFrames > 1, 'There was one fragment');
    assert.ok(video.encodedBytes > 100_000, `${video.encodedBytes} bytes`);
    assert.equal(events, []);
    assert.is(framesOf(await received('one-fragment', video.encoded), 1), video.encoded);
  });

  for (const [camera, options, code] of [
    ['denied', {}, 'CAMERA_PERMISSION_DENIED'],
    ['missing', {}, 'CAMERA_NO_CAMERA'],
    ['granted', { hardwareAcceleration: 'prefer-hardware' }, 'CAMERA_NO_ENCODER'],
    ['granted', { codecs: ['h266'] as never[] }, 'STATUS_INVALID_ARG'],
  ] as const)
    it(`rejects with ${code}`, async () => {
      const { error } = await run({ stream: 'none', frames: 1, options }, camera);
      assert.is(error?.code, code);
      assert.is(error?.tracksLeft, 0);
    });
}

if (hasChromium) tests();
else skip(TITLE, NO_CHROMIUM);

it.after(async () => {
  await site.close();
  await relay.close();
  await service.close();
});
it.run();
