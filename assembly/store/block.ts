import { FIRST_LEVEL_COUNT, GRANULE_BYTES, SECOND_LEVEL_COUNT } from './size-class';

/**
 * The layout of a store's region: {@link StoreHeader}, second-level maps, list heads, then blocks without gaps, then an end mark.
 *
 * Block:
 * ```
 * byte  0                    4               8      12         16
 *       | size | used flag   | previousBytes | next | previous | …   free: links of its class
 *       | size | used flag   | previousBytes | payload …             used
 * ```
 * `size` covers the whole block; the used flag is its lowest bit. `previousBytes` is the size of the block in front, 0 for the first.
 */
@unmanaged
export class Block {
  tag: u32;
  previousBytes: u32;
  next: usize;
  previous: usize;
}


@unmanaged
export class StoreHeader {
  capacityBytes: u32;
  usedBytes: u32;
  /** Streams that live in this store; it cannot be closed while there are any. */
  streamCount: u32;
  /** Bit n: some second-level class of first-level class n has a free block. */
  firstLevelMap: u32;
  /** The free block that the next slots are cut from, in no list; 0 for none. */
  current: usize;
}

export const BLOCK_HEADER_BYTES: u32 = 8;
export const USED: u32 = 1;

/** A free block must hold its links. */
export const SMALLEST_BLOCK_BYTES: u32 = 32;

export const SECOND_MAPS_OFFSET: usize = 32;
export const HEADS_OFFSET: usize = SECOND_MAPS_OFFSET + (FIRST_LEVEL_COUNT << 2);
export const STORE_HEADER_BYTES: u32 = <u32>HEADS_OFFSET + ((FIRST_LEVEL_COUNT * SECOND_LEVEL_COUNT) << 2);

/** Payloads are 16-byte aligned: blocks begin 8 bytes after the header, and the end mark takes the other 8. */
export const FIRST_BLOCK_OFFSET: u32 = STORE_HEADER_BYTES + BLOCK_HEADER_BYTES;

/** The header of the store at this address. */
export function header(region: usize): StoreHeader {
  return changetype<StoreHeader>(region);
}

/** The block at this address. */
export function blockAt(address: usize): Block {
  return changetype<Block>(address);
}

/** Bytes of the block that a payload of this size needs. */
export function blockBytes(payloadBytes: u32): u32 {
  return max((payloadBytes + BLOCK_HEADER_BYTES + GRANULE_BYTES - 1) & ~(GRANULE_BYTES - 1), SMALLEST_BLOCK_BYTES);
}

/** Makes `sizeBytes` from this address on one free block, in no list yet. */
export function writeFree(address: usize, sizeBytes: u32): void {
  blockAt(address).tag = sizeBytes;
  blockAt(address + sizeBytes).previousBytes = sizeBytes;
}
