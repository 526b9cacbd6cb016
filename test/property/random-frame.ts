/** Random frames: opaque bytes, or NAL units in the form that the host gives and in the form that must arrive. */
import fc from 'fast-check';
import type { NalAdaptation } from '../../sdk/core/index.ts';
import { bytesOf } from '../support/mkv-builder.ts';
import type { ParameterSets } from '../support/parameter-sets.ts';
import { type PictureCodec, SETS_DRAWN, setsOf } from './picture-sets.ts';
import { mostlySmall, noise } from './property.ts';

const START_CODE = [0, 0, 0, 1];
const SHORT_START_CODE = [0, 0, 1];
const SLICE: Readonly<Record<PictureCodec, Uint8Array>> = {
  h264: Uint8Array.of(0x65, 0x88, 0x80),
  h265: Uint8Array.of(0x26, 0x01, 0x88, 0x80),
};

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
  /** The parameter sets in front, where the codec has some. */
  readonly sets: number | null;
  /** Where NAL units are stored as they come: their framing, or that there are none. */
  readonly framing: 'annexb' | 'avcc' | 'opaque';
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
  sets: fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.nat(SETS_DRAWN - 1) },
  ),
  framing: fc.constantFrom('annexb', 'avcc', 'opaque'),
});

/** What goes in, and what must come out. */
export interface FrameForms {
  readonly given: Uint8Array;
  /** Null when it must be refused. */
  readonly stored: Uint8Array | null;
  /** Parameter sets that are noticed, if it is a key frame. */
  readonly brings?: ParameterSets;
  /** How the units of `given` are framed. */
  readonly framing: FrameContent['framing'];
}

/** What forms a frame takes depends on. */
export interface FrameSettings {
  /** How the track's frames are adapted. */
  readonly nal: NalAdaptation;
  /** A codec whose parameter sets are looked for. */
  readonly codec?: PictureCodec | undefined;
}

/** Bytes of a NAL unit: zeros are in it, and emulation prevention, but no start code, and none at its end. */
export function unitBytes(seed: number, length: number): Uint8Array {
  const bytes = noise(seed, length).map((byte) => byte || 0xa5);
  for (let at = 3 + (seed & 7); at + 4 < length; at += 5 + (bytes[at] as number)) bytes.set([0, 0, 3], at);
  return bytes;
}

/** The header of another unit instead of that of a parameter set. */
function noSet(codec: PictureCodec | undefined, unit: Uint8Array): Uint8Array {
  const [header] = unit;
  if (codec === undefined || header === undefined) return unit;
  const isSet = codec === 'h264' ? [7, 8].includes(header & 31) : header >> 1 >= 32 && header >> 1 <= 34;
  return isSet ? bytesOf([header ^ (codec === 'h264' ? 0x10 : 0x20)], unit.subarray(1)) : unit;
}

/** The units of a frame: parameter sets only where they are asked for, and in front. */
function unitsOf(content: FrameContent, codec: PictureCodec | undefined): Uint8Array[] {
  const lengths = [...content.unitBytes, content.sizeBytes];
  const units = lengths.map((length, index) => noSet(codec, unitBytes(content.seed + index, length)));
  const isSet = codec !== undefined && content.sets !== null;
  const all = isSet ? [...setsOf(codec, content.sets).units, SLICE[codec], ...units] : units;
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

export function formsOf(content: FrameContent, { nal, codec }: FrameSettings): FrameForms {
  const units = unitsOf(content, codec);
  const annexB = annexBOf(units, content.shortCodes);
  const avcc = avccOf(units);
  const brings = codec === undefined || content.sets === null ? {} : { brings: setsOf(codec, content.sets) };
  if (nal === 'annexb-to-avcc') {
    const broken = bytesOf(annexBOf(units, [false]), [0x41, 0, 0, 0, 0, 0x41]);
    if (content.isBroken) return { given: broken, stored: null, framing: 'annexb', ...brings };
    return { given: annexB, stored: avcc, framing: 'annexb', ...brings };
  }
  if (nal === 'avcc-to-annexb') {
    if (content.isBroken) return { given: bytesOf(avcc, [0, 0, 1, 0, 7]), stored: null, framing: 'opaque' };
    return { given: avcc, stored: annexBOf(units, [false]), framing: 'avcc', ...brings };
  }
  const framing = codec === undefined ? 'opaque' : content.framing;
  if (framing === 'opaque') {
    const bytes = noise(content.seed, content.sizeBytes);
    return { given: bytes, stored: bytes, framing };
  }
  const bytes = framing === 'avcc' ? avcc : annexB;
  return { given: bytes, stored: bytes, framing, ...brings };
}
