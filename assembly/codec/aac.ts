import {
  STATUS_INVALID_ARG,
  STATUS_MKV_INVALID_AAC_CPD,
  STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG,
  STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX,
} from '../status';

/** AudioSpecificConfig. Source: ISO/IEC 14496-3 §1.6.2.1, tables 1.18 and 1.19. */

/** Frequencies by index 0…12 in Hz; the other indices are reserved or escape to an explicit frequency. */
const FREQUENCY_COUNT: u32 = 13;
const FREQUENCIES: usize = memory.data<u32>([
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
]);

/** Channel configurations with a fixed meaning. 7 stands for eight channels, but is passed on as it is: players read the config itself. */
const MAX_CHANNEL_CONFIGURATION: u32 = 7;

/** Object types that the two-byte form describes without further fields: AAC main, LC, SSR, LTP, SBR, scalable. */
const MAX_OBJECT_TYPE: u32 = 6;

/**
 * Reads an AudioSpecificConfig.
 * @param audio where sampling frequency (Hz) and channels go, two u32; untouched on failure
 * @returns 0, or minus a status
 */
export function parseAacConfig(config: usize, sizeBytes: u32, audio: usize): i32 {
  if (sizeBytes < 2) return -STATUS_MKV_INVALID_AAC_CPD;
  const bits = <u32>bswap(load<u16>(config, 0, 1));
  const channels = (bits >> 3) & 15;
  const index = (bits >> 7) & 15;
  if (channels > MAX_CHANNEL_CONFIGURATION) return -STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG;
  if (index >= FREQUENCY_COUNT) return -STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX;
  store<u32>(audio, load<u32>(FREQUENCIES + (index << 2)));
  store<u32>(audio, channels, 4);
  return 0;
}

/**
 * Writes the two-byte AudioSpecificConfig.
 * @param samplingFrequencyHz one of the table's
 * @returns bytes written, or minus STATUS_INVALID_ARG
 */
export function writeAacConfig(config: usize, objectType: u32, samplingFrequencyHz: u32, channels: u32): i32 {
  if (objectType == 0 || objectType > MAX_OBJECT_TYPE || channels == 0 || channels > MAX_CHANNEL_CONFIGURATION) {
    return -STATUS_INVALID_ARG;
  }
  let index: u32 = 0;
  while (index < FREQUENCY_COUNT && load<u32>(FREQUENCIES + (index << 2)) != samplingFrequencyHz) index++;
  if (index == FREQUENCY_COUNT) return -STATUS_INVALID_ARG;
  store<u16>(config, bswap(<u16>((objectType << 11) | (index << 7) | (channels << 3))), 0, 1);
  return 2;
}
