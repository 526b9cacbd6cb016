/** When the runtimes that tests run in are installed: where the lock has one for this machine that is not there. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root, staleEngine } from '../../scripts/prepare.mjs';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const LINUX = { os: 'linux', cpu: 'x64', libc: 'glibc' };
const ENGINE = { version: '2.0.0', integrity: 'sha512-two', os: ['linux'], cpu: 'x64', optional: true };
const lock = (engine: object) => ({ packages: { '': {}, 'node_modules/engine': engine } });

const prepare = suite('preparing a clone');

prepare('an engine that is missing is installed', () => {
  assert.is(staleEngine(lock(ENGINE), null, LINUX), 'node_modules/engine is not installed');
  assert.is(staleEngine(lock(ENGINE), { packages: {} }, LINUX), 'node_modules/engine is not installed');
});

prepare('an engine of another version is replaced', () => {
  const older = { packages: { 'node_modules/engine': { version: '1.0.0', integrity: 'sha512-one' } } };
  assert.is(staleEngine(lock(ENGINE), older, LINUX), 'node_modules/engine is 1.0.0, the lock says 2.0.0');
});

prepare('nothing is installed where all is there, or there is none for the machine', () => {
  assert.is(staleEngine(lock(ENGINE), lock(ENGINE), LINUX), null);
  assert.is(staleEngine(lock(ENGINE), null, { ...LINUX, os: 'darwin' }), null);
  assert.is(staleEngine(lock(ENGINE), null, { ...LINUX, cpu: 'arm64' }), null);
  assert.is(staleEngine(lock({ ...ENGINE, libc: ['glibc'] }), null, { ...LINUX, libc: 'musl' }), null);
});

prepare('the lock of the engines has every version that package.json asks for', () => {
  const read = (name: string) => JSON.parse(readFileSync(`${root}/test/runtimes/engines/${name}`, 'utf8'));
  const asked: Record<string, string> = read('package.json').optionalDependencies;
  const { packages } = read('package-lock.json');
  for (const [name, wanted] of Object.entries(asked)) {
    const { name: realName, version } = packages[`node_modules/${name}`];
    assert.is(`npm:${realName}@${version}`, wanted);
  }
});

prepare('node_modules that is a link is left alone, with a message: npm ci would empty what is behind it', async () => {
  const directory = await temporaryDirectory();
  try {
    const [clone, behind] = [join(directory, 'clone'), join(directory, 'behind')];
    for (const folder of ['scripts', 'test/runtimes/engines']) mkdirSync(join(clone, folder), { recursive: true });
    mkdirSync(behind);
    writeFileSync(join(behind, 'kept'), '');
    cpSync(join(root, 'scripts/prepare.mjs'), join(clone, 'scripts/prepare.mjs'));
    const calls = join(directory, 'calls');
    const npm = join(directory, 'npm.mjs');
    writeFileSync(npm, `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(calls)}, 'called');`);
    const prepared = (): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, ['scripts/prepare.mjs'], {
        cwd: clone,
        encoding: 'utf8',
        env: { ...process.env, npm_execpath: npm },
      });
    for (const [folder, expected] of [
      ['.', 1],
      ['test/runtimes/engines', 0],
    ] as const) {
      writeFileSync(join(clone, folder, 'package-lock.json'), JSON.stringify(lock({ integrity: 'sha512-two' })));
      symlinkSync(behind, join(clone, folder, 'node_modules'), 'dir');
      const { status, stderr } = prepared();
      assert.is(status, expected, String(stderr));
      assert.match(String(stderr), /node_modules is a symbolic link: npm ci would empty/);
      // What was there is all that the next one needs.
      writeFileSync(join(clone, folder, 'package-lock.json'), JSON.stringify({ packages: {} }));
      writeFileSync(join(behind, '.package-lock.json'), JSON.stringify({ packages: {} }));
    }
    assert.equal(readdirSync(behind), ['.package-lock.json', 'kept']);
    assert.not.ok(readdirSync(directory).includes('calls'));
  } finally {
    await removeDirectory(directory);
  }
});

prepare.run();
