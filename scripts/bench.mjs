/**
 * `node scripts/bench.mjs [arguments]` runs the bench, bundled as the package is: the sources as a development loader hands them to Node run
 * up to twice as slow, and nobody deploys those.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildAll, bundle, bundleEmbedded } from './build.mjs';
import { ensureDependencies, root } from './prepare.mjs';

/** What the rows of embedded engines have evaluated there: as a module, and as a script that sets `bundle`. */
const ENGINE_MODULES = {
  'engine-translated': 'bench/embedded/translated.ts',
  'engine-producer': 'bench/embedded/producer.ts',
};
const ENGINE_SCRIPTS = { 'engine-compiled': 'bench/embedded/compiled.ts' };

const ENTRIES = {
  main: 'bench/main.ts',
  'ingest-server': 'bench/ingest-server.ts',
  'putting-thread': 'bench/putting-thread.ts',
};

ensureDependencies();
await buildAll();
const folder = join(root, 'build', 'bench');
await bundle(folder, ENTRIES, '../');
await bundleEmbedded({ outdir: folder, minify: true }, ENGINE_MODULES);
await bundleEmbedded({ outdir: folder, format: 'iife', globalName: 'bundle' }, ENGINE_SCRIPTS);
const main = join(folder, 'main.js');
const child = spawn(process.execPath, [main, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
