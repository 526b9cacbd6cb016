/** H.264 made on the spot, without a file: real parameter sets, and slices that look like slices to everything but a decoder. */
import type { Frame } from '../../sdk/producer/options.ts';
import { fromHex, hex } from './check.ts';

/** Real parameter sets of a 1280×720 High-profile stream; ISO/IEC 14496-10 §7.3.2. */
const SPS = '67640020accac05005bb016a02020280';
const PPS = '68eb8f2c';

/** A frame as it goes in, and as Matroska must hold it. */
export interface Sample {
  readonly annexB: Uint8Array;
  readonly avcc: Uint8Array;
}

/** NAL units in both framings. A start code has three bytes or four, by turns. */
function sample(units: readonly Uint8Array[]): Sample {
  const annexB = units.map((unit, index) => (index % 2 === 0 ? '00000001' : '000001') + hex(unit));
  const avcc = units.map((unit) => unit.length.toString(16).padStart(8, '0') + hex(unit));
  return { annexB: fromHex(annexB.join('')), avcc: fromHex(avcc.join('')) };
}

/** Slice data without anything that looks like a start code. `seed` makes slices differ. */
export const slice = (header: number, sizeBytes: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length: sizeBytes }, (_, index) => (index === 0 ? header : ((index * 31 + seed * 7) & 0x7f) | 1));

export const KEY_FRAME = sample([fromHex(SPS), fromHex(PPS), slice(0x65, 1500)]);
export const DELTA_FRAME = sample([slice(0x41, 300), slice(0x41, 17)]);

const FRAME_US = 40_000;
const KEY_SLICE_BYTES = 1500;
const DELTA_SLICE_BYTES = 300;

export interface VideoShape {
  /** A key frame begins each. */
  readonly fragments: number;
  /** @default 3 */
  readonly framesPerFragment?: number;
  /** Time of the first frame, microseconds. */
  readonly startUs: number;
  /** Makes videos differ, 0…127. @default 0 */
  readonly seed?: number;
}

/** A frame of a video, and how a consumer must get it back. */
export interface VideoFrame extends Frame {
  readonly avcc: Uint8Array;
}

/** A video of 25 frames a second, no two frames of which are the same. */
export function syntheticVideo({ fragments, framesPerFragment = 3, startUs, seed = 0 }: VideoShape): VideoFrame[] {
  return Array.from({ length: fragments * framesPerFragment }, (_, index) => {
    const isKey = index % framesPerFragment === 0;
    // A picture is its number, twice seven bits wide, and no byte of it makes a start code.
    const number = Uint8Array.of(((index >> 6) << 1) | 1, (index << 1) | 1, (seed << 1) | 1);
    const body = slice(isKey ? 0x65 : 0x41, isKey ? KEY_SLICE_BYTES : DELTA_SLICE_BYTES, seed);
    body.set(number, 1);
    const { annexB, avcc } = sample(isKey ? [fromHex(SPS), fromHex(PPS), body] : [body]);
    return { data: annexB, avcc, isKey, timestampUs: startUs + index * FRAME_US, durationUs: FRAME_US };
  });
}
