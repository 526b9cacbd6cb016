/**
 * `npm run simulate -- [--seeds N] [--hours H] [--first-seed S] [--profile wifi|service|clock] [--keep 1,5,…]`
 *
 * Runs simulations one after the other; the first that breaks an invariant is cut down and told, exit code 1. See docs/simulation.md.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { makeSchedule, type ProfileName, PROFILES } from './faults.ts';
import { shrink } from './shrink.ts';
import { simulate, type SimulationOptions } from './simulation.ts';
import { addTally, createTally, describeTally } from './tally.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    hours: { type: 'string', default: '0.25' },
    'first-seed': { type: 'string', default: '1' },
    profile: { type: 'string' },
    keep: { type: 'string' },
    trace: { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
  },
});

function positive(text: string, name: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} takes a positive number, not ${text}`);
  return number;
}

function askedProfiles(): readonly ProfileName[] {
  const names = Object.keys(PROFILES) as ProfileName[];
  if (values.profile === undefined) return names;
  const asked = names.find((name) => name === values.profile);
  if (asked === undefined) throw new Error(`No profile ${values.profile}; there are ${names.join(', ')}`);
  return [asked];
}

const profiles = askedProfiles();
const seeds = positive(values.seeds, 'seeds');
const firstSeed = positive(values['first-seed'], 'first-seed');
const durationMs = Math.round(positive(values.hours, 'hours') * 3_600_000);
const kept = values.keep
  ?.split(',')
  .filter((index) => index !== '')
  .map(Number);
const sum = createTally();
const startedMs = performance.now();
let failures = 0;

for (let seed = firstSeed; seed < firstSeed + seeds && failures === 0; seed++) {
  for (const profile of profiles) {
    const all = makeSchedule(seed, profile, durationMs);
    const faults = kept === undefined ? all : all.filter((_, index) => kept.includes(index));
    const options: SimulationOptions = { seed, profile, durationMs, faults };
    const result = await simulate(options);
    addTally(sum, result.tally);
    if (values.trace) console.log(result.lastLines.join('\n'));
    if (result.failure === undefined) continue;
    failures++;
    console.log(`FAILED seed ${seed}, profile ${profile}: ${result.failure.message}`);
    if (values['no-shrink']) break;
    const shortest = await shrink(options, result.failure.invariant);
    const indices = shortest.faults.map((fault) => all.indexOf(fault));
    console.log(`  with ${shortest.faults.length} of ${all.length} faults:`);
    for (const { kind, atMs, forMs, value } of shortest.faults)
      console.log(
        `    ${String(atMs).padStart(9)} ms  ${kind}${forMs > 0 ? ` for ${forMs} ms` : ''} (${value.toFixed(3)})`,
      );
    console.log(`  ${shortest.failure.message}`);
    console.log(
      `  replay: npm run simulate -- --seeds 1 --first-seed ${seed} --profile ${profile} --hours ${values.hours} --keep '${indices.join(',')}' --trace`,
    );
    break;
  }
}
console.log(describeTally(sum, performance.now() - startedMs));
if (failures > 0) process.exitCode = 1;
