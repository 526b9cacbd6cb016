/** Runs the conformance checks inside workerd: the task comes in as a request, the results go out as JSON. */
import { createProducer } from '../../bindings/workers/index.ts';
import { createWorkersPlatform } from '../../bindings/workers/platform.ts';
import type { EndToEndTask } from '../conformance/end-to-end.ts';
import { runTask } from '../conformance/task.ts';

export default {
  async fetch(request: Request): Promise<Response> {
    const task: EndToEndTask = await request.json();
    return Response.json(await runTask(task, createWorkersPlatform(), createProducer));
  },
};
