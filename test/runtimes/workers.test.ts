// runtime: Workers (workerd)
/** The conformance checks inside workerd, bundled and started by wrangler. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CheckResult } from '../conformance/check.ts';
import { testRuntime } from './driver.ts';

const TIME_LIMIT_MS = 100_000;

// Wrangler would ask the network what a request from here looks like.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
const { unstable_startWorker: startWorker } = await import('wrangler');

/** `workerd 2026-04-26` → its date. */
function workerdVersion(): string {
  const workerd = fileURLToPath(new URL('../../node_modules/workerd/bin/workerd', import.meta.url));
  return execFileSync(workerd, ['--version'], { encoding: 'utf8' }).trim().replace('workerd ', '');
}

const workers = await testRuntime('Workers (workerd)', async ({ task }) => {
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
      body: JSON.stringify(task),
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
    });
    return { version: workerdVersion(), results: (await response.json()) as CheckResult[] };
  } finally {
    await worker.dispose();
  }
});
workers.run();
