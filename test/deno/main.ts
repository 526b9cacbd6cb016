/** Runs the conformance checks inside Deno: the task comes as the first argument, the results go to standard output as JSON. */
import { createProducer } from '../../bindings/deno/mod.ts';
import { createDenoPlatform } from '../../bindings/deno/platform.ts';
import { instantiate } from '../../build/core.js';
import type { EndToEndTask } from '../conformance/end-to-end.ts';
import { runTask } from '../conformance/task.ts';

const task: EndToEndTask = JSON.parse(Deno.args[0] ?? '{}');
const plain = await WebAssembly.compileStreaming(fetch(new URL('../../build/core.wasm', import.meta.url)));
const cores = [{ flavour: 'plain', module: plain } as const, { flavour: 'js', instantiate } as const];
const results = await runTask(task, createDenoPlatform(), createProducer, { cores });
console.log(`CONFORMANCE ${JSON.stringify({ version: Deno.version.deno, results })}`);
