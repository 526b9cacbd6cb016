/**
 * `node scripts/vectors.mjs [folder]` runs the byte-exact vectors of a folder: the one given, PENSTOCK_VECTORS, or `shared/vectors` beside the
 * project. The summary says how many ran, passed, were left out and why; the exit code is 1 when one failed.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './prepare.mjs';

const folders = process.argv.slice(2);
// npm runs its scripts in the project's folder, and tells in INIT_CWD from where it was called.
const calledFrom = process.env['INIT_CWD'] ?? '.';
const folder = resolve(calledFrom, folders[0] ?? process.env['PENSTOCK_VECTORS'] ?? join(root, '../shared/vectors'));

/** A line of the test runner's progress marks. */
const PROGRESS = /^\s*(vectors\s+)?([•✘]\s*)+(\(\d+ \/ \d+\)\s*)?$/;

if (folders.length > 1) fail(`One folder, not ${folders.length}: npm run vectors -- FOLDER`);
else if (!existsSync(join(folder, 'scenarios.json')))
  fail(`There are no vectors in ${folder}: it has no scenarios.json`);
else run();

/** @param {string} message */
function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

function run() {
  const child = spawn(process.execPath, [join(root, 'scripts/test.mjs'), 'test/vectors/vectors', '--echo'], {
    cwd: root,
    env: { ...process.env, PENSTOCK_VECTORS: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!PROGRESS.test(line)) console.log(line);
  });
  child.once('close', (code) => {
    process.exitCode = code ?? 1;
  });
}
