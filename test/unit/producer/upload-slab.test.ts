/** The pieces of bodies: cut side by side, never written to again, and from a slab that connections share. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { UploadSlab } from '../../../sdk/producer/upload-slab.ts';

const it = suite('upload slab');

/** Fills with one byte. */
const filler =
  (sizeBytes: number, byte: number) =>
  (into: Uint8Array): number => {
    const used = Math.min(sizeBytes, into.length);
    into.fill(byte, 0, used);
    return used;
  };

it('pieces of several connections come out of one slab, and keep their bytes', () => {
  const slab = new UploadSlab();
  const pieces = [1, 2, 3].map((byte) => slab.cut(filler(1_000, byte)));
  assert.equal(
    pieces.map((piece) => [piece.length, piece[0], piece.at(-1)]),
    [1, 2, 3].map((byte) => [1_000, byte, byte]),
  );
  assert.is(new Set(pieces.map(({ buffer }) => buffer)).size, 1);
});

it('nothing to read takes nothing of the slab', () => {
  const slab = new UploadSlab();
  const first = slab.cut(filler(10, 1));
  assert.is(slab.cut(() => 0).length, 0);
  assert.is(slab.cut(filler(10, 2)).byteOffset, first.byteOffset + 10);
});

it('a piece has room for at least 32 KiB', () => {
  const slab = new UploadSlab();
  const first = slab.cut(filler(225 * 1024, 1));
  const second = slab.cut(filler(40_000, 2));
  assert.is(second.length, 40_000);
  assert.is.not(second.buffer, first.buffer);
});

it.run();
