/** Which statuses have their names where nothing but errors is loaded. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../../scripts/prepare.mjs';
import { KvsError } from '../../../sdk/errors.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { STATUS_NAMES } from '../../../sdk/status-names.ts';

const it = suite('statuses that are raised');

const FOLDERS = ['assembly', 'sdk', 'bindings', 'service', 'cli'];
const TABLES = ['status-codes.ts', 'status-names.ts', 'all-statuses.ts'];

it('the sources use each of them, and no other', () => {
  const used = new Set<string>();
  for (const folder of FOLDERS)
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || TABLES.includes(file)) continue;
      for (const [name] of readFileSync(join(root, folder, file), 'utf8').matchAll(/\bSTATUS_[A-Z0-9_]+/g))
        used.add(name);
    }
  const known = Object.keys(STATUS).filter((name) => used.has(name));
  assert.ok(known.length > 100);
  assert.equal([...STATUS_NAMES.values()].sort(), known.sort());
});

it('an error has the names of the others too once an application has asked for all', async () => {
  const codeOf = (): string => new KvsError(STATUS.STATUS_HEAP_CORRUPTED, 'test').code;
  assert.is(codeOf(), 'STATUS_0x10000003');
  const { statusName } = await import('../../../sdk/all-statuses.ts');
  assert.is(statusName(STATUS.STATUS_HEAP_CORRUPTED), 'STATUS_HEAP_CORRUPTED');
  assert.is(codeOf(), 'STATUS_HEAP_CORRUPTED');
});

it.run();
