/** Builds the simulation of a producer with one deliberate fault, in a folder of its own, and runs it until the fault is found. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';
import { type Mutation, mutate } from './mutation-list.ts';

export interface Finding {
  readonly isFound: boolean;
  /** What was told. */
  readonly line: string;
}

/** `root`: of the repository, from where the simulation of the mutant finds the core. `name`: of a folder that nobody else uses. */
export async function findMutation(
  root: string,
  name: string,
  mutation: Mutation,
  options: readonly string[],
): Promise<Finding> {
  // As deep as the bundle of the simulation, which finds the core from there.
  const folder = join(root, 'build', name);
  mkdirSync(folder, { recursive: true });
  try {
    await bundleMutant(root, folder, mutation);
    const { status, output } = await run([join(folder, 'main.js'), '--no-shrink', ...options]);
    const line = /^FAILED .*$/m.exec(output)?.[0] ?? output.trim().split('\n').at(-1) ?? '';
    return { isFound: status !== 0, line };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bundleMutant(root: string, folder: string, mutation: Mutation): Promise<void> {
  const path = join(root, mutation.file);
  const contents = mutate(mutation, readFileSync(path, 'utf8'));
  await build({
    absWorkingDir: root,
    entryPoints: ['test/simulation/main.ts', 'test/simulation/run-worker.ts'],
    outdir: folder,
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

function run(args: readonly string[]): Promise<{ readonly status: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (piece: Buffer) => (output += piece.toString()));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output }));
  });
}
