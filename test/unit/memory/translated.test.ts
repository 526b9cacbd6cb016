/** The translated core behaves like an instance of WebAssembly where wasm2js by itself would not. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { Core } from '../../../sdk/core/core.ts';
import type { CoreExports } from '../../../sdk/core/exports.ts';
import { CorePoisonedError } from '../../../sdk/errors.ts';
import { annexBToAvcc } from '../../../sdk/core/nal.ts';
import { buildFile, coreSource, loadCore } from '../../support/load-core.ts';

const translated = suite('translated core');

const PAGE_BYTES = 65_536;
const MAX_PAGES = 32_768;

translated('every instance has a memory of its own', () => {
  const [first, second] = [loadCore('js'), loadCore('js')];
  first.openStore(1 << 20).openStream({
    tracks: [{ trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_VP8' }],
    nal: 'none',
    adaptCodecPrivateData: false,
    contentType: 'video/x-vp8',
    segmentUuid: new Uint8Array(16).fill(1),
    expectsPersistedAck: true,
  });
  assert.ok(first.exports.memoryInUse() > 1 << 20);
  assert.is(second.exports.memoryInUse(), 0);
});

translated('a view taken before growth is stale, the one taken after sees everything', () => {
  const core = loadCore('js');
  const before = core.bytes;
  const address = core.scratch(Uint8Array.of(1, 2, 3));
  core.openStore(1 << 20);
  assert.is.not(core.bytes.buffer, before.buffer);
  assert.ok(before.length > 0, 'the engine did not detach it');
  assert.equal([...core.bytes.subarray(address, address + 3)], [1, 2, 3]);
});

translated('growth beyond 2 GiB is refused and changes nothing', () => {
  const core = loadCore('js');
  const memory = core.exports.memory as WebAssembly.Memory;
  const pages = memory.buffer.byteLength / PAGE_BYTES;
  assert.is(memory.grow(MAX_PAGES - pages + 1), -1);
  assert.is(memory.grow(-1), -1);
  assert.is(memory.buffer.byteLength, pages * PAGE_BYTES);
  assert.is(memory.grow(1), pages);
  assert.is(memory.buffer.byteLength, (pages + 1) * PAGE_BYTES);
});

translated('what would trap in WebAssembly poisons it too', () => {
  for (const flavour of ['plain', 'js'] as const) {
    const core = loadCore(flavour);
    const end = core.bytes.length;
    assert.throws(
      () => core.run((exports) => exports.tagChainWrite(end - 64, 0, 0, 128, 0, 0)),
      (error: unknown) => error instanceof CorePoisonedError,
      flavour,
    );
    assert.throws(
      () => annexBToAvcc(core, Uint8Array.of(0, 0, 1, 9)),
      (error: unknown) => error instanceof CorePoisonedError,
    );
  }
});

translated('the module touches no global but the typed arrays and Math', () => {
  const code = readFileSync(buildFile('core.js'), 'utf8');
  assert.not.match(code, /\b(?:WebAssembly|process|require|window|globalThis|atob|Buffer|TextDecoder|BigInt)\b/);
});

translated('it needs no WebAssembly', () => {
  const saved = globalThis.WebAssembly;
  Reflect.deleteProperty(globalThis, 'WebAssembly');
  try {
    assert.equal([...annexBToAvcc(loadCore('js'), Uint8Array.of(0, 0, 1, 9))], [0, 0, 0, 1, 9]);
  } finally {
    globalThis.WebAssembly = saved;
  }
});

translated('Core.create takes what the module exports', () => {
  const source = coreSource('js');
  assert.is(source.flavour, 'js');
  assert.is(Core.create(source).flavour, 'js');
  const exports: Partial<CoreExports> = source.flavour === 'js' ? source.instantiate() : {};
  assert.type(exports.results, 'function');
});

translated.run();
