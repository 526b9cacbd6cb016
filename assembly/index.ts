/**
 * The whole ABI of the core: every export, nothing else.
 *
 * Results are i32: ≥ 0 is a result, < 0 is minus a KVS status number. Times of frames are microseconds in a double, exact to 2^53;
 * timecodes and durations of the settings are two u32 halves. Objects are
 * handles (`memory/handles.ts`). Addresses point into the exported memory and stay valid until the next call.
 */
import { MAX_STORE_BYTES, MIN_STORE_BYTES } from './limits';
import { arenaBytes } from './memory/arena';
import { closeHandle, HANDLE_STORE, HANDLE_STREAM, openHandle, resolveHandle } from './memory/handles';
import { putResult, resultsAddress } from './memory/results';
import { reserveScratch } from './memory/scratch';
import { closeReader, nextEvent, openReader, readerOf } from './mkv/reader';
import { windowCommit, windowDiscard, windowRoom } from './mkv/reader-window';
import { ticksOf } from './mkv/timecode';
import {
  STATUS_INVALID_ALLOCATION_SIZE,
  STATUS_INVALID_ARG,
  STATUS_INVALID_HANDLE_ERROR,
  STATUS_INVALID_OPERATION,
  STATUS_INVALID_STORAGE_SIZE,
  STATUS_NOT_ENOUGH_MEMORY,
  STATUS_STORE_OUT_OF_MEMORY,
  STATUS_SUCCESS,
} from './status';
import {
  createStore,
  destroyStore,
  storeAllocate,
  storeCapacity,
  storeCheck,
  storeFree,
  storeOwns,
  storeStreamCount,
  storeUsed,
} from './store/content-store';
import { putEvents } from './stream/event-tags';
import { awaitKeyFrame, endFragment, stopStream } from './stream/fragment-end';
import { commitFrame, reserveFrame } from './stream/frame';
import { setCodecPrivate } from './stream/header';
import { holdFrame, releaseFrame } from './stream/held';
import { closeStream, openStream } from './stream/open';
import { watchPressure } from './stream/pressure';
import {
  acknowledgeFragment,
  dropOldestFragment,
  dropOverdueFragment,
  reportFrames,
  rollBackStream,
  skipFragment,
} from './stream/removal';
import { beginSession, endSession, readSpans } from './stream/session';
import { reportStats } from './stream/stats';
import { setNalAdaptation, Stream, streamAt } from './stream/stream';
import { dropTags, putTag } from './stream/tag-queue';

export * from './byte-helpers';

/** Address of a region of at least this many bytes for handing over strings, settings and helper input. */
export function scratchReserve(sizeBytes: i32): i32 {
  const address = reserveScratch(<u32>sizeBytes);
  return address == 0 ? -STATUS_NOT_ENOUGH_MEMORY : <i32>address;
}

/** Bytes that the arena spans: all open stores, streams and readers. */
export function memoryInUse(): i32 {
  return <i32>arenaBytes();
}

/** Address of the doubles that calls with several results leave there. */
export function results(): i32 {
  return <i32>resultsAddress();
}

// The content store.

/** Reserves a store of this capacity; returns its handle. */
export function storeOpen(capacityBytes: i32): i32 {
  if (capacityBytes < <i32>MIN_STORE_BYTES || capacityBytes > <i32>MAX_STORE_BYTES) return -STATUS_INVALID_STORAGE_SIZE;
  const region = createStore(<u32>capacityBytes);
  if (region == 0) return -STATUS_NOT_ENOUGH_MEMORY;
  const handle = openHandle(HANDLE_STORE, region);
  if (handle < 0) destroyStore(region);
  return handle;
}

/** Gives a store back; refused while streams are open in it. */
export function storeClose(handle: i32): i32 {
  const region = resolveHandle(handle, HANDLE_STORE);
  if (region == 0) return -STATUS_INVALID_HANDLE_ERROR;
  if (storeStreamCount(region) != 0) return -STATUS_INVALID_OPERATION;
  closeHandle(handle);
  destroyStore(region);
  return STATUS_SUCCESS;
}

/** Bytes that blocks may take together. */
export function storeCapacityBytes(handle: i32): i32 {
  const region = resolveHandle(handle, HANDLE_STORE);
  return region == 0 ? -STATUS_INVALID_HANDLE_ERROR : <i32>storeCapacity(region);
}

/** Bytes of all allocated blocks, headers and rounding included. */
export function storeUsedBytes(handle: i32): i32 {
  const region = resolveHandle(handle, HANDLE_STORE);
  return region == 0 ? -STATUS_INVALID_HANDLE_ERROR : <i32>storeUsed(region);
}

/** Allocates a slot; its address. For what a host keeps room for, and for tests: streams allocate by themselves. */
export function storeTake(handle: i32, sizeBytes: i32): i32 {
  const region = resolveHandle(handle, HANDLE_STORE);
  if (region == 0) return -STATUS_INVALID_HANDLE_ERROR;
  if (sizeBytes <= 0) return -STATUS_INVALID_ALLOCATION_SIZE;
  const payload = storeAllocate(region, <u32>sizeBytes);
  return payload == 0 ? -STATUS_STORE_OUT_OF_MEMORY : <i32>payload;
}

/** Frees a slot that `storeTake` gave; returns the bytes freed. */
export function storeGive(handle: i32, address: i32): i32 {
  const region = resolveHandle(handle, HANDLE_STORE);
  if (region == 0) return -STATUS_INVALID_HANDLE_ERROR;
  return storeOwns(region, <usize>address) ? <i32>storeFree(region, <usize>address) : -STATUS_INVALID_ARG;
}

/** Walks the store; free bytes, or −1 when its books are wrong. For tests. */
export function storeAudit(handle: i32): i32 {
  const region = resolveHandle(handle, HANDLE_STORE);
  return region == 0 ? -STATUS_INVALID_HANDLE_ERROR : storeCheck(region);
}

// Streams.

function streamOf(handle: i32): Stream | null {
  const address = resolveHandle(handle, HANDLE_STREAM);
  return address == 0 ? null : streamAt(address);
}

/** Opens a stream in a store, from the settings at this address (`stream/settings.ts`); returns its handle. Result 0: address of its span table. */
export function streamOpen(storeHandle: i32, settings: i32): i32 {
  const region = resolveHandle(storeHandle, HANDLE_STORE);
  if (region == 0) return -STATUS_INVALID_HANDLE_ERROR;
  const status = openStream(region, <usize>settings, resultsAddress());
  if (status < 0) return status;
  const stream = load<usize>(resultsAddress());
  const handle = openHandle(HANDLE_STREAM, stream);
  if (handle < 0) closeStream(streamAt(stream));
  else putResult(0, <f64>streamAt(stream).spans);
  return handle;
}

/** Closes a stream; its frames leave the store. */
export function streamClose(handle: i32): i32 {
  const stream = streamOf(handle);
  if (stream === null) return -STATUS_INVALID_HANDLE_ERROR;
  closeHandle(handle);
  closeStream(stream);
  return STATUS_SUCCESS;
}

/**
 * Address for a frame's payload; 0 when the frame is skipped, waiting for a key frame. Flags: 1 key, 2 discardable, 4 invisible, 8 the frame is
 * to be held.
 */
export function frameReserve(handle: i32, trackNumber: i32, payloadBytes: i32, flags: i32): i32 {
  const stream = streamOf(handle);
  return stream === null
    ? -STATUS_INVALID_HANDLE_ERROR
    : reserveFrame(stream, <u32>trackNumber, <u32>payloadBytes, <u32>flags);
}

/**
 * Stores the reserved frame, times in microseconds; 0 stored, 2 stored and it began a fragment, 3 the same with changed codec private data
 * (`reportChange`). A decoding time of NaN is not known.
 */
export function frameCommit(handle: i32, ptsUs: f64, dtsUs: f64, durationUs: f64): i32 {
  const stream = streamOf(handle);
  return stream === null ? -STATUS_INVALID_HANDLE_ERROR : commitFrame(stream, ptsUs, dtsUs, durationUs);
}

/** Makes the reserved frame wait for frames of other tracks. */
export function frameHold(handle: i32): i32 {
  const stream = streamOf(handle);
  return stream === null ? -STATUS_INVALID_HANDLE_ERROR : holdFrame(stream);
}

/** Stores a track's oldest frame that waits; arguments and results as of `frameCommit`. */
export function frameRelease(handle: i32, trackNumber: i32, ptsUs: f64, dtsUs: f64, durationUs: f64): i32 {
  const stream = streamOf(handle);
  return stream === null
    ? -STATUS_INVALID_HANDLE_ERROR
    : releaseFrame(stream, <u32>trackNumber, ptsUs, dtsUs, durationUs);
}

/** Ends the open fragment explicitly. */
export function streamEndFragment(handle: i32): i32 {
  const stream = streamOf(handle);
  return stream === null ? -STATUS_INVALID_HANDLE_ERROR : endFragment(stream);
}

/** Queues fragment metadata; name and value are UTF-8 bytes at these addresses. */
export function streamPutTag(
  handle: i32,
  name: i32,
  nameBytes: i32,
  value: i32,
  valueBytes: i32,
  persistent: i32,
): i32 {
  const stream = streamOf(handle);
  if (stream === null) return -STATUS_INVALID_HANDLE_ERROR;
  return putTag(stream, <usize>name, <u32>nameBytes, <usize>value, <u32>valueBytes, persistent != 0);
}

/** Queues event metadata: 1 image generation, 2 notification, or both; texts at `block` as of `stream/event-tags.ts`. */
export function streamPutEvents(handle: i32, events: i32, block: i32): i32 {
  const stream = streamOf(handle);
  return stream === null ? -STATUS_INVALID_HANDLE_ERROR : putEvents(stream, <u32>events, <usize>block);
}

/** Replaces a track's codec private data, from the next fragment on. */
export function streamSetCodecPrivate(handle: i32, trackNumber: i32, address: i32, sizeBytes: i32): i32 {
  const stream = streamOf(handle);
  return stream === null
    ? -STATUS_INVALID_HANDLE_ERROR
    : setCodecPrivate(stream, <u32>trackNumber, <usize>address, <u32>sizeBytes);
}

/** Changes how NAL units are adapted; only before the first frame. */
export function streamSetNal(handle: i32, nal: i32, adaptCodecPrivate: i32): i32 {
  const stream = streamOf(handle);
  return stream === null ? -STATUS_INVALID_HANDLE_ERROR : setNalAdaptation(stream, <u32>nal, adaptCodecPrivate != 0);
}

/** No more frames. */
export function streamStop(handle: i32): i32 {
  const stream = streamOf(handle);
  if (stream === null) return -STATUS_INVALID_HANDLE_ERROR;
  stopStream(stream);
  return STATUS_SUCCESS;
}

/** Begins a read session. */
export function streamBeginSession(handle: i32): i32 {
  const stream = streamOf(handle);
  if (stream === null) return -STATUS_INVALID_HANDLE_ERROR;
  beginSession(stream);
  return STATUS_SUCCESS;
}

/** Ends the read session at the next fragment's start. */
export function streamEndSession(handle: i32): i32 {
  const stream = streamOf(handle);
  if (stream === null) return -STATUS_INVALID_HANDLE_ERROR;
  endSession(stream);
  return STATUS_SUCCESS;
}

/** Hands out up to this many bytes as spans; returns their number. The span table tells why it ended. */
export function streamRead(handle: i32, roomBytes: i32): i32 {
  const stream = streamOf(handle);
  return stream === null ? -STATUS_INVALID_HANDLE_ERROR : readSpans(stream, <u32>roomBytes);
}

/**
 * Gives up the session and moves the read position back, `target` of `view/roll-back.ts`; returns the fragments that will be sent again,
 * results as of `stream/removal.ts`.
 */
export function streamRollBack(handle: i32, target: i32, replayUs: f64): i32 {
  const stream = streamOf(handle);
  return stream === null ? -STATUS_INVALID_HANDLE_ERROR : rollBackStream(stream, <u32>target, replayUs);
}

/** Ends the open fragment and skips frames up to a key frame, which begins a session of its own. */
export function streamAwaitKeyFrame(handle: i32): i32 {
  const stream = streamOf(handle);
  if (stream === null) return -STATUS_INVALID_HANDLE_ERROR;
  awaitKeyFrame(stream);
  return STATUS_SUCCESS;
}

/** Applies an acknowledgement (0 buffering, 1 received, 2 persisted); results as of `stream/removal.ts`. */
export function streamAcknowledge(handle: i32, type: i32, timecodeLo: i32, timecodeHi: i32): i32 {
  const stream = streamOf(handle);
  return stream === null
    ? -STATUS_INVALID_HANDLE_ERROR
    : acknowledgeFragment(stream, <u32>type, ticksOf(timecodeLo, timecodeHi));
}

/** Takes out a fragment for good; results as of `stream/removal.ts`. */
export function streamSkipFragment(handle: i32, timecodeLo: i32, timecodeHi: i32): i32 {
  const stream = streamOf(handle);
  return stream === null ? -STATUS_INVALID_HANDLE_ERROR : skipFragment(stream, ticksOf(timecodeLo, timecodeHi));
}

/** Takes back the tags and events that wait for one fragment; persistent tags stay. */
export function streamDropTags(handle: i32): i32 {
  const stream = streamOf(handle);
  if (stream === null) return -STATUS_INVALID_HANDLE_ERROR;
  return dropTags(stream);
}

/**
 * Leaves decoding time (microseconds) and bytes of eight frames of a fragment in the results, from the `skip`th on; returns how many.
 * `order` 0: of the fragment that `streamDropOldest` takes next.
 */
export function streamFrames(handle: i32, order: i32, skip: i32): i32 {
  const stream = streamOf(handle);
  return stream === null ? -STATUS_INVALID_HANDLE_ERROR : reportFrames(stream, <u32>order, <u32>skip);
}

/** Takes out the oldest fragment that is neither open nor being read; results as of `stream/removal.ts`. */
export function streamDropOldest(handle: i32): i32 {
  const stream = streamOf(handle);
  if (stream === null) return -STATUS_INVALID_HANDLE_ERROR;
  dropOldestFragment(stream);
  return STATUS_SUCCESS;
}

/** Takes out the oldest fragment while the view holds the buffer duration; results as of `stream/removal.ts`. */
export function streamDropOverdue(handle: i32): i32 {
  const stream = streamOf(handle);
  if (stream === null) return -STATUS_INVALID_HANDLE_ERROR;
  dropOverdueFragment(stream);
  return STATUS_SUCCESS;
}

/** Sets the buffer duration and the latency that commits tell of (microseconds, 0 for none), and whether they tell of a full store. */
export function streamWatch(handle: i32, bufferUs: f64, latencyUs: f64, watchesStore: i32): i32 {
  const stream = streamOf(handle);
  if (stream === null) return -STATUS_INVALID_HANDLE_ERROR;
  return watchPressure(stream, bufferUs, latencyUs, watchesStore != 0);
}

/** Leaves the stream's figures in the results, see `stream/stats.ts`. */
export function streamStats(handle: i32): i32 {
  const stream = streamOf(handle);
  if (stream === null) return -STATUS_INVALID_HANDLE_ERROR;
  reportStats(stream);
  return STATUS_SUCCESS;
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
