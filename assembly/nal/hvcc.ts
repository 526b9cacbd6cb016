import {
  STATUS_MKV_HEVC_SPS_NALU_MISSING,
  STATUS_MKV_INVALID_HEVC_FORMAT,
  STATUS_MKV_INVALID_HEVC_NALU_COUNT,
  STATUS_MKV_INVALID_HEVC_SPS_NALU_SIZE,
} from '../status';
import { H265_SPS } from './unit-type';

/** Reads HEVCDecoderConfigurationRecords; `h265-cpd.ts` draws and writes them. Source: ISO/IEC 14496-15 §8.3.3.1. */

const HEAD_BYTES: u32 = 23;
const ARRAY_HEAD_BYTES: u32 = 3;
const LENGTH_BYTES: u32 = 2;

/** True for a record: version 1, all its reserved bits set. */
export function isHevcConfiguration(cpd: usize, sizeBytes: u32): bool {
  if (sizeBytes < HEAD_BYTES) return false;
  return (
    load<u8>(cpd) == 1 &&
    (load<u8>(cpd, 13) & 0xf0) == 0xf0 &&
    (load<u8>(cpd, 15) & 0xfc) == 0xfc &&
    (load<u8>(cpd, 16) & 0xfc) == 0xfc &&
    (load<u8>(cpd, 17) & 0xf8) == 0xf8 &&
    (load<u8>(cpd, 18) & 0xf8) == 0xf8
  );
}

/**
 * Walks all arrays of a record; bytes behind the last one are let pass.
 * @returns offset of the first sequence parameter set, or minus a status when there is none or a length leaves the record
 */
export function hvccSps(cpd: usize, sizeBytes: u32): i32 {
  return arraysSps(cpd, sizeBytes, HEAD_BYTES, load<u8>(cpd, 22));
}

/** The same for arrays without the record's head, as many as there are: what the KVS producer takes everything unknown for. */
export function bareArraysSps(cpd: usize, sizeBytes: u32): i32 {
  return arraysSps(cpd, sizeBytes, 0, u32.MAX_VALUE);
}

function arraysSps(cpd: usize, sizeBytes: u32, from: u32, mostArrays: u32): i32 {
  let at = from;
  let sps: u32 = 0;
  for (let array: u32 = 0; array < mostArrays; array++) {
    if (sizeBytes - at < ARRAY_HEAD_BYTES) {
      if (mostArrays == u32.MAX_VALUE) break;
      return -STATUS_MKV_INVALID_HEVC_FORMAT;
    }
    const isSps = (load<u8>(cpd + at) & 0x3f) == H265_SPS;
    const count = <u32>bswap(load<u16>(cpd + at, 1, 1));
    if (isSps && count == 0) return -STATUS_MKV_INVALID_HEVC_NALU_COUNT;
    at += ARRAY_HEAD_BYTES;
    for (let i: u32 = 0; i < count; i++) {
      if (sizeBytes - at < LENGTH_BYTES) return -STATUS_MKV_INVALID_HEVC_FORMAT;
      const bytes = <u32>bswap(load<u16>(cpd + at, 0, 1));
      at += LENGTH_BYTES;
      if (bytes > sizeBytes - at)
        return isSps ? -STATUS_MKV_INVALID_HEVC_SPS_NALU_SIZE : -STATUS_MKV_INVALID_HEVC_FORMAT;
      if (isSps && sps == 0) sps = at;
      at += bytes;
    }
  }
  return sps != 0 ? <i32>sps : -STATUS_MKV_HEVC_SPS_NALU_MISSING;
}
