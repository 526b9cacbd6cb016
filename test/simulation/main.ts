/**
 * `npm run simulate -- [--seeds N] [--hours H] [--first-seed S] [--profile wifi|service|clock] [--workers N] [--json FILE] …`
 *
 * Runs simulations; the first that breaks an invariant is cut down and told, exit code 1. See docs/simulation.md.
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { readArguments } from './arguments.ts';
import { makeSchedule } from './faults.ts';
import { type PoolResult, runInOrder } from './run-pool.ts';
import { type Shortest, shrink } from './shrink.ts';
import { addTally, createTally, describeTally } from './tally.ts';

const asked = readArguments();
const sum = createTally();
const startedMs = performance.now();
let failed: PoolResult | undefined;

for await (const result of runInOrder(asked.runs, asked.workers, new URL('run-worker.js', import.meta.url))) {
  addTally(sum, result.tally);
  if (asked.tells) console.log(result.lastLines.join('\n'));
  if (result.failure === undefined) continue;
  failed = result;
  break;
}
const wallMs = performance.now() - startedMs;

if (failed?.failure !== undefined) {
  const { options, failure } = failed;
  console.log(`FAILED seed ${options.seed}, profile ${options.profile}: ${failure.message}`);
  if (asked.shrinks) tellShortest(failed, await shrink(options, failure.invariant));
}
console.log(describeTally(sum, wallMs));
if (asked.jsonFile !== undefined)
  writeFileSync(asked.jsonFile, `${JSON.stringify({ wallMs, ...sum, failed: failed?.failure }, null, 2)}\n`);
if (failed !== undefined) process.exitCode = 1;

function tellShortest({ options: { seed, profile } }: PoolResult, shortest: Shortest): void {
  const all = makeSchedule(seed, profile, Math.round(Number(asked.hours) * 3_600_000));
  console.log(`  with ${shortest.faults.length} of ${all.length} faults, and an end at ${shortest.durationMs} ms:`);
  for (const { kind, atMs, forMs, value } of shortest.faults)
    console.log(
      `    ${String(atMs).padStart(9)} ms  ${kind}${forMs > 0 ? ` for ${forMs} ms` : ''} (${value.toFixed(3)})`,
    );
  console.log(`  ${shortest.failure.message}`);
  const indices = shortest.faults.map((fault) => all.findIndex(({ atMs }) => atMs === fault.atMs));
  const which = `--seeds 1 --first-seed ${seed} --profile ${profile} --hours ${asked.hours}`;
  console.log(
    `  replay: npm run simulate -- ${which} --keep '${indices.join(',')}' --end-at-ms ${shortest.durationMs} --trace`,
  );
}
