/** `npm run vectors` names a folder that is none, and its summary says what ran and why something did not. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from '../../scripts/command.mjs';
import { root } from '../../scripts/prepare.mjs';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { Tally } from '../vectors/tally.ts';

const vectors = suite('vectors command');

let folder = '';
vectors.before.each(async () => {
  folder = await temporaryDirectory();
});
vectors.after.each(() => removeDirectory(folder));

/** A SimpleTag of the name `n` without a value, all sizes in eight octets. */
const SIMPLE_TAG = '67c8010000000000001545a301000000000000016e44870100000000000000';

const SCRIPT = join(root, 'scripts/vectors.mjs');

vectors('a folder without scenarios.json is an error that names it', async () => {
  for (const [args, env] of [
    [[folder], {}],
    [[], { PENSTOCK_VECTORS: folder }],
  ] as const) {
    const { code, output } = await runCommand(process.execPath, [SCRIPT, ...args], { env });
    assert.is(code, 1);
    assert.is(output, `There are no vectors in ${folder}: it has no scenarios.json\n`);
  }
});

vectors('more than one folder is an error', async () => {
  const { code, output } = await runCommand(process.execPath, [SCRIPT, 'one', 'two']);
  assert.is(code, 1);
  assert.match(output, 'One folder, not 2');
});

vectors('any folder of the format is run, whatever is in it', async () => {
  writeFileSync(join(folder, 'scenarios.json'), '[]');
  const rows = [
    { name: 'n', value: '', top: 'simple', status: 'STATUS_SUCCESS', output: SIMPLE_TAG },
    { name: '', value: '', top: 'simple', status: 'STATUS_MKV_INVALID_TAG_NAME_LENGTH', output: null },
    { name: 'n', value: '', top: 'simple', status: 'STATUS_SUCCESS', output: `${SIMPLE_TAG}00` },
  ];
  writeFileSync(join(folder, 'tags.json'), JSON.stringify(rows));
  const test = ['--import', 'tsx', 'test/vectors/vectors.test.ts'];
  const { code, output } = await runCommand(process.execPath, test, { env: { PENSTOCK_VECTORS: folder } });
  assert.is(code, 1, output);
  assert.match(output, `Vectors of ${folder}: 3 ran, 2 passed, 1 failed, `);
  assert.match(output, 'tags[2] [plain]');
});

vectors('the summary counts, and keeps the rows of one set together', () => {
  const tally = new Tally();
  for (const name of ['set[1]', 'set[2]', 'set[3]', 'scenario (client)']) {
    tally.add(name, name === 'set[3]' || name === 'set[2]' ? 'native is wrong' : null);
    if (name !== 'set[1]') tally.pass(name);
  }
  tally.leaveOut('other (client)', 'something else does it');
  assert.equal(tally.lines('folder'), [
    'Vectors of folder: 4 ran, 3 passed, 1 failed, 1 left out',
    'Passed as native: 1',
    'Asserted on our side: 2 (docs/deviations.md)',
    '  2 × native is wrong: set[2, 3]',
    'Left out: 1',
    '  1 × something else does it: other (client)',
  ]);
  assert.ok(tally.hasRun('set[1]'));
  assert.not.ok(tally.hasRun('other (client)'));
});

vectors.run();
