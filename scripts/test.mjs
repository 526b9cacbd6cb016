/**
 * Runs every test: the checks of check.mjs, then each `*.test.ts` below `test/` in a process of its own.
 *
 * `node scripts/test.mjs [part of a path …] [--echo]` runs the files (and checks) whose names contain a part; `--echo` prints
 * what they print. A file may say that it needs longer than usual with a line `// time-limit-s: 300`.
 * The last line is `N passed, N failed, N skipped`; the exit code is 1 when something failed.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { buildAll } from './build.mjs';
import { CHECKS, runCheck } from './check.mjs';
import { runCommand, runTogether } from './command.mjs';
import { filesBelow } from './fresh.mjs';
import { ensureDependencies, ensureEngines, root } from './prepare.mjs';
import { readTotals } from './test-totals.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

const USUAL_TIME_LIMIT_S = 120;

const options = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const echo = options.includes('--echo');
const isAsked = (/** @type {string} */ name) => parts.length === 0 || parts.some((part) => name.includes(part));

ensureDependencies();
ensureSystemPackages();
await buildAll();

const files = filesBelow('test').filter((file) => file.endsWith('.test.ts') && isAsked(file));
if (files.some((file) => file.startsWith('test/runtimes/'))) ensureEngines();
const checks = /** @type {(keyof typeof CHECKS)[]} */ (Object.keys(CHECKS)).filter((name) => isAsked(`check:${name}`));
const totals = { passed: 0, failed: 0, skipped: 0 };

// What says that it takes long starts first, so that nothing long is left over when all else is done.
const slow = files
  .filter((file) => timeLimitS(file) > USUAL_TIME_LIMIT_S)
  .sort((a, b) => timeLimitS(b) - timeLimitS(a));
const jobs = [
  ...slow.map((file) => () => runFile(file)),
  ...checks.map((name) => () => runNamedCheck(name)),
  ...files.filter((file) => !slow.includes(file)).map((file) => () => runFile(file)),
];
if (jobs.length === 0) {
  console.log(`No test matches ${parts.join(' ')}`);
  totals.failed++;
}
await runTogether(jobs, availableParallelism());
if (totals.failed > 0) process.exitCode = 1;
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);

/** @param {string} file */
function timeLimitS(file) {
  const limit = /^\/\/ time-limit-s: (\d+)$/m.exec(readFileSync(join(root, file), 'utf8'));
  return Number(limit?.[1] ?? USUAL_TIME_LIMIT_S);
}

/** @param {string} file */
async function runFile(file) {
  const timeLimitMs = timeLimitS(file) * 1000;
  const result = await runCommand(process.execPath, ['--import', 'tsx', file], {
    timeLimitMs,
    echo,
    env: { NO_COLOR: '1', FORCE_COLOR: '0' },
  });
  const { passed, failed, skips, problem } = readTotals(result);
  report(file, { passed, failed, skips, problem, elapsedMs: result.elapsedMs, output: echo ? '' : result.output });
}

/** @param {keyof typeof CHECKS} name */
async function runNamedCheck(name) {
  const { code, output, elapsedMs } = await runCheck(name);
  const failed = code === 0 ? 0 : 1;
  report(`check:${name}`, { passed: 1 - failed, failed, skips: [], problem: null, elapsedMs, output });
}

/**
 * @param {string} name
 * @param {{ passed: number, failed: number, skips: string[], problem: string | null, elapsedMs: number, output: string }} outcome
 */
function report(name, { passed, failed, skips, problem, elapsedMs, output }) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skips.length;
  const counts = [
    `${passed} passed`,
    failed > 0 && `${failed} failed`,
    skips.length > 0 && `${skips.length} skipped`,
  ].filter(Boolean);
  console.log(`${failed > 0 ? 'FAIL' : 'ok  '} ${name}: ${counts.join(', ')} (${(elapsedMs / 1000).toFixed(1)} s)`);
  if (failed > 0) console.log(`${output.trimEnd()}\n${problem === null ? '' : `${problem}\n`}`);
  else for (const skipped of skips) console.log(`     ${skipped}`);
}
