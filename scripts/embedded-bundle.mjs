/**
 * Bundles for engines with nothing of the web platform: one file without imports, in which the globals of the web are those of
 * `bindings/embedded/supplied/`.
 */
import { join } from 'node:path';
import { root } from './prepare.mjs';

const SUPPLIED = 'bindings/embedded/supplied';

/** The oldest language that is spoken by the engines this is for; private fields stay what they are, for their speed. */
const TARGET = 'es2022';

/** A package → what stands in its place. */
const REPLACED = { '@assemblyscript/loader': `${SUPPLIED}/loader.ts` };

/** A module that is loaded where it is needed → what stands in its place: one file loads no other. */
const LEFT_OUT = { 'callbacks/callback-host.ts': `${SUPPLIED}/callback-host.ts` };

/** @type {import('esbuild').Plugin} */
const leaveOut = {
  name: 'leave-out',
  setup(build) {
    build.onResolve({ filter: /\.ts$/ }, ({ path, kind }) => {
      const [, inPlace] = Object.entries(LEFT_OUT).find(([module]) => path.endsWith(module)) ?? [];
      return kind === 'dynamic-import' && inPlace !== undefined ? { path: join(root, inPlace) } : undefined;
    });
  },
};

/**
 * What esbuild is told for such a bundle.
 * @param {Record<string, string>} entries name without ending → source
 * @returns {import('esbuild').BuildOptions}
 */
export function embeddedOptions(entries) {
  return {
    absWorkingDir: root,
    entryPoints: Object.entries(entries).map(([out, source]) => ({ in: source, out })),
    bundle: true,
    format: 'esm',
    target: TARGET,
    // Packages have a build for engines without Node's modules under this name.
    platform: 'browser',
    inject: [`${SUPPLIED}/names.ts`, `${SUPPLIED}/async-dispose.ts`],
    define: { 'Symbol.asyncDispose': 'ASYNC_DISPOSE' },
    alias: Object.fromEntries(Object.entries(REPLACED).map(([name, path]) => [name, `./${path}`])),
    plugins: [leaveOut],
    sourcemap: true,
    logLevel: 'warning',
  };
}
