/** Mutations that know nothing about what the bytes mean. */
import type { Random } from '../random.ts';

/** @param other another input of the same target, to take parts from */
export type Mutator = (input: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const EDGES = [0x00, 0x01, 0x02, 0x03, 0x7f, 0x80, 0x81, 0xfe, 0xff];
const WIDE_EDGES = [
  0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];
const LONGEST_SLICE_BYTES = 64;
const MOST_REPEATS = 40;

export function replace(input: Uint8Array, at: number, removedBytes: number, inserted: ArrayLike<number>): Uint8Array {
  const behind = Math.min(input.length, at + removedBytes);
  const out = new Uint8Array(at + inserted.length + input.length - behind);
  out.set(input.subarray(0, at));
  out.set(inserted, at);
  out.set(input.subarray(behind), at + inserted.length);
  return out;
}

function sliceOf(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  return bytes.subarray(at, at + random.below(LONGEST_SLICE_BYTES));
}

function changed(input: Uint8Array, random: Random, change: (byte: number) => number): Uint8Array {
  if (input.length === 0) return Uint8Array.of(random.byte());
  const out = input.slice();
  const at = random.below(out.length);
  out[at] = change(out[at] as number);
  return out;
}

const flipBit: Mutator = (input, random) => changed(input, random, (byte) => byte ^ (1 << random.below(8)));
const setByte: Mutator = (input, random) =>
  changed(input, random, () => (random.once(2) ? random.pick(EDGES) : random.byte()));
const addSmall: Mutator = (input, random) => changed(input, random, (byte) => byte + random.below(9) - 4);

/** Writes an edge value of two or four bytes, in either byte order. */
const setNumber: Mutator = (input, random) => {
  const number = new Uint8Array(random.once(2) ? 2 : 4);
  const view = new DataView(number.buffer);
  const isLittleEndian = random.once(2);
  if (number.length === 2) view.setUint16(0, random.pick(WIDE_EDGES), isLittleEndian);
  else view.setUint32(0, random.pick(WIDE_EDGES), isLittleEndian);
  return replace(input, random.below(input.length + 1), number.length, number);
};

const remove: Mutator = (input, random) =>
  replace(input, random.below(input.length + 1), 1 + random.below(LONGEST_SLICE_BYTES), []);
const truncate: Mutator = (input, random) => input.slice(0, random.below(input.length + 1));
const insertRandom: Mutator = (input, random) =>
  replace(input, random.below(input.length + 1), 0, random.bytes(1 + random.below(8)));
const insertRun: Mutator = (input, random) =>
  replace(
    input,
    random.below(input.length + 1),
    0,
    new Uint8Array(1 + random.below(LONGEST_SLICE_BYTES)).fill(random.pick(EDGES)),
  );

const repeatSlice: Mutator = (input, random) => {
  const slice = sliceOf(input, random);
  const times = 1 + random.below(random.once(8) ? MOST_REPEATS : 3);
  return replace(input, random.below(input.length + 1), 0, Array.from({ length: times }, () => [...slice]).flat());
};

const takeFromOther: Mutator = (input, random, other) =>
  replace(input, random.below(input.length + 1), random.once(2) ? LONGEST_SLICE_BYTES : 0, sliceOf(other, random));
const joinWithOther: Mutator = (input, random, other) =>
  replace(input, random.below(input.length + 1), input.length, other.subarray(random.below(other.length + 1)));

export const BYTE_MUTATORS: readonly Mutator[] = [
  flipBit,
  setByte,
  addSmall,
  setNumber,
  remove,
  truncate,
  insertRandom,
  insertRun,
  repeatSlice,
  takeFromOther,
  joinWithOther,
];
