/**
 * How the host hands over a stream's settings: one block of little-endian u32 words in scratch memory, strings and byte arrays behind it.
 * A string is two words: its offset from the block's beginning, and its length in bytes.
 *
 * ```
 * word  0    1         2           3…4               5…6           7…8    9…10         11           12
 *       nal  settings  scaleTicks  fragmentTicks     contentType   title  application  segmentUuid  trackCount
 *                                  (lo, hi)          (string)      (string) (string)   (offset)
 * then for each track, 15 words:
 *       0…1  2     3…4      5…6   7…8               9      10      11                   12        13        14
 *       id   type  codecId  name  codecPrivateData  width  height  samplingFrequencyHz  channels  bitDepth  number
 * ```
 */
export const SETTINGS_WORDS: u32 = 13;
export const TRACK_WORDS: u32 = 15;

/** A word of the block. */
export function word(block: usize, index: u32): u32 {
  return load<u32>(block + (index << 2), 0, 1);
}
