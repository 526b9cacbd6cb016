/** Random frames: opaque bytes, or NAL units in the form that the host gives and in the form that must arrive. */
import fc from 'fast-check';
import type { NalAdaptation } from '../../sdk/core/index.ts';
import { ANNEXB_PARAMETER_SETS } from '../support/core-fixture.ts';
import { bytesOf } from '../support/mkv-builder.ts';
import { mostlySmall, noise } from './property.ts';

const START_CODE = [0, 0, 0, 1];
const SHORT_START_CODE = [0, 0, 1];
/** SPS and PPS of `ANNEXB_PARAMETER_SETS`, without their start codes. */
const SPS_END = 27;
const PARAMETER_SETS = [ANNEXB_PARAMETER_SETS.slice(4, SPS_END), ANNEXB_PARAMETER_SETS.slice(SPS_END + 4)];
const SLICE = Uint8Array.of(0x65, 0x88, 0x80);

/** A frame as a test draws it. */
export interface FrameContent {
  readonly seed: number;
  readonly sizeBytes: number;
  /** Lengths of NAL units, 0 for empty ones; what is left of the size is the last one. */
  readonly unitBytes: readonly number[];
  /** Which start codes have three bytes; by turns. */
  readonly shortCodes: readonly boolean[];
  /** Zeros behind the last unit. */
  readonly trailingZeros: number;
  readonly isBroken: boolean;
}

export const frameContent: fc.Arbitrary<FrameContent> = fc.record({
  seed: fc.integer(),
  sizeBytes: fc.oneof(
    { weight: 20, arbitrary: mostlySmall(400, 65_536) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 400_000 }) },
  ),
  unitBytes: fc.oneof(
    { weight: 6, arbitrary: fc.array(fc.oneof(fc.nat(40), fc.constant(0)), { maxLength: 6 }) },
    { weight: 1, arbitrary: fc.array(fc.nat(5), { minLength: 40, maxLength: 120 }) },
  ),
  shortCodes: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  trailingZeros: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(9) }),
  isBroken: fc.integer({ min: 0, max: 19 }).map((one) => one === 0),
});

/** What goes in, and what must come out; null when it must be refused. */
export interface FrameForms {
  readonly given: Uint8Array;
  readonly stored: Uint8Array | null;
}

/** Bytes of a NAL unit: zeros are in it, and emulation prevention, but no start code, and none at its end. */
export function unitBytes(seed: number, length: number): Uint8Array {
  const bytes = noise(seed, length).map((byte) => byte || 0xa5);
  for (let at = 3 + (seed & 7); at + 4 < length; at += 5 + (bytes[at] as number)) bytes.set([0, 0, 3], at);
  return bytes;
}

/** The units of a frame; those of a key frame that must bring its parameter sets begin with them. */
export function unitsOf(content: FrameContent, withParameterSets: boolean): Uint8Array[] {
  const lengths = [...content.unitBytes, content.sizeBytes];
  const units = lengths.map((length, index) => unitBytes(content.seed + index, length));
  const all = withParameterSets ? [...PARAMETER_SETS, SLICE, ...units] : units;
  const last = all.pop() as Uint8Array;
  return [...all, bytesOf(last, new Uint8Array(content.trailingZeros))];
}

export function annexBOf(units: readonly Uint8Array[], shortCodes: readonly boolean[]): Uint8Array {
  return bytesOf(
    ...units.flatMap((unit, index) => [shortCodes[index % shortCodes.length] ? SHORT_START_CODE : START_CODE, unit]),
  );
}

export function avccOf(units: readonly Uint8Array[]): Uint8Array {
  return bytesOf(
    ...units.flatMap((unit) => {
      const { length } = unit;
      return [[length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255], unit];
    }),
  );
}

/** @param nal how the track's frames are adapted */
export function formsOf(content: FrameContent, nal: NalAdaptation, withParameterSets: boolean): FrameForms {
  if (nal === 'none') {
    const bytes = noise(content.seed, content.sizeBytes);
    return { given: bytes, stored: bytes };
  }
  const units = unitsOf(content, withParameterSets);
  if (nal === 'annexb-to-avcc') {
    if (content.isBroken) return { given: bytesOf(annexBOf(units, [false]), [0x41, 0, 0, 0, 0, 0x41]), stored: null };
    return { given: annexBOf(units, content.shortCodes), stored: avccOf(units) };
  }
  if (content.isBroken) return { given: bytesOf(avccOf(units), [0, 0, 1, 0, 7]), stored: null };
  return { given: avccOf(units), stored: annexBOf(units, [false]) };
}
