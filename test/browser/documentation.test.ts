// time-limit-s: 240
/** The first example of docs/runtimes/browser.md, as it stands there, in a page of Chromium, with the package as it is published. */
import { readFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasChromium, NO_CHROMIUM, openPage, startChromium } from '../support/chromium.ts';
import { type PageOptions, serveScript } from '../support/page-server.ts';
import { startPipeRelay } from '../support/pipe-relay.ts';
import { pipeUrl } from '../support/pipe-url.ts';
import { readBack, REGION } from '../support/read-back.ts';
import { startTestService } from '../support/service.ts';
import { skip } from '../support/skip.ts';

const STREAM = 'front-door';
const RELAY_URL = 'wss://relay.example.com';
const TITLE = 'the example of docs/runtimes/browser.md';

/** What became of `createProducer`, with the core as it is served. */
const CREATE = `
import { createProducer } from 'penstock';
const relay = { url: 'wss://127.0.0.1:1', token: 'a.b.c' };
const made = createProducer({ relay }).then(
  (producer) => producer.close().then(() => 'made'),
  ({ code, message }) => code + ': ' + message,
);
Object.assign(globalThis, { made });
`;

const it = suite(TITLE);

async function firstExample(): Promise<string> {
  const page = await readFile(new URL('../../docs/runtimes/browser.md', import.meta.url), 'utf8');
  return /```ts\n([^]*?)```/.exec(page)?.[1] ?? '';
}

function tests(): void {
  it('sends the camera until the button is pressed', async () => {
    const example = await firstExample();
    assert.ok(example.includes(RELAY_URL));
    const service = await startTestService({ region: REGION });
    const relay = await startPipeRelay();
    const url = pipeUrl(relay.url, { endpoint: service.url, region: REGION });
    const site = await serveScript(example.replace(RELAY_URL, url), {
      texts: { [`/relay-token?stream=${STREAM}`]: 'a.b.c' },
      penstock: 'package',
    });
    const browser = await startChromium();
    try {
      const problems: string[] = [];
      const page = await openPage(browser, site.url, problems);
      await page.waitForFunction(
        "document.querySelector('video').srcObject?.active && document.querySelector('button').onclick",
      );
      const [first] = await readBack(service.url, STREAM, (fragments) => fragments.length > 0);
      assert.ok((first?.frames.length ?? 0) > 1);
      assert.is(first?.tracks[0]?.codecId, 'V_MPEG4/ISO/AVC');
      await page.click('button');
      await page.waitForFunction("document.querySelector('video').srcObject.active === false");
      assert.equal(problems, []);
    } finally {
      await browser.close();
      await site.close();
      await relay.close();
      await service.close();
    }
  });

  it('a core that is not beside the script, or is a page of the server, is told with its address', async () => {
    const browser = await startChromium();
    const made = async (options: PageOptions): Promise<string> => {
      const site = await serveScript(CREATE, options);
      try {
        return (await (await openPage(browser, site.url)).evaluate<string>('made')).replace(site.url, '/');
      } finally {
        await site.close();
      }
    };
    try {
      assert.is(await made({ penstock: 'package' }), 'made');
      const core = '/assets/page/core.simd.wasm';
      const told = `STATUS_OPEN_FILE_FAILED: Cannot load the core on browser: ${core}, where the package's core has to be: `;
      assert.is(await made({ penstock: 'package', missing: core }), `${told}the server answers 404`);
      const page = await made({ penstock: 'package', texts: { [core]: '<!doctype html>' } });
      assert.ok(page.startsWith(told) && page.includes('magic'), page);
    } finally {
      await browser.close();
    }
  });
}

if (hasChromium) tests();
else skip(TITLE, NO_CHROMIUM);
it.run();
