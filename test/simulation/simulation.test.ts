/** A slice of the simulation for every run of the tests; `npm run simulate -- --seeds 700 --hours 1` is the long one. */
// time-limit-s: 300
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bundle } from '../../scripts/build.mjs';
import { root } from '../../scripts/prepare.mjs';
import { endAt, makeSchedule, type ProfileName, PROFILES } from './faults.ts';
import { mutate, MUTATIONS } from './mutation-list.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulation.ts';
import type { Tally } from './tally.ts';

const simulation = suite('simulation');
const FIRST_SEED = 20_261_151;
const DURATION_MS = 240_000;
/** Of each profile; bundled, since a development loader makes runs twice as slow. */
const SEEDS = 12;
const HOURS = 0.25;

simulation('nothing is lost, nothing hangs, in a slice of all profiles', async () => {
  const folder = join(root, 'build', 'simulation-slice');
  const entries = { main: 'test/simulation/main.ts', 'run-worker': 'test/simulation/run-worker.ts' };
  await bundle(folder, entries, '../');
  const json = join(folder, 'tally.json');
  const options = ['--seeds', SEEDS, '--first-seed', FIRST_SEED, '--hours', HOURS, '--json', json].map(String);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'main.js'), ...options], {
    encoding: 'utf8',
  });
  console.log(stdout);
  assert.is(status, 0, `${stdout}\n${stderr}`);
  const tally = JSON.parse(readFileSync(json, 'utf8')) as Tally;
  assert.is(tally.runs, SEEDS * Object.keys(PROFILES).length);
  assert.ok(tally.virtualMs >= tally.runs * HOURS * 3_600_000);
  assert.ok(tally.framesPersisted > 10_000 && tally.framesTwice > 1_000, 'frames are persisted, and sent again');
  assert.ok(tally.framesRejected > 0, 'frames are rejected');
  for (const reason of ['store-full', 'buffer-duration', 'roll-back', 'reset'] as const)
    assert.ok((tally.droppedBy[reason] ?? 0) > 0, `no frame is dropped for the reason ${reason}`);
});

simulation('the same seed does the same at the same times, and another seed something else', async () => {
  for (const profile of Object.keys(PROFILES) as ProfileName[]) {
    const run = async (seed: number): Promise<string> =>
      (await simulate({ seed, profile, durationMs: DURATION_MS })).traceHash;
    const first = await run(FIRST_SEED);
    assert.is(await run(FIRST_SEED), first, profile);
    assert.is.not(await run(FIRST_SEED + 1), first, profile);
  }
});

simulation('every mutation fits the source that it changes', () => {
  for (const mutation of MUTATIONS) {
    const source = readFileSync(new URL(`../../${mutation.file}`, import.meta.url), 'utf8');
    assert.is.not(mutate(mutation, source), source);
  }
});

simulation('a schedule has faults that end, in order, and can be ended earlier', () => {
  for (const profile of Object.keys(PROFILES) as ProfileName[]) {
    const faults = makeSchedule(FIRST_SEED, profile, 3_600_000);
    assert.ok(faults.length > 100, `${faults.length} faults`);
    assert.ok(
      faults.every(({ atMs, forMs }, index) => atMs >= (faults[index - 1]?.atMs ?? 0) && atMs + forMs <= 3_600_000),
    );
    const earlier = endAt(faults, 60_000);
    assert.ok(earlier.length > 0 && earlier.every(({ atMs, forMs }) => atMs + forMs <= 60_000));
  }
});

simulation('shrinking refuses a failure that does not come again', async () => {
  const options = { seed: FIRST_SEED, profile: 'wifi', durationMs: 5_000 } as const;
  const error = await shrink(options, 'nothing of the kind').catch((reason: unknown) => reason);
  assert.match(String(error), 'does not come again');
});

simulation.run();
