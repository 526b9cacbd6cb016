/** docs/traps.md has a row for every trap, and every test that it names is there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../scripts/prepare.mjs';

const it = suite('traps');

const TRAPS = 52;
/** A test as the table names it: its file, and its name or the fixed part of it. */
const NAMED_TEST = /^`(test\/[\w/-]+\.test\.ts)`: "([^"]+)"$/;

interface Row {
  readonly trap: string;
  readonly cells: readonly string[];
  readonly tests: readonly string[];
}

const rows: readonly Row[] = readFileSync(join(root, 'docs/traps.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| T\d/.test(line))
  .map((line) => {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const [trap = '', , , tests = ''] = cells;
    return { trap, cells, tests: tests.split('; ') };
  });

it('every trap has one row, in order, with nothing left empty', () => {
  assert.equal(
    rows.map(({ trap }) => trap),
    Array.from({ length: TRAPS }, (_, i) => `T${i + 1}`),
  );
  for (const { trap, cells } of rows) {
    assert.is(cells.length, 4, trap);
    assert.ok(
      cells.every((cell) => cell !== ''),
      trap,
    );
  }
});

for (const { trap, tests } of rows) {
  it(`${trap}: the tests that show it are there`, () => {
    for (const test of tests) {
      const [, file = '', name = ''] = NAMED_TEST.exec(test) ?? [];
      assert.ok(file !== '', `${test} is no test`);
      assert.ok(existsSync(join(root, file)), file);
      assert.ok(readFileSync(join(root, file), 'utf8').includes(name), `${file} has no test '${name}'`);
    }
  });
}

it('every test that is named for a trap is in its row', () => {
  const named = new Map(rows.map(({ trap, tests }) => [trap, tests.join('\n')]));
  for (const file of ['test/scenarios/traps-sessions.test.ts', 'test/scenarios/traps-streams.test.ts']) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, trap = '', name = ''] of text.matchAll(/it\([`'](T\d+): ([^$`\n]+?)(?:\$\{|[`'], )/g))
      assert.ok(named.get(trap)?.includes(`"${trap}: ${name}`), `${trap}: ${name} of ${file} is not in the table`);
  }
});

it.run();
