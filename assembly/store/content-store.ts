import { acquireRegion, releaseRegion } from '../memory/arena';
import {
  BLOCK_HEADER_BYTES,
  blockAt,
  blockBytes,
  FIRST_BLOCK_OFFSET,
  header,
  SMALLEST_BLOCK_BYTES,
  STORE_HEADER_BYTES,
  StoreHeader,
  USED,
  writeFree,
} from './block';
import { fileFree, findFree, unfile } from './free-lists';
import { GRANULE_BYTES } from './size-class';

/**
 * The content store: a bounded piece of memory, reserved when a client is created, in which all its frames live.
 *
 * Slots are cut one behind the other from the *current* block, the free memory that was given back last; when it is used up, or too small,
 * a two-level segregated fit search finds another. Neighbours are joined at once. Everything takes constant time, a slot cut from the
 * current block the least. So while little is buffered the same few pages are touched again and again (a store walked through as one
 * ring was measured four times slower), and a fragment's frames lie side by side and are given back together. In a store that is more than
 * half full there is no current block: each slot is cut where it fits best, so that the large pieces stay for key frames.
 */

/** A current block at least this large stays when a frame that it cannot take is put elsewhere: the next frames still fit. */
const KEPT_CURRENT_BYTES: u32 = 64 * 1024;

/** More in use than this part of the capacity, as a shift (half), makes a store crowded. */
const CROWDED_SHIFT: u32 = 1;

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
  blockAt(first).previousBytes = 0;
  blockAt(first + capacity).tag = USED;
  writeFree(first, capacity);
  header(region).current = first;
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

/**
 * Allocates a slot.
 * @param payloadBytes 1…capacity
 * @returns 16-byte aligned address of the payload; 0 when the store has no room for it, or the size is 0
 */
export function storeAllocate(region: usize, payloadBytes: u32): usize {
  const state = header(region);
  if (payloadBytes == 0 || payloadBytes >= state.capacityBytes) return 0;
  const sizeBytes = blockBytes(payloadBytes);
  const address = state.current;
  const foundBytes: u32 = address == 0 ? <u32>0 : blockAt(address).tag;
  if (foundBytes < sizeBytes) return allocateElsewhere(region, sizeBytes);
  state.current = takeFront(region, address, foundBytes, sizeBytes);
  if (isCrowded(state)) fileCurrent(region);
  return address + BLOCK_HEADER_BYTES;
}

function allocateElsewhere(region: usize, sizeBytes: u32): usize {
  const address = findFree(region, sizeBytes);
  if (address == 0) return 0;
  unfile(region, address);
  const rest = takeFront(region, address, blockAt(address).tag, sizeBytes);
  const state = header(region);
  const current = state.current;
  if (rest != 0 && current != 0 && blockAt(current).tag >= KEPT_CURRENT_BYTES) {
    fileFree(region, rest);
  } else if (rest != 0) {
    if (current != 0) fileFree(region, current);
    state.current = rest;
  }
  if (isCrowded(state)) fileCurrent(region);
  return address + BLOCK_HEADER_BYTES;
}

/** True when the store has no current block. */
function isCrowded(state: StoreHeader): bool {
  return state.usedBytes > state.capacityBytes >> CROWDED_SHIFT;
}

/** Makes the current block one among the others. */
function fileCurrent(region: usize): void {
  const state = header(region);
  if (state.current != 0) fileFree(region, state.current);
  state.current = 0;
}

/** Makes the front of a free block that is in no list a used one; the free rest, in no list either, or 0 when nothing is left. */
function takeFront(region: usize, address: usize, foundBytes: u32, sizeBytes: u32): usize {
  const restBytes = foundBytes - sizeBytes;
  if (restBytes < SMALLEST_BLOCK_BYTES) {
    blockAt(address).tag = foundBytes | USED;
    header(region).usedBytes += foundBytes;
    return 0;
  }
  const rest = address + sizeBytes;
  blockAt(address).tag = sizeBytes | USED;
  blockAt(rest).previousBytes = sizeBytes;
  writeFree(rest, restBytes);
  header(region).usedBytes += sizeBytes;
  return rest;
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
  const address = payload - BLOCK_HEADER_BYTES;
  const tag = blockAt(address).tag;
  if ((tag & USED) == 0) return 0;
  const freedBytes = tag & ~USED;
  freeRun(region, address, freedBytes);
  return freedBytes;
}

/**
 * Takes an allocated slot out of the books of its neighbours, so that several that lie side by side can be freed as one run.
 * @param payload the slot
 * @returns address of the first byte after it, which is where the next slot's block begins
 */
export function storeDetach(payload: usize): usize {
  const address = payload - BLOCK_HEADER_BYTES;
  const sizeBytes = blockAt(address).tag & ~USED;
  // A block within a run must not look allocated to a second free of its slot.
  blockAt(address).tag = 0;
  return address + sizeBytes;
}

/** Where the block of a slot begins. */
export function storeBlockOf(payload: usize): usize {
  return payload - BLOCK_HEADER_BYTES;
}

/**
 * Frees what lies between two addresses: one allocated block, or a run of detached ones. It becomes the current block, joined with its free
 * neighbours.
 */
export function freeRun(region: usize, from: usize, runBytes: u32): void {
  const state = header(region);
  state.usedBytes -= runBytes;
  const current = state.current;
  let address = from;
  let sizeBytes = runBytes;
  let joinedCurrent = current == 0;
  const following = from + runBytes;
  const followingTag = blockAt(following).tag;
  if ((followingTag & USED) == 0) {
    if (following == current) joinedCurrent = true;
    else unfile(region, following);
    sizeBytes += followingTag;
  }
  const previousBytes = blockAt(from).previousBytes;
  if (previousBytes != 0) {
    const previous = from - previousBytes;
    if ((blockAt(previous).tag & USED) == 0) {
      if (previous == current) joinedCurrent = true;
      else unfile(region, previous);
      sizeBytes += previousBytes;
      blockAt(from).tag = 0;
      address = previous;
    }
  }
  writeFree(address, sizeBytes);
  if (!joinedCurrent) fileFree(region, current);
  state.current = address;
  if (isCrowded(state)) fileCurrent(region);
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
