/** What the built core may and may not hold. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { buildFile, compiledCore } from '../../support/load-core.ts';

const build = suite('core build');

const wat = readFileSync(buildFile('core.debug.wat'), 'utf8');

build('keeps no state in WASM globals, so that all of it is in linear memory', () => {
  assert.equal(wat.match(/\(global \S+ \(mut .*/g) ?? [], []);
});

build('has no garbage-collected allocation', () => {
  assert.equal(wat.match(/~lib\/rt\/(?:tcms|itcms|stub|tlsf)\/\S*/g) ?? [], []);
  assert.equal(wat.match(/\$\S*__new\b/g) ?? [], []);
});

for (const flavour of ['debug', 'plain', 'simd'] as const) {
  const { module } = compiledCore(flavour);

  build(`imports nothing [${flavour}]`, () => {
    assert.equal(WebAssembly.Module.imports(module), []);
  });

  build(`exports functions and its memory only [${flavour}]`, () => {
    const others = WebAssembly.Module.exports(module).filter(
      ({ kind, name }) => kind !== 'function' && name !== 'memory',
    );
    assert.equal(others, []);
  });
}

build('uses vector instructions in the SIMD build only', () => {
  const size = (name: string): number => readFileSync(buildFile(name)).length;
  assert.is(usesSimd('core.simd.wasm'), true);
  assert.is(usesSimd('core.wasm'), false);
  assert.ok(size('core.simd.wasm') <= 48 * 1024, 'core.simd.wasm is larger than 48 KiB');
});

/** The splat of a byte, fd 0f, and the minimum of bytes, fd 77, stand in the scan for start codes and nowhere else by chance together. */
function usesSimd(name: string): boolean {
  const bytes = readFileSync(buildFile(name));
  return bytes.includes(Buffer.of(0xfd, 0x77)) && bytes.includes(Buffer.of(0xfd, 0x63));
}

build.run();
