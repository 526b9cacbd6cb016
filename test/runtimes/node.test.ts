/** The conformance checks on every flavour of the core, and one end-to-end run, in Node. */
import { suite } from 'uvu';
import { createProducer } from '../../bindings/node/index.ts';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import type { CoreFlavour } from '../../sdk/platform.ts';
import { runChecks } from '../conformance/check.ts';
import { coreChecks } from '../conformance/core-checks.ts';
import { runTask } from '../conformance/task.ts';
import { coreSource } from '../support/load-core.ts';
import { report, setStage } from './support.ts';

const FLAVOURS: readonly CoreFlavour[] = ['debug', 'plain', 'simd', 'js'];

const node = suite('conformance [node]');
const stage = await setStage('from-node');
try {
  report(node, await runTask(stage.task, createNodePlatform(), createProducer));
} finally {
  await stage.close();
}

const cores = await Promise.all(
  FLAVOURS.map(async (flavour) => {
    const core = suite(`conformance [node, ${flavour} core]`);
    const platform = { ...createNodePlatform(), loadCore: () => Promise.resolve(coreSource(flavour)) };
    report(core, await runChecks(coreChecks, platform));
    return core;
  }),
);

for (const tests of [node, ...cores]) tests.run();
