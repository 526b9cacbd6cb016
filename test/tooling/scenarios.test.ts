/** Every scenario of the producer core's specification has a test that bears its number, or a line that says why it has none. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const it = suite('scenarios');
const folder = fileURLToPath(new URL('../scenarios', import.meta.url));
/** S001…S220, and one between. */
const SCENARIOS = Array.from({ length: 220 }, (_, i) => `S${String(i + 1).padStart(3, '0')}`)
  .concat('S138a')
  .sort();

const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const tests = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts'))
  .map(read)
  .join('\n');
/** Numbers in front of a test's name: `S005: …`, `S005, S007: …` for one test of several, or alone in the rows of a table. */
const tested = new Set(
  [...tests.matchAll(/['"`]((?:S\d{3}a?(?:, )?)+)[:'"`]/g)].flatMap(([, ids]) => ids?.split(', ') ?? []),
);
const leftOut = [...read('left-out.md').matchAll(/^\| (S\d{3}a?) \|(.*)\|$/gm)].map(([, id, why]) => ({ id, why }));

it('are each tested or left out with a reason, and none of them both', () => {
  const reasons = new Map(leftOut.map(({ id, why }) => [id, why?.trim() ?? '']));
  assert.is(reasons.size, leftOut.length, 'a scenario is left out once');
  assert.equal(
    SCENARIOS.filter((id) => !tested.has(id) && !reasons.has(id)),
    [],
    'neither tested nor left out',
  );
  assert.equal(
    SCENARIOS.filter((id) => tested.has(id) && reasons.has(id)),
    [],
    'both tested and left out',
  );
  assert.equal(
    [...reasons].filter(([, why]) => why.length < 20).map(([id]) => id),
    [],
    'left out without a reason',
  );
  assert.equal(
    [...tested, ...reasons.keys()].filter((id) => !SCENARIOS.includes(id ?? '')),
    [],
    'no such scenario',
  );
});

it.run();
