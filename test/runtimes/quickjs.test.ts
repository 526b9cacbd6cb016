// runtime: QuickJS
// time-limit-s: 300
/** The conformance checks and one end-to-end run inside QuickJS, whose host supplies sockets, clock, timers and random bytes alone. */
import { readFile } from 'node:fs/promises';
import { bundleFor } from '../support/embedded-bundle.ts';
import { startQuickJs } from '../support/embedded-engines.ts';
import { createTestHost } from '../support/embedded-host.ts';
import { type RuntimeRun, testRuntime } from './driver.ts';
import { runInEngine, type Stage } from './support.ts';

const PACKAGE = '@jitl/quickjs-ng-wasmfile-release-sync';

/** The engine tells its version nowhere; its package does. */
async function engineVersion(): Promise<string> {
  const text = await readFile(new URL(`../../node_modules/${PACKAGE}/README.md`, import.meta.url), 'utf8');
  const [, version] = /quickjs-ng\/quickjs\/releases\/tag\/v(\d+\.\d+\.\d+)/.exec(text) ?? [];
  if (version === undefined) throw new Error(`${PACKAGE} does not say which QuickJS it holds`);
  return version;
}

async function runInQuickJs({ task }: Stage): Promise<RuntimeRun> {
  const host = createTestHost('quickjs');
  const engine = await startQuickJs(await bundleFor('test/embedded/translated.ts'));
  try {
    return { version: await engineVersion(), results: await runInEngine(engine, host, task) };
  } finally {
    host.dispose();
    engine.dispose();
  }
}

const quickjs = await testRuntime('QuickJS', runInQuickJs);
quickjs.run();
