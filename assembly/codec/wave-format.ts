import { STATUS_MKV_INVALID_AMS_ACM_CPD } from '../status';

/** WAVEFORMATEX, the codec private data of `A_MS/ACM`: G.711. Little-endian. Source: Microsoft mmreg.h, RFC 2361 (format tags). */

const MIN_BYTES: u32 = 16;
const FORMAT_ALAW: u16 = 6;
const FORMAT_MULAW: u16 = 7;

/**
 * Reads a WAVEFORMATEX of G.711.
 * @param audio where sampling frequency (Hz), channels and bits per sample go, three u32; untouched on failure
 * @returns 0, or minus STATUS_MKV_INVALID_AMS_ACM_CPD
 */
export function parseWaveFormat(format: usize, sizeBytes: u32, audio: usize): i32 {
  if (sizeBytes < MIN_BYTES) return -STATUS_MKV_INVALID_AMS_ACM_CPD;
  const tag = load<u16>(format, 0, 1);
  if (tag != FORMAT_ALAW && tag != FORMAT_MULAW) return -STATUS_MKV_INVALID_AMS_ACM_CPD;
  store<u32>(audio, load<u32>(format, 4, 1));
  store<u32>(audio, <u32>load<u16>(format, 2, 1), 4);
  store<u32>(audio, <u32>load<u16>(format, 14, 1), 8);
  return 0;
}
