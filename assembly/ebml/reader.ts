/**
 * Reads the two parts of an element's header, and numbers. The caller has made sure that the bytes are there, and that memory goes
 * on for eight bytes from each address, since all of a number is loaded at once.
 * Source: RFC 8794 §4 (VINT), §5 (id), §6 (data size).
 */

/** What {@link readSize} returns for an unknown size: all value bits one, in any width. */
export const UNKNOWN_SIZE: u64 = u64.MAX_VALUE;

/** Bytes of a variable-length integer by its first byte: 1…8, or 9 when the marker is not in that byte. */
export function vintLength(firstByte: u32): u32 {
  return clz(firstByte) - 23;
}

/**
 * An element id with its marker bits.
 * @param address first byte of the id
 * @param lengthBytes 1…4, from {@link vintLength}
 */
export function readId(address: usize, lengthBytes: u32): u32 {
  return bswap(load<u32>(address, 0, 1)) >> (32 - (lengthBytes << 3));
}

/** Whether all value bits of an id are ones, which is reserved. */
export function isReservedId(id: u32, lengthBytes: u32): bool {
  const valueMask = <u32>(((<u64>1) << (7 * lengthBytes)) - 1);
  return (id & valueMask) == valueMask;
}

/**
 * An element's data size without its marker bit.
 * @param address first byte of the size
 * @param lengthBytes 1…8, from {@link vintLength}
 * @returns 0…2^56 − 2, or {@link UNKNOWN_SIZE}
 */
export function readSize(address: usize, lengthBytes: u32): u64 {
  const valueMask = ((<u64>1) << (7 * lengthBytes)) - 1;
  const size = readUnsigned(address, lengthBytes) & valueMask;
  return size == valueMask ? UNKNOWN_SIZE : size;
}

/** A big-endian unsigned integer of 0…8 bytes; 0 bytes are the value 0. RFC 8794 §7.2. */
export function readUnsigned(address: usize, lengthBytes: u32): u64 {
  if (lengthBytes == 0) return 0;
  return bswap(load<u64>(address, 0, 1)) >> (64 - (lengthBytes << 3));
}

/** A big-endian two's complement integer of 0…8 bytes; 0 bytes are the value 0. RFC 8794 §7.1. */
export function readSigned(address: usize, lengthBytes: u32): i64 {
  if (lengthBytes == 0) return 0;
  const unusedBits = 64 - 8 * lengthBytes;
  return (<i64>(readUnsigned(address, lengthBytes) << unusedBits)) >> unusedBits;
}

/** A big-endian IEEE number of 0, 4 or 8 bytes; 0 bytes are the value 0. RFC 8794 §7.3. */
export function readFloat(address: usize, lengthBytes: u32): f64 {
  if (lengthBytes == 0) return 0;
  if (lengthBytes == 4) return <f64>reinterpret<f32>(<u32>readUnsigned(address, 4));
  return reinterpret<f64>(readUnsigned(address, 8));
}
