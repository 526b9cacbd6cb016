/** Programs that import the built package by its name, as an application does, and the binaries that they run in. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { root } from '../../scripts/prepare.mjs';
import { skip } from '../support/skip.ts';
import { runProgram, testRuntime } from './driver.ts';

const ENGINES = fileURLToPath(new URL('./engines/node_modules/', import.meta.url));

/** The binary of a package of `engines/package.json`; undefined where there is none for this machine. */
export function engineBinary(name: 'bun' | `node-${number}`): string | undefined {
  const path = join(ENGINES, name, 'bin', name === 'bun' ? 'bun' : 'node');
  return existsSync(path) ? path : undefined;
}

/** What a program names by its source, and an application by the package. */
const PUBLISHED = [
  [/bindings\/node\/index\.ts$/, 'penstock'],
  [/service\/host\/node\.ts$/, 'penstock/service/node'],
] as const;

/** Why a test in an engine is skipped. */
export const NO_ENGINE = 'test/runtimes/engines holds no binary of it for this machine';

/**
 * Bundles a program into a folder of this repository, where `penstock` names the package as it was built (`dist/`): its exports, and what the
 * engine's own conditions choose among them.
 */
export async function withPackagedProgram<T>(source: string, use: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(root, 'build', 'program-'));
  try {
    const outfile = join(folder, 'main.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL(source, import.meta.url))],
      outfile,
      bundle: true,
      format: 'esm',
      target: 'es2023',
      platform: 'neutral',
      packages: 'external',
      external: ['node:*'],
      sourcemap: 'inline',
      logLevel: 'silent',
      plugins: [
        {
          name: 'penstock',
          setup(builder) {
            for (const [filter, path] of PUBLISHED) builder.onResolve({ filter }, () => ({ path, external: true }));
          },
        },
      ],
    });
    return await use(outfile);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The suite of a runtime that takes the package's Node entry; undefined, and skipped by name, where there is no binary of it. */
export async function testPackaged(
  runtime: string,
  engine: 'bun' | `node-${number}`,
): Promise<Awaited<ReturnType<typeof testRuntime>> | undefined> {
  const binary = engineBinary(engine);
  if (binary !== undefined) {
    return withPackagedProgram('./node-program.ts', (file) =>
      testRuntime(runtime, ({ task }) => runProgram(binary, [file, JSON.stringify(task)])),
    );
  }
  skip(`conformance [${runtime}]`, NO_ENGINE);
  return undefined;
}
