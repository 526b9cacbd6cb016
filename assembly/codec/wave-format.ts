import { STATUS_INVALID_ARG, STATUS_MKV_INVALID_AMS_ACM_CPD } from '../status';

/**
 * WAVEFORMATEX, the codec private data of `A_MS/ACM`: G.711. Little-endian.
 *
 * ```
 * byte  0    2          4       8             12           14              16
 *       tag  channels   Hz (4)  bytes/s (4)   block bytes  bits a sample   bytes that follow
 * ```
 * Source: Microsoft mmreg.h, RFC 2361 (format tags).
 */

const MIN_BYTES: u32 = 16;
const WRITTEN_BYTES: i32 = 18;
const FORMAT_ALAW: u32 = 6;
const FORMAT_MULAW: u32 = 7;

/** G.711 codes each sample in one byte. */
const BITS_PER_SAMPLE: u16 = 8;

/** What the KVS producer takes. */
const MIN_FREQUENCY_HZ: u32 = 8000;
const MAX_FREQUENCY_HZ: u32 = 192000;
const MAX_CHANNELS: u32 = 2;

/**
 * Reads a WAVEFORMATEX of G.711.
 * @param audio where sampling frequency (Hz), channels and bits per sample go, three u32; untouched on failure
 * @returns 0, or minus STATUS_MKV_INVALID_AMS_ACM_CPD
 */
export function parseWaveFormat(format: usize, sizeBytes: u32, audio: usize): i32 {
  if (sizeBytes < MIN_BYTES) return -STATUS_MKV_INVALID_AMS_ACM_CPD;
  const tag = <u32>load<u16>(format, 0, 1);
  if (tag != FORMAT_ALAW && tag != FORMAT_MULAW) return -STATUS_MKV_INVALID_AMS_ACM_CPD;
  store<u32>(audio, load<u32>(format, 4, 1));
  store<u32>(audio, <u32>load<u16>(format, 2, 1), 4);
  store<u32>(audio, <u32>load<u16>(format, 14, 1), 8);
  return 0;
}

/**
 * Writes a WAVEFORMATEX of G.711.
 * @param tag 6 A-law, 7 µ-law
 * @param samplingFrequencyHz 8000…192000
 * @param channels 1 or 2
 * @returns bytes written, or minus STATUS_INVALID_ARG
 */
export function writeWaveFormat(format: usize, tag: u32, samplingFrequencyHz: u32, channels: u32): i32 {
  if (tag != FORMAT_ALAW && tag != FORMAT_MULAW) return -STATUS_INVALID_ARG;
  if (samplingFrequencyHz < MIN_FREQUENCY_HZ || samplingFrequencyHz > MAX_FREQUENCY_HZ) return -STATUS_INVALID_ARG;
  if (channels == 0 || channels > MAX_CHANNELS) return -STATUS_INVALID_ARG;
  store<u16>(format, <u16>tag, 0, 1);
  store<u16>(format, <u16>channels, 2, 1);
  store<u32>(format, samplingFrequencyHz, 4, 1);
  store<u32>(format, samplingFrequencyHz * channels, 8, 1);
  store<u16>(format, <u16>channels, 12, 1);
  store<u16>(format, BITS_PER_SAMPLE, 14, 1);
  store<u16>(format, 0, 16, 1);
  return WRITTEN_BYTES;
}
