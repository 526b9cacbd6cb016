/** Runs the conformance checks inside Deno: the task comes as the first argument, the results go to standard output as JSON. */
import { createProducer } from '../../bindings/deno/mod.ts';
import { createDenoPlatform } from '../../bindings/deno/platform.ts';
import type { EndToEndTask } from '../conformance/end-to-end.ts';
import { runTask } from '../conformance/task.ts';

const task: EndToEndTask = JSON.parse(Deno.args[0] ?? '{}');
console.log(JSON.stringify(await runTask(task, createDenoPlatform(), createProducer)));
