/** The arena and the handles: what is closed is used again, and nobody finds it under its old handle. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KvsError } from '../../../sdk/errors.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { openFixture, PLAIN_VIDEO } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const arena = suite('arena');

for (const flavour of FLAVOURS) {
  arena(`opening and closing for ever needs no more memory than once [${flavour}]`, () => {
    const core = loadCore(flavour);
    openFixture(core).store.dispose();
    const inUse = core.exports.memoryInUse();
    const pages = core.bytes.length;
    for (let round = 0; round < 200; round++) openFixture(core).store.dispose();
    assert.is(core.exports.memoryInUse(), inUse);
    assert.is(core.bytes.length, pages);
  });

  arena(`a store's hundred streams make memory grow once or twice, not for each few of them [${flavour}]`, () => {
    const core = loadCore(flavour);
    const store = core.openStore(32 << 20);
    const buffers = new Set([core.bytes.buffer]);
    for (let opened = 0; opened < 100; opened++) {
      store.openStream(PLAIN_VIDEO);
      buffers.add(core.bytes.buffer);
    }
    assert.ok(buffers.size <= 3, `memory grew ${buffers.size - 1} times`);
    store.dispose();
  });

  arena(`regions released in any order join again [${flavour}]`, () => {
    const core = loadCore(flavour);
    const random = seededRandom(7);
    core.scratch(new Uint8Array(4096));
    const before = core.exports.memoryInUse();
    for (let round = 0; round < 20; round++) {
      const stores = Array.from({ length: 12 }, () => core.openStore(4096 + Math.floor(random() * 100_000)));
      while (stores.length > 0) stores.splice(Math.floor(random() * stores.length), 1)[0]?.dispose();
      assert.is(core.exports.memoryInUse(), before, `round ${round}`);
    }
  });

  arena(`a stale handle finds nothing, not the next object in its slot [${flavour}]`, () => {
    const { exports } = loadCore(flavour);
    const first = exports.storeOpen(8192);
    assert.is(exports.storeClose(first), 0);
    const second = exports.storeOpen(8192);
    assert.is.not(second, first);
    assert.is(exports.storeUsedBytes(first), -STATUS.STATUS_INVALID_HANDLE_ERROR);
    assert.is(exports.storeUsedBytes(second), 0);
    assert.is(exports.storeClose(first), -STATUS.STATUS_INVALID_HANDLE_ERROR);
  });

  arena(`handles of another kind, of nothing, and made up are refused [${flavour}]`, () => {
    const { exports } = loadCore(flavour);
    const store = exports.storeOpen(8192);
    for (const handle of [store, 0, -1, 0x7fffffff, 4095, store + 1]) {
      assert.is(exports.streamStop(handle), -STATUS.STATUS_INVALID_HANDLE_ERROR, `handle ${handle}`);
      assert.is(exports.readerNext(handle), -STATUS.STATUS_INVALID_HANDLE_ERROR, `handle ${handle}`);
    }
  });

  arena(`running out of handles is an error and leaves nothing behind [${flavour}]`, () => {
    const { exports } = loadCore(flavour);
    const handles: number[] = [];
    for (let last = exports.storeOpen(4096); ; last = exports.storeOpen(4096)) {
      if (last < 0) {
        assert.is(last, -STATUS.STATUS_NOT_ENOUGH_MEMORY);
        break;
      }
      handles.push(last);
    }
    assert.is(handles.length, 1024);
    for (const handle of handles) assert.is(exports.storeClose(handle), 0);
    assert.is(exports.memoryInUse(), 0);
  });

  arena(`a store is not closed under its streams, and goes with them [${flavour}]`, () => {
    const core = loadCore(flavour);
    const handle = core.exports.storeOpen(65536);
    const { store, stream } = openFixture(core);
    assert.is(core.exports.storeClose(handle), 0);
    store.dispose();
    assert.throws(
      () => stream.stats,
      (error: unknown) => error instanceof KvsError && error.code === 'STATUS_INVALID_HANDLE_ERROR',
    );
    stream.dispose();
  });

  arena(`sizes that no engine gives are refused without a trap [${flavour}]`, () => {
    const core = loadCore(flavour);
    for (const size of [0, 1, 4095, -1, 0x7fffffff]) {
      assert.throws(
        () => core.openStore(size),
        (error: unknown) => error instanceof KvsError && error.code === 'STATUS_INVALID_STORAGE_SIZE',
      );
    }
    assert.is(core.exports.scratchReserve(-1), -STATUS.STATUS_NOT_ENOUGH_MEMORY);
    assert.is(core.openStore(8192).openStream(PLAIN_VIDEO).stats.items, 0);
  });
}

arena('after a trap every use of the core says that it was given up', () => {
  const core = loadCore('plain');
  const { store, stream } = openFixture(core);
  // An address outside memory: the one way to make the core trap from outside.
  assert.throws(() => core.run((exports) => exports.nalAvccToAnnexB(0x7ffffff0, 64)), /given up/);
  assert.is(core.poisoned, true);
  assert.throws(() => stream.putFrame(1, Uint8Array.of(1), 1, 0, 0, 0), /given up/);
  assert.throws(() => stream.read(new Uint8Array(8)), /given up/);
  assert.throws(() => store.usedBytes, /given up/);
  store.dispose();
});

arena.run();
