import { acquireRegion, releaseRegion } from '../memory/arena';
import {
  classAbove,
  classOf,
  FIRST_LEVEL_COUNT,
  GRANULE_BYTES,
  SECOND_LEVEL_BITS,
  SECOND_LEVEL_COUNT,
} from './size-class';

/**
 * The content store: a bounded piece of memory, reserved when a client is created, in which all its frames live.
 *
 * A two-level segregated fit allocator: allocating and freeing take constant time, neighbours are joined at once, and the block
 * freed last is the first handed out in its class. A block is cut from the low end, so that while little is buffered the same few
 * pages are touched again and again (a store walked through as one ring was measured four times slower).
 *
 * Layout of the region: {@link StoreHeader}, second-level maps, list heads, then blocks without gaps, then an end mark.
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
class Block {
  tag: u32;
  previousBytes: u32;
  next: usize;
  previous: usize;
}


@unmanaged
class StoreHeader {
  capacityBytes: u32;
  usedBytes: u32;
  /** Streams that live in this store; it cannot be closed while there are any. */
  streamCount: u32;
  /** Bit n: some second-level class of first-level class n has a free block. */
  firstLevelMap: u32;
}

const BLOCK_HEADER_BYTES: u32 = 8;
const USED: u32 = 1;

/** A free block must hold its links. */
const SMALLEST_BLOCK_BYTES: u32 = 32;

const SECOND_MAPS_OFFSET: usize = 16;
const HEADS_OFFSET: usize = SECOND_MAPS_OFFSET + (FIRST_LEVEL_COUNT << 2);
const STORE_HEADER_BYTES: u32 = <u32>HEADS_OFFSET + ((FIRST_LEVEL_COUNT * SECOND_LEVEL_COUNT) << 2);

/** Payloads are 16-byte aligned: blocks begin 8 bytes after the header, and the end mark takes the other 8. */
const FIRST_BLOCK_OFFSET: u32 = STORE_HEADER_BYTES + BLOCK_HEADER_BYTES;

function header(region: usize): StoreHeader {
  return changetype<StoreHeader>(region);
}

function blockAt(address: usize): Block {
  return changetype<Block>(address);
}

/**
 * Reserves a store.
 * @param capacityBytes what blocks may take together, their headers included
 * @returns its address, or 0 when there is no memory for it
 */
export function createStore(capacityBytes: u32): usize {
  const capacity = capacityBytes & ~(GRANULE_BYTES - 1);
  const region = acquireRegion(STORE_HEADER_BYTES + capacity + GRANULE_BYTES);
  if (region == 0) return 0;
  memory.fill(region, 0, STORE_HEADER_BYTES);
  header(region).capacityBytes = capacity;
  const first = region + FIRST_BLOCK_OFFSET;
  blockAt(first).tag = capacity;
  blockAt(first).previousBytes = 0;
  blockAt(first + capacity).tag = USED;
  blockAt(first + capacity).previousBytes = capacity;
  fileFree(region, first);
  return region;
}

/** Gives the whole store back to the arena, with whatever is in it. */
export function destroyStore(region: usize): void {
  releaseRegion(region);
}

export function storeCapacity(region: usize): u32 {
  return header(region).capacityBytes;
}

/** Bytes of all allocated blocks, their headers and rounding included: exactly what is not free. */
export function storeUsed(region: usize): u32 {
  return header(region).usedBytes;
}

/** Streams open in the store. */
export function storeStreamCount(region: usize): u32 {
  return header(region).streamCount;
}

/** Counts a stream in (+1) or out (−1). */
export function countStream(region: usize, change: i32): void {
  header(region).streamCount += change;
}

/** Files a free block at the head of its class. */
function fileFree(region: usize, address: usize): void {
  const block = blockAt(address);
  const at = classOf(block.tag);
  const head = region + HEADS_OFFSET + (at << 2);
  const next = load<usize>(head);
  block.next = next;
  block.previous = 0;
  if (next != 0) blockAt(next).previous = address;
  store<usize>(head, address);
  const first = at >> SECOND_LEVEL_BITS;
  const map = region + SECOND_MAPS_OFFSET + (first << 2);
  store<u32>(map, load<u32>(map) | (1 << (at & (SECOND_LEVEL_COUNT - 1))));
  header(region).firstLevelMap |= 1 << first;
}

/** Takes a free block out of its class. */
function unfile(region: usize, address: usize): void {
  const block = blockAt(address);
  const next = block.next;
  const previous = block.previous;
  if (next != 0) blockAt(next).previous = previous;
  if (previous != 0) {
    blockAt(previous).next = next;
    return;
  }
  const at = classOf(block.tag);
  store<usize>(region + HEADS_OFFSET + (at << 2), next);
  if (next != 0) return;
  const first = at >> SECOND_LEVEL_BITS;
  const map = region + SECOND_MAPS_OFFSET + (first << 2);
  const left = load<u32>(map) & ~(1 << (at & (SECOND_LEVEL_COUNT - 1)));
  store<u32>(map, left);
  if (left == 0) header(region).firstLevelMap &= ~(1 << first);
}

/**
 * A free block of at least this size, 0 when there is none.
 *
 * The class of the size itself holds blocks that may be a little smaller than it, so a search begins in the class above. One look at the newest block of
 * the own class comes first: equal frames then find the slot that was freed last, and can fill the store to the end.
 */
function findFree(region: usize, sizeBytes: u32): usize {
  const newest = load<usize>(region + HEADS_OFFSET + (classOf(sizeBytes) << 2));
  if (newest != 0 && blockAt(newest).tag >= sizeBytes) return newest;
  const at = classAbove(sizeBytes);
  let first = at >> SECOND_LEVEL_BITS;
  if (first >= FIRST_LEVEL_COUNT) return 0;
  let seconds = load<u32>(region + SECOND_MAPS_OFFSET + (first << 2)) & (~0 << (at & (SECOND_LEVEL_COUNT - 1)));
  if (seconds == 0) {
    const firsts = header(region).firstLevelMap & (~0 << (first + 1));
    if (firsts == 0) return 0;
    first = ctz(firsts);
    seconds = load<u32>(region + SECOND_MAPS_OFFSET + (first << 2));
  }
  return load<usize>(region + HEADS_OFFSET + (((first << SECOND_LEVEL_BITS) | ctz(seconds)) << 2));
}

/**
 * Allocates a slot.
 * @param payloadBytes 1…capacity
 * @returns 16-byte aligned address of the payload; 0 when the store has no room for it, or the size is 0
 */
export function storeAllocate(region: usize, payloadBytes: u32): usize {
  if (payloadBytes == 0 || payloadBytes >= header(region).capacityBytes) return 0;
  const sizeBytes = max(
    (payloadBytes + BLOCK_HEADER_BYTES + GRANULE_BYTES - 1) & ~(GRANULE_BYTES - 1),
    SMALLEST_BLOCK_BYTES,
  );
  const address = findFree(region, sizeBytes);
  if (address == 0) return 0;
  unfile(region, address);
  const block = blockAt(address);
  const foundBytes = block.tag;
  let takenBytes = foundBytes;
  if (foundBytes - sizeBytes >= SMALLEST_BLOCK_BYTES) {
    takenBytes = sizeBytes;
    const rest = address + sizeBytes;
    const restBytes = foundBytes - sizeBytes;
    blockAt(rest).tag = restBytes;
    blockAt(rest).previousBytes = sizeBytes;
    blockAt(rest + restBytes).previousBytes = restBytes;
    fileFree(region, rest);
  }
  block.tag = takenBytes | USED;
  header(region).usedBytes += takenBytes;
  return address + BLOCK_HEADER_BYTES;
}

/** True when the payload is that of an allocated slot of this store. */
export function storeOwns(region: usize, payload: usize): bool {
  const first = region + FIRST_BLOCK_OFFSET;
  const address = payload - BLOCK_HEADER_BYTES;
  const capacity = header(region).capacityBytes;
  if (payload < first || address >= first + capacity || (payload & (GRANULE_BYTES - 1)) != 0) return false;
  const tag = blockAt(address).tag;
  const sizeBytes = tag & ~USED;
  if ((tag & USED) == 0 || sizeBytes < SMALLEST_BLOCK_BYTES || sizeBytes > <u32>(first + capacity - address))
    return false;
  return blockAt(address + sizeBytes).previousBytes == sizeBytes;
}

/**
 * Frees a slot. Freeing one that is free already changes nothing.
 * @returns the bytes that became free, header and rounding included
 */
export function storeFree(region: usize, payload: usize): u32 {
  let address = payload - BLOCK_HEADER_BYTES;
  const tag = blockAt(address).tag;
  if ((tag & USED) == 0) return 0;
  const freedBytes = tag & ~USED;
  header(region).usedBytes -= freedBytes;
  let sizeBytes = freedBytes;
  const following = address + sizeBytes;
  if ((blockAt(following).tag & USED) == 0) {
    unfile(region, following);
    sizeBytes += blockAt(following).tag;
  }
  const previousBytes = blockAt(address).previousBytes;
  if (previousBytes != 0) {
    const previous = address - previousBytes;
    if ((blockAt(previous).tag & USED) == 0) {
      unfile(region, previous);
      sizeBytes += previousBytes;
      // The joined block must not look allocated to a second free of this slot.
      blockAt(address).tag = 0;
      address = previous;
    }
  }
  blockAt(address).tag = sizeBytes;
  blockAt(address + sizeBytes).previousBytes = sizeBytes;
  fileFree(region, address);
  return freedBytes;
}

/**
 * Walks all blocks and compares them with the books. For tests.
 * @returns free bytes, or −1 when sizes, links or the used count disagree
 */
export function storeCheck(region: usize): i32 {
  const end = region + FIRST_BLOCK_OFFSET + header(region).capacityBytes;
  let address: usize = region + FIRST_BLOCK_OFFSET;
  let previousBytes: u32 = 0;
  let usedBytes: u32 = 0;
  let wasFree = false;
  while (address < end) {
    const tag = blockAt(address).tag;
    const sizeBytes = tag & ~USED;
    const free = (tag & USED) == 0;
    if (sizeBytes < SMALLEST_BLOCK_BYTES || blockAt(address).previousBytes != previousBytes || (free && wasFree))
      return -1;
    if (!free) usedBytes += sizeBytes;
    wasFree = free;
    previousBytes = sizeBytes;
    address += sizeBytes;
  }
  if (address != end || blockAt(end).tag != USED || blockAt(end).previousBytes != previousBytes) return -1;
  if (usedBytes != header(region).usedBytes) return -1;
  return <i32>(header(region).capacityBytes - usedBytes);
}
