/** What a NAL unit is, by the first byte of its header. */

export const H264_SPS: u8 = 7;
export const H264_PPS: u8 = 8;
/** Coded slices: nal_unit_type 1…5. Source: ITU-T H.264 table 7-1. */
const H264_FIRST_SLICE: u8 = 1;
const H264_LAST_SLICE: u8 = 5;

export const H265_VPS: u8 = 32;
export const H265_SPS: u8 = 33;
export const H265_PPS: u8 = 34;
/** Everything below is a slice segment of some kind. Source: ITU-T H.265 table 7-1. */
const H265_FIRST_NON_VCL: u8 = 32;

/** True for a first NAL byte of H.264 that says: not forbidden, a reference, this type. */
export function isH264Nal(header: u8, type: u8): bool {
  return (header & 0x80) == 0 && (header & 0x60) != 0 && (header & 0x1f) == type;
}

/** True for a coded slice of H.264. */
export function isH264Slice(header: u8): bool {
  const type = header & 0x1f;
  return type >= H264_FIRST_SLICE && type <= H264_LAST_SLICE;
}

/** The `nal_unit_type` of H.265; not a defined one when the forbidden bit is set. */
export function h265UnitType(header: u8): u8 {
  return header >> 1;
}

/** True for a slice segment of H.265. */
export function isH265Slice(header: u8): bool {
  return h265UnitType(header) < H265_FIRST_NON_VCL;
}
