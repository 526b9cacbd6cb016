import { root } from './root';

/**
 * The arena: hands out the few long-lived regions (a store, a stream's block, a reader's window) and takes them back.
 *
 * It runs when something is opened or closed, never while frames flow; only here does linear memory grow. A released region is
 * joined with its free neighbours and handed out again (first fit, lowest address first), so opening and closing things for
 * ever needs no more memory than the most that was open at once.
 *
 * Region header, in front of the pointer that is handed out:
 * ```
 * byte  0            4        8          16
 *       | sizeBytes  | next   | unused   | payload …
 * ```
 */
@unmanaged
class Region {
  /** Whole region, header included; a multiple of 16. */
  sizeBytes: usize;
  /** Next free region by address; meaningful while the region is free. */
  next: usize;
}

const HEADER_BYTES: usize = 16;
const ALIGN_MASK: usize = 15;
const PAGE_SHIFT: usize = 16;

/** A remainder smaller than this stays with the region it was cut from: nothing in the core asks for so little. */
const SMALLEST_SPLIT_BYTES: usize = 64;

/**
 * Memory grows by a sixteenth of itself at least, as a shift. Growing is dear: engines look through their whole heap each time, and the
 * translated core copies everything. What is reserved ahead is not touched.
 */
const AHEAD_SHIFT: i32 = 4;

/** Payloads end below 2 GiB, so that every address is a positive i32 on the host's side. */
const HIGHEST_ADDRESS: u64 = 0x7fff0000;

function alignUp(value: usize): usize {
  return (value + ALIGN_MASK) & ~ALIGN_MASK;
}

/**
 * Takes a region from the arena. Its bytes are not cleared.
 * @param sizeBytes payload wanted, 1…2 GiB
 * @returns 16-byte aligned address, or 0 when the engine has no more memory to give
 */
export function acquireRegion(sizeBytes: usize): usize {
  if (<u64>sizeBytes >= HIGHEST_ADDRESS) return 0;
  const needed = alignUp(sizeBytes) + HEADER_BYTES;
  const reused = takeFree(needed);
  return reused != 0 ? reused : extend(needed);
}

function takeFree(needed: usize): usize {
  const state = root();
  let previous: usize = 0;
  let current = state.freeHead;
  while (current != 0) {
    const region = changetype<Region>(current);
    if (region.sizeBytes >= needed) {
      let next = region.next;
      const rest = region.sizeBytes - needed;
      if (rest >= SMALLEST_SPLIT_BYTES) {
        const remainder = changetype<Region>(current + needed);
        remainder.sizeBytes = rest;
        remainder.next = next;
        region.sizeBytes = needed;
        next = current + needed;
      }
      if (previous == 0) state.freeHead = next;
      else changetype<Region>(previous).next = next;
      return current + HEADER_BYTES;
    }
    previous = current;
    current = region.next;
  }
  return 0;
}

function extend(needed: usize): usize {
  const state = root();
  if (state.top == 0) state.top = alignUp(__heap_base);
  const end = <u64>state.top + <u64>needed;
  if (end > HIGHEST_ADDRESS) return 0;
  const have = (<u64>memory.size()) << PAGE_SHIFT;
  if (end > have) {
    const pages = <i32>((end - have + 0xffff) >> PAGE_SHIFT);
    const ahead = max(pages, memory.size() >> AHEAD_SHIFT);
    if (memory.grow(ahead) < 0 && memory.grow(pages) < 0) return 0;
  }
  const region = changetype<Region>(state.top);
  region.sizeBytes = needed;
  state.top = <usize>end;
  return changetype<usize>(region) + HEADER_BYTES;
}

/**
 * Gives a region back. The caller's handle must already be closed: a region is released once.
 * @param payload an address that {@link acquireRegion} returned
 */
export function releaseRegion(payload: usize): void {
  const state = root();
  const released = payload - HEADER_BYTES;
  let previous: usize = 0;
  let beforePrevious: usize = 0;
  let next = state.freeHead;
  while (next != 0 && next < released) {
    beforePrevious = previous;
    previous = next;
    next = changetype<Region>(next).next;
  }
  let region = changetype<Region>(released);
  region.next = next;
  if (next != 0 && released + region.sizeBytes == next) {
    region.sizeBytes += changetype<Region>(next).sizeBytes;
    region.next = changetype<Region>(next).next;
  }
  let start = released;
  let link = previous;
  if (previous != 0 && previous + changetype<Region>(previous).sizeBytes == released) {
    const joined = changetype<Region>(previous);
    joined.sizeBytes += region.sizeBytes;
    joined.next = region.next;
    start = previous;
    link = beforePrevious;
    region = joined;
  }
  // The last region goes back to the untouched top, so that the next one may be of any size.
  const atTop = start + region.sizeBytes == state.top;
  if (atTop) state.top = start;
  const follower: usize = atTop ? <usize>0 : start;
  if (link == 0) state.freeHead = follower;
  else changetype<Region>(link).next = follower;
}

/** Bytes between the first region and the top: what the arena holds now, free regions included. For tests and metrics. */
export function arenaBytes(): usize {
  const state = root();
  return state.top == 0 ? 0 : state.top - alignUp(__heap_base);
}
