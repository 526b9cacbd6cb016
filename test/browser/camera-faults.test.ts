// time-limit-s: 300
/** A camera to which things happen, in a real Chromium: unplugged, its encoder taken away, another size, a relay that is gone, a page that is closed. */
import type { Browser, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MediaFragment } from '../../sdk/consumer/media-types.ts';
import { hasChromium, NO_CHROMIUM, openPage, startChromium } from '../support/chromium.ts';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { serveScript } from '../support/page-server.ts';
import { startPipeRelay } from '../support/pipe-relay.ts';
import { pipeUrl } from '../support/pipe-url.ts';
import { readBack, REGION } from '../support/read-back.ts';
import { startTestService } from '../support/service.ts';
import { skip } from '../support/skip.ts';
import type { FaultPage } from './fault-page.ts';

const TITLE = 'a camera to which things happen, in Chromium';
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:1';
const FIRST_RETRY_LIMIT_MS = 60_000;

const it = suite(TITLE);
const service = await startTestService({ region: REGION });
const relay = await startPipeRelay();
let target = relay.url;
const link = await startCuttingProxy(() => target);
const site = await serveScript("import { faults } from './fault-page.ts'; Object.assign(globalThis, { faults });");
let browser: Browser | undefined;

/** Opens a camera in a page of its own. */
async function open(stream: string, options: object = {}, storeBytes = 32 << 20): Promise<Page> {
  browser ??= await startChromium();
  const page = await openPage(browser, site.url);
  page.setDefaultTimeout(FIRST_RETRY_LIMIT_MS);
  const url = pipeUrl(link.url, { endpoint: service.url, region: REGION });
  const wanted = { audio: false, width: 640, height: 480, ...options };
  assert.is(await call(page, 'open', url, stream, wanted, storeBytes), '');
  return page;
}

/** Calls a function of the page. */
function call<Name extends keyof FaultPage>(
  page: Page,
  name: Name,
  ...values: Parameters<FaultPage[Name]>
): Promise<Awaited<ReturnType<FaultPage[Name]>>> {
  return page.evaluate(`faults.${name}(...${JSON.stringify(values)})`);
}

const framesOf = (fragments: readonly MediaFragment[]): number =>
  fragments.reduce((total, { frames }) => total + frames.length, 0);

const received = (stream: string, frames: number): Promise<MediaFragment[]> =>
  readBack(service.url, stream, (fragments) => framesOf(fragments) >= frames);

function tests(): void {
  it('a device that is unplugged ends the camera: it is told, and all that was encoded arrives', async () => {
    const page = await open('unplugged');
    await call(page, 'captured', 30);
    const { events, failure, encoded, liveTracks } = await call(page, 'unplug');
    assert.equal(events, ['ended']);
    assert.is(failure, '');
    assert.is(liveTracks, 0);
    assert.is(framesOf(await received('unplugged', encoded)), encoded);
    await page.close();
  });

  it('an encoder that is taken away is replaced, and goes on with a key frame', async () => {
    const page = await open('taken', { keyFrameIntervalMs: 20_000 });
    await call(page, 'captured', 20);
    await call(page, 'failEncoders', 1);
    await call(page, 'captured', 50);
    const { events, failure, encoded, keyFrames, restarts } = await call(page, 'stop');
    assert.equal([events, failure, restarts, keyFrames], [[], '', 1, 2]);
    assert.is(framesOf(await received('taken', encoded)), encoded);
    await page.close();
  });

  it('an encoder that comes back after half a second of failures goes on', async () => {
    const page = await open('busy', { keyFrameIntervalMs: 20_000 });
    await call(page, 'captured', 20);
    await call(page, 'failEncodersFor', 500);
    await call(page, 'captured', 60);
    const { events, failure, encoded, restarts } = await call(page, 'stop');
    assert.equal([events, failure], [[], '']);
    assert.ok(restarts >= 1, `${restarts} restarts`);
    assert.is(framesOf(await received('busy', encoded)), encoded);
    await page.close();
  });

  it('an encoder that fails for good ends the camera with its error', async () => {
    const page = await open('broken');
    await call(page, 'captured', 20);
    await call(page, 'failEncodersFor', 3_600_000);
    const { events, encoded, liveTracks } = await call(page, 'ended');
    assert.equal(events, ['failed CAMERA_ENCODER_FAILED']);
    assert.is(liveTracks, 0);
    assert.is(framesOf(await received('broken', encoded)), encoded);
    await page.close();
  });

  it('a camera that gives another size goes on', async () => {
    const page = await open('resized');
    await call(page, 'captured', 20);
    await call(page, 'resize', 320, 240);
    await call(page, 'captured', 60);
    const { events, failure, encoded } = await call(page, 'stop');
    assert.equal([events, failure], [[], '']);
    assert.is(framesOf(await received('resized', encoded)), encoded);
    await page.close();
  });

  it('a relay that is gone for a while: nothing that was encoded is lost, and to stop twice is to stop once', async () => {
    const page = await open('outage');
    await call(page, 'captured', 20);
    target = NOWHERE;
    link.cut();
    await call(page, 'captured', 120);
    target = relay.url;
    const { events, failure, encoded, isSamePromise } = await call(page, 'stop');
    assert.equal([events, failure, isSamePromise], [[], '', true]);
    assert.is(framesOf(await received('outage', encoded)), encoded);
    await page.close();
  });

  it('while the relay is gone and the store is full, stop can be given up, and frees the devices at once', async () => {
    const page = await open('given-up', { keyFrameIntervalMs: 500, bitrateBps: 4_000_000 }, 100_000);
    await call(page, 'captured', 20);
    target = NOWHERE;
    link.cut();
    await call(page, 'waiting');
    const { failure, liveTracks, elapsedMs } = await call(page, 'stop', 1_000);
    target = relay.url;
    assert.match(failure, /were not persisted: stopping was aborted/);
    assert.is(liveTracks, 0);
    assert.ok(elapsedMs < 20_000, `${elapsedMs} ms`);
    await page.close();
  });

  it('a page that is closed leaves what was persisted', async () => {
    const page = await open('closed', { keyFrameIntervalMs: 500 });
    await call(page, 'persisted', 3);
    await page.close();
    const fragments = await readBack(service.url, 'closed', (all) => all.length >= 3);
    assert.ok(fragments.every(({ frames }) => frames[0]?.isKey === true));
  });

  it('a device that is not there is told as no camera', async () => {
    browser ??= await startChromium();
    const page = await openPage(browser, site.url);
    const url = pipeUrl(link.url, { endpoint: service.url, region: REGION });
    const failure = await call(page, 'open', url, 'none', { deviceId: 'no such device' }, 32 << 20);
    assert.match(failure, /^CAMERA_NO_CAMERA: /);
    await page.close();
  });
}

if (hasChromium) tests();
else skip(TITLE, NO_CHROMIUM);

it.after(async () => {
  await browser?.close();
  await site.close();
  await link.close();
  await relay.close();
  await service.close();
});
it.run();
