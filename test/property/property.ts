/**
 * How property tests run: with a seed that is printed, and can be given.
 *
 * - `PENSTOCK_PROPERTY_SEED=N` another seed
 * - `PENSTOCK_PROPERTY_PATH=A:B` with the seed of a failure: straight to the counterexample that fast-check printed
 * - `PENSTOCK_PROPERTY_RUNS=F` so many times the usual runs
 */
import process from 'node:process';
import fc from 'fast-check';
import { seededRandom } from '../support/seeded-random.ts';

const DEFAULT_SEED = 20_261_126;
/** A file may take 120 s; what is interrupted has failed. */
const TIME_LIMIT_MS = 100_000;

const seed = Number(process.env['PENSTOCK_PROPERTY_SEED'] ?? DEFAULT_SEED);
const path = process.env['PENSTOCK_PROPERTY_PATH'];
const runsFactor = Number(process.env['PENSTOCK_PROPERTY_RUNS'] ?? 1);

/** Prints what is needed to repeat the file's runs. */
export function announceSeed(): void {
  console.log(`seed ${seed}${path === undefined ? '' : `, path ${path}`}, runs ×${runsFactor}`);
}

/** What fast-check is to do for this many runs on a usual day. */
export function parameters<T>(usualRuns: number): fc.Parameters<T> {
  return {
    seed,
    // The runner shows no causes.
    includeErrorInReport: true,
    ...(path === undefined ? {} : { path, endOnFailure: true }),
    numRuns: Math.max(1, Math.round(usualRuns * runsFactor)),
    // Only what is asked for takes longer.
    ...(runsFactor > 1 ? {} : { interruptAfterTimeLimit: TIME_LIMIT_MS, markInterruptAsFailure: true }),
  };
}

/** Bytes that look random, the same for the same seed. */
export function noise(noiseSeed: number, length: number): Uint8Array {
  const random = seededRandom(noiseSeed);
  const bytes = new Uint8Array(length);
  const words = new DataView(bytes.buffer);
  for (let at = 0; at < length; at += 4) {
    const word = Math.floor(random() * 4_294_967_296);
    if (at + 4 <= length) words.setUint32(at, word);
    else for (let left = at; left < length; left++) bytes[left] = word >>> ((left - at) * 8);
  }
  return bytes;
}

/** Small numbers most of the time, now and then anything up to the largest. */
export function mostlySmall(usual: number, largest: number): fc.Arbitrary<number> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 1, max: usual }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: largest }) },
  );
}

/** Text of any characters, at most this many UTF-8 bytes, not ending with NUL: Matroska pads texts with them. */
export function text(maxBytes: number, minBytes = 0): fc.Arbitrary<string> {
  return fc
    .oneof(fc.string({ unit: 'binary', maxLength: maxBytes }), fc.string({ maxLength: maxBytes, size: 'max' }))
    .map((characters) => {
      let fitting = characters;
      while (new TextEncoder().encode(fitting).length > maxBytes) fitting = [...fitting].slice(0, -1).join('');
      return fitting.replace(/\0+$/, '');
    })
    .filter((characters) => characters.length >= minBytes);
}

/** The pieces of some bytes: by the sizes in turn, and once they are many, by large ones. */
export async function* pieces(
  bytes: Uint8Array,
  sizes: readonly number[],
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = turn < 300 ? (sizes[turn % sizes.length] as number) : 65_536;
    yield await Promise.resolve(bytes.subarray(at, at + size));
    at += size;
  }
}

/** Sizes for reading or pushing in pieces. */
export const pieceSizes: fc.Arbitrary<number[]> = fc.array(mostlySmall(5_000, 100_000), { minLength: 1, maxLength: 8 });
