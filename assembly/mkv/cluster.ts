/**
 * Cluster and block headers, written in front of a payload.
 *
 * Cluster, 18 bytes: unknown size, timecode in eight octets, position 0 (a live stream has none).
 * ```
 * byte  0            4   5   6   7               15  16  17
 *       1F 43 B6 75  FF  E7  88  timecode u64    A7  81  00
 * ```
 * SimpleBlock header, 13 bytes: eight octets of size, so that no payload changes the layout.
 * ```
 * byte  0   1                        9             10                12
 *       A3  01 | payload + 4         80 | track    timecode i16      flags
 * ```
 * Source: RFC 9559 §5.1.3 (Cluster), §10.2 (SimpleBlock).
 */

export const CLUSTER_HEADER_BYTES: u32 = 18;
export const BLOCK_HEADER_BYTES: u32 = 13;

/** Eight-octet size marker. */
const WIDE_SIZE: u64 = 0x0100000000000000;

const BLOCK_KEY: u32 = 0x80;
const BLOCK_INVISIBLE: u32 = 0x08;
const BLOCK_DISCARDABLE: u32 = 0x01;

/** Frame flags as the host gives them. */
export const FRAME_KEY: u32 = 1;
export const FRAME_DISCARDABLE: u32 = 2;
export const FRAME_INVISIBLE: u32 = 4;

/** Writes a cluster header at `at`. */
export function putClusterHeader(at: usize, timecode: u64): void {
  store<u32>(at, 0x75b6431f, 0, 1);
  store<u32>(at, 0x0088e7ff, 4, 1);
  store<u64>(at, bswap(timecode), 7, 1);
  store<u8>(at, 0xa7, 15);
  store<u16>(at, 0x0081, 16, 1);
}

/**
 * Writes a block header at `at`.
 * @param timecode relative to the cluster, 0…32767 units
 * @param flags FRAME_* bits
 */
export function putBlockHeader(at: usize, trackNumber: u32, timecode: u32, flags: u32, payloadBytes: u32): void {
  let bits: u32 = 0;
  if ((flags & FRAME_KEY) != 0) bits |= BLOCK_KEY;
  if ((flags & FRAME_INVISIBLE) != 0) bits |= BLOCK_INVISIBLE;
  if ((flags & FRAME_DISCARDABLE) != 0) bits |= BLOCK_DISCARDABLE;
  store<u8>(at, 0xa3);
  store<u64>(at, bswap(WIDE_SIZE | (<u64>(payloadBytes + 4))), 1, 1);
  store<u8>(at, <u8>(0x80 | trackNumber), 9);
  store<u16>(at, bswap(<u16>timecode), 10, 1);
  store<u8>(at, <u8>bits, 12);
}
