/** The content store, and what a full one does to puts that do not wait: producer-core §10, with its traps. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KvsError, StoreFullError } from '../../sdk/errors.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { CallbackRecorder } from '../support/callback-recorder.ts';
import {
  fillByOneFragment,
  fillStore,
  frameOfOpen,
  FULL_FRAME_BYTES,
  openNeighbour,
  openUnsent,
  SMALL_STORE,
} from '../support/full-store.ts';
import { loadCore } from '../support/load-core.ts';
import { outcomeOf, testFrame, TestStream, timecodeOf } from '../support/test-stream.ts';

const it = suite('scenarios: content store');
const MIB = 1 << 20;

for (const [bytes, status] of [
  [4095, STATUS.STATUS_INVALID_STORAGE_SIZE],
  [0x7f00_0001, STATUS.STATUS_INVALID_STORAGE_SIZE],
  [0, STATUS.STATUS_INVALID_STORAGE_SIZE],
] as const) {
  // Native begins at 1 MiB and ends at 1 TiB; ours has to fit into the memory of a WebAssembly instance.
  it(`S097: a store of ${bytes} bytes is refused`, () => {
    assert.throws(
      () => loadCore('simd').openStore(bytes),
      (error: KvsError) => error.status === status,
    );
  });
}

for (const bytes of [4096, MIB, 64 * MIB])
  it(`S097: a store of ${bytes} bytes is opened`, () => {
    const store = loadCore('simd').openStore(bytes);
    assert.equal([store.capacityBytes, store.usedBytes], [bytes, 0]);
  });

it('S098: an exhausted store says so, and takes as much again when neighbours are given back', () => {
  const core = loadCore('simd');
  const handle = core.run((exports) => exports.storeOpen(MIB));
  const take = (bytes: number): number => core.run((exports) => exports.storeTake(handle, bytes));
  const slots: number[] = [];
  for (let slot = take(50_000); slot > 0; slot = take(50_000)) slots.push(slot);
  // Native answers with success and the handle 0.
  assert.is(take(50_000), -STATUS.STATUS_STORE_OUT_OF_MEMORY);
  for (const slot of slots.slice(3, 5)) core.run((exports) => exports.storeGive(handle, slot));
  assert.ok(take(100_000) > 0, 'two neighbours are one room');
  assert.is(take(50_000), -STATUS.STATUS_STORE_OUT_OF_MEMORY);
});

for (const bytes of [0, -1])
  it(`S099: a slot of ${bytes} bytes is refused`, () => {
    const core = loadCore('simd');
    const handle = core.run((exports) => exports.storeOpen(MIB));
    assert.is(
      core.run((exports) => exports.storeTake(handle, bytes)),
      -STATUS.STATUS_INVALID_ALLOCATION_SIZE,
    );
  });

it('S102: with reject a full store refuses frames at once, and nothing of them is left behind', async () => {
  const test = await openUnsent({ whenFull: 'reject' }, { storeBytes: 10 * MIB });
  const frame = (i: number): ReturnType<typeof testFrame> => testFrame(i, 1_000_000);
  let stored = 0;
  let error: unknown;
  while ((error = await outcomeOf(test.stream.putFrame(frame(stored)))) === undefined) stored++;
  // Native keeps 2.8 of its largest frames free and takes eight or nine.
  assert.is(stored, 10);
  assert.is((error as StoreFullError).code, 'STATUS_STORE_OUT_OF_MEMORY');
  assert.is((error as StoreFullError).neededBytes, 1_000_000);
  const { framesPut, storedItems } = test.stream.metrics;
  assert.equal([framesPut, storedItems, test.producer.metrics.waitingPuts], [10, 10, 0]);
  await test.end();
});

it('S102: reading frees nothing, an ack does', async () => {
  const test = await TestStream.open({ whenFull: 'reject' }, SMALL_STORE);
  const taken = fillStore(test);
  await test.service.idle();
  assert.is(test.stream.metrics.unsentBytes, 0, 'all of it is sent');
  const refused = await outcomeOf(test.stream.putFrame(testFrame(taken, FULL_FRAME_BYTES)));
  assert.is((refused as KvsError).status, STATUS.STATUS_STORE_OUT_OF_MEMORY);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await outcomeOf(test.stream.putFrame(testFrame(taken, FULL_FRAME_BYTES))), undefined);
  await test.service.idle();
  const sent = (await test.service.upload.fragments()).flatMap(({ frames }) => frames.map(({ data }) => data[10]));
  assert.equal(
    sent,
    Array.from({ length: taken + 1 }, (_, i) => i),
    'the generator did not move for the frame that was refused',
  );
  await test.end();
});

it('S102: tryPutFrame() answers full under reject, and the event tells it once', async () => {
  const test = await openUnsent({ whenFull: 'reject' });
  const taken = fillStore(test);
  for (let i = 0; i < 3; i++) assert.is(test.stream.tryPutFrame(testFrame(taken, FULL_FRAME_BYTES)), 'full');
  await test.service.idle();
  assert.is(test.eventsOf('store-full').length, 1);
  assert.is(test.stream.metrics.framesDropped, 0);
  await test.end();
});

it('S103: with drop-oldest puts keep succeeding, and each frame that is lost is told', async () => {
  const recorder = new CallbackRecorder();
  const test = await openUnsent({ whenFull: 'drop-oldest' }, { ...SMALL_STORE, ...recorder.options });
  for (let i = 0; i < 40; i++) assert.is(test.stream.tryPutFrame(testFrame(i, FULL_FRAME_BYTES)), 'stored');
  await test.service.idle();
  const { framesDropped, fragmentsDropped } = test.stream.metrics;
  assert.is(framesDropped, fragmentsDropped * 4);
  assert.equal(
    recorder.of('droppedFrameReport').map(({ timestampUs }) => timestampUs),
    Array.from({ length: framesDropped }, (_, i) => testFrame(i).timestampUs),
  );
  await test.end();
});

it('S104: whole fragments go, and what is sent then begins with a key frame', async () => {
  const test = await openUnsent({ whenFull: 'drop-oldest' });
  for (let i = 0; i < 18; i++) test.stream.tryPutFrame(testFrame(i, FULL_FRAME_BYTES));
  test.service.on('/describeStream', { body: '{"StreamInfo":{"StreamARN":"arn:1","Status":"ACTIVE"}}' });
  await test.service.pass(3_000);
  const fragments = await test.service.upload.fragments();
  assert.ok(fragments.length > 0);
  for (const { frames } of fragments) assert.is(frames[0]?.isKey, true);
  for (const { frames: lost, fragments: count, isFragment } of test.eventsOf('frames-dropped'))
    assert.equal([lost, count, isFragment], [4, 1, true]);
  await test.end();
});

it('S205: with reject a store that another stream fills refuses this one’s frames', async () => {
  const test = await openUnsent();
  const other = await openNeighbour(test, 'reject');
  fillStore(test);
  const error = (await outcomeOf(other.putFrame(testFrame(0, FULL_FRAME_BYTES)))) as KvsError;
  assert.is(error.status, STATUS.STATUS_STORE_OUT_OF_MEMORY);
  await test.end();
});

it('S205: drop-oldest gives up nothing but the stream’s own', async () => {
  const test = await openUnsent();
  const other = await openNeighbour(test, 'drop-oldest');
  const own = 5;
  for (let i = 0; i < own; i++) other.tryPutFrame(testFrame(i, FULL_FRAME_BYTES / 4));
  const held = fillStore(test);
  for (let i = own; i < 40; i++) other.tryPutFrame(testFrame(i, FULL_FRAME_BYTES / 4));
  assert.ok(other.metrics.framesDropped > 0);
  assert.equal([test.stream.metrics.storedItems, test.stream.metrics.framesDropped], [held, 0]);
  await test.end();
});

it('T10: for a frame larger than the store drop-oldest gives nothing else up', async () => {
  const test = await openUnsent({ whenFull: 'drop-oldest' });
  for (let i = 0; i < 6; i++) test.stream.tryPutFrame(testFrame(i, FULL_FRAME_BYTES));
  assert.is(test.stream.tryPutFrame(testFrame(8, 2 * MIB)), 'dropped');
  await test.service.idle();
  const dropped = test.eventsOf('frames-dropped');
  assert.equal(
    dropped.map(({ frames, fragments, bytes }) => [frames, fragments, bytes]),
    [[1, 0, 2 * MIB]],
  );
  assert.is(test.stream.metrics.fragmentsUnpersisted, 2);
  assert.is(test.stream.tryPutFrame(testFrame(12, FULL_FRAME_BYTES)), 'stored', 'from the next key frame on');
  await test.end();
});

it('T10: neither for one that has no room beside what other streams hold', async () => {
  const test = await openUnsent();
  const other = await openNeighbour(test, 'drop-oldest');
  fillStore(test);
  for (let i = 0; i < 8; i++) other.tryPutFrame(testFrame(i, 1_000));
  const before = other.metrics.storedItems;
  assert.is(other.tryPutFrame(testFrame(8, MIB / 2)), 'dropped');
  assert.equal([other.metrics.storedItems, other.metrics.framesDropped], [before + 1, 1], 'and an end mark');
  await test.end();
});

it('T10: with wait a frame larger than the store is refused at once', async () => {
  const test = await openUnsent();
  const error = (await outcomeOf(test.stream.putFrame(testFrame(0, 2 * MIB)))) as StoreFullError;
  assert.equal([error.code, error.retryable], ['STATUS_STORE_OUT_OF_MEMORY', false]);
  await test.end();
});

it('T10: an empty view with a full store gives nothing up for ever', async () => {
  const test = await openUnsent();
  const other = await openNeighbour(test, 'drop-oldest');
  fillStore(test);
  assert.is(other.tryPutFrame(testFrame(0, FULL_FRAME_BYTES)), 'dropped');
  assert.is(other.metrics.storedItems, 0);
  await test.end();
});

it('T48: one giant frame leaves the store as large as it was', async () => {
  const test = await TestStream.open({ whenFull: 'reject' }, SMALL_STORE);
  const capacity = fillStore(test);
  await test.service.idle();
  for (let n = 0; n * 4 < capacity; n++) test.service.upload.persist(timecodeOf(n));
  await test.stream.endFragment();
  await test.service.idle();
  test.service.upload.persist(timecodeOf(Math.floor((capacity - 1) / 4)));
  await test.service.idle();
  assert.is(test.stream.metrics.storedItems, 0);
  const giant = 100 * 4;
  assert.is(test.stream.tryPutFrame(testFrame(giant, 900_000)), 'stored');
  await test.stream.endFragment();
  await test.service.idle();
  test.service.upload.persist(timecodeOf(100));
  await test.service.idle();
  assert.is(fillStore(test, giant + 4), capacity);
  await test.end();
});

it('S103: with drop-oldest, a fragment that fills the store is ended where it stands, and sent', async () => {
  const test = await TestStream.open({ whenFull: 'drop-oldest' }, SMALL_STORE);
  const count = fillByOneFragment(test);
  await test.service.idle();
  assert.is(test.stream.tryPutFrame(frameOfOpen(count + 1)), 'dropped', 'cannot be decoded without the one before');
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 1, 'no key frame had to come for that');
  assert.is(test.stream.tryPutFrame(testFrame(4, FULL_FRAME_BYTES)), 'stored');
  assert.is(test.stream.metrics.framesDropped, 2);
  await test.end();
});

it('S155: a pause ends a fragment that fills the store', async () => {
  const test = await TestStream.open({ endIdleFragmentsAfterMs: 4_000 }, SMALL_STORE);
  fillByOneFragment(test);
  await test.service.pass(6_000);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(test.stream.metrics.storedItems, 0);
  await test.end();
});

it.run();
