import { STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA } from '../status';
import { findZeroPair } from './zero-pair';

/**
 * Annex-B → AVCC: start codes become four-byte big-endian lengths.
 *
 * One scan finds the start codes. Where all of them have four bytes (00 00 00 01) the lengths are written over them and nothing moves.
 * Each three-byte code makes the frame one byte longer: then everything in front of the last of them moves towards the front, into
 * slack that the caller keeps there, while the last NAL unit, nearly always the large one, stays where it is.
 *
 * Kept from the KVS producer's adapter, since its bytes are what the service has always been sent: bytes in front of the first start
 * code are copied as they are; a start code with nothing behind it gives a NAL unit of length 0; zeros at the end belong to the last
 * NAL unit; more than three zeros in front of a non-zero byte are refused.
 * Source: ITU-T H.264 Annex B, ISO/IEC 14496-15 §5.3.
 */

/** Longest run of zeros that may precede a non-zero byte: a four-byte start code's. */
const MAX_ZEROS: u32 = 3;

/**
 * Start codes remembered from the scan, so that moving needs no second one. Sixteen slices, parameter sets and messages are usual;
 * in a frame with more than this the rest is scanned again, which costs the same for each byte.
 */
const REMEMBERED_CODES: u32 = 1024;

/** Entry: address of the byte after the start code, with the number of its zeros (2 or 3) in the top two bits. */
const CODES: usize = memory.data(REMEMBERED_CODES * 4, 16);
const ADDRESS_MASK: u32 = 0x7fffffff;
const FOUR_BYTE_CODE: u32 = 0x80000000;

/** Moving so few bytes is quicker in a loop than in a bulk copy. */
const SHORT_MOVE_BYTES: usize = 24;

/** A start code in front of this address (its NAL unit's first byte), flagged when it has four bytes; 0 when there is none. */
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
    if (load<u8>(after) == 1) return (<u32>at) | (zeros == MAX_ZEROS ? FOUR_BYTE_CODE : 0);
  }
}

/** Not an address of a NAL unit: linear memory's first bytes hold the core's own tables. */
const BAD_ZEROS: u32 = 1;

/** Address of the NAL unit's first byte. */
function nalOf(code: u32): usize {
  return <usize>(code & ADDRESS_MASK);
}

/** Bytes of the start code itself. */
function codeBytes(code: u32): usize {
  return (code & FOUR_BYTE_CODE) != 0 ? 4 : 3;
}

/**
 * Bytes that the frame grows by when converted: its three-byte start codes. The codes found are remembered for {@link convertAnnexB},
 * which must be the next call on this frame.
 * @returns growth ≥ 0, or minus STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA
 */
export function measureAnnexB(payload: usize, sizeBytes: u32): i32 {
  const end = payload + sizeBytes;
  let growth: i32 = 0;
  let count: u32 = 0;
  let at = payload;
  while (true) {
    const code = nextCode(at, end);
    if (code == BAD_ZEROS) return -STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA;
    if (count < REMEMBERED_CODES) store<u32>(CODES + (count << 2), code);
    if (code == 0) return growth;
    count++;
    if ((code & FOUR_BYTE_CODE) == 0) growth++;
    at = nalOf(code);
  }
}

/**
 * Writes the converted frame.
 * @param destination where it begins: `payload − growth` to convert in place, or anywhere that does not overlap the frame
 */
export function convertAnnexB(destination: usize, payload: usize, sizeBytes: u32): void {
  const end = payload + sizeBytes;
  let index: u32 = 0;
  let code = load<u32>(CODES);
  let out = destination;
  const firstCode = code == 0 ? end : nalOf(code) - codeBytes(code);
  out = moveDown(out, payload, firstCode - payload);
  while (code != 0) {
    const data = nalOf(code);
    index++;
    code = index < REMEMBERED_CODES ? load<u32>(CODES + (index << 2)) : nextCode(data, end);
    const dataEnd = code == 0 ? end : nalOf(code) - codeBytes(code);
    store<u32>(out, bswap(<u32>(dataEnd - data)), 0, 1);
    out = moveDown(out + 4, data, dataEnd - data);
  }
}

/** Copies towards lower addresses (or not at all); returns the address after the copy. */
function moveDown(destination: usize, source: usize, sizeBytes: usize): usize {
  if (destination == source) return destination + sizeBytes;
  if (sizeBytes <= SHORT_MOVE_BYTES) {
    for (let i: usize = 0; i < sizeBytes; i++) store<u8>(destination + i, load<u8>(source + i));
  } else {
    memory.copy(destination, source, sizeBytes);
  }
  return destination + sizeBytes;
}
