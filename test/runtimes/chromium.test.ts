// time-limit-s: 240
/** The conformance checks in a page of a real Chromium, and one end-to-end run through a relay in workerd. */
import { suite } from 'uvu';
import type { CheckResult } from '../conformance/check.ts';
import { hasChromium, NO_CHROMIUM, openPage, startChromium } from '../support/chromium.ts';
import { serveScript } from '../support/page-server.ts';
import { startPipeRelay } from '../support/pipe-relay.ts';
import { skip } from '../support/skip.ts';
import { report, setStage, type Stage } from './support.ts';

async function runInChromium({ task }: Stage): Promise<CheckResult[]> {
  const relay = await startPipeRelay();
  const site = await serveScript(
    "import { runInPage } from './conformance-page.ts'; Object.assign(globalThis, { runInPage });",
  );
  // The page reads back from the service itself, which is of another origin.
  const browser = await startChromium({ flags: ['--disable-web-security'] });
  try {
    const page = await openPage(browser, site.url);
    return await page.evaluate<CheckResult[]>(`runInPage(${JSON.stringify(task)}, ${JSON.stringify(relay.url)})`);
  } finally {
    await browser.close();
    await site.close();
    await relay.close();
  }
}

const chromium = suite('conformance [chromium]');
if (!hasChromium) skip('conformance [chromium]', NO_CHROMIUM);
else {
  const stage = await setStage('from-chromium');
  try {
    report(chromium, await runInChromium(stage));
  } finally {
    await stage.close();
  }
}
chromium.run();
