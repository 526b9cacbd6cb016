import {
  STATUS_BUFFER_TOO_SMALL,
  STATUS_MKV_INVALID_ANNEXB_CPD_NALUS,
  STATUS_MKV_INVALID_ANNEXB_NALU_IN_CPD,
  STATUS_MKV_INVALID_H264_H265_CPD,
  STATUS_MKV_MIN_ANNEX_B_CPD_SIZE,
  STATUS_MKV_MISSING_PPS_FROM_H264_CPD,
  STATUS_MKV_MISSING_SPS_FROM_H264_CPD,
} from '../status';
import { checkAnnexB } from './annexb';
import { nextNal, nalEnd, startsWithCode } from './annexb-walk';
import { parseH264Sps } from './h264-sps';
import { H264_PPS, H264_SPS, isH264Nal } from './unit-type';

/** The smallest Annex-B codec private data: two start codes and parameter sets of a few bytes. */
const MIN_ANNEXB_CPD_BYTES: u32 = 11;

/** The smallest codec private data of any form. */
const MIN_CPD_BYTES: u32 = 8;

/** avcC: six bytes and a length in front of the SPS, a count and a length in front of the PPS. */
const AVCC_OVERHEAD_BYTES: u32 = 11;

/** First NAL unit of this type in Annex-B data; 0 when there is none. */
function findNal(from: usize, end: usize, type: u8): usize {
  for (let nal = nextNal(from, end); nal != 0; nal = nextNal(nal, end)) {
    if (nal < end && isH264Nal(load<u8>(nal), type)) return nal;
  }
  return 0;
}

/**
 * Annex-B parameter sets → AVCDecoderConfigurationRecord with the first SPS and the first PPS.
 *
 * ```
 * byte  0  1  2  3  4  5  6        8     …  +1 +2      +3
 *       01 pp cc ll FF E1 | length | SPS … | 01 | length | PPS …      pp cc ll: bytes 1…3 of the SPS
 * ```
 * The four bytes that ISO/IEC 14496-15 §5.3.3.1.2 adds for the high profiles are left out, as the KVS producer leaves them out:
 * decoders take 4:2:0 8-bit without them.
 * @param room bytes available at `destination`
 * @returns bytes written, or minus a status
 */
export function h264AnnexBToAvcc(destination: usize, room: u32, cpd: usize, sizeBytes: u32): i32 {
  if (sizeBytes < MIN_ANNEXB_CPD_BYTES) return -STATUS_MKV_MIN_ANNEX_B_CPD_SIZE;
  const checked = checkAnnexB(cpd, sizeBytes);
  if (checked < 0) return checked;
  const end = cpd + sizeBytes;
  const sps = findNal(cpd, end, H264_SPS);
  if (sps == 0) return -STATUS_MKV_MISSING_SPS_FROM_H264_CPD;
  const pps = findNal(cpd, end, H264_PPS);
  if (pps == 0) return -STATUS_MKV_MISSING_PPS_FROM_H264_CPD;
  const spsBytes = <u32>(nalEnd(sps, end) - sps);
  const ppsBytes = <u32>(nalEnd(pps, end) - pps);
  if (spsBytes < 4 || spsBytes > 0xffff || ppsBytes > 0xffff) return -STATUS_MKV_INVALID_ANNEXB_NALU_IN_CPD;
  if (AVCC_OVERHEAD_BYTES + spsBytes + ppsBytes > room) return -STATUS_BUFFER_TOO_SMALL;
  store<u8>(destination, 1);
  store<u8>(destination, load<u8>(sps, 1), 1);
  store<u8>(destination, load<u8>(sps, 2), 2);
  store<u8>(destination, load<u8>(sps, 3), 3);
  store<u8>(destination, 0xff, 4);
  store<u8>(destination, 0xe1, 5);
  store<u16>(destination, bswap(<u16>spsBytes), 6, 1);
  memory.copy(destination + 8, sps, spsBytes);
  const behind = destination + 8 + spsBytes;
  store<u8>(behind, 1);
  store<u16>(behind, bswap(<u16>ppsBytes), 1, 1);
  memory.copy(behind + 3, pps, ppsBytes);
  return <i32>(AVCC_OVERHEAD_BYTES + spsBytes + ppsBytes);
}

/**
 * Walks the parameter sets of a configuration record; bytes behind the last one (the fields of the high profiles) are let pass.
 * @returns 0, or minus STATUS_MKV_INVALID_H264_H265_CPD when a length leaves the record
 */
export function checkAvcConfiguration(cpd: usize, sizeBytes: u32): i32 {
  let at: u32 = 6;
  let left = (<u32>load<u8>(cpd, 5)) & 0x1f;
  for (let kind = 0; kind < 2; kind++) {
    for (; left != 0; left--) {
      if (sizeBytes - at < 2) return -STATUS_MKV_INVALID_H264_H265_CPD;
      const bytes = <u32>bswap(load<u16>(cpd + at, 0, 1));
      at += 2;
      if (bytes > sizeBytes - at) return -STATUS_MKV_INVALID_H264_H265_CPD;
      at += bytes;
    }
    if (kind == 1) break;
    if (at == sizeBytes) return -STATUS_MKV_INVALID_H264_H265_CPD;
    left = load<u8>(cpd + at);
    at++;
  }
  return 0;
}

/** True for an AVCDecoderConfigurationRecord: version 1, its reserved bits set, at least one SPS. */
export function isAvcConfiguration(cpd: usize, sizeBytes: u32): bool {
  if (sizeBytes < MIN_CPD_BYTES) return false;
  return (
    load<u8>(cpd) == 1 &&
    (load<u8>(cpd, 4) & 0xfc) == 0xfc &&
    (load<u8>(cpd, 5) & 0xe0) == 0xe0 &&
    (load<u8>(cpd, 5) & 0x1f) != 0
  );
}

/**
 * What codec private data says about the pictures: Annex-B, a configuration record, or a bare SPS.
 * @param format where the `PictureFormat` goes; untouched on failure
 * @returns 0, or minus a status
 */
export function h264CpdFormat(cpd: usize, sizeBytes: u32, format: usize): i32 {
  if (sizeBytes < MIN_CPD_BYTES) return -STATUS_MKV_INVALID_H264_H265_CPD;
  const end = cpd + sizeBytes;
  if (startsWithCode(cpd, end)) {
    const checked = checkAnnexB(cpd, sizeBytes);
    if (checked < 0) return checked;
    const sps = findNal(cpd, end, H264_SPS);
    if (sps == 0) return -STATUS_MKV_INVALID_ANNEXB_CPD_NALUS;
    return parseH264Sps(sps, <u32>(nalEnd(sps, end) - sps), format);
  }
  if (isAvcConfiguration(cpd, sizeBytes)) {
    const spsBytes = <u32>bswap(load<u16>(cpd, 6, 1));
    if (spsBytes > sizeBytes - MIN_CPD_BYTES) return -STATUS_MKV_INVALID_H264_H265_CPD;
    return parseH264Sps(cpd + 8, spsBytes, format);
  }
  return parseH264Sps(cpd, sizeBytes, format);
}
