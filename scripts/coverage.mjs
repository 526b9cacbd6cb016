/** Coverage of the TypeScript by all tests that run in Node, with a gate. c8 cannot see into the core: its tables are complete by review. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.mjs';
import { ensureDependencies, root } from './prepare.mjs';

const TIME_LIMIT_MS = 30 * 60_000;
const GATE = { lines: 85, branches: 80, functions: 80 };

ensureDependencies();
rmSync(join(root, 'coverage'), { recursive: true, force: true });
const args = ['node_modules/c8/bin/c8.js', '--reporter', 'text', '--reporter', 'lcovonly', '--all', '--check-coverage'];
for (const [measure, percent] of Object.entries(GATE)) args.push(`--${measure}`, `${percent}`);
for (const folder of ['sdk', 'service', 'cli', 'bindings/node']) args.push('--include', `${folder}/**/*.ts`);
const { code } = await runCommand(process.execPath, [...args, process.execPath, 'scripts/test.mjs', 'test/'], {
  echo: true,
  timeLimitMs: TIME_LIMIT_MS,
});
process.exitCode = code ?? 1;
