/**
 * Write → read gives back what went in: random tracks, frames, times, flags, tags, events, ends of fragments and sessions, read in random
 * pieces and pushed in others, beside a model of what must be there.
 */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FLAVOURS, loadCore } from '../support/load-core.ts';
import { announceSeed, parameters, pieceSizes } from './property.ts';
import { streamPlan } from './random-calls.ts';
import { WrittenStream } from './written-stream.ts';

const RUNS = 250;
const MAX_CALLS = 60;

const writeRead = suite('write → read');
announceSeed();

for (const flavour of FLAVOURS) {
  writeRead(`gives back what went in [${flavour}]`, async () => {
    const core = loadCore(flavour);
    let runs = 0;
    let frames = 0;
    let fragments = 0;
    let changes = 0;
    await fc.assert(
      fc.asyncProperty(streamPlan(MAX_CALLS), pieceSizes, pieceSizes, async (plan, readSizes, pushSizes) => {
        const written = new WrittenStream(core, plan, pushSizes);
        try {
          for (const call of plan.calls) await written.run(call);
          await written.finish(readSizes);
        } finally {
          written.dispose();
        }
        runs++;
        frames += written.model.framesStored;
        fragments += written.model.fragments.length;
        changes += written.model.generations.newest;
      }),
      parameters(RUNS),
    );
    console.log(`${flavour}: ${frames} frames in ${fragments} fragments, ${changes} changes of private data`);
    assert.ok(frames > runs && fragments > runs / 2 && changes > runs / 8, 'hardly anything was written');
  });
}

writeRead.run();
