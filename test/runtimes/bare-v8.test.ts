// runtime: V8 without web API
// time-limit-s: 300
/** The conformance checks and one end-to-end run in a context of V8 that has the language and WebAssembly, and nothing of the web. */
import process from 'node:process';
import { bundleFor } from '../support/embedded-bundle.ts';
import { startBareV8 } from '../support/embedded-engines.ts';
import { createTestHost } from '../support/embedded-host.ts';
import { type RuntimeRun, testRuntime } from './driver.ts';
import { runInEngine, type Stage } from './support.ts';

async function runInBareV8({ task }: Stage): Promise<RuntimeRun> {
  const host = createTestHost('v8');
  const engine = startBareV8(await bundleFor('test/embedded/webassembly.ts', 'iife'));
  try {
    return { version: process.versions.v8, results: await runInEngine(engine, host, task) };
  } finally {
    host.dispose();
    engine.dispose();
  }
}

const bare = await testRuntime('V8 without web API', runInBareV8);
bare.run();
