/** Runs the conformance checks inside a runtime that takes the package's Node entry: Node itself, or Bun. `packaged.ts` bundles it. */
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { createNodePlatform, createProducer } from '../../bindings/node/index.ts';
import type { TranslatedCore } from '../../sdk/platform.ts';
import type { EndToEndTask } from '../conformance/end-to-end.ts';
import { runTask } from '../conformance/task.ts';

const task = JSON.parse(process.argv[2] ?? '{}') as EndToEndTask;
const plain = await readFile(new URL(import.meta.resolve('penstock/core.wasm')));
const translated = (await import(import.meta.resolve('penstock/core.wasm2js.js'))) as Pick<
  TranslatedCore,
  'instantiate'
>;
const cores = [
  { flavour: 'plain', module: await WebAssembly.compile(plain) },
  { flavour: 'js', instantiate: translated.instantiate },
] as const;
const results = await runTask(task, createNodePlatform({ logLevel: 'error' }), createProducer, { cores });
console.log(`CONFORMANCE ${JSON.stringify({ version: process.versions.bun ?? process.versions.node, results })}`);
