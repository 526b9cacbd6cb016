// time-limit-s: 300
/** jsr.json: what a publication on JSR would send, by a dry run that needs no network. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from '../../scripts/command.mjs';
import { root } from '../../scripts/prepare.mjs';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));
const jsr: { version: string; license: string; exports: Record<string, string>; imports: Record<string, string> } =
  read('jsr.json');
const npm: typeof jsr & { dependencies: Record<string, string> } = read('package.json');

const publication = suite('publication on JSR');

publication('is the same version as the package, under the same license', () => {
  assert.is(jsr.version, npm.version);
  assert.is(jsr.license, npm.license);
});

publication('takes its dependencies from npm, as the package does', () => {
  for (const [name, specifier] of Object.entries(jsr.imports))
    assert.is(specifier, `npm:${name}@${npm.dependencies[name]}`);
});

publication('passes a dry run, which looks at types and at every module that is imported', async () => {
  const cache = await temporaryDirectory();
  try {
    const deno = join(root, 'node_modules/deno/bin.cjs');
    // An empty cache, so that nothing of this machine's own helps.
    const env = { NO_COLOR: '1', DENO_DIR: cache };
    const { code, output } = await runCommand(process.execPath, [deno, 'publish', '--dry-run', '--allow-dirty'], {
      env,
    });
    assert.is(code, 0, output);
    const files = [...output.matchAll(/^ +file:\/\/(\S+) \(/gm)].map(([, path = '']) => path.slice(root.length));
    for (const entry of [...Object.values(jsr.exports), './build/core.simd.wasm'])
      assert.ok(files.includes(entry.slice(2)), `${entry} is not published`);
    const foreign = files.filter((path) => /^(?:test|scripts|cli|service|bench|node_modules)\//.test(path));
    assert.equal(foreign, []);
  } finally {
    await removeDirectory(cache);
  }
});

publication.run();
