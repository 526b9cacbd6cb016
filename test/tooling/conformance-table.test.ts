/** The table of runtimes in README.md names what the drivers and the checks name, so that it is written anew when they change. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../scripts/prepare.mjs';
import { GROUPS } from '../conformance/groups.ts';
import { allChecks } from '../conformance/task.ts';
import type { RecordedRun } from '../runtimes/driver.ts';
import { drivers, tableIn, tableOf, withTable } from '../runtimes/table.ts';

const TASK = {
  endpoint: 'http://127.0.0.1:1',
  region: 'us-west-2',
  credentials: { accessKeyId: 'penstock', secretAccessKey: 'penstock-development' },
  streamName: 'none',
  recordingUrl: '',
  echoUrl: '',
  redirectUrl: '',
  linkControlUrl: '',
  unreachableEndpoint: '',
};

const checks = allChecks(TASK, () => Promise.reject(new Error('nothing runs here')));
const [heading = [], ...rows] = tableIn(readFileSync(`${root}/README.md`, 'utf8'));

const table = suite('table of runtimes');

table('has a row for each runtime that a driver names, and no other', () => {
  const named = drivers().flatMap(({ runtimes }) => runtimes);
  assert.ok(named.length > 0);
  assert.equal(new Set(named).size, named.length, 'two drivers run one runtime');
  const inTable = rows.map(([runtime = '']) => runtime);
  assert.equal(new Set(inTable), new Set(named), 'npm run conformance writes it anew');
  assert.is(inTable.length, named.length);
});

table('has a column for each group of checks, and no other', () => {
  assert.equal(heading.slice(2), Object.values(GROUPS), 'npm run conformance writes it anew');
});

table('says which version ran: of a runtime that is named with a number, one that begins with it', () => {
  for (const [runtime = '', version = ''] of rows) {
    assert.match(version, /^\d/, runtime);
    const [, major] = / (\d+)$/.exec(runtime) ?? [];
    if (major !== undefined) assert.ok(version.startsWith(`${major}.`), `${runtime} ran as ${version}`);
  }
});

table('holds marks alone, and none of a check that failed', () => {
  for (const [runtime, , ...marks] of rows) {
    assert.is(marks.length, Object.keys(GROUPS).length);
    for (const mark of marks) assert.ok(['✓', '◐', '–'].includes(mark), `${runtime} has ${mark}`);
  }
});

table('every group has checks, and no two checks have one name', () => {
  const used = new Set(checks.map(({ group }) => group));
  assert.equal([...used].sort(), Object.keys(GROUPS).sort());
  assert.is(new Set(checks.map(({ group, name }) => `${group}: ${name}`)).size, checks.length);
});

table('a mark says what came of a group', () => {
  const result = { name: '', failure: null, notApplicable: null, elapsedMs: 0 };
  const run: RecordedRun = {
    runtime: 'Engine 2',
    version: '2.1',
    results: [
      { ...result, group: 'platform' },
      { ...result, group: 'core' },
      { ...result, group: 'core', notApplicable: 'no WebAssembly' },
      { ...result, group: 'upload', notApplicable: 'no network' },
      { ...result, group: 'recovery', failure: 'lost' },
    ],
  };
  const readme = withTable('before\n<!-- conformance: written by npm run conformance -->\n<!-- /conformance -->', '');
  const [, row = []] = tableIn(withTable(readme, tableOf([run])));
  assert.equal(row.slice(0, 6), ['Engine 2', '2.1', '✓', '◐', '–', '✗']);
  assert.ok(withTable(readme, tableOf([run])).startsWith('before\n'));
});

table.run();
