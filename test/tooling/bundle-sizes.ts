/** How large the package's entries are where an application bundles them, and how large they may become. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { root } from '../../scripts/prepare.mjs';

/** An entry, or a file of the package that is fetched as it is. */
export interface SizeLimit {
  readonly name: string;
  /** A key of the `exports` in package.json. */
  readonly entry: string;
  /** The condition that a bundler looks it up with; none for a file that is fetched as it is. */
  readonly condition?: 'browser' | 'workerd' | 'default';
  /** The exports that the application uses; bundlers leave out what only others need. @default all */
  readonly uses?: readonly string[];
  /** Most that it may have gzipped, KB (1000 bytes). */
  readonly limitKb: number;
}

/** What is loaded late, and the core beside a bundle, count for themselves. */
export const SIZE_LIMITS: readonly SizeLimit[] = [
  { name: '`createProducer` in a browser', entry: '.', condition: 'browser', uses: ['createProducer'], limitKb: 40 },
  { name: 'all for browsers', entry: '.', condition: 'browser', limitKb: 43 },
  { name: '`createProducer` in a Worker', entry: '.', condition: 'workerd', uses: ['createProducer'], limitKb: 53 },
  { name: 'all for Workers', entry: '.', condition: 'workerd', limitKb: 59 },
  { name: 'callbacks', entry: './callbacks', condition: 'default', limitKb: 21 },
  { name: 'consumer', entry: './consumer', condition: 'default', limitKb: 20 },
  { name: 'bare core', entry: './core', condition: 'default', limitKb: 13 },
  { name: 'core with SIMD', entry: './core.simd.wasm', limitKb: 21 },
  { name: 'core', entry: './core.wasm', limitKb: 21 },
  { name: 'core in JavaScript', entry: './core.wasm2js.js', limitKb: 33 },
  { name: 'embedded engine, core and all', entry: './embedded', limitKb: 96 },
  { name: 'embedded engine with WebAssembly, without the core', entry: './embedded/webassembly', limitKb: 63 },
];

export interface BundleSize {
  readonly rawBytes: number;
  readonly gzippedBytes: number;
}

type ExportTarget = string | { readonly [condition: string]: ExportTarget };

/** What an application loads when it imports this, minified. */
export async function bundleSize({ entry, condition, uses }: SizeLimit): Promise<BundleSize> {
  const { exports } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
    readonly exports: Readonly<Record<string, ExportTarget>>;
  };
  const file = fileOf(exports[entry], condition ?? 'default');
  if (condition === undefined) return sizeOf([readFileSync(`${root}/${file}`)]);
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    stdin: {
      contents: `export ${uses === undefined ? '*' : `{ ${uses.join()} }`} from './${file}';`,
      resolveDir: root,
    },
    outdir: 'build',
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: [condition],
    external: ['*.wasm', 'cloudflare:*'],
    logLevel: 'silent',
  });
  const atOnce = loadedAtOnce(metafile);
  return sizeOf(outputFiles.filter(({ path }) => atOnce.has(path.slice(root.length))).map(({ contents }) => contents));
}

function fileOf(target: ExportTarget | undefined, condition: string): string {
  if (target === undefined) throw new Error(`The package has no such entry for ${condition}`);
  if (typeof target === 'string') return target.replace('./', '');
  return fileOf(target[condition] ?? target['default'], condition);
}

/** The entry's output and all that it imports statically. */
function loadedAtOnce({ outputs }: Metafile): Set<string> {
  const found = new Set<string>();
  const add = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const { path: imported, kind } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && imported in outputs) add(imported);
  };
  for (const [path, { entryPoint }] of Object.entries(outputs)) if (entryPoint === '<stdin>') add(path);
  return found;
}

function sizeOf(files: readonly Uint8Array[]): BundleSize {
  return {
    rawBytes: files.reduce((sum, { length }) => sum + length, 0),
    gzippedBytes: files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0),
  };
}
