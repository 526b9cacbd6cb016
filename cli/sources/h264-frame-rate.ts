/** Frame rate out of a sequence parameter set (ITU-T H.264 §7.3.2.1.1, Annex E.1.1). */

/** Profiles whose SPS carries chroma format and scaling lists (§7.3.2.1.1). */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
/** `aspect_ratio_idc` value that is followed by an explicit ratio. */
const EXTENDED_SAR = 255;

/** Bits past the end read as ones, so that a damaged set runs out of syntax instead of looping. */
class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** True once more was read than there is. */
  get isExhausted(): boolean {
    return this.#at > this.#bytes.length * 8;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++) {
      const byte = this.#bytes[this.#at >> 3] ?? 0xff;
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** ue(v), §9.1; at most 32 leading zeros. */
  unsigned(): number {
    let zeros = 0;
    while (zeros < 32 && !this.flag()) zeros++;
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v), §9.1.1. */
  signed(): number {
    const code = this.unsigned();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}

/** Drops the 03 of every 00 00 03 (§7.4.1). */
function rawBytes(nalUnit: Uint8Array): Uint8Array {
  const raw: number[] = [];
  let zeros = 0;
  for (const byte of nalUnit) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    raw.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Uint8Array.from(raw);
}

function skipScalingLists(reader: BitReader, lists: number): void {
  for (let list = 0; list < lists; list++) {
    if (!reader.flag()) continue;
    let next = 8;
    for (let i = 0, last = 8; i < (list < 6 ? 16 : 64) && next !== 0; i++) {
      next = (last + reader.signed() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}

function skipToVui(reader: BitReader): void {
  const profile = reader.bits(8);
  reader.bits(16); // constraint flags, level
  reader.unsigned(); // seq_parameter_set_id
  if (HIGH_PROFILES.has(profile)) {
    const chromaFormat = reader.unsigned();
    if (chromaFormat === 3) reader.flag();
    reader.unsigned(); // bit depths
    reader.unsigned();
    reader.flag(); // qpprime_y_zero_transform_bypass
    if (reader.flag()) skipScalingLists(reader, chromaFormat === 3 ? 12 : 8);
  }
  reader.unsigned(); // log2_max_frame_num
  const pictureOrderType = reader.unsigned();
  if (pictureOrderType === 0) reader.unsigned();
  if (pictureOrderType === 1) {
    reader.flag();
    reader.signed();
    reader.signed();
    const cycle = Math.min(reader.unsigned(), 255); // §7.4.2.1.1 bounds it
    for (let i = 0; i < cycle; i++) reader.signed();
  }
  reader.unsigned(); // max_num_ref_frames
  reader.flag();
  reader.unsigned(); // width and height in macroblocks
  reader.unsigned();
  if (!reader.flag()) reader.flag(); // frame_mbs_only, mb_adaptive_frame_field
  reader.flag(); // direct_8x8_inference
  if (reader.flag()) for (let i = 0; i < 4; i++) reader.unsigned(); // cropping
}

function skipToTiming(reader: BitReader): void {
  if (reader.flag() && reader.bits(8) === EXTENDED_SAR) reader.bits(32);
  if (reader.flag()) reader.flag(); // overscan
  if (reader.flag()) {
    reader.bits(4); // video_format, full range
    if (reader.flag()) reader.bits(24); // colour description
  }
  if (reader.flag()) {
    reader.unsigned(); // chroma sample location
    reader.unsigned();
  }
}

/**
 * @param sequenceParameterSet NAL unit of type 7, header byte included
 * @returns frames per second, or null where the set states none, states nonsense, or is cut off; a frame lasts two ticks (§E.2.1, `time_scale`)
 */
export function h264FrameRate(sequenceParameterSet: Uint8Array): number | null {
  const reader = new BitReader(rawBytes(sequenceParameterSet.subarray(1)));
  skipToVui(reader);
  if (!reader.flag()) return null; // vui_parameters_present
  skipToTiming(reader);
  if (!reader.flag()) return null; // timing_info_present
  const unitsInTick = reader.bits(32);
  const timeScale = reader.bits(32);
  if (reader.isExhausted) return null;
  const framesPerSecond = timeScale / (2 * unitsInTick);
  return framesPerSecond >= 0.1 && framesPerSecond <= 1000 ? framesPerSecond : null;
}
