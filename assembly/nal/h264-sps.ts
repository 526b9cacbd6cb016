import {
  STATUS_BIT_READER_OUT_OF_RANGE,
  STATUS_MKV_INVALID_H264_H265_SPS_HEIGHT,
  STATUS_MKV_INVALID_H264_H265_SPS_NALU,
  STATUS_MKV_INVALID_H264_H265_SPS_WIDTH,
} from '../status';
import { bitsOverrun, openBits, readBits, readSigned, readUnsigned } from './bit-reader';
import { MAX_DIMENSION, PictureFormat } from './picture-format';
import { H264_SPS, isH264Nal } from './unit-type';
import { readRate, skipPictureDescription } from './vui';

/** The clock of H.264 counts fields, two to a picture. */
const TICKS_PER_PICTURE: u32 = 2;

/**
 * What a sequence parameter set says about the pictures.
 * @param sps the NAL unit with its header byte
 * @param format where the {@link PictureFormat} goes; untouched on failure
 * @returns 0, or minus a status
 * Source: ITU-T H.264 §7.3.2.1.1, §7.4.2.1.1, §E.1.1.
 */
export function parseH264Sps(sps: usize, sizeBytes: u32, format: usize): i32 {
  if (sizeBytes == 0 || !isH264Nal(load<u8>(sps), H264_SPS)) return -STATUS_MKV_INVALID_H264_H265_SPS_NALU;
  openBits(sps + 1, sizeBytes - 1);
  const profile = readBits(8);
  readBits(8); // constraint flags
  const level = readBits(8);
  readUnsigned(); // seq_parameter_set_id
  const chroma = hasChromaFields(profile) ? readChroma() : 1;
  readUnsigned(); // log2_max_frame_num_minus4
  skipPictureOrderCount();
  readUnsigned(); // max_num_ref_frames
  readBits(1); // gaps_in_frame_num_value_allowed_flag
  const widthInMacroblocks = <i64>readUnsigned() + 1;
  const heightInMapUnits = <i64>readUnsigned() + 1;
  const fieldFactor = <i64>(2 - readBits(1)); // frame_mbs_only_flag
  if (fieldFactor == 2) readBits(1); // mb_adaptive_frame_field_flag
  readBits(1); // direct_8x8_inference_flag
  let cropX: i64 = 0;
  let cropY: i64 = 0;
  if (readBits(1) != 0) {
    cropX = <i64>readUnsigned() + <i64>readUnsigned();
    cropY = <i64>readUnsigned() + <i64>readUnsigned();
  }
  const hasUsability = readBits(1) != 0; // a set that ends in front of this flag is cut off
  if (bitsOverrun()) return -STATUS_BIT_READER_OUT_OF_RANGE;
  const cropUnitX: i64 = chroma == 1 || chroma == 2 ? 2 : 1;
  const cropUnitY: i64 = (chroma == 1 ? 2 : 1) * fieldFactor;
  const width = widthInMacroblocks * 16 - cropUnitX * cropX;
  const height = fieldFactor * heightInMapUnits * 16 - cropUnitY * cropY;
  if (width < 0 || width > MAX_DIMENSION) return -STATUS_MKV_INVALID_H264_H265_SPS_WIDTH;
  if (height < 0 || height > MAX_DIMENSION) return -STATUS_MKV_INVALID_H264_H265_SPS_HEIGHT;
  const picture = changetype<PictureFormat>(format);
  picture.width = <u32>width;
  picture.height = <u32>height;
  picture.profile = profile;
  picture.level = level;
  picture.rateNumerator = 0;
  picture.rateDenominator = 0;
  if (hasUsability) {
    skipPictureDescription();
    readRate(TICKS_PER_PICTURE, format + offsetof<PictureFormat>('rateNumerator'));
  }
  return 0;
}

/** The profiles whose parameter sets tell the chroma format. */
function hasChromaFields(profile: u32): bool {
  switch (profile) {
    case 44:
    case 83:
    case 86:
    case 100:
    case 110:
    case 118:
    case 122:
    case 128:
    case 134:
    case 135:
    case 138:
    case 139:
    case 244:
      return true;
    default:
      return false;
  }
}

/** Chroma format (0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4), with the fields behind it read past. */
function readChroma(): u32 {
  const chroma = readUnsigned();
  const separatePlanes = chroma == 3 ? readBits(1) : 0;
  readUnsigned(); // bit_depth_luma_minus8
  readUnsigned(); // bit_depth_chroma_minus8
  readBits(1); // qpprime_y_zero_transform_bypass_flag
  if (readBits(1) != 0) {
    const lists: u32 = chroma == 3 ? 12 : 8;
    for (let list: u32 = 0; list < lists; list++) {
      if (readBits(1) != 0) skipScalingList(list < 6 ? 16 : 64);
    }
  }
  // Separately coded planes are cropped like monochrome ones.
  return separatePlanes != 0 ? 0 : chroma;
}

function skipScalingList(entries: u32): void {
  let last = 8;
  let next = 8;
  for (let i: u32 = 0; i < entries; i++) {
    if (next != 0) next = (last + readSigned() + 256) & 255;
    if (next != 0) last = next;
  }
}

function skipPictureOrderCount(): void {
  const type = readUnsigned();
  if (type == 0) {
    readUnsigned();
  } else if (type == 1) {
    readBits(1);
    readSigned();
    readSigned();
    const cycle = readUnsigned();
    // A cycle has at most 255 entries; a larger number is a broken set, and the reader has run out long before.
    for (let i: u32 = 0; i < cycle && !bitsOverrun(); i++) readSigned();
  }
}
