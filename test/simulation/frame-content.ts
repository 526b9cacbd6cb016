/** Frames whose bytes follow from a few numbers, so that what arrives can be held against them without keeping them. */
import { h264Sets, h265Sets, type ParameterSets } from '../support/parameter-sets.ts';
import { Random } from './random.ts';

export type Form = 'annexb' | 'avcc' | 'plain';
export type VideoCodec = ParameterSets['codec'];

export interface FrameContent {
  readonly index: number;
  readonly sizeBytes: number;
  readonly isKey: boolean;
  readonly form: Form;
  readonly codec: VideoCodec;
  /** Parameter sets that stand in front. */
  readonly sets: ParameterSets | undefined;
}

const TEMPLATE_BYTES = 1 << 20;
const INDEX_BYTES = 8;
const FIRST_SCRATCH_BYTES = 16 * 1024;

/** No byte is 0, so that nothing in it looks like a start code. */
const TEMPLATE = ((): Uint8Array => {
  const random = new Random(1);
  return Uint8Array.from({ length: TEMPLATE_BYTES }, () => random.whole(1, 255));
})();

/** Pictures that a camera can change to. Widths of H.264 are multiples of 16. */
export const PICTURES: Readonly<Record<VideoCodec, readonly ParameterSets[]>> = {
  h264: [0, 1, 2, 3, 4].map((n) => h264Sets(320 + 16 * n, 240 + 16 * n, n)),
  h265: ['main', 'a cropped picture, 30000/1001', 'main 10', '4:4:4', 'monochrome'].map(h265Sets),
};

/** First bytes of a slice: of a picture that everything can begin with, or of another. ITU-T H.264 table 7-1, H.265 table 7-1. */
const SLICE_HEADS: Readonly<Record<VideoCodec, readonly [key: readonly number[], other: readonly number[]]>> = {
  h264: [
    [0x65, 0x88],
    [0x41, 0x88],
  ],
  h265: [
    [0x26, 0x01],
    [0x02, 0x01],
  ],
};

/** Writes frames into memory of its own: what it gave last holds until it writes the next. */
export class FrameWriter {
  #scratch = new Uint8Array(FIRST_SCRATCH_BYTES);

  /** The frame as the camera gives it. */
  cameraBytes(content: FrameContent): Uint8Array {
    return this.#write(content, content.form === 'annexb');
  }

  /** The same frame as it must arrive at the service: NAL units with lengths in front. */
  wireBytes(content: FrameContent): Uint8Array {
    return this.#write(content, false);
  }

  #write({ index, sizeBytes, isKey, form, codec, sets }: FrameContent, hasStartCodes: boolean): Uint8Array {
    const units = sets?.units ?? [];
    let totalBytes = form === 'plain' ? sizeBytes : 4 + sizeBytes;
    for (const unit of units) totalBytes += 4 + unit.length;
    if (this.#scratch.length < totalBytes) this.#scratch = new Uint8Array(totalBytes * 2);
    const bytes = this.#scratch;
    let at = 0;
    for (const unit of units) {
      putHead(bytes, at, hasStartCodes ? 1 : unit.length);
      bytes.set(unit, at + 4);
      at += 4 + unit.length;
    }
    if (form !== 'plain') {
      putHead(bytes, at, hasStartCodes ? 1 : sizeBytes);
      at += 4;
    }
    fill(bytes, at, totalBytes, index);
    if (form !== 'plain') bytes.set(SLICE_HEADS[codec][isKey ? 0 : 1], at);
    return bytes.subarray(0, totalBytes);
  }
}

function putHead(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function fill(bytes: Uint8Array, from: number, to: number, index: number): void {
  const length = to - from;
  const start = (index * 7919) % (TEMPLATE_BYTES - Math.min(length, TEMPLATE_BYTES - 1));
  bytes.set(TEMPLATE.subarray(start, start + length), from);
  for (let i = 2, rest = index; i < INDEX_BYTES && i < length; i++, rest = Math.floor(rest / 128))
    bytes[from + i] = 0x80 | (rest & 0x7f);
}
