import {
  STATUS_BIT_READER_OUT_OF_RANGE,
  STATUS_MKV_INVALID_H264_H265_SPS_HEIGHT,
  STATUS_MKV_INVALID_H264_H265_SPS_NALU,
  STATUS_MKV_INVALID_H264_H265_SPS_WIDTH,
  STATUS_MKV_INVALID_HEVC_SPS_CHROMA_FORMAT_IDC,
  STATUS_MKV_INVALID_HEVC_SPS_RESERVED,
} from '../status';
import { bitsOverrun, openBits, readBits, readUnsigned } from './bit-reader';
import { readH265Rate } from './h265-vui';
import { MAX_DIMENSION, PictureFormat } from './picture-format';
import { h265UnitType, H265_SPS } from './unit-type';

/**
 * What a sequence parameter set of H.265 says, as far as the core needs it. There is one, at a fixed address: parameter sets are parsed
 * one at a time.
 *
 * ```
 * byte  0 … 23         24                  36             40          44            48          52
 *       | PictureFormat | profileTierLevel  | chromaFormat | lumaDepth | chromaDepth | subLayers | nested |
 * ```
 */
@unmanaged
export class H265Sequence extends PictureFormat {
  /** `general_profile_space` … `general_level_idc`: twelve bytes, as three big-endian words. */
  profileTierLevel0: u32;
  profileTierLevel1: u32;
  profileTierLevel2: u32;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  chromaFormat: u32;
  /** Bits a sample, less 8. */
  lumaDepth: u32;
  chromaDepth: u32;
  /** Temporal sub-layers, 1…7. */
  subLayers: u32;
  /** `sps_temporal_id_nesting_flag`. */
  nested: u32;
}

const ADDRESS: usize = memory.data(64, 16);

/** Two bytes: type, layer and temporal id. */
const NAL_HEADER_BYTES: u32 = 2;

/** `sps_max_sub_layers_minus1` of 7 is reserved. */
const MAX_SUB_LAYERS: u32 = 7;

/** What {@link parseH265Sps} read last. */
export function h265Sequence(): H265Sequence {
  return changetype<H265Sequence>(ADDRESS);
}

/**
 * Reads a sequence parameter set into {@link h265Sequence}.
 * @param sps the NAL unit with its two header bytes
 * @returns 0, or minus a status; the sequence is then undefined
 * Source: ITU-T H.265 §7.3.2.2.1, §7.4.3.2.1.
 */
export function parseH265Sps(sps: usize, sizeBytes: u32): i32 {
  if (sizeBytes < NAL_HEADER_BYTES || h265UnitType(load<u8>(sps)) != H265_SPS)
    return -STATUS_MKV_INVALID_H264_H265_SPS_NALU;
  const sequence = h265Sequence();
  openBits(sps + NAL_HEADER_BYTES, sizeBytes - NAL_HEADER_BYTES);
  readBits(4); // sps_video_parameter_set_id
  sequence.subLayers = readBits(3) + 1;
  sequence.nested = readBits(1);
  if (sequence.subLayers > MAX_SUB_LAYERS) return -STATUS_MKV_INVALID_H264_H265_SPS_NALU;
  const reservedAreZero = readProfileTierLevel(sequence);
  readUnsigned(); // sps_seq_parameter_set_id
  const chroma = readUnsigned();
  if (chroma == 3) readBits(1); // separate_colour_plane_flag
  const widthInSamples = <i64>readUnsigned();
  const heightInSamples = <i64>readUnsigned();
  let cropX: i64 = 0;
  let cropY: i64 = 0;
  if (readBits(1) != 0) {
    cropX = <i64>readUnsigned() + <i64>readUnsigned();
    cropY = <i64>readUnsigned() + <i64>readUnsigned();
  }
  sequence.lumaDepth = readUnsigned();
  sequence.chromaDepth = readUnsigned();
  if (bitsOverrun()) return -STATUS_BIT_READER_OUT_OF_RANGE;
  if (!reservedAreZero) return -STATUS_MKV_INVALID_HEVC_SPS_RESERVED;
  if (chroma > 3) return -STATUS_MKV_INVALID_HEVC_SPS_CHROMA_FORMAT_IDC;
  sequence.chromaFormat = chroma;
  const width = widthInSamples - (chroma == 1 || chroma == 2 ? 2 : 1) * cropX;
  const height = heightInSamples - (chroma == 1 ? 2 : 1) * cropY;
  if (width < 0 || width > MAX_DIMENSION) return -STATUS_MKV_INVALID_H264_H265_SPS_WIDTH;
  if (height < 0 || height > MAX_DIMENSION) return -STATUS_MKV_INVALID_H264_H265_SPS_HEIGHT;
  sequence.width = <u32>width;
  sequence.height = <u32>height;
  // A set that is cut off behind this point still tells all that a player needs.
  readH265Rate(sequence.subLayers, ADDRESS + offsetof<PictureFormat>('rateNumerator'));
  return 0;
}

/**
 * The general part is kept as it stands; what follows for the single sub-layers is read past. False when a sub-layer has bits set that are
 * reserved. Source: ITU-T H.265 §7.3.3.
 */
function readProfileTierLevel(sequence: H265Sequence): bool {
  sequence.profileTierLevel0 = readBits(32);
  sequence.profileTierLevel1 = readBits(32);
  sequence.profileTierLevel2 = readBits(32);
  sequence.profile = (sequence.profileTierLevel0 >> 24) & 31;
  sequence.level = sequence.profileTierLevel2 & 0xff;
  const others = sequence.subLayers - 1;
  if (others == 0) return true;
  // Two flags for each of eight possible sub-layers but one: unused ones are reserved bits.
  const flags = readBits(16);
  let reservedAreZero: bool = true;
  for (let layer: u32 = 0; layer < others; layer++) {
    const own = flags >> (14 - 2 * layer);
    if ((own & 2) != 0 && !readSubLayerProfile()) reservedAreZero = false;
    if ((own & 1) != 0) readBits(8);
  }
  return reservedAreZero;
}

/** Profiles from 4 on, and sets compatible with them, give a meaning to bits that the first three have to leave at 0. */
const FIRST_EXTENDED_PROFILE: u32 = 4;
const EXTENDED_COMPATIBILITY: u32 = 0x0fffffff;

/** Of those 44 bits in two words, the ones that the first profiles may set: one picture only, and layers coded independently. */
const ONE_PICTURE_ONLY: u32 = 1 << 24;
const INDEPENDENT_LAYER: u32 = 1;

/** Reads the 88 bits of a sub-layer's profile; false when reserved ones are set. Source: ITU-T H.265 §7.3.3, §7.4.4. */
function readSubLayerProfile(): bool {
  const profile = readBits(8) & 31;
  const compatibility = readBits(32);
  readBits(4); // progressive, interlaced, non-packed, frame-only source
  const first = readBits(32);
  const last = readBits(12);
  if (profile >= FIRST_EXTENDED_PROFILE || (compatibility & EXTENDED_COMPATIBILITY) != 0) return true;
  return (first & ~ONE_PICTURE_ONLY) == 0 && (last & ~INDEPENDENT_LAYER) == 0;
}
