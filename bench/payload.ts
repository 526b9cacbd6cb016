/** Bytes that look like a camera's: entropy-coded slices are as good as random, with emulation prevention and a few NAL units a frame. */

/** One second at 30 frames a second: what a camera sends between two key frames. */
export const GROUP_FRAMES = 30;
const KB = 1000;

/** A frame size as rows name it. */
export function frameSizeLabel(frameBytes: number): string {
  return frameBytes < KB * KB ? `${frameBytes / KB}KB` : `${frameBytes / KB / KB}MB`;
}

const START_CODE = [0, 0, 0, 1];
/** High profile, level 3.1, 1280×720. */
const SPS = [
  0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00,
  0x03, 0x03, 0xc0, 0xf1, 0x83, 0x19, 0x60,
];
const PPS = [0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0];
const ACCESS_UNIT_DELIMITER = [0x09, 0xf0];
/** Cameras send a picture in a few slices, so that decoders and packets can work on them side by side. */
const SLICES = 4;
const IDR_SLICE = 0x65;
const SLICE = 0x41;

/** Marsaglia's xorshift32: the same bytes on every machine. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  nextByte(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state & 0xff;
  }
}

/** Appends one slice with the emulation prevention of ISO/IEC 14496-10 §7.4.1: no 00 00 0x with x ≤ 3 within. */
function putSlice(into: Uint8Array, at: number, sizeBytes: number, header: number, random: Random): number {
  const end = at + sizeBytes;
  into.set(START_CODE, at);
  at += START_CODE.length;
  into[at++] = header;
  let zeros = 0;
  while (at < end) {
    let byte = random.nextByte();
    if (zeros >= 2 && byte <= 3) {
      into[at++] = 3;
      zeros = 0;
      if (at === end) break;
    }
    // The last byte carries the stop bit, so it is never zero.
    if (at === end - 1 && byte === 0) byte = 0x80;
    into[at++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return end;
}

/**
 * One access unit in Annex-B framing.
 * @param sizeBytes the whole of it, at least 256
 * @param isKey a key frame carries its parameter sets
 */
export function annexBFrame(sizeBytes: number, isKey: boolean, seed: number): Uint8Array {
  const frame = new Uint8Array(sizeBytes);
  const random = new Random(seed);
  let at = 0;
  for (const unit of isKey ? [ACCESS_UNIT_DELIMITER, SPS, PPS] : [ACCESS_UNIT_DELIMITER]) {
    frame.set(START_CODE, at);
    frame.set(unit, at + START_CODE.length);
    at += START_CODE.length + unit.length;
  }
  for (let left = SLICES; left > 0; left--) {
    at = putSlice(frame, at, Math.floor((sizeBytes - at) / left), isKey ? IDR_SLICE : SLICE, random);
  }
  return frame;
}

/** One group of pictures: a key frame and what depends on it. Every frame has the same size, so that a row means one size. */
export function annexBGroup(frames: number, frameBytes: number): Uint8Array[] {
  return Array.from({ length: frames }, (_, index) => annexBFrame(frameBytes, index === 0, 0x9e37_79b9 + index));
}
