import { STATUS_MKV_NUMBER_TOO_BIG } from '../status';

/**
 * EBML primitives, written at an address; each returns the address after what it wrote. The caller has measured beforehand.
 * Source: RFC 8794 §4 (VINT), §5 (element ids), §6 (sizes).
 */

/** Octets of the shortest size field for a value; 0 when none of up to eight octets can hold it. All-ones stays reserved for "unknown". */
export function sizeLength(value: u64): u32 {
  for (let length: u32 = 1; length <= 8; length++) {
    if (value < ((<u64>1) << (7 * length)) - 1) return length;
  }
  return 0;
}

/** Writes a size in `length` octets (1…8). */
function putSize(at: usize, value: u64, length: u32): usize {
  return putBigEndian(at, value | ((<u64>1) << (7 * length)), length);
}

/** Writes the lowest `length` octets (1…8), most significant first. */
function putBigEndian(at: usize, value: u64, length: u32): usize {
  for (let i: u32 = 0; i < length; i++) store<u8>(at + i, <u8>(value >> ((length - 1 - i) << 3)));
  return at + length;
}

/** Octets of an unsigned integer without leading zero octets; one for 0. */
function numberLength(value: u64): u32 {
  return value == 0 ? 1 : 8 - <u32>(clz(value) >> 3);
}

/** Octets of an element id, whose own leading bits tell its length. */
export function idLength(id: u32): u32 {
  return 4 - (clz(id) >> 3);
}

/** Writes an element id. */
function putId(at: usize, id: u32): usize {
  return putBigEndian(at, id, idLength(id));
}

/** Writes id and size of an element, the size in `length` octets. */
export function putHead(at: usize, id: u32, sizeBytes: u64, length: u32): usize {
  return putSize(putId(at, id), sizeBytes, length);
}

/** Writes an unsigned integer element of one payload octet. */
export function putByteElement(at: usize, id: u32, value: u32): usize {
  const body = putHead(at, id, 1, 1);
  store<u8>(body, <u8>value);
  return body + 1;
}

/** Writes an unsigned integer element of eight payload octets, wide so that no value changes the layout. */
export function putWideElement(at: usize, id: u32, value: u64): usize {
  const body = putHead(at, id, 8, 1);
  store<u64>(body, bswap(value), 0, 1);
  return body + 8;
}

/** Bytes of a binary or string element with the shortest size field. */
export function bytesElementLength(id: u32, sizeBytes: u32): u32 {
  return idLength(id) + sizeLength(sizeBytes) + sizeBytes;
}

/** Writes a binary or string element with the shortest size field. */
export function putBytesElement(at: usize, id: u32, bytes: usize, sizeBytes: u32): usize {
  const body = putHead(at, id, sizeBytes, sizeLength(sizeBytes));
  memory.copy(body, bytes, sizeBytes);
  return body + sizeBytes;
}

/**
 * Writes a number the way a size is written in a document: the shortest form, and one octet FF for "unknown" (all ones).
 * @returns octets written, or minus STATUS_MKV_NUMBER_TOO_BIG from 2^56 − 1 up
 */
export function writeVariableNumber(at: usize, value: u64): i32 {
  if (value == u64.MAX_VALUE) {
    store<u8>(at, 0xff);
    return 1;
  }
  const length = sizeLength(value);
  if (length == 0) return -STATUS_MKV_NUMBER_TOO_BIG;
  putSize(at, value, length);
  return <i32>length;
}

/**
 * Writes an unsigned integer in as few octets as hold it, one for 0.
 * @returns octets written, 1…8
 */
export function writeNumber(at: usize, value: u64): i32 {
  const length = numberLength(value);
  putBigEndian(at, value, length);
  return <i32>length;
}
