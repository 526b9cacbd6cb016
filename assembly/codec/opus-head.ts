import { STATUS_INVALID_ARG } from '../status';

/**
 * The identification header of Opus, the codec private data of `A_OPUS`.
 *
 * ```
 * byte  0          8         9          10               12          16            18
 *       OpusHead   version   channels   samples to skip  Hz (input)  output gain   mapping family
 * ```
 * Source: RFC 7845 §5.1.
 */

const MIN_BYTES: u32 = 19;
const MAGIC: u64 = 0x646165487375704f; // OpusHead

/** Opus is decoded at this rate, whatever the rate of what was encoded. */
const DECODED_FREQUENCY_HZ: u32 = 48000;

/**
 * Reads an identification header.
 * @param audio where sampling frequency (Hz) and channels go, two u32; untouched on failure
 * @returns 0, or minus STATUS_INVALID_ARG
 */
export function parseOpusHead(head: usize, sizeBytes: u32, audio: usize): i32 {
  if (sizeBytes < MIN_BYTES || load<u64>(head, 0, 1) != MAGIC || load<u8>(head, 9) == 0) return -STATUS_INVALID_ARG;
  store<u32>(audio, DECODED_FREQUENCY_HZ);
  store<u32>(audio, <u32>load<u8>(head, 9), 4);
  return 0;
}
