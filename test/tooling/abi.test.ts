/** The ABI changes only on purpose, and what the host believes about it is what was built. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exportTypes } from '../../scripts/core-rules.mjs';
import { root } from '../../scripts/prepare.mjs';
import { loadCore } from '../support/load-core.ts';

const abi = suite('abi');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const built = exportTypes(read('build/core.debug.wat'));

abi('is the reviewed one (npm run abi writes it, when a change is meant)', () => {
  assert.equal(built, JSON.parse(read('assembly/abi.json')));
});

abi('is the same in every flavour', () => {
  for (const flavour of ['core.wasm', 'core.simd.wasm']) {
    const module = new WebAssembly.Module(readFileSync(join(root, 'build', flavour)));
    const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'function');
    assert.equal(functions.map(({ name }) => name).sort(), Object.keys(built), flavour);
  }
  const translated = Object.keys(loadCore('js').exports).filter((name) => name !== 'memory');
  assert.equal(translated.sort(), Object.keys(built), 'core.js');
});

abi('is typed in sdk/core/exports.ts with every name and every parameter', () => {
  const typed = [...read('sdk/core/exports.ts').matchAll(/^ {2}(\w+)\(([^)]*)\)/gm)].map(
    ([, name, parameters = '']) => `${name}/${parameters.split(':').length - 1}`,
  );
  const exported = Object.entries(built).map(
    ([name, type]) => `${name}/${type.startsWith('()') ? 0 : type.split('->')[0]!.split(',').length}`,
  );
  assert.equal(typed.sort(), exported);
});

abi.run();
