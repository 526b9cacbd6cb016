/** Runs the conformance checks inside workerd: the task comes in as a request, the results go out as JSON. */
import { createProducer } from '../../bindings/workers/index.ts';
import { createWorkersPlatform } from '../../bindings/workers/platform.ts';
import { instantiate } from '../../build/core.js';
import plain from '../../build/core.wasm';
import type { EndToEndTask } from '../conformance/end-to-end.ts';
import { runTask } from '../conformance/task.ts';

const CORES = [{ flavour: 'plain', module: plain } as const, { flavour: 'js', instantiate } as const];

export default {
  async fetch(request: Request): Promise<Response> {
    const task: EndToEndTask = await request.json();
    return Response.json(await runTask(task, createWorkersPlatform(), createProducer, { cores: CORES }));
  },
};
