/**
 * The whole ABI of the core: every export, nothing else.
 *
 * Results are i32: ≥ 0 is a result, < 0 is minus a KVS status number. Times are 100 ns ticks in two u32 halves. Objects are
 * handles (`memory/handles.ts`). Addresses point into the exported memory and stay valid until the next call.
 */
import { arenaBytes } from './memory/arena';
import { reserveScratch } from './memory/scratch';
import { closeReader, nextEvent, openReader, readerOf } from './mkv/reader';
import { windowCommit, windowDiscard, windowRoom } from './mkv/reader-window';
import { STATUS_INVALID_ARG, STATUS_INVALID_HANDLE_ERROR, STATUS_NOT_ENOUGH_MEMORY, STATUS_SUCCESS } from './status';

/** Address of a region of at least this many bytes for handing over strings, settings and helper input. */
export function scratchReserve(sizeBytes: i32): i32 {
  const address = reserveScratch(<u32>sizeBytes);
  return address == 0 ? -STATUS_NOT_ENOUGH_MEMORY : <i32>address;
}

/** Bytes that the arena spans: all open stores, streams and readers. */
export function memoryInUse(): i32 {
  return <i32>arenaBytes();
}

// The Matroska reader.

/** Opens a reader; see {@link openReader} for the ranges. Returns its handle. */
export function readerOpen(windowBytes: i32, maxValueBytes: i32, maxDepth: i32, options: i32): i32 {
  return openReader(<u32>windowBytes, <u32>maxValueBytes, <u32>maxDepth, <u32>options);
}

/** Closes a reader and gives its memory back. */
export function readerClose(handle: i32): i32 {
  const state = readerOf(handle);
  if (state === null) return -STATUS_INVALID_HANDLE_ERROR;
  closeReader(handle, state);
  return STATUS_SUCCESS;
}

/** Address of the reader's current event (`mkv/reader-state.ts`), valid until it is closed. */
export function readerEvent(handle: i32): i32 {
  const state = readerOf(handle);
  return state === null ? -STATUS_INVALID_HANDLE_ERROR : <i32>changetype<usize>(state);
}

/** Bytes, at most `wantedBytes`, that may be copied to the event's bytes address now; then call `readerCommit`. */
export function readerRoom(handle: i32, wantedBytes: i32): i32 {
  const state = readerOf(handle);
  return state === null ? -STATUS_INVALID_HANDLE_ERROR : <i32>windowRoom(state, <u32>wantedBytes);
}

/** Hands over bytes that were copied to where `readerRoom` said. */
export function readerCommit(handle: i32, lengthBytes: i32): i32 {
  const state = readerOf(handle);
  if (state === null) return -STATUS_INVALID_HANDLE_ERROR;
  return windowCommit(state, <u32>lengthBytes) ? STATUS_SUCCESS : -STATUS_INVALID_ARG;
}

/** Passes over up to `lengthBytes` of input that need not be copied; returns how many. */
export function readerDiscard(handle: i32, lengthBytes: i32): i32 {
  const state = readerOf(handle);
  return state === null ? -STATUS_INVALID_HANDLE_ERROR : <i32>windowDiscard(state, <u32>lengthBytes);
}

/** Says that no more input comes. */
export function readerFinish(handle: i32): i32 {
  const state = readerOf(handle);
  if (state === null) return -STATUS_INVALID_HANDLE_ERROR;
  state.inputEnded = 1;
  return STATUS_SUCCESS;
}

/** Moves on to the next event; returns one of EVENT_* (`mkv/reader-codes.ts`). */
export function readerNext(handle: i32): i32 {
  const state = readerOf(handle);
  return state === null ? -STATUS_INVALID_HANDLE_ERROR : nextEvent(state);
}
