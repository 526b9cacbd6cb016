/**
 * `npm run fuzz -- [--inputs N] [--seed S] [--target NAME] [--renew-corpus]`
 *
 * Mutates the corpus of each target and checks what the core makes of it: no trap, no access out of bounds, the same on every
 * flavour, bounded work. What fails is minimised and written to `test/fuzz/found/`; exit code 1.
 */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Campaign, type Report } from './campaign.ts';
import { renewCorpus } from './corpus.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets/index.ts';

const DEFAULT_INPUTS = '100000';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: DEFAULT_INPUTS },
    seed: { type: 'string' },
    target: { type: 'string' },
    'renew-corpus': { type: 'boolean', default: false },
  },
});

function askedTargets(): readonly Target[] {
  if (values.target === undefined) return [...TARGETS.values()];
  const target = TARGETS.get(values.target);
  if (target === undefined) throw new Error(`No target ${values.target}; there are ${[...TARGETS.keys()].join(', ')}`);
  return [target];
}

function naturalNumber(text: string, name: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} takes a whole number, not ${text}`);
  return number;
}

function describe({ target, inputs, elapsedS, kinds, worstMs, worstBytes, worstGrowth }: Report): string {
  return [
    target.padEnd(9),
    `${inputs} inputs`.padStart(15),
    `${Math.round(inputs / elapsedS)}/s`.padStart(9),
    `${kinds} kinds`.padStart(11),
    `worst ${worstMs.toFixed(2)} ms (${worstBytes} B)`.padStart(24),
    `1 MiB ${worstGrowth.largeMs.toFixed(0)} ms (×${worstGrowth.ratio.toFixed(0)} for ×16)`.padStart(27),
  ].join('  ');
}

const targets = askedTargets();
if (values['renew-corpus']) targets.forEach(renewCorpus);
const inputs = naturalNumber(values.inputs, 'inputs');
const seed = values.seed === undefined ? randomInt(2 ** 31) : naturalNumber(values.seed, 'seed');
console.log(`seed ${seed}`);
let failures = 0;
for (const [index, target] of targets.entries()) {
  const share = Math.ceil(inputs / targets.length);
  const report = await new Campaign(target, seed + index).run(share);
  console.log(describe(report));
  for (const { failure, path, sizeBytes } of report.findings)
    console.log(`  FOUND ${failure}: ${path} (${sizeBytes} bytes)`);
  failures += report.findings.length;
}
if (failures > 0) process.exitCode = 1;
