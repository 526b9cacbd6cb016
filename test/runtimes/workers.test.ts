// runtime: Workers (workerd)
/** The conformance checks inside workerd, bundled and started by wrangler. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CheckResult } from '../conformance/check.ts';
import { startWorker } from '../support/start-worker.ts';
import { testRuntime } from './driver.ts';

const TIME_LIMIT_MS = 100_000;
const CONFIG = fileURLToPath(new URL('../../bindings/workers/wrangler.jsonc', import.meta.url));

/** `workerd 2026-04-26` → its date. */
function workerdVersion(): string {
  const workerd = fileURLToPath(new URL('../../node_modules/workerd/bin/workerd', import.meta.url));
  return execFileSync(workerd, ['--version'], { encoding: 'utf8' }).trim().replace('workerd ', '');
}

const workers = await testRuntime('Workers (workerd)', async ({ task }) => {
  const worker = await startWorker(CONFIG);
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
