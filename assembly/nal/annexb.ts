import { STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA } from '../status';
import { moveDown } from './move-down';
import { findZeroPair } from './zero-pair';

/**
 * Annex-B → AVCC: start codes become four-byte big-endian lengths.
 *
 * One scan finds the start codes and writes over each how long its NAL unit is. Where all codes have four bytes (00 00 00 01) that is
 * the conversion, and nothing moves. Each three-byte code makes the frame one byte longer: then everything in front of the last of them
 * moves towards the front, into slack that the caller keeps there, while the last NAL unit, nearly always the large one, stays where it
 * is. The second pass follows the lengths and looks at no other byte, so the cost does not depend on the number of NAL units.
 *
 * Kept from the KVS producer's adapter, since its bytes are what the service has always been sent: bytes in front of the first start
 * code are copied as they are; a start code with nothing behind it gives a NAL unit of length 0; zeros at the end belong to the last
 * NAL unit; more than three zeros in front of a non-zero byte are refused.
 * Source: ITU-T H.264 Annex B, ISO/IEC 14496-15 §5.3.
 *
 * What stands over a start code between the two passes, big-endian:
 * ```
 * four bytes:   | next has three bytes: 1 bit | NAL unit's bytes: 31 bits |
 * three bytes:  | next has three bytes: 1 bit | NAL unit's bytes: 23 bits |   all ones: longer, and no code behind it is written over
 * ```
 */

/** Longest run of zeros that may precede a non-zero byte: a four-byte start code's. */
const MAX_ZEROS: u32 = 3;

/** A start code: the address of its NAL unit's first byte, with this bit when it has three bytes. */
const THREE_BYTE_CODE: u32 = 0x80000000;
const ADDRESS_MASK: u32 = 0x7fffffff;

/** Not an address of a NAL unit: linear memory's first bytes hold the core's own tables. */
const BAD_ZEROS: u32 = 1;

const NEXT_IS_THREE: u32 = 0x80000000;
const NEXT_IS_THREE_SHORT: u32 = 0x800000;
const LENGTH_MASK: u32 = 0x7fffffff;
const LENGTH_MASK_SHORT: u32 = 0x7fffff;
/** Over a three-byte code: the NAL unit is at least this long, the codes behind it are still in place. */
const TOO_LONG: u32 = LENGTH_MASK_SHORT;

/** The next start code at or behind `from`; 0 when there is none, BAD_ZEROS for zeros that may not be. */
function nextCode(from: usize, end: usize): u32 {
  let at = from;
  while (true) {
    const pair = findZeroPair(at, end);
    if (pair >= end) return 0;
    let after = pair + 2;
    while (after < end && load<u8>(after) == 0) after++;
    if (after >= end) return 0;
    const zeros = <u32>(after - pair);
    if (zeros > MAX_ZEROS) return BAD_ZEROS;
    at = after + 1;
    if (load<u8>(after) == 1) return (<u32>at) | (zeros == MAX_ZEROS ? 0 : THREE_BYTE_CODE);
  }
}

/** Address of the NAL unit's first byte. */
function nalOf(code: u32): usize {
  return <usize>(code & ADDRESS_MASK);
}

/** Bytes of the start code itself. */
function codeBytes(code: u32): usize {
  return (code & THREE_BYTE_CODE) != 0 ? 3 : 4;
}

/** Writes over a start code; false when what it would say does not fit. */
function writeLink(code: u32, nalBytes: u32, nextIsThree: bool): bool {
  const nal = nalOf(code);
  if ((code & THREE_BYTE_CODE) == 0) {
    store<u32>(nal - 4, bswap(nextIsThree ? nalBytes | NEXT_IS_THREE : nalBytes), 0, 1);
    return true;
  }
  const fits = nalBytes < TOO_LONG;
  const link = (fits ? nalBytes : TOO_LONG) | (nextIsThree ? NEXT_IS_THREE_SHORT : 0);
  store<u8>(nal - 3, <u8>(link >> 16));
  store<u16>(nal - 2, bswap(<u16>link), 0, 1);
  return fits;
}

/**
 * Checks Annex-B data without changing it.
 * @returns 0, or minus STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA
 */
export function checkAnnexB(from: usize, sizeBytes: u32): i32 {
  const end = from + sizeBytes;
  let code = nextCode(from, end);
  while (code > BAD_ZEROS) code = nextCode(nalOf(code), end);
  return code == BAD_ZEROS ? -STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA : 0;
}

/**
 * First pass: writes over the start codes. Without growth the frame is converted; with growth {@link convertAnnexB} has to follow.
 * @param first where the frame's first start code is left for the second pass
 * @returns bytes that the frame grows by, or minus STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA; the frame is then spoilt
 */
export function linkAnnexB(payload: usize, sizeBytes: u32, first: usize): i32 {
  const end = payload + sizeBytes;
  let code = nextCode(payload, end);
  let growth: i32 = 0;
  let isLinking: bool = true;
  store<u32>(first, code);
  while (code > BAD_ZEROS) {
    const next = nextCode(nalOf(code), end);
    if (next == BAD_ZEROS) return -STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA;
    const nalEnd = next == 0 ? end : nalOf(next) - codeBytes(next);
    if ((code & THREE_BYTE_CODE) != 0) growth++;
    if (isLinking) isLinking = writeLink(code, <u32>(nalEnd - nalOf(code)), (next & THREE_BYTE_CODE) != 0);
    code = next;
  }
  return code == BAD_ZEROS ? -STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA : growth;
}

/**
 * Second pass: writes the converted frame.
 * @param destination where it begins: `payload − growth` to convert in place, or anywhere that does not overlap the frame
 * @param first what {@link linkAnnexB} left
 */
export function convertAnnexB(destination: usize, payload: usize, sizeBytes: u32, first: u32): void {
  const end = payload + sizeBytes;
  const leadingEnd = first == 0 ? end : nalOf(first) - codeBytes(first);
  let out = moveDown(destination, payload, leadingEnd - payload);
  let code = first;
  let isLinked = true;
  while (code != 0) {
    const nal = nalOf(code);
    let nalBytes: u32 = 0;
    let nextIsThree = false;
    if (isLinked && (code & THREE_BYTE_CODE) == 0) {
      const link = bswap(load<u32>(nal - 4, 0, 1));
      nalBytes = link & LENGTH_MASK;
      nextIsThree = (link & NEXT_IS_THREE) != 0;
    } else if (isLinked) {
      const link = ((<u32>load<u8>(nal - 3)) << 16) | (<u32>bswap(load<u16>(nal - 2, 0, 1)));
      nalBytes = link & LENGTH_MASK_SHORT;
      nextIsThree = (link & NEXT_IS_THREE_SHORT) != 0;
      isLinked = nalBytes != TOO_LONG;
    }
    if (isLinked) {
      const nextStart = nal + nalBytes;
      code = nextStart >= end ? 0 : nextIsThree ? (<u32>nextStart + 3) | THREE_BYTE_CODE : <u32>nextStart + 4;
    } else {
      code = nextCode(nal, end);
      nalBytes = <u32>((code == 0 ? end : nalOf(code) - codeBytes(code)) - nal);
    }
    store<u32>(out, bswap(nalBytes), 0, 1);
    out = moveDown(out + 4, nal, nalBytes);
  }
}
