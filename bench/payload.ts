/** Bytes that look like a camera's: entropy-coded slices are as good as random, with emulation prevention and a few NAL units a frame. */

/** One second at 30 frames a second: what a camera sends between two key frames. */
export const GROUP_FRAMES = 30;
export const KB = 1000;
export const MB = 1_000_000;

/** A frame size as rows name it. */
export function frameSizeLabel(frameBytes: number): string {
  return frameBytes < MB ? `${frameBytes / KB}KB` : `${frameBytes / MB}MB`;
}

const START_CODE = [0, 0, 0, 1];
/** High profile, level 3.1, 1280×720. */
const SPS = [
  0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00,
  0x03, 0x03, 0xc0, 0xf1, 0x83, 0x19, 0x60,
];
const PPS = [0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0];
/** SPS and PPS in Annex-B framing: codec private data before it is adapted. */
export const PARAMETER_SETS = Uint8Array.from([...START_CODE, ...SPS, ...START_CODE, ...PPS]);
const ACCESS_UNIT_DELIMITER = [0x09, 0xf0];
/** Cameras send a picture in a few slices, so that decoders and packets can work on them side by side. */
const SLICES = 4;
const IDR_SLICE = 0x65;
const SLICE = 0x41;

/** Marsaglia's xorshift32: the same bytes on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  nextByte(): number {
    return this.#next() & 0xff;
  }

  /** 0…limit − 1 */
  nextBelow(limit: number): number {
    return (this.#next() >>> 0) % limit;
  }

  #next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state;
  }
}

/** Entropy-coded data with the emulation prevention of ISO/IEC 14496-10 §7.4.1: no 00 00 0x with x ≤ 3 within. Begins and ends without zeros. */
function makeSliceData(sizeBytes: number): Uint8Array {
  const data = new Uint8Array(sizeBytes);
  const random = new Random(0x9e37_79b9);
  let zeros = 0;
  for (let at = 0; at < sizeBytes; at++) {
    const byte = random.nextByte();
    data[at] = zeros >= 2 && byte <= 3 ? 3 : byte;
    zeros = data[at] === 0 ? zeros + 1 : 0;
  }
  data.fill(STOP_BIT, 0, 1).fill(STOP_BIT, -1);
  return data;
}

/** A slice ends with a one and zeros up to the byte, so its last byte is never zero. */
const STOP_BIT = 0x80;

/** Slices are cut out of this, one behind the other, so that long frames are made as fast as they are copied. */
const SLICE_DATA = makeSliceData(MB + 1);

/** Makes slices out of the data, beginning at a place of its own. */
class SliceWriter {
  #from: number;

  constructor(seed: number) {
    this.#from = (seed * 7919) % SLICE_DATA.length;
  }

  put(into: Uint8Array, sizeBytes: number, header: number, startCode: readonly number[] = START_CODE): void {
    into.set(startCode);
    into[startCode.length] = header;
    for (let at = startCode.length + 1; at < sizeBytes;) {
      const piece = SLICE_DATA.subarray(this.#from, this.#from + sizeBytes - at);
      into.set(piece, at);
      at += piece.length;
      this.#from = (this.#from + piece.length) % SLICE_DATA.length;
    }
    if (into[sizeBytes - 1] === 0) into[sizeBytes - 1] = STOP_BIT;
  }
}

/** Fills the frame from `at` on with slices of about the same size. */
function putSlices(
  frame: Uint8Array,
  at: number,
  slices: number,
  header: number,
  seed: number,
  startCode?: readonly number[],
): void {
  const writer = new SliceWriter(seed);
  for (let left = slices; left > 0; left--) {
    const sizeBytes = Math.floor((frame.length - at) / left);
    writer.put(frame.subarray(at, at + sizeBytes), sizeBytes, header, startCode);
    at += sizeBytes;
  }
}

/**
 * One access unit in Annex-B framing.
 * @param sizeBytes the whole of it, at least 256
 * @param isKey a key frame carries its parameter sets
 */
export function annexBFrame(sizeBytes: number, isKey: boolean, seed: number): Uint8Array {
  const frame = new Uint8Array(sizeBytes);
  let at = 0;
  for (const unit of isKey ? [ACCESS_UNIT_DELIMITER, SPS, PPS] : [ACCESS_UNIT_DELIMITER]) {
    frame.set(START_CODE, at);
    frame.set(unit, at + START_CODE.length);
    at += START_CODE.length + unit.length;
  }
  putSlices(frame, at, SLICES, isKey ? IDR_SLICE : SLICE, seed);
  return frame;
}

/**
 * One key frame of nothing but slices of about the same size.
 * @param sizeBytes the whole of it, at least 16 for each slice
 */
export function annexBSlices(sizeBytes: number, slices: number, startCodeBytes: 3 | 4): Uint8Array {
  const frame = new Uint8Array(sizeBytes);
  putSlices(frame, 0, slices, IDR_SLICE, 0, START_CODE.slice(-startCodeBytes));
  return frame;
}

/** Where the frames of a group lie: in one buffer that an encoder uses again and again, or each in memory of its own. */
export type FrameSource = 'hot' | 'cold-source';

/** One group of pictures: a key frame and what depends on it. Every frame has the same size, so that a row means one size. */
export function annexBGroup(frames: number, frameBytes: number, source: FrameSource = 'cold-source'): Uint8Array[] {
  const distinct = source === 'hot' ? Math.min(2, frames) : frames;
  const made = Array.from({ length: distinct }, (_, index) => annexBFrame(frameBytes, index === 0, index));
  return Array.from({ length: frames }, (_, index) => made[Math.min(index, distinct - 1)]!);
}

/** Frames that take 1 MB together, and no more than a group of pictures: what rows of every size keep in memory at a time. */
export function framesInReach(frameBytes: number): number {
  return Math.max(1, Math.min(GROUP_FRAMES, Math.floor(MB / frameBytes)));
}

/** How often a run handles these frames, so that reading the clock costs nothing beside it. */
export function roundsInRun(frames: readonly Uint8Array[]): number {
  return Math.max(1, Math.floor(framesInReach(frames[0]!.length) / frames.length));
}
