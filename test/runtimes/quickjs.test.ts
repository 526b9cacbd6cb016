/** The conformance checks and one end-to-end run inside QuickJS, whose host supplies sockets, clock, timers and random bytes alone. */
// time-limit-s: 300
import { suite } from 'uvu';
import type { CheckResult } from '../conformance/check.ts';
import { bundleFor } from '../support/embedded-bundle.ts';
import { startQuickJs } from '../support/embedded-engines.ts';
import { createTestHost } from '../support/embedded-host.ts';
import { report, runInEngine, setStage } from './support.ts';

const quickjs = suite('conformance [quickjs]');
const stage = await setStage('from-quickjs');
const host = createTestHost('quickjs');
const engine = await startQuickJs(await bundleFor('test/embedded/translated.ts'));
let results: CheckResult[];
try {
  results = await runInEngine(engine, host, stage.task);
} finally {
  host.dispose();
  engine.dispose();
  await stage.close();
}
report(quickjs, results);
quickjs.run();
