/** The content store's allocator: its books, its order, its limits. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as STATUS from '../../../sdk/status-codes.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';

const SEED = 20_260_901;
const CAPACITY = 64 * 1024;

const allocator = suite('content store');
console.log(`content store: fast-check seed ${SEED}`);

for (const flavour of FLAVOURS) {
  allocator(`slots never overlap, the books are exact, and all comes back [${flavour}]`, () => {
    const { exports } = loadCore(flavour);
    const operation = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ take: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 9000 })) }),
      },
      { weight: 2, arbitrary: fc.record({ give: fc.nat(1000) }) },
    );
    const property = fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const store = exports.storeOpen(CAPACITY);
      const slots: { address: number; size: number }[] = [];
      for (const step of operations) {
        if ('take' in step) {
          const address = exports.storeTake(store, step.take);
          if (address > 0) {
            assert.is(address % 16, 0, 'alignment');
            for (const slot of slots)
              assert.ok(address + step.take <= slot.address || slot.address + slot.size <= address, 'overlap');
            slots.push({ address, size: step.take });
          } else {
            assert.is(address, -STATUS.STATUS_STORE_OUT_OF_MEMORY);
          }
        } else if (slots.length > 0) {
          const [slot] = slots.splice(step.give % slots.length, 1);
          assert.ok(slot && exports.storeGive(store, slot.address) >= slot.size);
        }
        assert.is(exports.storeAudit(store), CAPACITY - exports.storeUsedBytes(store), 'used + free = capacity');
      }
      for (const slot of slots) exports.storeGive(store, slot.address);
      assert.is(exports.storeUsedBytes(store), 0);
      assert.is(exports.storeAudit(store), CAPACITY, 'one free block again');
      exports.storeClose(store);
    });
    fc.assert(property, { seed: SEED, numRuns: 300 });
  });

  allocator(`hands out again what was freed last [${flavour}]`, () => {
    const { exports } = loadCore(flavour);
    const store = exports.storeOpen(CAPACITY);
    const slots = Array.from({ length: 10 }, () => exports.storeTake(store, 1000));
    for (const index of [2, 7, 4]) exports.storeGive(store, slots[index] ?? 0);
    assert.is(exports.storeTake(store, 1000), slots[4]);
    assert.is(exports.storeTake(store, 1000), slots[7]);
  });

  allocator(`touches little while little is buffered [${flavour}]`, () => {
    const { exports } = loadCore(flavour);
    const store = exports.storeOpen(8 * 1024 * 1024);
    const live: number[] = [];
    let highest = 0;
    const lowest = exports.storeTake(store, 1000);
    for (let i = 0; i < 20_000; i++) {
      const address = exports.storeTake(store, 900 + ((i * 37) % 200));
      highest = Math.max(highest, address);
      live.push(address);
      if (live.length > 60) for (const old of live.splice(0, 30)) exports.storeGive(store, old);
    }
    assert.ok(highest - lowest < 256 * 1024, `60 KB of frames wandered over ${highest - lowest} bytes`);
  });

  allocator(`equal frames fill it to the end [${flavour}]`, () => {
    const { exports } = loadCore(flavour);
    const store = exports.storeOpen(CAPACITY);
    let count = 0;
    while (exports.storeTake(store, 1000) > 0) count++;
    assert.is(count, Math.floor(CAPACITY / 1008));
  });

  allocator(`one slot can be all of it, and no larger [${flavour}]`, () => {
    const { exports } = loadCore(flavour);
    const store = exports.storeOpen(CAPACITY);
    assert.is(exports.storeTake(store, CAPACITY - 7), -STATUS.STATUS_STORE_OUT_OF_MEMORY);
    const slot = exports.storeTake(store, CAPACITY - 8);
    assert.ok(slot > 0);
    assert.is(exports.storeUsedBytes(store), CAPACITY);
    assert.is(exports.storeTake(store, 1), -STATUS.STATUS_STORE_OUT_OF_MEMORY);
    assert.is(exports.storeGive(store, slot), CAPACITY);
  });

  allocator(`size 0, a second free, and addresses that are no slot are refused [${flavour}]`, () => {
    const { exports } = loadCore(flavour);
    const store = exports.storeOpen(CAPACITY);
    assert.is(exports.storeTake(store, 0), -STATUS.STATUS_INVALID_ALLOCATION_SIZE);
    assert.is(exports.storeTake(store, -5), -STATUS.STATUS_INVALID_ALLOCATION_SIZE);
    const [first, second] = [exports.storeTake(store, 100), exports.storeTake(store, 100)];
    assert.ok(exports.storeGive(store, first) > 0);
    for (const address of [first, second + 16, second + 1, 0, 16, -16, 0x7ffffff0]) {
      assert.is(exports.storeGive(store, address), -STATUS.STATUS_INVALID_ARG, `address ${address}`);
    }
    assert.ok(exports.storeGive(store, second) > 0);
    assert.is(exports.storeAudit(store), CAPACITY);
  });
}

allocator.run();
