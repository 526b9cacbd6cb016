/**
 * What the build for shared memory exports beside `index.ts`: frames that another thread places in the store, and copies within memory.
 *
 * Every export of that build is called under the lock that the threads share, but `placedAdapt`. Copies: engines copy between shared memory and
 * their own byte by byte unless both sides stand alike to the words of memory; within memory they copy as fast as ever.
 */
import { HANDLE_STREAM, resolveHandle } from './memory/handles';
import { STATUS_INVALID_HANDLE_ERROR } from './status';
import { adaptPlaced, commitPlaced, holdPlaced, placedHeadroom as headroomOf } from './stream/placed';
import { Stream, streamAt } from './stream/stream';

function streamOf(handle: i32): Stream | null {
  const address = resolveHandle(handle, HANDLE_STREAM);
  return address == 0 ? null : streamAt(address);
}

/** Bytes to leave in front of a payload, in a slot that `storeTake` gives. Flags as of `frameReserve`. */
export function placedHeadroom(handle: i32, flags: i32): i32 {
  const stream = streamOf(handle);
  return stream === null ? -STATUS_INVALID_HANDLE_ERROR : headroomOf(stream, <u32>flags);
}

/** Adapts a payload in its slot, which may grow by `room` bytes towards lower addresses; the new size. Touches nothing but the slot. */
export function placedAdapt(nal: i32, slot: i32, payload: i32, sizeBytes: i32, room: i32): i32 {
  return adaptPlaced(<u32>nal, <usize>slot, <usize>payload, <u32>sizeBytes, <u32>room);
}

/**
 * Stores a placed frame; times and results as of `frameCommit`. The slot is the store's then; where the frame is refused it is free, but for
 * minus STATUS_STORE_OUT_OF_MEMORY, when the caller keeps it: results 0 and 1 are slot and payload.
 */
export function placedCommit(
  handle: i32,
  trackNumber: i32,
  slot: i32,
  payload: i32,
  sizeBytes: i32,
  flags: i32,
  ptsUs: f64,
  dtsUs: f64,
  durationUs: f64,
): i32 {
  const stream = streamOf(handle);
  if (stream === null) return -STATUS_INVALID_HANDLE_ERROR;
  return commitPlaced(
    stream,
    <u32>trackNumber,
    <usize>slot,
    <usize>payload,
    <u32>sizeBytes,
    <u32>flags,
    ptsUs,
    dtsUs,
    durationUs,
  );
}

/** Makes a placed frame wait for frames of other tracks; the slot of one that is refused is free. */
export function placedHold(handle: i32, trackNumber: i32, slot: i32, payload: i32, sizeBytes: i32, flags: i32): i32 {
  const stream = streamOf(handle);
  if (stream === null) return -STATUS_INVALID_HANDLE_ERROR;
  return holdPlaced(stream, <u32>trackNumber, <usize>slot, <usize>payload, <u32>sizeBytes, <u32>flags);
}

/** Copies the spans of a span table (`streamRead`), which begin at `table`, one behind the other; the bytes copied. */
export function spansGather(table: i32, count: i32, destination: i32): i32 {
  let out = <usize>destination;
  for (let entry = <usize>table, end = entry + ((<usize>count) << 3); entry < end; entry += 8) {
    const length = load<u32>(entry, 4);
    memory.copy(out, load<u32>(entry), length);
    out += length;
  }
  return <i32>(out - <usize>destination);
}

/** Copies within memory; 0. */
export function bytesCopy(destination: i32, source: i32, sizeBytes: i32): i32 {
  memory.copy(<usize>destination, <usize>source, <usize>sizeBytes);
  return 0;
}
