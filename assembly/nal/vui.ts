import { bitsOverrun, readBits, readUnsigned } from './bit-reader';

/** Video usability information, as far as the timing: what H.264 and H.265 have in common. Source: ITU-T H.264 §E.1.1, H.265 §E.2.1. */

/** The `aspect_ratio_idc` that is followed by a ratio of its own. */
const EXTENDED_SAR: u32 = 255;

/** Reads past aspect ratio, overscan, video signal type and chroma location. */
export function skipPictureDescription(): void {
  if (readBits(1) != 0 && readBits(8) == EXTENDED_SAR) readBits(32); // sar_width, sar_height
  if (readBits(1) != 0) readBits(1); // overscan_appropriate_flag
  if (readBits(1) != 0) {
    readBits(4); // video_format, video_full_range_flag
    if (readBits(1) != 0) readBits(24); // primaries, transfer, matrix
  }
  if (readBits(1) != 0) {
    readUnsigned(); // chroma_sample_loc_type_top_field
    readUnsigned(); // chroma_sample_loc_type_bottom_field
  }
}

/**
 * Reads the timing, if there is any, as the rate of pictures.
 * @param ticksPerPicture 2 for H.264, whose clock counts fields; 1 for H.265
 * @param rate where numerator and denominator go, two u32; both 0 when there is no timing
 */
export function readRate(ticksPerPicture: u32, rate: usize): void {
  const present = readBits(1) != 0;
  const unitsInTick = present ? readBits(32) : 0;
  const timeScale = present ? readBits(32) : 0;
  const known = unitsInTick != 0 && timeScale != 0 && unitsInTick <= u32.MAX_VALUE / ticksPerPicture && !bitsOverrun();
  store<u32>(rate, known ? timeScale : 0);
  store<u32>(rate, known ? unitsInTick * ticksPerPicture : 0, 4);
}
