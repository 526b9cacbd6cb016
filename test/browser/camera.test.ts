// time-limit-s: 300
/** The example's page in a real Chromium: twenty seconds of its fake camera through the relay in workerd, which lets this page in by its origin and one token, to the service, and back. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { servePage } from '../../examples/browser/serve.ts';
import type { MediaFragment } from '../../sdk/consumer/media-types.ts';
import { frameDigests, hasTools, MISSING_TOOLS } from '../media/other-tools.ts';
import { hasChromium, NO_CHROMIUM, openPage, startChromium } from '../support/chromium.ts';
import { mergedFile, readBack, REGION } from '../support/read-back.ts';
import { RelayStage } from '../support/relay-stage.ts';
import { skip } from '../support/skip.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const STREAM = 'camera';
const MEDIA_MS = 20_000;
const LIMIT_MS = 120_000;
/** Of the fake camera. */
const FRAME_RATE = 20;

interface Figures {
  readonly codec: string;
  readonly captured: number;
  readonly encoded: number;
  readonly keyFrames: number;
  readonly encodedBytes: number;
  readonly skippedForEncoder: number;
  readonly skippedForStore: number;
  readonly fragmentsPersisted: number;
}

async function streamCamera(): Promise<{ readonly figures: Figures; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const browser = await startChromium();
  try {
    const page = await openPage(browser, site.url, problems);
    page.setDefaultTimeout(LIMIT_MS);
    await page.click('#start');
    await page.waitForFunction("document.querySelector('#state').textContent !== 'starting'");
    assert.is(await page.textContent('#state'), 'sending');
    // By the frames that were encoded, not by the clock: a slow machine skips some.
    const frames = (MEDIA_MS / 1000) * FRAME_RATE;
    await page.waitForFunction(
      `JSON.parse(document.querySelector('#figures').textContent || '{}').captured >= ${frames}`,
    );
    await page.click('#stop');
    await page.waitForFunction("!document.querySelector('#state').textContent.startsWith('stopping')");
    assert.is(await page.textContent('#state'), 'stopped');
    return { figures: JSON.parse((await page.textContent('#figures')) ?? '') as Figures, problems };
  } finally {
    await browser.close();
  }
}

const it = suite('camera of a page, in Chromium');
// The page is served first: its origin is what the relay is to allow.
const settings = { relayUrl: '', stream: STREAM, token: '' };
const site = await servePage(settings);
const stage = await RelayStage.set({ region: REGION, allowedOrigin: new URL(site.url).origin });
settings.relayUrl = stage.url;
settings.token = await stage.token({ streamName: STREAM, mode: 'pipe' });
const { service } = stage;

function tests(
  { figures, problems }: Awaited<ReturnType<typeof streamCamera>>,
  fragments: readonly MediaFragment[],
): void {
  const frames = fragments.flatMap((fragment) => fragment.frames);

  it('the page sends without a problem, every frame that was encoded persisted', () => {
    assert.equal(problems, []);
    assert.match(figures.codec, /^avc1\.42E0/);
    assert.ok(figures.captured >= (MEDIA_MS / 1000) * FRAME_RATE);
    // A frame that repeats a time is not encoded; the rest is accounted for.
    assert.ok(figures.encoded + figures.skippedForEncoder + figures.skippedForStore <= figures.captured);
    assert.ok(figures.encoded > 100, `${figures.encoded} encoded`);
    console.log(JSON.stringify(figures));
  });

  it('every frame comes back: their number, key frames at the beginning of each fragment', () => {
    assert.is(frames.length, figures.encoded);
    assert.is(frames.filter(({ isKey }) => isKey).length, figures.keyFrames);
    for (const fragment of fragments) assert.ok(fragment.frames[0]?.isKey);
    assert.is(fragments.length, figures.keyFrames);
  });

  it('their times are those of the wall clock, rising, over twenty seconds', () => {
    const times = frames.map(({ timestampUs }) => timestampUs);
    assert.ok(times.every((time, index) => index === 0 || time > (times[index - 1] as number)));
    const [firstUs = 0, lastUs = 0] = [times[0], times.at(-1)];
    assert.ok(Math.abs(firstUs / 1000 - Date.now()) < 5 * 60_000);
    assert.ok(lastUs - firstUs > 0.9 * MEDIA_MS * 1000, `${(lastUs - firstUs) / 1e6} s`);
  });

  if (!hasTools) skip('ffmpeg decodes every frame', MISSING_TOOLS);
  else
    it('ffmpeg decodes every frame, without an error', async () => {
      const directory = await temporaryDirectory();
      const path = join(directory, 'camera.mkv');
      await writeFile(path, await mergedFile(service.url, STREAM));
      const pictures = frameDigests(['-i', path], '0:0');
      await removeDirectory(directory);
      assert.is(pictures.length, figures.encoded);
      assert.ok(new Set(pictures).size > pictures.length / 2, 'The picture does not move');
    });
}

if (!hasChromium) skip('camera of a page, in Chromium', NO_CHROMIUM);
else {
  const outcome = await streamCamera();
  const { keyFrames, encoded } = outcome.figures;
  const isEnough = (fragments: readonly MediaFragment[]): boolean =>
    fragments.length >= keyFrames && fragments.reduce((total, { frames }) => total + frames.length, 0) >= encoded;
  tests(outcome, await readBack(service.url, STREAM, isEnough));
}

it.after(async () => {
  await site.close();
  await stage[Symbol.asyncDispose]();
});
it.run();
