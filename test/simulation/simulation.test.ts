/** A slice of the simulation for every run of the tests; `npm run simulate -- --seeds 1000` is the long one. */
// time-limit-s: 240
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeSchedule, type ProfileName, PROFILES } from './faults.ts';
import { mutate, MUTATIONS } from './mutation-list.ts';
import { simulate } from './simulation.ts';
import { addTally, createTally, describeTally } from './tally.ts';

const simulation = suite('simulation');
const FIRST_SEED = 20_261_126;
const SEEDS = 12;
const DURATION_MS = 240_000;
const sum = createTally();
const startedMs = performance.now();

for (const profile of Object.keys(PROFILES) as ProfileName[]) {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    simulation(`${profile}, seed ${seed}: nothing is lost, nothing hangs`, async () => {
      const { failure, tally } = await simulate({ seed, profile, durationMs: DURATION_MS });
      addTally(sum, tally);
      const hours = DURATION_MS / 3_600_000;
      assert.is(
        failure?.message,
        undefined,
        `npm run simulate -- --seeds 1 --first-seed ${seed} --profile ${profile} --hours ${hours}`,
      );
      assert.ok(tally.framesPut > 0, 'nothing was put: nothing was tested');
    });
  }
}

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

simulation('a schedule has faults that end, in order', () => {
  for (const profile of Object.keys(PROFILES) as ProfileName[]) {
    const faults = makeSchedule(FIRST_SEED, profile, 3_600_000);
    assert.ok(faults.length > 100, `${faults.length} faults`);
    assert.ok(
      faults.every(({ atMs, forMs }, index) => atMs >= (faults[index - 1]?.atMs ?? 0) && atMs + forMs <= 3_600_000),
    );
  }
});

simulation('the slice did what it is for', () => {
  console.log(describeTally(sum, performance.now() - startedMs));
  assert.ok(sum.framesPersisted > 1_000 && sum.framesTwice > 100, 'frames are persisted, and sent again');
  assert.ok(sum.framesDropped > 0 && sum.framesRejected > 0, 'frames are dropped and rejected');
});

simulation.run();
