/** A short run of every fuzz target; `npm run fuzz -- --inputs 1000000` is the long one. */
// time-limit-s: 300
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Campaign } from './campaign.ts';
import { measureGrowth } from './growth.ts';
import { Judge } from './judge.ts';
import { minimise } from './minimise.ts';
import type { Outcome, Target } from './target.ts';
import { TARGETS } from './targets/index.ts';

const SEED = 20_261_121;
const INPUTS = 20_000;

const fuzz = suite('fuzz');
console.log(`seed ${SEED}`);

for (const [index, target] of [...TARGETS.values()].entries()) {
  fuzz(`${target.name} keeps its invariants`, async () => {
    const report = await new Campaign(target, SEED + index).run(Math.ceil(INPUTS / TARGETS.size));
    assert.equal(report.findings, []);
    assert.ok(report.kinds > 1, 'every input had the same kind of outcome: nothing was tested');
  });
}

/** A target that does what a broken core would do. */
const broken = (run: Target['run']): Judge =>
  new Judge({ name: 'broken', knobBytes: 0, maxBytes: 64, mutators: [], seeds: () => new Map(), run });
const FINE: Outcome = { agreed: '', kind: '' };

fuzz('judge() finds a read behind the input', async () => {
  const judge = broken(({ core, memory }, input) => {
    memory.place(input, { isSplit: false });
    core.run((exports) => exports.nalAvccToAnnexB(memory.address, input.length + 4));
    return FINE;
  });
  const { failure } = await judge.judge(Uint8Array.of(0, 0, 0, 1, 7));
  assert.match(failure ?? '', /plain: .*memory access out of bounds/);
});

fuzz('judge() finds a write in front of and behind the input', async () => {
  for (const moved of [-1, 1]) {
    const judge = broken(({ core, memory }, input) => {
      memory.place(input, { isSplit: true });
      core.bytes.set(input, memory.address + moved);
      memory.check();
      return FINE;
    });
    assert.is((await judge.judge(Uint8Array.of(7, 7, 7))).failure, 'plain: Wrote out of bounds');
  }
});

fuzz('judge() finds flavours that disagree, the translated one too', async () => {
  const bySplit = broken(({ isSplit }) => ({ agreed: String(isSplit), kind: '' }));
  assert.is((await bySplit.judge(new Uint8Array(1), false)).failure, 'plain and simd, split disagree');
  const byFlavour = broken(({ core }) => ({ agreed: String(core.flavour === 'js'), kind: '' }));
  assert.is((await byFlavour.judge(new Uint8Array(1), true)).failure, 'plain and js, split disagree');
  assert.is((await byFlavour.judge(new Uint8Array(1), false)).failure, null);
});

fuzz('measureGrowth() finds quadratic time', async () => {
  const target: Target = {
    name: 'quadratic',
    knobBytes: 0,
    maxBytes: 64,
    mutators: [],
    seeds: () => new Map(),
    run(_, input) {
      let sum = 0;
      for (let from = 0; from < input.length; from += 64) {
        for (let at = from; at < input.length; at += 16) sum += input[at] ?? 0;
      }
      return { agreed: String(sum), kind: '' };
    },
  };
  const growth = await measureGrowth(new Judge(target), target, Uint8Array.of(1, 2, 3));
  assert.ok(growth.isSuperlinear, `×${growth.ratio}`);
});

fuzz('minimise() finds the bytes that matter', async () => {
  const input = Uint8Array.from({ length: 500 }, (_, index) => index % 256);
  const smallest = await minimise(input, (candidate) =>
    Promise.resolve(candidate.includes(77) && candidate.includes(200) && candidate.length >= 4),
  );
  assert.equal(
    [...smallest].sort((a, b) => a - b),
    [0, 0, 77, 200],
  );
});

fuzz.run();
