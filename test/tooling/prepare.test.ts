/** When the runtimes that tests run in are installed: where the lock has one for this machine that is not there. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root, staleEngine } from '../../scripts/prepare.mjs';

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

prepare.run();
