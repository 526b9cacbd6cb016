/**
 * What the drivers have in common. A driver is a test file of this folder that runs the conformance checks in a runtime. A line
 * `// runtime: NAME` for each runtime puts it into the table of README.md (`npm run conformance`).
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from '../../scripts/command.mjs';
import type { CheckResult } from '../conformance/check.ts';
import { report, setStage, type Stage } from './support.ts';

/** The checks as they went in one runtime. */
export interface RuntimeRun {
  /** As the runtime itself says, such as `24.1.0`. */
  readonly version: string;
  readonly results: readonly CheckResult[];
}

/** What is written for the table: a file a runtime. */
export interface RecordedRun extends RuntimeRun {
  readonly runtime: string;
}

/** A program that runs the checks prints its results as one line of JSON behind this. */
const RESULTS_MARK = 'CONFORMANCE ';
const TIME_LIMIT_MS = 110_000;

/**
 * Sets the stage, lets a runtime run the checks against it, and makes a suite of tests of them, to be run when all suites are made.
 * @param runtime as in the line `// runtime: NAME`
 */
export async function testRuntime(
  runtime: string,
  run: (stage: Stage) => Promise<RuntimeRun>,
): Promise<ReturnType<typeof suite>> {
  const tests = suite(`conformance [${runtime}]`);
  const stage = await setStage(`from-${runtime.toLowerCase().replaceAll(/\W+/g, '-')}`);
  try {
    const { version, results } = await run(stage);
    tests('it ran checks', () => assert.ok(results.length > 0));
    report(tests, results);
    await record({ runtime, version, results });
  } catch (error) {
    tests('it runs to its end', () => {
      throw error;
    });
  } finally {
    await stage.close();
  }
  return tests;
}

/** Keeps a run for the table, in the folder that `PENSTOCK_CONFORMANCE_RESULTS` names; does nothing without it. */
export async function record(run: RecordedRun): Promise<void> {
  const folder = process.env.PENSTOCK_CONFORMANCE_RESULTS;
  if (folder) await writeFile(join(folder, `${run.runtime}.json`), JSON.stringify(run));
}

/** Runs a command that prints the results of the checks behind `RESULTS_MARK`. Throws what it printed when it prints none. */
export async function runProgram(file: string, args: readonly string[]): Promise<RuntimeRun> {
  const { output } = await runCommand(file, args, { timeLimitMs: TIME_LIMIT_MS, env: { NO_COLOR: '1' } });
  const line = output.split('\n').find((text) => text.startsWith(RESULTS_MARK));
  if (line === undefined) throw new Error(`${file} printed no results:\n${output}`);
  return JSON.parse(line.slice(RESULTS_MARK.length)) as RuntimeRun;
}
