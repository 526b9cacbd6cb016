/** Every status of the packager is raised by a row, or cannot be and says why; and the documentation has the limits that the rows have. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../../scripts/prepare.mjs';
import * as STATUS from '../../../sdk/status-codes.ts';
import type { StatusName } from '../../../sdk/status.ts';
import { skip } from '../../support/skip.ts';
import { LIMITS } from './rows.ts';

const it = suite('statuses of limits');

/** Statuses that Penstock never raises. */
const NEVER_RAISED: Readonly<Partial<Record<StatusName, string>>> = {
  STATUS_MKV_PTS_DTS_ARE_NOT_SAME: 'the native core defines it and never raises it: frames may be reordered',
  STATUS_MKV_INVALID_GENERATOR_STATE_TAGS:
    'guards an order of calls inside the native packager, whose states do not exist here: a frame is packaged in one call',
};

const packager = (Object.keys(STATUS) as StatusName[]).filter((name) => name.startsWith('STATUS_MKV_'));
const raised = new Set(LIMITS.map(({ status }) => status));
const hex = (number: number): string => `0x${number.toString(16).padStart(8, '0')}`;

it('every STATUS_MKV_* is raised by a row or known never to be', () => {
  assert.is(packager.length, 0x2d, 'the numbers 0x32000001…0x3200002d have no gap');
  assert.equal(
    packager.filter((name) => !raised.has(name) && NEVER_RAISED[name] === undefined),
    [],
    'without a row',
  );
  assert.equal(
    packager.filter((name) => raised.has(name) && NEVER_RAISED[name] !== undefined),
    [],
    'both',
  );
});

it('no limit stands twice', () => {
  const names = LIMITS.map(({ limit }) => limit);
  assert.equal([...new Set(names)], names);
});

it('docs/limits.md has the name, value and status of every row, and no others', () => {
  const text = readFileSync(join(root, 'docs/limits.md'), 'utf8');
  const documented = [...text.matchAll(/^\| (.+?) \| (.+?) \| `(STATUS_\w+)` (0x\w{8}) \|/gm)].map((line) =>
    line.slice(1, 5).join(' | '),
  );
  const rows = LIMITS.map(({ limit, value, status, number }) => [limit, value, status, hex(number)].join(' | '));
  assert.equal(documented.sort(), rows.sort());
  for (const [name, reason] of Object.entries(NEVER_RAISED))
    assert.ok(text.includes(`\`${name}\` ${hex(STATUS[name as StatusName])}: ${reason}`), name);
});

const vectorFile = `${process.env['PENSTOCK_VECTORS'] ?? '../shared/vectors'}/status_codes.json`;
if (!existsSync(vectorFile)) skip('the numbers of the rows are the native ones', `${vectorFile} is not there`);
else {
  it('the numbers of the rows are the native ones', () => {
    const native = JSON.parse(readFileSync(vectorFile, 'utf8')) as Record<string, string>;
    for (const { status, number } of LIMITS) assert.is(hex(number), native[status], status);
    const nativePackager = Object.keys(native).filter((name) => name.startsWith('STATUS_MKV_'));
    assert.equal(packager.toSorted(), nativePackager.toSorted());
    for (const name of packager) assert.is(hex(STATUS[name]), native[name], name);
  });
}

it.run();
