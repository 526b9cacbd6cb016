import { STATUS_MKV_INVALID_BIH_CPD } from '../status';

/** BITMAPINFOHEADER, the codec private data of `V_MS/VFW/FOURCC`: Motion JPEG. Little-endian. Source: Microsoft wingdi.h. */

const MIN_BYTES: u32 = 40;

/**
 * Reads the picture size, cut to 16 bits as PixelWidth and PixelHeight are written.
 * @param size where width and height go, pixels, two u32; untouched on failure
 * @returns 0, or minus STATUS_MKV_INVALID_BIH_CPD
 */
export function parseBitmapInfo(info: usize, sizeBytes: u32, size: usize): i32 {
  if (sizeBytes < MIN_BYTES) return -STATUS_MKV_INVALID_BIH_CPD;
  store<u32>(size, load<u32>(info, 4, 1) & 0xffff);
  store<u32>(size, load<u32>(info, 8, 1) & 0xffff, 4);
  return 0;
}
