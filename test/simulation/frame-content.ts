/** Frames whose bytes follow from a few numbers, so that what arrives can be held against them without keeping them. */
import { h264Sets, type ParameterSets } from '../support/parameter-sets.ts';
import { Random } from './random.ts';

export type Form = 'annexb' | 'avcc' | 'plain';

export interface FrameContent {
  readonly index: number;
  readonly sizeBytes: number;
  readonly isKey: boolean;
  readonly form: Form;
  /** Parameter sets that stand in front. */
  readonly sets: ParameterSets | undefined;
}

const TEMPLATE_BYTES = 1 << 20;
const INDEX_BYTES = 8;

/** No byte is 0, so that nothing in it looks like a start code. */
const TEMPLATE = ((): Uint8Array => {
  const random = new Random(1);
  return Uint8Array.from({ length: TEMPLATE_BYTES }, () => random.whole(1, 255));
})();

/** Pictures that a camera can change to. Widths are multiples of 16. */
export const PICTURES: readonly ParameterSets[] = [0, 1, 2, 3, 4].map((n) => h264Sets(320 + 16 * n, 240 + 16 * n, n));

/** The frame as the camera gives it. */
export function cameraBytes(content: FrameContent): Uint8Array<ArrayBuffer> {
  return bytesOf(content, content.form === 'annexb');
}

/** The same frame as it must arrive at the service: NAL units with lengths in front. */
export function wireBytes(content: FrameContent): Uint8Array {
  return bytesOf(content, false);
}

function bytesOf(
  { index, sizeBytes, isKey, form, sets }: FrameContent,
  hasStartCodes: boolean,
): Uint8Array<ArrayBuffer> {
  if (form === 'plain') return fill(new Uint8Array(sizeBytes), 0, index);
  const units = sets?.units ?? [];
  const bytes = new Uint8Array(units.reduce((sum, unit) => sum + 4 + unit.length, 4 + sizeBytes));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const unit of units) {
    view.setUint32(at, hasStartCodes ? 1 : unit.length);
    bytes.set(unit, at + 4);
    at += 4 + unit.length;
  }
  view.setUint32(at, hasStartCodes ? 1 : sizeBytes);
  fill(bytes, at + 4, index);
  // A slice; of an IDR picture or another. ITU-T H.264 table 7-1.
  bytes[at + 4] = isKey ? 0x65 : 0x41;
  bytes[at + 5] = 0x88;
  return bytes;
}

function fill(bytes: Uint8Array<ArrayBuffer>, from: number, index: number): Uint8Array<ArrayBuffer> {
  const length = bytes.length - from;
  const start = (index * 7919) % (TEMPLATE_BYTES - Math.min(length, TEMPLATE_BYTES - 1));
  bytes.set(TEMPLATE.subarray(start, start + length), from);
  for (let i = 2, rest = index; i < INDEX_BYTES && i < length; i++, rest = Math.floor(rest / 128))
    bytes[from + i] = 0x80 | (rest & 0x7f);
  return bytes;
}
