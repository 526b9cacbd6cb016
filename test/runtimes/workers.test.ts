/** The conformance checks and one end-to-end run inside workerd, bundled and started by wrangler. */
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import type { CheckResult } from '../conformance/check.ts';
import { report, setStage } from './support.ts';

const TIME_LIMIT_MS = 90_000;

// Wrangler would ask the network what a request from here looks like.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
const { unstable_startWorker: startWorker } = await import('wrangler');

const workers = suite('conformance [workerd]');
const stage = await setStage('from-workerd');
const worker = await startWorker({
  config: fileURLToPath(new URL('../../bindings/workers/wrangler.jsonc', import.meta.url)),
  dev: {
    server: { hostname: '127.0.0.1', port: 0 },
    inspector: false,
    liveReload: false,
    logLevel: 'error',
    persist: false,
    remote: false,
    watch: false,
  },
});
try {
  const response = await fetch(await worker.url, {
    method: 'POST',
    body: JSON.stringify(stage.task),
    signal: AbortSignal.timeout(TIME_LIMIT_MS),
  });
  report(workers, (await response.json()) as CheckResult[]);
} finally {
  await worker.dispose();
  await stage.close();
}
workers.run();
