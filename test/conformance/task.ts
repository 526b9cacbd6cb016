/** What a test driver asks another runtime to do. */
import type { Platform } from '../../sdk/platform.ts';
import { type CheckResult, runChecks } from './check.ts';
import { coreChecks } from './core-checks.ts';
import { type CreateProducer, type EndToEndTask, endToEndChecks } from './end-to-end.ts';
import { platformChecks } from './platform-checks.ts';

/** Runs all checks in this runtime. */
export function runTask(
  task: EndToEndTask,
  platform: Platform,
  createProducer: CreateProducer,
): Promise<CheckResult[]> {
  return runChecks([...platformChecks, ...coreChecks, ...endToEndChecks(task, createProducer)], platform);
}
