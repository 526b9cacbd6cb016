import { MAX_HANDLES } from '../limits';
import { STATUS_NOT_ENOUGH_MEMORY } from '../status';

/**
 * Handles: what leaves the ABI instead of pointers. `generation << 12 | slot`, always a positive i32; 0 is never valid.
 * Closing a handle moves its slot to the next generation, so a stale handle finds nothing instead of somebody else's object.
 *
 * Entry of the table:
 * ```
 * byte  0         4                        8
 *       | target  | generation << 8 | kind |
 * ```
 */
@unmanaged
class Entry {
  /** Address of the object, 0 while the slot is free. */
  target: usize;
  stamp: u32;
}

const SLOT_BITS: u32 = 12;
const SLOT_MASK: u32 = (1 << SLOT_BITS) - 1;
const GENERATION_MASK: u32 = (1 << (31 - SLOT_BITS)) - 1;
const KIND_BITS: u32 = 8;
const ENTRY_BYTES: u32 = 8;

export const HANDLE_STORE: u32 = 1;
export const HANDLE_STREAM: u32 = 2;
export const HANDLE_READER: u32 = 3;

const TABLE_ADDRESS: usize = memory.data(MAX_HANDLES * ENTRY_BYTES, 16);

function entryOf(slot: u32): Entry {
  return changetype<Entry>(TABLE_ADDRESS + slot * ENTRY_BYTES);
}

/**
 * Gives an object a handle.
 * @param kind one of HANDLE_*
 * @returns the handle, or minus STATUS_NOT_ENOUGH_MEMORY when all slots are taken
 */
export function openHandle(kind: u32, target: usize): i32 {
  for (let slot: u32 = 0; slot < <u32>MAX_HANDLES; slot++) {
    const entry = entryOf(slot);
    if (entry.target != 0) continue;
    let generation = ((entry.stamp >> KIND_BITS) + 1) & GENERATION_MASK;
    if (generation == 0) generation = 1;
    entry.target = target;
    entry.stamp = (generation << KIND_BITS) | kind;
    return (generation << SLOT_BITS) | slot;
  }
  return -STATUS_NOT_ENOUGH_MEMORY;
}

/** Address of the object behind a handle of this kind; 0 when the handle is stale, foreign or of another kind. */
export function resolveHandle(handle: i32, kind: u32): usize {
  const slot = (<u32>handle) & SLOT_MASK;
  if (handle <= 0 || slot >= <u32>MAX_HANDLES) return 0;
  const entry = entryOf(slot);
  const stamp = (((<u32>handle) >> SLOT_BITS) << KIND_BITS) | kind;
  return entry.stamp == stamp ? entry.target : 0;
}

/** Ends a handle that {@link resolveHandle} has just accepted. The object itself is the caller's to release. */
export function closeHandle(handle: i32): void {
  entryOf((<u32>handle) & SLOT_MASK).target = 0;
}
