/** The conformance checks and one end-to-end run in a context of V8 that has the language and WebAssembly, and nothing of the web. */
// time-limit-s: 300
import { suite } from 'uvu';
import type { CheckResult } from '../conformance/check.ts';
import { bundleFor } from '../support/embedded-bundle.ts';
import { startBareV8 } from '../support/embedded-engines.ts';
import { createTestHost } from '../support/embedded-host.ts';
import { report, runInEngine, setStage } from './support.ts';

const bare = suite('conformance [bare V8]');
const stage = await setStage('from-bare-v8');
const host = createTestHost('v8');
const engine = startBareV8(await bundleFor('test/embedded/webassembly.ts', 'iife'));
let results: CheckResult[];
try {
  results = await runInEngine(engine, host, stage.task);
} finally {
  host.dispose();
  engine.dispose();
  await stage.close();
}
report(bare, results);
bare.run();
