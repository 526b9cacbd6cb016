import {
  STATUS_BUFFER_TOO_SMALL,
  STATUS_MKV_ANNEXB_CPD_MISSING_NALUS,
  STATUS_MKV_HEVC_SPS_NALU_MISSING,
  STATUS_MKV_INVALID_ANNEXB_CPD_NALUS,
  STATUS_MKV_INVALID_ANNEXB_NALU_IN_CPD,
  STATUS_MKV_INVALID_H264_H265_CPD,
  STATUS_MKV_MIN_ANNEX_B_CPD_SIZE,
} from '../status';
import { checkAnnexB } from './annexb';
import { nalEnd, nextNal, startsWithCode } from './annexb-walk';
import { h265Sequence, parseH265Sps } from './h265-sps';
import { bareArraysSps, hvccSps, isHevcConfiguration } from './hvcc';
import { PictureFormat } from './picture-format';
import { H265_PPS, H265_SPS, H265_VPS, h265UnitType } from './unit-type';

/** The smallest Annex-B codec private data: two start codes and parameter sets of a few bytes. */
const MIN_ANNEXB_CPD_BYTES: u32 = 15;

/** A sequence parameter set alone cannot be decoded with. */
const MIN_NALS: u32 = 2;

/** The smallest codec private data of any form. */
const MIN_CPD_BYTES: u32 = 8;

const HEAD_BYTES: u32 = 23;
/** An array: its type, and the number of its NAL units. */
const ARRAY_HEAD_BYTES: u32 = 3;
const LENGTH_BYTES: u32 = 2;
const MAX_NAL_BYTES: u32 = 0xffff;

/**
 * Annex-B parameter sets → HEVCDecoderConfigurationRecord with all of them, equal types together.
 *
 * ```
 * byte  0   1                    13    15  16      17      18        19    21                    22       23
 *       01  profile, tier, level F000  FC  chroma  luma    chroma    0000  sub-layers, nesting,  arrays | array …
 *           (of the SPS)                           depth   depth           length size (4)
 * array: | type | count (2) | then for each: length (2) | NAL unit |
 * ```
 * Segmentation, parallelism and average rate are left at their "not known". The type of an array is that of its NAL units, which the
 * KVS producer takes from their position, and it reads the SPS from two bytes too early.
 * @param room bytes available at `destination`
 * @returns bytes written, or minus a status
 * Source: ISO/IEC 14496-15 §8.3.3.1.
 */
export function h265AnnexBToHvcc(destination: usize, room: u32, cpd: usize, sizeBytes: u32): i32 {
  if (sizeBytes < MIN_ANNEXB_CPD_BYTES) return -STATUS_MKV_MIN_ANNEX_B_CPD_SIZE;
  const checked = checkAnnexB(cpd, sizeBytes);
  if (checked < 0) return checked;
  const end = cpd + sizeBytes;
  if (!startsWithCode(cpd, end)) return -STATUS_MKV_INVALID_ANNEXB_CPD_NALUS;
  if (countNals(cpd, end) < MIN_NALS) return -STATUS_MKV_ANNEXB_CPD_MISSING_NALUS;
  const sps = findSps(cpd, end);
  if (sps == 0) return -STATUS_MKV_HEVC_SPS_NALU_MISSING;
  const parsed = parseH265Sps(sps, <u32>(nalEnd(sps, end) - sps));
  if (parsed < 0) return parsed;
  if (HEAD_BYTES > room) return -STATUS_BUFFER_TOO_SMALL;
  putHead(destination);
  const limit = destination + room;
  let out = destination + HEAD_BYTES;
  for (let type = H265_VPS; type <= H265_PPS; type++) {
    const after = putArray(out, limit, type, cpd, end);
    if (after == 0) return -STATUS_BUFFER_TOO_SMALL;
    if (after == UNIT_TOO_LONG) return -STATUS_MKV_INVALID_ANNEXB_NALU_IN_CPD;
    if (after != out) store<u8>(destination, load<u8>(destination, 22) + 1, 22);
    out = after;
  }
  return <i32>(out - destination);
}

function countNals(cpd: usize, end: usize): u32 {
  let count: u32 = 0;
  for (let nal = nextNal(cpd, end); nal != 0; nal = nextNal(nal, end)) count++;
  return count;
}

/** The first sequence parameter set in Annex-B data, 0 when there is none. */
function findSps(cpd: usize, end: usize): usize {
  for (let nal = nextNal(cpd, end); nal != 0; nal = nextNal(nal, end)) {
    if (nal < end && h265UnitType(load<u8>(nal)) == H265_SPS) return nal;
  }
  return 0;
}

/** Writes the head, from the sequence parameter set parsed last; without arrays yet. */
function putHead(at: usize): void {
  const sequence = h265Sequence();
  store<u8>(at, 1);
  store<u32>(at, bswap(sequence.profileTierLevel0), 1, 1);
  store<u32>(at, bswap(sequence.profileTierLevel1), 5, 1);
  store<u32>(at, bswap(sequence.profileTierLevel2), 9, 1);
  store<u16>(at, 0x00f0, 13, 1);
  store<u8>(at, 0xfc, 15);
  store<u8>(at, <u8>(0xfc | sequence.chromaFormat), 16);
  store<u8>(at, <u8>(0xf8 | sequence.lumaDepth), 17);
  store<u8>(at, <u8>(0xf8 | sequence.chromaDepth), 18);
  store<u16>(at, 0, 19, 1);
  store<u8>(at, <u8>((sequence.subLayers << 3) | (sequence.nested << 2) | 3), 21);
  store<u8>(at, 0, 22);
}

/** No address: a unit is longer than its length field can say. */
const UNIT_TOO_LONG: usize = 1;

/** Writes the array of all NAL units of a type; the address after it, `at` when there is none, 0 when the room ends, or UNIT_TOO_LONG. */
function putArray(at: usize, limit: usize, type: u8, cpd: usize, end: usize): usize {
  let out = at + ARRAY_HEAD_BYTES;
  let count: u32 = 0;
  for (let nal = nextNal(cpd, end); nal != 0 && nal < end; nal = nextNal(nal, end)) {
    if (h265UnitType(load<u8>(nal)) != type) continue;
    const bytes = <u32>(nalEnd(nal, end) - nal);
    if (bytes > MAX_NAL_BYTES) return UNIT_TOO_LONG;
    if (out + LENGTH_BYTES + bytes > limit) return 0;
    store<u16>(out, bswap(<u16>bytes), 0, 1);
    memory.copy(out + LENGTH_BYTES, nal, bytes);
    out += LENGTH_BYTES + bytes;
    count++;
  }
  if (count == 0) return at;
  store<u8>(at, type);
  store<u16>(at, bswap(<u16>count), 1, 1);
  return out;
}

/**
 * What codec private data says about the pictures: Annex-B, a configuration record, its arrays alone, or a bare SPS.
 * @param format where the `PictureFormat` goes; untouched on failure
 * @returns 0, or minus a status
 */
export function h265CpdFormat(cpd: usize, sizeBytes: u32, format: usize): i32 {
  if (sizeBytes < MIN_CPD_BYTES) return -STATUS_MKV_INVALID_H264_H265_CPD;
  const end = cpd + sizeBytes;
  let sps = cpd;
  let spsBytes = sizeBytes;
  if (startsWithCode(cpd, end)) {
    const checked = checkAnnexB(cpd, sizeBytes);
    if (checked < 0) return checked;
    sps = findSps(cpd, end);
    if (sps == 0) return -STATUS_MKV_INVALID_ANNEXB_CPD_NALUS;
    spsBytes = <u32>(nalEnd(sps, end) - sps);
  } else if (isHevcConfiguration(cpd, sizeBytes) || h265UnitType(load<u8>(cpd)) != H265_SPS) {
    const found = isHevcConfiguration(cpd, sizeBytes) ? hvccSps(cpd, sizeBytes) : bareArraysSps(cpd, sizeBytes);
    if (found < 0) return found;
    sps = cpd + found;
    spsBytes = <u32>bswap(load<u16>(sps - LENGTH_BYTES, 0, 1));
  }
  const parsed = parseH265Sps(sps, spsBytes);
  if (parsed == 0) memory.copy(format, changetype<usize>(h265Sequence()), offsetof<PictureFormat>());
  return parsed;
}
