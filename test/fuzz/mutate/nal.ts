/** Mutations of NAL units: start codes, lengths, and the codes inside of parameter sets. */
import { type Mutator, replace } from './bytes.ts';

const CODES = [
  [0, 0, 1],
  [0, 0, 0, 1],
  [0, 0],
  [0, 0, 0],
  [0, 0, 0, 0, 1],
  [0, 0, 3],
  [0, 0, 0],
  [0, 0, 1, 0, 0, 1],
];
/** First bytes: parameter sets, slices and messages of H.264 and H.265. */
const HEADERS = [[0x67], [0x68], [0x65], [0x41], [0x06], [0x09], [0x40, 1], [0x42, 1], [0x44, 1], [0x26, 1], [0x4e, 1]];
const LENGTH_BYTES = 4;

/** Positions behind start codes. */
function unitsOf(input: Uint8Array): number[] {
  const units: number[] = [];
  for (let at = 2; at < input.length; at++) {
    if (input[at] === 1 && input[at - 1] === 0 && input[at - 2] === 0) units.push(at + 1);
  }
  return units;
}

const insertCode: Mutator = (input, random) =>
  replace(input, random.below(input.length + 1), random.once(3) ? 3 : 0, [
    ...random.pick(CODES),
    ...(random.once(2) ? random.pick(HEADERS) : []),
  ]);

const removeUnit: Mutator = (input, random) => {
  const units = unitsOf(input);
  if (units.length < 2) return input;
  const index = random.below(units.length - 1);
  const at = units[index] as number;
  return replace(input, at, (units[index + 1] as number) - at, []);
};

const copyUnit: Mutator = (input, random) => {
  const units = [...unitsOf(input), input.length];
  const index = random.below(units.length - 1);
  return replace(input, random.pick(units), 0, input.slice(units[index], units[index + 1]));
};

export const ANNEXB_MUTATORS: readonly Mutator[] = [insertCode, insertCode, removeUnit, copyUnit];

/** Positions of the lengths, as far as they chain. */
function lengthsOf(input: Uint8Array): number[] {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const lengths: number[] = [];
  for (let at = 0; at + LENGTH_BYTES <= input.length; at += LENGTH_BYTES + view.getUint32(at)) lengths.push(at);
  return lengths;
}

const changeLength: Mutator = (input, random) => {
  const lengths = lengthsOf(input);
  if (lengths.length === 0) return input;
  const out = input.slice();
  const view = new DataView(out.buffer);
  const at = random.pick(lengths);
  const edges = [0, 0xffffffff, 0x80000000, out.length - at - LENGTH_BYTES, out.length - at - LENGTH_BYTES + 1];
  view.setUint32(at, (random.once(2) ? random.pick(edges) : view.getUint32(at) + random.below(5) - 2) >>> 0);
  return out;
};

const insertUnit: Mutator = (input, random) => {
  const content = [...random.pick(HEADERS), ...random.bytes(random.below(20))];
  const at = random.pick([...lengthsOf(input), input.length]);
  return replace(input, at, 0, [0, 0, 0, content.length, ...content]);
};

export const AVCC_MUTATORS: readonly Mutator[] = [changeLength, changeLength, insertUnit];

const GOLOMB_EDGES = [
  0,
  1,
  2,
  3,
  4,
  5,
  7,
  8,
  15,
  16,
  31,
  32,
  63,
  64,
  255,
  256,
  65_534,
  65_535,
  2 ** 31 - 2,
  2 ** 32 - 2,
];

/** An unsigned Exp-Golomb code. Source: ITU-T H.264 §9.1. */
function golomb(value: number): string {
  const code = (value + 1).toString(2);
  return '0'.repeat(code.length - 1) + code;
}

/** Puts a code, or a few bits, in place of bits; what follows moves with it. */
const changeBits: Mutator = (input, random) => {
  const first = random.below(input.length + 1);
  const tail = input.subarray(first, first + 64);
  const bits = Array.from(tail, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const at = random.below(Math.min(bits.length, 16) + 1);
  const inserted = random.once(3) ? random.below(16).toString(2) : golomb(random.pick(GOLOMB_EDGES));
  const mixed = bits.slice(0, at) + inserted + bits.slice(at + (random.once(2) ? inserted.length : random.below(8)));
  const bytes = mixed.match(/.{1,8}/g) ?? [];
  return replace(
    input,
    first,
    tail.length,
    bytes.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)),
  );
};

const insertPrevention: Mutator = (input, random) =>
  replace(input, random.below(input.length + 1), 0, [0, 0, 3, random.below(4)]);

export const BIT_MUTATORS: readonly Mutator[] = [changeBits, changeBits, changeBits, insertPrevention];
