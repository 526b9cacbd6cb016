/**
 * `npm run simulate -- --mutations [--only TEXT]` puts one deliberate fault at a time into a bundle of its own, never into the work tree, and runs
 * the simulation on it until it fails. Exit code 1 when one is not found.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { type Mutation, mutate, MUTATIONS } from './mutation-list.ts';

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, seeds: { type: 'string', default: '40' } },
});
const ROOT = process.cwd();
/** As deep as the bundle of the simulation, which finds the core from there. */
const FOLDER = join(ROOT, 'build', 'mutant');
const TIME_LIMIT_MS = 300_000;

/** Bundles the simulation of a producer with this fault. */
async function bundleMutant(mutation: Mutation): Promise<void> {
  const path = join(ROOT, mutation.file);
  const contents = mutate(mutation, readFileSync(path, 'utf8'));
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['test/simulation/main.ts'],
    outdir: FOLDER,
    bundle: true,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    packages: 'external',
    external: ['node:*'],
    logLevel: 'error',
    plugins: [
      {
        name: 'mutant',
        setup: (plugin) =>
          plugin.onLoad({ filter: /\.ts$/ }, (file) => (file.path === path ? { contents, loader: 'ts' } : undefined)),
      },
    ],
  });
}

mkdirSync(FOLDER, { recursive: true });
let survivors = 0;
for (const mutation of MUTATIONS.filter(({ name }) => name.includes(values.only))) {
  await bundleMutant(mutation);
  const args = [join(FOLDER, 'main.js'), '--seeds', values.seeds, '--hours', '0.1', '--no-shrink'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: TIME_LIMIT_MS });
  const told = /^FAILED .*$/m.exec(stdout)?.[0] ?? stderr.trim().split('\n').at(-1) ?? '';
  if (status === 0) survivors++;
  console.log(
    `${status === 0 ? 'NOT FOUND' : 'found'}  ${mutation.file}: ${mutation.name}\n         ${told.slice(0, 200)}`,
  );
}
rmSync(FOLDER, { recursive: true, force: true });
console.log(`${MUTATIONS.length} mutations, ${survivors} not found`);
if (survivors > 0) process.exitCode = 1;
