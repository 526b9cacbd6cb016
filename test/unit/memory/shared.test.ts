/** The build for shared memory: a second instance over the same memory finds what the first has made, and changes nothing by coming to be. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../../scripts/prepare.mjs';
import type { Core } from '../../../sdk/core/core.ts';
import { FRAME_FLAG } from '../../../sdk/core/core-stream-types.ts';
import { instantiateCore } from '../../../sdk/core/instantiate.ts';
import { MkvReader } from '../../../sdk/core/mkv-reader.ts';
import { PlacedPayload } from '../../../sdk/core/placed-payload.ts';
import type { SharedCoreStream } from '../../../sdk/core/shared-core-stream.ts';
import type { SharedCoreExports } from '../../../sdk/core/shared-exports.ts';
import { readFragments } from '../../../sdk/consumer/fragment-reader.ts';
import type { MediaFragment } from '../../../sdk/consumer/media-types.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { openFixture, putAt, readAll, toHex } from '../../support/core-fixture.ts';
import { loadCore, sharedCore } from '../../support/load-core.ts';
import { framed, h264Sets, slice } from '../../support/parameter-sets.ts';

const shared = suite('shared core');
const { module } = sharedCore();

/** Another instance over the memory of a core, as another thread has one. */
function secondInstance(core: Core): SharedCoreExports {
  const memory = core.memory as WebAssembly.Memory;
  return instantiateCore({ flavour: 'shared', module, memory }) as SharedCoreExports;
}

shared('imports its memory and nothing else, which is shared and grows to the usual 2 GiB', () => {
  assert.equal(WebAssembly.Module.imports(module), [{ module: 'env', name: 'memory', kind: 'memory' }]);
  const memory = loadCore('shared').memory as WebAssembly.Memory;
  assert.instance(memory.buffer, SharedArrayBuffer);
});

shared('has the ABI of the others, and what sdk/core/shared-exports.ts names', () => {
  const abi = Object.keys(JSON.parse(readFileSync(join(root, 'assembly/abi.json'), 'utf8')) as object);
  const text = readFileSync(join(root, 'sdk/core/shared-exports.ts'), 'utf8');
  const further = [...text.matchAll(/^ {2}(placed\w+|spansGather|bytesCopy)\(/gm)].map(([, name = '']) => name);
  const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'function');
  assert.equal(functions.map(({ name }) => name).sort(), [...abi, ...further].sort());
});

shared('a second instance changes not a byte of what there is', () => {
  const core = loadCore('shared');
  const { stream } = openFixture(core);
  const reader = new MkvReader(core);
  for (let ms = 0; ms < 400; ms += 40) putAt(stream, ms, ms % 200 === 0, new Uint8Array(1000).fill(ms));
  stream.putFragmentMetadata('name', 'value', true);
  stream.beginSession();
  stream.read(new Uint8Array(500));
  const before = core.bytes.slice();
  secondInstance(core);
  assert.is(Buffer.compare(before, core.bytes.slice()), 0);
  reader.dispose();
});

shared('both see the same store, and what one takes the other can give back', () => {
  const core = loadCore('shared');
  const { store } = openFixture(core);
  const other = secondInstance(core);
  const usedBytes = store.usedBytes;
  const slot = other.storeTake(store.handle, 1000);
  assert.ok(slot > 0);
  assert.ok(store.usedBytes > usedBytes);
  store.give(slot);
  assert.is(other.storeUsedBytes(store.handle), usedBytes);
  assert.ok(other.storeAudit(store.handle) >= 0);
});

shared('memory that grows in one grows in the other', () => {
  const core = loadCore('shared');
  const { store } = openFixture(core);
  const other = secondInstance(core);
  const large = core.openStore(32 << 20);
  const slot = other.storeTake(large.handle, 20 << 20);
  assert.ok(slot > store.capacityBytes);
  const bytes = new Uint8Array(other.memory.buffer);
  bytes[slot + (20 << 20) - 1] = 7;
  assert.is(core.bytes[slot + (20 << 20) - 1], 7);
});

shared('frames go in and come out as they are, wherever they stand in memory', () => {
  const { stream } = openFixture(loadCore('shared'));
  const plain = openFixture(loadCore('simd'));
  for (let offset = 0; offset < 16; offset++) {
    const data = Uint8Array.from({ length: 300 + offset }, (_, index) => index + offset).subarray(offset);
    for (const each of [stream, plain.stream]) putAt(each, offset * 40, offset % 4 === 0, data);
  }
  for (const each of [stream, plain.stream]) each.beginSession();
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset < 100 && stream.readStatus !== STATUS.STATUS_AWAITING_PERSISTED_ACK; offset++) {
    const chunk = new Uint8Array(128 + offset).subarray(offset % 16);
    pieces.push(chunk.subarray(0, stream.read(chunk)));
  }
  const expected = readAll(plain.stream);
  assert.ok(expected.length > 4_000);
  assert.is(toHex(Uint8Array.from(Buffer.concat(pieces))), toHex(expected));
});

/** Puts a frame as another thread does: slot, copy, adaptation, and then the core's owner commits it. */
function place(core: Core, other: SharedCoreExports, handles: { store: number; stream: number }, data: Uint8Array) {
  const headroom = other.placedHeadroom(handles.stream, FRAME_FLAG.key);
  const room = Math.ceil(data.length / 3);
  const slot = other.storeTake(handles.store, headroom + room + data.length);
  const payload = slot + headroom + room;
  core.bytes.set(data, payload);
  const sizeBytes = other.placedAdapt(1, slot, payload, data.length, room + 48);
  return new PlacedPayload(slot, payload - (sizeBytes - data.length), sizeBytes, data.length);
}

shared('placed frames come out as frames that are put do, whatever start codes they have', () => {
  const sets = h264Sets(640, 480);
  const units = [[...sets.units, slice('h264', true, 1)], [slice('h264', false, 2)], [slice('h264', false, 3)]];
  const frames = units.map((frame) => framed('annexb', frame));
  // Start codes of three bytes, so many that the frame outgrows the usual slack.
  frames.push(Uint8Array.from(Array.from({ length: 80 }, (_, index) => [0, 0, 1, 0x41, index + 1]).flat()));
  const settings = { nal: 'annexb-to-avcc', adaptCodecPrivateData: true } as const;
  const expected = openFixture(loadCore('shared'), settings);
  const core = loadCore('shared');
  const { store, stream } = openFixture(core, settings);
  const other = secondInstance(core);
  for (const [index, data] of frames.entries()) {
    const flags = index === 0 ? FRAME_FLAG.key : 0;
    const us = index * 40_000;
    const placed = place(core, other, { store: store.handle, stream: stream.handle }, data);
    const result = (stream as SharedCoreStream).putFrame(1, placed, flags, us, us, 0);
    assert.is(result, expected.stream.putFrame(1, data, flags, us, us, 0));
    assert.is(placed.isTaken, true);
  }
  for (const { stream: each } of [expected, { stream }]) each.beginSession();
  assert.is(toHex(readAll(stream)), toHex(readAll(expected.stream)));
});

shared('the slot of a placed frame that is skipped or refused is free again', () => {
  const core = loadCore('shared');
  const { store, stream } = openFixture(core, { nal: 'annexb-to-avcc' });
  const other = secondInstance(core);
  const handles = { store: store.handle, stream: stream.handle };
  const usedBytes = store.usedBytes;
  const put = (trackNumber: number, flags: number, us: number): number => {
    const placed = place(core, other, handles, framed('annexb', [slice('h264', flags !== 0, 1)]));
    const result = (stream as SharedCoreStream).putFrame(trackNumber, placed, flags, us, us, 0);
    assert.is(placed.isTaken, true);
    return result;
  };
  assert.is(put(1, 0, 0), 1, 'skipped: the stream waits for a key frame');
  assert.is(put(9, FRAME_FLAG.key, 0), -STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND);
  assert.is(put(1, FRAME_FLAG.key, -1), -STATUS.STATUS_MKV_MAX_FRAME_TIMECODE);
  const late = place(core, other, handles, framed('annexb', [slice('h264', true, 1)]));
  stream.stop();
  const refused = (stream as SharedCoreStream).putFrame(1, late, FRAME_FLAG.key, 0, 0, 0);
  assert.is(refused, -STATUS.STATUS_STREAM_HAS_BEEN_STOPPED);
  assert.is(other.placedHeadroom(stream.handle, 0), -STATUS.STATUS_STREAM_HAS_BEEN_STOPPED);
  assert.is(store.usedBytes, usedBytes);
  assert.ok(other.storeAudit(store.handle) >= 0);
});

shared('a placed key frame whose stream header has no room keeps its slot, and goes in when there is some', () => {
  const core = loadCore('shared');
  const { store, stream } = openFixture(core, { nal: 'annexb-to-avcc', adaptCodecPrivateData: true }, 64 << 10);
  const other = secondInstance(core);
  const handles = { store: store.handle, stream: stream.handle };
  const key = (width: number, height: number): Uint8Array =>
    framed('annexb', [...h264Sets(width, height).units, slice('h264', true, 1)]);
  const put = (placed: PlacedPayload, us: number): number =>
    (stream as SharedCoreStream).putFrame(1, placed, FRAME_FLAG.key, us, us, 0);
  assert.is(put(place(core, other, handles, key(640, 480)), 0), 3);
  const placed = place(core, other, handles, key(1280, 720));
  const taken: number[] = [];
  for (let bytes = 32_768; bytes >= 16; bytes >>= 1)
    for (let slot = store.take(bytes); slot > 0; slot = store.take(bytes)) taken.push(slot);
  assert.is(put(placed, 40_000), -STATUS.STATUS_STORE_OUT_OF_MEMORY);
  assert.is(placed.isTaken, false);
  for (const slot of taken) store.give(slot);
  assert.is(put(placed, 40_000), 3);
  assert.is(placed.isTaken, true);
});

shared('fragments are read in shared memory, texts and payloads', async () => {
  const core = loadCore('shared');
  const { stream } = openFixture(core);
  stream.putFragmentMetadata('place', 'door', false);
  putAt(stream, 0, true, Uint8Array.of(1, 2, 3));
  stream.stop();
  stream.beginSession();
  const fragments: MediaFragment[] = [];
  const media = Uint8Array.from(readAll(stream));
  for await (const fragment of readFragments(core, new Blob([media]).stream())) fragments.push(fragment);
  assert.is(fragments[0]?.tags.find(({ name }) => name === 'place')?.value, 'door');
  assert.equal([...fragments[0]!.frames[0]!.data], [1, 2, 3]);
});

shared.run();
