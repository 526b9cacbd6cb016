/** The runner counts what a file really did; nothing that went wrong counts as passed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTotals } from '../../scripts/test-totals.mjs';

const totals = suite('test totals');

const uvu = (total: number, passed: number, skipped = 0): string =>
  `\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  1.00ms\n`;
const ended = (output: string, code: number | null = 0, timedOut = false) => ({ output, code, timedOut });

const cases: readonly (readonly [
  string,
  ReturnType<typeof ended>,
  { passed: number; failed: number; skips: number },
])[] = [
  ['all passed', ended(uvu(3, 3)), { passed: 3, failed: 0, skips: 0 }],
  ['printed its totals twice', ended(uvu(2, 2) + uvu(3, 3)), { passed: 3, failed: 0, skips: 0 }],
  ['one failed', ended(uvu(3, 2), 1), { passed: 2, failed: 1, skips: 0 }],
  ['passed, then crashed', ended(uvu(3, 3), 7), { passed: 3, failed: 1, skips: 0 }],
  ['ran nothing', ended(uvu(0, 0)), { passed: 0, failed: 1, skips: 0 }],
  ['printed nothing', ended(''), { passed: 0, failed: 1, skips: 0 }],
  ['could not start', ended('spawn ENOENT', null), { passed: 0, failed: 1, skips: 0 }],
  ['ran into the limit', ended('', null, true), { passed: 0, failed: 1, skips: 0 }],
  ['ran into the limit after its totals', ended(uvu(2, 2), null, true), { passed: 2, failed: 1, skips: 0 }],
  ['skipped by name', ended(`SKIP a: no tool\n${uvu(1, 1)}`), { passed: 1, failed: 0, skips: 1 }],
  ['only skipped by name', ended(`SKIP a: no tool\nSKIP b: no tool\n${uvu(0, 0)}`), { passed: 0, failed: 0, skips: 2 }],
  ['skipped by name, then crashed', ended('SKIP a: no tool\n', 1), { passed: 0, failed: 1, skips: 1 }],
  ['skipped without a name', ended(uvu(3, 3, 1)), { passed: 3, failed: 1, skips: 0 }],
];

for (const [what, result, expected] of cases) {
  totals(`readTotals() of a file that ${what}`, () => {
    const { passed, failed, skips } = readTotals(result);
    assert.equal({ passed, failed, skips: skips.length }, expected);
  });
}

totals.run();
