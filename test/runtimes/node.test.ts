// runtime: Node 20
/** The conformance checks in the Node that runs the tests, on every build of the core, from the sources. */
import process from 'node:process';
import { createProducer } from '../../bindings/node/index.ts';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { runTask } from '../conformance/task.ts';
import { coreSource } from '../support/load-core.ts';
import { testRuntime } from './driver.ts';

const [major = ''] = process.versions.node.split('.');
const cores = (['debug', 'plain', 'js'] as const).map(coreSource);

const node = await testRuntime(`Node ${major}`, async ({ task }) => ({
  version: process.versions.node,
  results: await runTask(task, createNodePlatform({ logLevel: 'error' }), createProducer, { cores }),
}));
node.run();
