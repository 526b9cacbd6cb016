/** What embedded engines evaluate names nothing that they lack: every free name in it is of the language. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EMBEDDED_ENTRIES } from '../../scripts/build.mjs';
import { root } from '../../scripts/prepare.mjs';
import { bundleFor } from '../support/embedded-bundle.ts';

const CONFIGURATION = { categories: { correctness: 'off' }, env: { builtin: true }, rules: { 'no-undef': 'error' } };

/** The free names in a program that are not of the language. */
async function freeNames(program: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-bundle-'));
  try {
    writeFileSync(join(folder, 'rules.json'), JSON.stringify(CONFIGURATION));
    writeFileSync(join(folder, 'bundle.js'), program);
    const args = [join(root, 'node_modules/oxlint/bin/oxlint'), '-c', 'rules.json', '-f', 'unix', 'bundle.js'];
    const output = await new Promise<string>((resolve) => {
      execFile(process.execPath, args, { cwd: folder, timeout: 60_000 }, (_failure, stdout) => resolve(stdout));
    });
    return [...new Set([...output.matchAll(/'(\S+)' is not defined/g)].map(([, name = '']) => name))].sort();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `WebAssembly` is reached with a compiled core only, which the host of an engine without it has none of. */
const ALLOWED = ['WebAssembly'];

const bundles = suite('embedded bundles');

bundles('the check sees a name that is not of the language', async () => {
  assert.equal(await freeNames('export const x = () => fetch(new URL(globalThis.y));'), ['URL', 'fetch']);
});

for (const [name, source] of Object.entries(EMBEDDED_ENTRIES)) {
  const text = await bundleFor(source);

  bundles(`${name} has no free name but those of the language`, async () => {
    assert.equal(
      (await freeNames(text)).filter((free) => !ALLOWED.includes(free)),
      [],
    );
  });

  bundles(`${name} loads no other file`, () => {
    assert.not.match(text, /^(?:import|export)\b[^;]*\bfrom\b/m);
    assert.not.match(text, /\bimport\(/);
    assert.not.match(text, /\brequire\(/);
  });
}

bundles.run();
