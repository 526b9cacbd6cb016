/**
 * `npm run conformance` runs the checks in every runtime and writes the table of README.md from what came of them. When a runtime that a
 * driver names gave no results, or a check failed, it says so and leaves the table as it is.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { runCommand } from '../../scripts/command.mjs';
import { ensureEngines, root } from '../../scripts/prepare.mjs';
import type { RecordedRun } from './driver.ts';
import { drivers, tableOf, withTable } from './table.ts';

/** Of a driver, which may run several runtimes, milliseconds. */
const TIME_LIMIT_MS = 600_000;

ensureEngines();
const folder = await mkdtemp(join(tmpdir(), 'penstock-conformance-'));
try {
  let failed = 0;
  for (const { file } of drivers()) {
    const { code, output } = await runCommand(process.execPath, ['--import', 'tsx', file], {
      timeLimitMs: TIME_LIMIT_MS,
      env: { NO_COLOR: '1', PENSTOCK_CONFORMANCE_RESULTS: folder },
    });
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${file}`);
    if (code === 0) continue;
    failed++;
    console.log(output);
  }
  const runs = await readRuns(folder);
  for (const { runtime, version, results } of runs) {
    const ran = results.filter(({ notApplicable }) => notApplicable === null).length;
    console.log(`${runtime} (${version}): ${ran} checks, ${results.length - ran} not applicable`);
  }
  const missing = drivers()
    .flatMap(({ runtimes }) => runtimes)
    .filter((name) => runs.every(({ runtime }) => runtime !== name));
  for (const name of missing) console.log(`No results of ${name}: the table stays as it is`);
  if (failed > 0 || missing.length > 0) process.exitCode = 1;
  else await writeReadme(runs);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function readRuns(from: string): Promise<RecordedRun[]> {
  const names = await readdir(from);
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(from, name), 'utf8')) as RecordedRun));
}

async function writeReadme(runs: readonly RecordedRun[]): Promise<void> {
  const readme = join(root, 'README.md');
  await writeFile(readme, withTable(await readFile(readme, 'utf8'), tableOf(runs)));
}
