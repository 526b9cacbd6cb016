/** `node scripts/run.mjs FILE.ts [arguments]` runs a TypeScript program of this repository, with everything it needs installed and built. */
import { spawn } from 'node:child_process';
import { buildAll } from './build.mjs';
import { ensureDependencies, root } from './prepare.mjs';

ensureDependencies();
await buildAll();
const child = spawn(process.execPath, ['--import', 'tsx', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
