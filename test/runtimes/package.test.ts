// time-limit-s: 300
/** The package in ways that applications use it: CommonJS, threads, two copies in one process, and bundled into a file of its own. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { build, type BuildOptions } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from '../../scripts/command.mjs';
import { layOutApplication } from '../support/application.ts';
import { startTestService } from '../support/service.ts';
import { skip } from '../support/skip.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { engineBinary, NO_ENGINE } from './packaged.ts';

/** Puts two pictures, each a fragment, and gives how many are PERSISTED. */
const PUT = `
async function put({ createProducer }, endpoint, streamName) {
  const credentials = { accessKeyId: 'penstock', secretAccessKey: 'penstock-development' };
  const producer = await createProducer({ region: 'us-west-2', endpoint, credentials, storeBytes: 1 << 20 });
  const stream = await producer.openStream(streamName, { tracks: [{ kind: 'video', codec: 'mjpeg' }] });
  const data = Uint8Array.of(0xff, 0xd8, 1, 2, 3, 0xff, 0xd9);
  for (const second of [0, 1]) await stream.putFrame({ data, isKey: true, timestampUs: 1.7e15 + second * 1e6 });
  await stream.stop();
  await producer.close();
  return stream.metrics.fragmentsPersisted;
}
`;

const PROGRAMS = {
  'package.json': '{ "type": "module" }',
  'common.cjs': `${PUT}
const penstock = require('penstock');
put(penstock, process.argv[2], process.argv[3]).then((count) => console.log('persisted', count));
`,
  'thread.mjs': `${PUT}
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import * as penstock from 'penstock';
const [endpoint, streamName] = isMainThread ? process.argv.slice(2) : workerData;
if (isMainThread) new Worker(fileURLToPath(import.meta.url), { workerData: [endpoint, streamName + '-thread'] });
console.log('persisted', await put(penstock, endpoint, streamName));
`,
  'copies.mjs': `${PUT}
import * as one from 'penstock';
import * as other from './copy/node_modules/penstock/dist/node.js';
const [endpoint, streamName] = process.argv.slice(2);
const counts = await Promise.all([
  put(one, endpoint, streamName + '-one'),
  put(one, endpoint, streamName + '-two'),
  put(other, endpoint, streamName + '-other'),
]);
const error = await other.createProducer({ region: 'us-west-2', storeBytes: 1 }).catch((failure) => failure);
console.log('persisted', counts.join(), one.createProducer !== other.createProducer, error instanceof one.KvsError);
`,
  'main.mjs': `${PUT}
import * as penstock from 'penstock';
put(penstock, process.argv[2], process.argv[3]).then(
  (count) => console.log('persisted', count),
  ({ code, message }) => console.log(code, message),
);
`,
};

const it = suite('the package in an application');
const service = await startTestService();
const folder = await temporaryDirectory();
layOutApplication(folder, PROGRAMS);
layOutApplication(join(folder, 'copy'), {});
it.after(async () => {
  await service.close();
  await removeDirectory(folder);
});

/** What a program of the application prints. */
async function printed(binary: string, program: string, streamName: string): Promise<string[]> {
  const file = join(folder, program);
  const { code, output } = await runCommand(binary, [file, service.url, streamName], { env: { NO_COLOR: '1' } });
  assert.is(code, 0, output);
  return output.trim().split('\n');
}

for (const engine of ['node', 'node-22', 'node-26', 'bun'] as const) {
  const binary = engine === 'node' ? process.execPath : engineBinary(engine);
  const title = engine === 'node' ? 'the Node that runs the tests' : engine;
  if (binary === undefined) {
    skip(`the package in an application of ${title}`, NO_ENGINE);
    continue;
  }
  it(`require('penstock') in ${title}`, async () => {
    assert.equal(await printed(binary, 'common.cjs', `${engine}-common`), ['persisted 2']);
  });

  it(`a producer of each thread in ${title}`, async () => {
    assert.equal(await printed(binary, 'thread.mjs', `${engine}-thread`), ['persisted 2', 'persisted 2']);
  });

  it(`two producers, and another copy of the package, in one process of ${title}`, async () => {
    assert.equal(await printed(binary, 'copies.mjs', `${engine}-copies`), ['persisted 2,2,2 true true']);
  });
}

/** Bundles the program for Node into a folder of its own. */
async function bundled(name: string, options: BuildOptions): Promise<string> {
  await build({
    absWorkingDir: folder,
    entryPoints: ['main.mjs'],
    outfile: join(folder, name),
    bundle: true,
    platform: 'node',
    logLevel: 'silent',
    ...options,
  });
  return name;
}

it('bundled as an ES module it needs the core beside itself, and says so', async () => {
  const program = await bundled('esm/main.mjs', { format: 'esm', target: 'node20' });
  const [told = ''] = await printed(process.execPath, program, 'bundled');
  assert.match(told, /^STATUS_OPEN_FILE_FAILED Cannot load the core on node\/\S+: ENOENT.*esm\/core\.simd\.wasm/);
  copyFileSync(join(folder, 'node_modules/penstock/dist/core.simd.wasm'), join(folder, 'esm/core.simd.wasm'));
  assert.equal(await printed(process.execPath, program, 'bundled'), ['persisted 2']);
});

it('bundled as CommonJS it stays outside the bundle', async () => {
  const program = await bundled('cjs/main.cjs', { format: 'cjs', external: ['penstock'] });
  assert.equal(await printed(process.execPath, program, 'bundled-cjs'), ['persisted 2']);
});

it.run();
