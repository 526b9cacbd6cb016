import { blockAt, header, HEADS_OFFSET, SECOND_MAPS_OFFSET } from './block';
import { classAbove, classOf, FIRST_LEVEL_COUNT, SECOND_LEVEL_BITS, SECOND_LEVEL_COUNT } from './size-class';

/**
 * The free blocks of a store by size class, each class a list with the block filed last in front. Bit maps say which lists hold any, so
 * that filing, taking out and searching take constant time.
 */

/** Files a free block at the head of its class. */
export function fileFree(region: usize, address: usize): void {
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
export function unfile(region: usize, address: usize): void {
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
 * A filed block of at least this size, 0 when there is none.
 *
 * The class of the size itself holds blocks that may be a little smaller than it, so a search begins in the class above. One look at the
 * newest block of the own class comes first: equal frames then find the slot that was freed last, and can fill the store to the end.
 */
export function findFree(region: usize, sizeBytes: u32): usize {
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
