import { bitsOverrun, openPlainBits, readBits } from '../nal/bit-reader';
import {
  STATUS_INVALID_ARG,
  STATUS_MKV_INVALID_AAC_CPD,
  STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG,
  STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX,
} from '../status';

/** AudioSpecificConfig. Source: ISO/IEC 14496-3 §1.6.2.1, tables 1.15, 1.18 and 1.19. */

/** Frequencies by index 0…12 in Hz; the other indices are reserved or escape to an explicit frequency. */
const FREQUENCY_COUNT: u32 = 13;
const FREQUENCIES: usize = memory.data<u32>([
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
]);

/** The index that is followed by the frequency itself, 24 bits of Hz. */
const EXPLICIT_FREQUENCY: u32 = 15;

/** Channel configurations with a fixed meaning: 1…6 are as many channels; 0 leaves them to a program config element. */
const MAX_CHANNEL_CONFIGURATION: u32 = 7;
const EIGHT_CHANNELS: u32 = 7;

/** The object type that is followed by six bits, to which 32 are added. */
const ESCAPED_TYPE: u32 = 31;

/** Object types of SBR and of parametric stereo, behind which the extension's frequency and the core's own type follow. */
const TYPE_SBR: u32 = 5;
const TYPE_PS: u32 = 29;

/** Object types that the two-byte form describes without further fields: AAC main, LC, SSR, LTP, SBR, scalable. */
const MAX_OBJECT_TYPE: u32 = 6;

function readObjectType(): u32 {
  const type = readBits(5);
  return type == ESCAPED_TYPE ? 32 + readBits(6) : type;
}

/** Hz; 0 for a reserved index. */
function readFrequency(): u32 {
  const index = readBits(4);
  if (index == EXPLICIT_FREQUENCY) return readBits(24);
  return index < FREQUENCY_COUNT ? load<u32>(FREQUENCIES + (index << 2)) : 0;
}

/**
 * Reads an AudioSpecificConfig. The frequency is that of the core coder, which is what SamplingFrequency wants, with SBR too.
 * @param audio where sampling frequency (Hz) and channel configuration (0…7) go, two u32; untouched on failure
 * @returns 0, or minus a status; of a config that ends too early the one that the KVS producer finds in its first two bytes
 */
export function parseAacConfig(config: usize, sizeBytes: u32, audio: usize): i32 {
  if (sizeBytes < 2) return -STATUS_MKV_INVALID_AAC_CPD;
  openPlainBits(config, sizeBytes);
  readObjectType();
  const frequency = readFrequency();
  const configuration = readBits(4);
  const told = bitsOverrun() ? ((<u32>load<u8>(config, 1)) >> 3) & 15 : configuration;
  if (told > MAX_CHANNEL_CONFIGURATION) return -STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG;
  if (frequency == 0 || bitsOverrun()) return -STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX;
  store<u32>(audio, frequency);
  store<u32>(audio, configuration, 4);
  return 0;
}

/**
 * Channels of an AudioSpecificConfig that {@link parseAacConfig} has read.
 * @returns 1…64, or 0 when the config does not tell
 */
export function aacChannels(config: usize, sizeBytes: u32, configuration: u32): u32 {
  if (configuration != 0) return configuration == EIGHT_CHANNELS ? 8 : configuration;
  openPlainBits(config, sizeBytes);
  let type = readObjectType();
  readFrequency();
  readBits(4); // channelConfiguration
  if (type == TYPE_SBR || type == TYPE_PS) {
    readFrequency();
    type = readObjectType();
  }
  if (!hasGeneralConfig(type)) return 0;
  readBits(1); // frameLengthFlag
  if (readBits(1) != 0) readBits(14); // coreCoderDelay
  readBits(1); // extensionFlag
  const channels = readProgramChannels();
  return bitsOverrun() ? 0 : channels;
}

/** The object types whose config goes on with a GASpecificConfig. Source: ISO/IEC 14496-3 table 1.15. */
function hasGeneralConfig(type: u32): bool {
  return (type >= 1 && type <= 7 && type != TYPE_SBR) || type == 17 || (type >= 19 && type <= 23);
}

/** Reads a program config element as far as its channels. Source: ISO/IEC 14496-3 §4.4.1.1, table 4.2. */
function readProgramChannels(): u32 {
  readBits(10); // element_instance_tag, object_type, sampling_frequency_index
  const elements = readBits(4) + readBits(4) + readBits(4); // front, side, back
  let channels = readBits(2); // low frequency effects
  readBits(7); // associated data, coupling channels
  if (readBits(1) != 0) readBits(4); // mono mixdown
  if (readBits(1) != 0) readBits(4); // stereo mixdown
  if (readBits(1) != 0) readBits(3); // matrix mixdown
  for (let i: u32 = 0; i < elements; i++) {
    channels += 1 + readBits(1); // is_cpe
    readBits(4); // tag_select
  }
  return channels;
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
