/**
 * The whole ABI of the core: every export, nothing else.
 *
 * Results are i32: ≥ 0 is a result, < 0 is minus a KVS status number. Times are 100 ns ticks in two u32 halves. Objects are
 * handles (`memory/handles.ts`). Addresses point into the exported memory and stay valid until the next call.
 */
import { arenaBytes } from './memory/arena';
import { reserveScratch } from './memory/scratch';
import { STATUS_NOT_ENOUGH_MEMORY } from './status';

/** Address of a region of at least this many bytes for handing over strings, settings and helper input. */
export function scratchReserve(sizeBytes: i32): i32 {
  const address = reserveScratch(<u32>sizeBytes);
  return address == 0 ? -STATUS_NOT_ENOUGH_MEMORY : <i32>address;
}

/** Bytes that the arena spans: all open stores, streams and readers. */
export function memoryInUse(): i32 {
  return <i32>arenaBytes();
}
