/** What `npm publish` would send: all that the exports name, and nothing else. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../scripts/prepare.mjs';

type ExportTarget = string | { readonly [condition: string]: ExportTarget };
interface PackageJson {
  readonly exports: ExportTarget;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const packageJson = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as PackageJson;
const packed = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }),
) as readonly { readonly files: readonly { readonly path: string }[] }[];
const files = new Set(packed[0]?.files.map(({ path }) => path));

const APPLICATION = `
import { createProducer, KvsError, type Producer, type StreamEvent } from 'penstock';
import { Core } from 'penstock/core';
import { readFragments } from 'penstock/consumer';
import { createRelay, type Relay } from 'penstock/relay';
import { openRelayStream, type RelayStream } from 'penstock/relay-client';
import { mintRelayToken } from 'penstock/relay-token';
import { createService } from 'penstock/service';
export const producer: Promise<Producer> = createProducer({ region: 'us-west-2' });
export const name: StreamEvent['type'] = 'connected';
// @ts-expect-error a region is a string
export const wrong = createProducer({ region: 1 });
export const relay: Relay = createRelay({ access: { secret: 'x' } });
export const through = (url: string, token: string): Promise<RelayStream> =>
  openRelayStream({ url, token, streamName: 'front-door', tracks: [{ kind: 'video', codec: 'h264' }] });
export { Core, KvsError, createService, mintRelayToken, readFragments };
`;

/** As in docs/threads.md and docs/runtimes/node.md, in a program of Node's. */
const NODE_APPLICATION = `
import { Worker } from 'node:worker_threads';
import { attachStream, createProducer, createSharedMutex } from 'penstock';
import { startService } from 'penstock/service/node';
const producer = await createProducer({ region: 'us-west-2', sharedMemory: true });
const stream = await producer.openStream('front-door', { tracks: [{ kind: 'video', codec: 'h264' }] });
const share = stream.share();
new Worker('thread.js').postMessage(share.token, share.transfer);
export { attachStream, createSharedMutex, startService };
`;

const leaves = (target: ExportTarget): string[] =>
  typeof target === 'string' ? [target] : Object.values(target).flatMap(leaves);
const shape = suite('package shape');

shape('holds every file that exports and bin name', () => {
  const named = [...leaves(packageJson.exports), ...Object.values(packageJson.bin)].map((path) =>
    path.replace(/^\.\//, ''),
  );
  assert.equal(
    named.filter((path) => !files.has(path)),
    [],
  );
});

shape('holds dist and the papers, nothing else', () => {
  const papers = new Set(['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']);
  assert.equal(
    [...files].filter((path) => !path.startsWith('dist/') && !papers.has(path)),
    [],
  );
  assert.equal(
    [...papers].filter((path) => !files.has(path)),
    [],
  );
});

shape('imports only declared dependencies, itself and the runtime', () => {
  const foreign = [...files]
    .filter((path) => path.endsWith('.js'))
    .flatMap((path) => {
      const code = readFileSync(`${root}/${path}`, 'utf8');
      return [...code.matchAll(/^(?:import|export)\b[^'"\n]*["']([^'"]+)["'];$/gm)].map(
        ([, specifier = '']) => specifier,
      );
    })
    .filter((specifier) => !/^(?:\.|node:|cloudflare:)/.test(specifier))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
  assert.equal(
    [...new Set(foreign)].filter((name) => !(name in packageJson.dependencies)),
    [],
  );
});

shape('has only the dependencies that it imports', () => {
  const code = [...files].filter((path) => path.endsWith('.js')).map((path) => readFileSync(`${root}/${path}`, 'utf8'));
  const unused = Object.keys(packageJson.dependencies).filter(
    (name) => !code.some((text) => text.includes(`"${name}`)),
  );
  assert.equal(unused, []);
});

shape('the command starts with a shebang', () => {
  assert.match(readFileSync(`${root}/dist/cli.js`, 'utf8'), /^#!\/usr\/bin\/env node\n/);
});

shape('declarations import only what is packed', () => {
  const missing = [...files]
    .filter((path) => path.endsWith('.d.ts'))
    .flatMap((path) => {
      const code = readFileSync(`${root}/${path}`, 'utf8');
      return [...code.matchAll(/(?:from|import\()\s*["'](\.[^'"]+)\.ts["']/g)].map(
        ([, target = '']) => new URL(`${target}.d.ts`, `file://${root}/${path}`),
      );
    })
    .filter((url) => !existsSync(url));
  assert.equal(missing.map(String), []);
});

/** Checks programs in a folder where the package is installed; the declarations of the package are checked along. */
function checkApplication(programs: Readonly<Record<string, string>>, flags: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-application-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules/penstock'), 'dir');
    symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'), 'dir');
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    for (const [name, program] of Object.entries(programs)) writeFileSync(join(folder, name), program);
    const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '--ignoreConfig', '--noEmit', '--strict', '--target'];
    const { status, stdout } = spawnSync(process.execPath, [...tsc, 'esnext', ...flags, ...Object.keys(programs)], {
      cwd: folder,
      encoding: 'utf8',
    });
    assert.is(status, 0, `${flags.join(' ')}: ${stdout}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const condition of ['node', 'deno', 'workerd', 'browser'])
  shape(`its declarations hold for an application that is bundled [${condition}]`, () => {
    const flags = ['--module', 'esnext', '--moduleResolution', 'bundler', '--customConditions', condition];
    checkApplication({ 'main.ts': APPLICATION }, flags);
  });

for (const [title, module, ...lib] of [
  ['with the types of browsers', 'node16'],
  ['without the types of browsers', 'node16', '--lib', 'es2023'],
  ['that is CommonJS', 'nodenext', '--lib', 'es2023'],
] as const)
  shape(`its declarations hold for an application of Node ${title}`, () => {
    const flags = ['--module', module, '--types', 'node', ...lib];
    const commonJs = "import { createProducer } from 'penstock'; export const made = createProducer();";
    const further = module === 'nodenext' ? { 'main.cts': commonJs } : {};
    checkApplication({ 'main.mts': NODE_APPLICATION, ...further }, flags);
  });

shape.run();
