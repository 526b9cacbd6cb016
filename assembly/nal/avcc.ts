import { STATUS_MKV_INVALID_AVCC_NALU_IN_FRAME_DATA } from '../status';

/**
 * AVCC → Annex-B in place: each four-byte length becomes the start code 00 00 00 01. All lengths are checked before any is overwritten.
 * @returns 0, or minus STATUS_MKV_INVALID_AVCC_NALU_IN_FRAME_DATA when a length leaves the frame or too few bytes are left for one
 * Source: ISO/IEC 14496-15 §5.3.
 */
export function avccToAnnexB(payload: usize, sizeBytes: u32): i32 {
  if (!isAvcc(payload, sizeBytes)) return -STATUS_MKV_INVALID_AVCC_NALU_IN_FRAME_DATA;
  const end = payload + sizeBytes;
  let at = payload;
  while (at < end) {
    const length = bswap(load<u32>(at, 0, 1));
    store<u32>(at, 0x01000000, 0, 1);
    at += 4 + length;
  }
  return 0;
}

/** True when the bytes are NAL units, each behind a four-byte length, and nothing else. */
export function isAvcc(payload: usize, sizeBytes: u32): bool {
  if (sizeBytes < 4) return false;
  const end = payload + sizeBytes;
  let at = payload;
  while (at < end) {
    if (end - at < 4) return false;
    const length = bswap(load<u32>(at, 0, 1));
    if (length > <u32>(end - at - 4)) return false;
    at += 4 + length;
  }
  return true;
}
