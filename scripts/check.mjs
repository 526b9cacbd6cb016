/**
 * What the compilers, the linter and the formatter say about the sources. Each check counts as one test in `npm test`.
 *
 * `node scripts/check.mjs` runs all, `node scripts/check.mjs lint format` those.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { buildCore } from './build.mjs';
import { runCommand, runTogether } from './command.mjs';
import { ensureDependencies } from './prepare.mjs';

const tsc = (/** @type {string} */ project) => ['node_modules/typescript/bin/tsc', '-p', project];

/** Name → arguments for Node. */
export const CHECKS = {
  asc: ['node_modules/assemblyscript/bin/asc.js', '--target', 'debug', '--noEmit', '--pedantic'],
  'asc:shared': [
    'node_modules/assemblyscript/bin/asc.js',
    'assembly/shared.ts',
    '--target',
    'shared',
    '--noEmit',
    '--pedantic',
  ],
  'types:assembly': tsc('assembly/tsconfig.json'),
  'types:host': tsc('tsconfig.json'),
  'types:workers': tsc('bindings/workers/tsconfig.json'),
  'types:browser': tsc('bindings/browser/tsconfig.json'),
  'types:embedded': tsc('bindings/embedded/tsconfig.json'),
  'types:deno': [
    'node_modules/deno/bin.cjs',
    'check',
    '--quiet',
    '--config',
    'bindings/deno/deno.json',
    'bindings/deno/mod.ts',
    'test/deno/main.ts',
    'test/deno/threads.ts',
  ],
  lint: ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings'],
  format: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
};

/** @param {keyof typeof CHECKS} name */
export const runCheck = (name) => runCommand(process.execPath, CHECKS[name], { timeLimitMs: 300_000 });

async function main() {
  const asked = /** @type {(keyof typeof CHECKS)[]} */ (process.argv.slice(2));
  const names = asked.length > 0 ? asked : /** @type {(keyof typeof CHECKS)[]} */ (Object.keys(CHECKS));
  for (const name of names)
    if (!(name in CHECKS)) throw new Error(`Unknown check ${name}; there are ${Object.keys(CHECKS).join(', ')}`);
  ensureDependencies();
  await buildCore();
  const jobs = names.map((name) => async () => {
    const { code, output, elapsedMs } = await runCheck(name);
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${(elapsedMs / 1000).toFixed(1)} s)`);
    if (code !== 0) console.log(output);
    return code === 0;
  });
  const results = await runTogether(jobs, availableParallelism());
  if (results.includes(false)) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
