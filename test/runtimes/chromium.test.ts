// runtime: Chromium
// time-limit-s: 240
/** The conformance checks in a page of a real Chromium, and one end-to-end run through a relay in workerd. */
import type { CheckResult } from '../conformance/check.ts';
import { hasChromium, NO_CHROMIUM, openPage, startChromium } from '../support/chromium.ts';
import { serveScript } from '../support/page-server.ts';
import { startPipeRelay } from '../support/pipe-relay.ts';
import { skip } from '../support/skip.ts';
import { type RuntimeRun, testRuntime } from './driver.ts';
import type { Stage } from './support.ts';

async function runInChromium({ task }: Stage): Promise<RuntimeRun> {
  const relay = await startPipeRelay();
  const site = await serveScript(
    "import { runInPage } from './conformance-page.ts'; Object.assign(globalThis, { runInPage });",
  );
  // The page reads back from the service itself, which is of another origin.
  const browser = await startChromium({ flags: ['--disable-web-security'] });
  try {
    const page = await openPage(browser, site.url);
    const results = await page.evaluate<CheckResult[]>(
      `runInPage(${JSON.stringify(task)}, ${JSON.stringify(relay.url)})`,
    );
    return { version: browser.version(), results };
  } finally {
    await browser.close();
    await site.close();
    await relay.close();
  }
}

if (hasChromium) {
  const chromium = await testRuntime('Chromium', runInChromium);
  chromium.run();
} else skip('conformance [Chromium]', NO_CHROMIUM);
