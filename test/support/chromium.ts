/** A real Chromium without a window, with its fake camera: a moving picture of 640 × 480 at 20 frames a second, and a beep. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
const START_LIMIT_MS = 60_000;

export const hasChromium = existsSync(CHROMIUM);
export const NO_CHROMIUM = `there is no ${CHROMIUM}`;

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
];

export interface ChromiumOptions {
  /** What a page hears that asks for the camera. @default 'granted' */
  readonly camera?: 'granted' | 'denied' | 'missing';
  /** @default none */
  readonly flags?: readonly string[];
}

/** Starts it with a profile of its own, which goes away with it. */
export function startChromium({ camera = 'granted', flags: more = [] }: ChromiumOptions = {}): Promise<Browser> {
  const fake = camera === 'missing' ? '=device-count=0' : '';
  const flags = FLAGS.map((flag) => (flag.startsWith('--use-fake-device') ? `${flag}${fake}` : flag));
  const answer = camera === 'denied' ? '--deny-permission-prompts' : '--use-fake-ui-for-media-stream';
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [...flags, ...more, answer],
    timeout: START_LIMIT_MS,
  });
}

/** A page at an address. What it logs, and what it does not catch, goes to `problems`. */
export async function openPage(browser: Browser, url: string, problems: string[] = []): Promise<Page> {
  const page = await browser.newPage();
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.goto(url);
  return page;
}
