/**
 * Builds what changed: the core in its flavours (`build/`), then the package (`dist/`).
 *
 * `node scripts/build.mjs` builds both, `--core` the core alone, `--force` also what is up to date.
 */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand, runTogether } from './command.mjs';
import { checkCore } from './core-rules.mjs';
import { embeddedOptions } from './embedded-bundle.mjs';
import { buildOnce, hashOf } from './fresh.mjs';
import { ensureDependencies, root } from './prepare.mjs';
import { translateCore } from './wasm2js.mjs';

const CORE_TARGETS = {
  debug: 'core.debug.wasm',
  release: 'core.wasm',
  simd: 'core.simd.wasm',
  shared: 'core.shared.wasm',
};
/** What a target compiles beside the entries of asconfig.json. */
const FURTHER_ENTRIES = { shared: 'assembly/shared.ts' };
/** The plain core in JavaScript. */
const TRANSLATED_CORE = 'core.js';
/** What the binding for embedded engines sees of it: its source imports it. */
const DECLARED_CORE = 'core.d.ts';
const CORE_FILES = [...Object.values(CORE_TARGETS), TRANSLATED_CORE];

/** Name in `build/` → name in `dist/`, where `core.js` is the entry of `penstock/core`. */
const PUBLISHED_CORES = {
  'core.wasm': 'core.wasm',
  'core.simd.wasm': 'core.simd.wasm',
  'core.shared.wasm': 'core.shared.wasm',
  [TRANSLATED_CORE]: 'core.wasm2js.js',
};

/** What an application sees of the translated core. */
const TRANSLATED_CORE_TYPES = `import type { CoreExports } from './types/sdk/core/exports.js';
/** A new instance of the core, for \`Core.create({ flavour: 'js', instantiate })\`. */
export declare function instantiate(): CoreExports;
`;

/**
 * What declarations name of WebAssembly, for programs that are checked without the types of browsers, as those of Node may be. Where they are,
 * the interfaces merge.
 */
const WEBASSEMBLY_TYPES = `declare namespace WebAssembly {
  interface Module {}
  interface Memory {}
}
`;

/** Name in `dist/` → source of the entry. */
export const ENTRIES = {
  node: 'bindings/node/index.ts',
  deno: 'bindings/deno/mod.ts',
  workerd: 'bindings/workers/index.ts',
  browser: 'bindings/browser/index.ts',
  relay: 'bindings/workers/relay/index.ts',
  'relay-client': 'bindings/web/relay-client.ts',
  'relay-token': 'bindings/web/relay-token.ts',
  // What bundlers for browsers put in the place of the loader: `browser` in package.json.
  loader: 'bindings/embedded/supplied/loader.ts',
  core: 'sdk/core/index.ts',
  callbacks: 'sdk/producer/callbacks/index.ts',
  consumer: 'sdk/consumer/index.ts',
  service: 'service/index.ts',
  'service-node': 'service/host/node.ts',
  cli: 'cli/main.ts',
};

/** The same for engines with nothing of the web platform: each a file for itself. */
export const EMBEDDED_ENTRIES = {
  embedded: 'bindings/embedded/index.ts',
  'embedded-webassembly': 'bindings/embedded/webassembly.ts',
};

const CORE_INPUTS = [
  'assembly',
  'asconfig.json',
  'package-lock.json',
  'scripts/build.mjs',
  'scripts/core-rules.mjs',
  'scripts/wasm2js.mjs',
];
const PACKAGE_INPUTS = [
  ...CORE_INPUTS,
  'scripts/embedded-bundle.mjs',
  'sdk',
  'bindings',
  'service',
  'cli',
  'tsconfig.base.json',
  'tsconfig.types.json',
];

/** @param {{ force?: boolean }} [options] */
export async function buildCore({ force = false } = {}) {
  const built = await buildOnce({
    stamp: 'build/core.stamp',
    force,
    hash: hashOf(CORE_INPUTS),
    outputs: [...CORE_FILES, DECLARED_CORE].map((file) => `build/${file}`),
    build: compileCore,
  });
  if (built) console.error(`Built the core: ${Object.keys(PUBLISHED_CORES).map(describeSize).join(', ')}`);
}

/** Each target compiles aside and is moved in place whole, so that nobody loads half a file. */
async function compileCore() {
  mkdirSync(join(root, 'build'), { recursive: true });
  const aside = mkdtempSync(join(root, 'build', 'aside-'));
  try {
    const jobs = Object.entries(CORE_TARGETS).map(([target, file]) => async () => {
      const args = ['node_modules/assemblyscript/bin/asc.js', '--target', target, '--outFile', join(aside, file)];
      if (target in FURTHER_ENTRIES) args.push(FURTHER_ENTRIES[/** @type {keyof typeof FURTHER_ENTRIES} */ (target)]);
      if (target === 'debug') args.push('--textFile', join(aside, 'core.debug.wat'));
      const { code, output } = await runCommand(process.execPath, args);
      if (code !== 0) throw new Error(`asc --target ${target} failed:\n${output}`);
      if (output.trim() !== '') console.warn(output.trimEnd());
      if (target === 'release') await translateCore(join(aside, file), join(aside, TRANSLATED_CORE));
    });
    await runTogether(jobs, availableParallelism());
    checkCore(aside, CORE_FILES);
    writeFileSync(join(aside, DECLARED_CORE), 'export declare function instantiate(): object;\n');
    for (const file of readdirSync(aside)) renameSync(join(aside, file), join(root, 'build', file));
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** @param {string} file */
function describeSize(file) {
  return `${file} ${(readFileSync(join(root, 'build', file)).length / 1024).toFixed(1)} KiB`;
}

/** @param {{ force?: boolean }} [options] */
export async function buildPackage({ force = false } = {}) {
  const built = await buildOnce({
    stamp: 'build/package.stamp',
    force,
    hash: hashOf(PACKAGE_INPUTS),
    outputs: Object.keys({ ...ENTRIES, ...EMBEDDED_ENTRIES }).map((name) => `dist/${name}.js`),
    build: compilePackage,
  });
  if (built) console.error('Built dist/');
}

async function compilePackage() {
  const aside = mkdtempSync(join(root, 'build', 'dist-'));
  try {
    await Promise.all([
      bundle(aside, ENTRIES, './'),
      bundleEmbedded({ outdir: aside, minify: true }, EMBEDDED_ENTRIES),
      declareTypes(aside),
    ]);
    for (const [file, published] of Object.entries(PUBLISHED_CORES))
      copyFileSync(join(root, 'build', file), join(aside, published));
    writeFileSync(join(aside, PUBLISHED_CORES[TRANSLATED_CORE].replace(/js$/, 'd.ts')), TRANSLATED_CORE_TYPES);
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    renameSync(aside, join(root, 'dist'));
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/**
 * One build with shared chunks, so that all entries hold the same classes.
 * @param {string} outdir
 * @param {Record<string, string>} entries name without ending → source
 * @param {string} coreFolder where the core lies beside what is built, such as `./`
 */
export async function bundle(outdir, entries, coreFolder) {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints: Object.entries(entries).map(([out, source]) => ({ in: source, out })),
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: 'shared-[hash]',
    format: 'esm',
    target: 'es2023',
    // Constants become numbers where they are used: a bundler of an application could not tell that they may.
    minifySyntax: true,
    platform: 'neutral',
    packages: 'external',
    external: ['node:*'],
    sourcemap: true,
    logLevel: 'warning',
    plugins: [coreIn(coreFolder)],
  });
}

/**
 * @param {import('esbuild').BuildOptions} options beside those of every such bundle
 * @param {Record<string, string>} entries name without ending → source
 */
export async function bundleEmbedded(options, entries) {
  const { build } = await import('esbuild');
  return build({ ...embeddedOptions(entries), ...options });
}

/**
 * In the source the core lies in `build/`; in the package it lies beside the bundle. Bindings therefore name it by the one
 * literal prefix below, and a literal URL is also what the bundlers of applications recognise.
 * @param {string} folder
 * @returns {import('esbuild').Plugin}
 */
const coreIn = (folder) => ({
  name: 'core-in',
  setup(build) {
    build.onLoad({ filter: /[\\/](bindings|bench)[\\/][\w-]+[\\/]?[\w-]*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(/(?<=['`])(\.\.\/)+build\//g, folder),
      loader: 'ts',
    }));
    build.onResolve({ filter: /^\.\/core(\.simd)?\.wasm$/ }, ({ path }) => ({ path, external: true }));
  },
});

async function declareTypes(/** @type {string} */ outdir) {
  const args = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json', '--outDir', join(outdir, 'types')];
  const { code, output } = await runCommand(process.execPath, args);
  if (code !== 0) throw new Error(`Declarations failed:\n${output}`);
  const types = join(outdir, 'types');
  writeFileSync(join(types, 'webassembly.d.ts'), WEBASSEMBLY_TYPES);
  for (const file of readdirSync(types, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.d.ts') || file === 'webassembly.d.ts') continue;
    const text = readFileSync(join(types, file), 'utf8');
    if (!/\bWebAssembly\./.test(text)) continue;
    const path = relative(join(types, dirname(file)), join(types, 'webassembly.d.ts')).replaceAll('\\', '/');
    writeFileSync(join(types, file), `/// <reference path="${path}" />\n${text}`);
  }
}

/** @param {{ force?: boolean }} [options] */
export async function buildAll(options) {
  await buildCore(options);
  await buildPackage(options);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const force = process.argv.includes('--force');
  ensureDependencies();
  try {
    if (process.argv.includes('--core')) await buildCore({ force });
    else await buildAll({ force });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
