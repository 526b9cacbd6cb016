/** Runs the conformance checks inside an engine, and tells the host how they went. */
import type { Platform } from '../../sdk/platform.ts';
import type { CreateProducer, EndToEndTask } from '../conformance/end-to-end.ts';
import { runTask } from '../conformance/task.ts';

/** `onDone` gets the results as JSON, or the reason why there are none. */
export function tell(
  platform: Platform,
  createProducer: CreateProducer,
  task: string,
  onDone: (results: string, failure: string) => void,
): void {
  runTask(JSON.parse(task) as EndToEndTask, platform, createProducer).then(
    (results) => onDone(JSON.stringify(results), ''),
    (error: unknown) => onDone('', String(error)),
  );
}
