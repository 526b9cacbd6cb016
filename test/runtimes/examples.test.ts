// time-limit-s: 300
/** The first example of each runtime's page, run as the page says: against the service, plain and with a certificate of its own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { runCommand } from '../../scripts/command.mjs';
import { root } from '../../scripts/prepare.mjs';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { readBack } from '../conformance/service-bench.ts';
import { layOutApplication } from '../support/application.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { skip } from '../support/skip.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { engineBinary, NO_ENGINE } from './packaged.ts';

const PICTURES = 5;
const DENO = join(root, 'node_modules/deno/bin.cjs');

/** How an example is started: what stands in front of its own arguments, and the variables beside it. */
interface Start {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const examples = suite('first examples');
const plain = await startTestService();
const secure = await startTestService({ tls: true });
const directory = await temporaryDirectory();
const certificate = join(directory, 'authority.pem');
writeFileSync(certificate, secure.certificatePem ?? '');
examples.after(async () => {
  await plain.close();
  await secure.close();
  await removeDirectory(directory);
});

/** Runs an example; its pictures must be persisted, told, and there. */
async function runExample({ file, args, env = {} }: Start, service: TestService, streamName: string): Promise<void> {
  const { code, output } = await runCommand(file, [...args, streamName, service.url], {
    timeLimitMs: 60_000,
    env: { NO_COLOR: '1', ...env },
  });
  assert.is(code, 0, output);
  assert.is([...output.matchAll(/^persisted \d{47}$/gm)].length, PICTURES, output);
  if (service === secure) return;
  const task = { region: 'us-west-2', endpoint: service.url, credentials: DEVELOPMENT_CREDENTIALS };
  const frames = await readBack(task, createNodePlatform(), streamName, PICTURES);
  assert.is(frames.size, PICTURES);
}

function pageOf(runtime: string): string {
  return readFileSync(join(root, `docs/runtimes/${runtime}.md`), 'utf8');
}

/** An example's page quotes the file to the letter, and gives the command. */
function holdPage(runtime: string, file: string, command: string): void {
  examples(`docs/runtimes/${runtime}.md quotes ${file}, and the command that is tested here`, () => {
    const page = pageOf(runtime);
    const language = file.endsWith('.ts') ? 'ts' : 'js';
    assert.ok(page.includes(`\`\`\`${language}\n${readFileSync(join(root, file), 'utf8')}\`\`\`\n`), 'the file');
    assert.ok(page.includes(command), command);
  });
}

holdPage('node', 'examples/node/first-stream.mjs', 'node first-stream.mjs front-door http://127.0.0.1:9494');
examples('examples/node/first-stream.mjs in the Node that runs the tests', async () => {
  const start = { file: process.execPath, args: ['examples/node/first-stream.mjs'] };
  await runExample(start, plain, 'node');
  await runExample({ ...start, env: { NODE_EXTRA_CA_CERTS: certificate } }, secure, 'node');
});

holdPage('bun', 'examples/bun/first-stream.ts', 'bun first-stream.ts front-door http://127.0.0.1:9494');
const bun = engineBinary('bun');
if (bun === undefined) skip('examples/bun/first-stream.ts', NO_ENGINE);
else {
  examples('examples/bun/first-stream.ts in Bun', async () => {
    const start = { file: bun, args: ['examples/bun/first-stream.ts'] };
    await runExample(start, plain, 'bun');
    await runExample({ ...start, env: { NODE_EXTRA_CA_CERTS: certificate } }, secure, 'bun');
  });
}

examples('the examples in TypeScript and JavaScript hold to the declarations of the package', async () => {
  const files = ['examples/node/first-stream.mjs', 'examples/bun/first-stream.ts'];
  const flags = '--ignoreConfig --noEmit --strict --allowJs --checkJs --skipLibCheck --types node --lib esnext';
  const tsc = [join(root, 'node_modules/typescript/bin/tsc'), ...flags.split(' '), '--target', 'esnext'];
  const { code, output } = await runCommand(process.execPath, [...tsc, '--module', 'nodenext', ...files]);
  assert.is(code, 0, output);
});

/** The permissions that the page of Deno names; `core` is the folder with the core. */
const permissions = (core: string, service: string): string[] => [`--allow-net=${service}`, `--allow-read=${core}`];

holdPage(
  'deno',
  'examples/deno/first-stream.ts',
  `deno run ${permissions('node_modules', '127.0.0.1:9494').join(' ')} first-stream.ts front-door http://127.0.0.1:9494`,
);
examples('examples/deno/first-stream.ts in Deno, with the sources of the repository', async () => {
  const start = (service: TestService): string[] => [
    DENO,
    'run',
    '--check',
    '--no-prompt',
    '--cached-only',
    ...permissions('build', new URL(service.url).host),
  ];
  const program = 'examples/deno/first-stream.ts';
  await runExample({ file: process.execPath, args: [...start(plain), program] }, plain, 'deno');
  const trusting = [...start(secure), `--cert=${certificate}`, program];
  await runExample({ file: process.execPath, args: trusting }, secure, 'deno');
});

examples('a permission that is missing is named by a typed error', async () => {
  const flags = ['--no-prompt', '--cached-only', `--allow-net=${new URL(plain.url).host}`];
  const args = [DENO, 'run', ...flags, 'examples/deno/first-stream.ts', 'deno-denied', plain.url];
  const { code, output } = await runCommand(process.execPath, args, { env: { NO_COLOR: '1' } });
  assert.is(code, 1, output);
  assert.match(output, /KvsError: Cannot load the core on deno\/\S+: Requires read access to .+--allow-read/);
});

examples('a network that is not permitted is told at once, not after the time for opening a stream', async () => {
  const flags = ['--no-prompt', '--cached-only', '--allow-read=build'];
  const args = [DENO, 'run', ...flags, 'examples/deno/first-stream.ts', 'deno-denied', plain.url];
  const { code, output, elapsedMs } = await runCommand(process.execPath, args, { env: { NO_COLOR: '1' } });
  assert.is(code, 1, output);
  assert.match(output, /Requires net access to "127\.0\.0\.1:\d+", run again with the --allow-net flag/);
  assert.ok(elapsedMs < 25_000, `${elapsedMs} ms`);
});

examples('examples/deno/first-stream.ts in Deno, with the package', async () => {
  const folder = join(directory, 'application');
  layOutApplication(folder, {
    'first-stream.ts': readFileSync(join(root, 'examples/deno/first-stream.ts'), 'utf8'),
    'package.json': '{ "dependencies": { "penstock": "*" } }',
    'deno.json': '{ "nodeModulesDir": "manual", "lock": false }',
  });
  const flags = permissions(join(folder, 'node_modules'), new URL(plain.url).host);
  const args = [DENO, 'run', '--no-prompt', '--cached-only', ...flags, join(folder, 'first-stream.ts')];
  await runExample({ file: process.execPath, args }, plain, 'deno-package');
});

examples.run();
