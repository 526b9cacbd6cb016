/**
 * `node scripts/simulate.mjs [arguments]` runs the simulation, bundled as the bench is, since a development loader makes it several times slower.
 * With `--mutations` it runs the mutation check instead.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildCore, bundle } from './build.mjs';
import { ensureDependencies, root } from './prepare.mjs';

const FOLDER = join(root, 'build', 'simulation');

ensureDependencies();
await buildCore();
const isMutationCheck = process.argv.includes('--mutations');
const name = isMutationCheck ? 'mutations' : 'main';
const names = isMutationCheck ? [name] : [name, 'run-worker'];
await bundle(FOLDER, Object.fromEntries(names.map((each) => [each, `test/simulation/${each}.ts`])), '../');
const given = process.argv.slice(2).filter((argument) => argument !== '--mutations');
const child = spawn(process.execPath, [join(FOLDER, `${name}.js`), ...given], { cwd: root, stdio: 'inherit' });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
