import { acquireRegion, releaseRegion } from '../memory/arena';
import { closeHandle, HANDLE_READER, openHandle, resolveHandle } from '../memory/handles';
import { STATUS_INVALID_ARG, STATUS_NOT_ENOUGH_MEMORY } from '../status';
import { deliverPiece, readBlockHeader, readValue, skipContent } from './element-content';
import { openElement, readHeader } from './element-header';
import { closeAtEnd } from './open-masters';
import { EVENT_FAULT, MOST_TRACKS, OPTION_MAX_TRACKS_SHIFT } from './reader-codes';
import {
  AGAIN,
  PHASE_BLOCK,
  PHASE_CLOSING,
  PHASE_HEADER,
  PHASE_OPENING,
  PHASE_PAYLOAD,
  PHASE_SKIP,
  PHASE_VALUE,
} from './reader-phase';
import { position, readerRegionBytes, ReaderState } from './reader-state';

/**
 * The bounded pull reader of Matroska: a resumable state machine that turns the bytes of its window into events.
 *
 * Whatever the input, a call does work in proportion to the input it uses, and memory stays what it was when the reader was opened.
 */

/** The deepest path that Matroska defines has 8 masters; only nested SimpleTags go further. RFC 9559 §5. */
const MAX_DEPTH: u32 = 64;
const MIN_WINDOW_BYTES: u32 = 64;
const MAX_WINDOW_BYTES: u32 = 16 << 20;

/** Longest header that must lie side by side: an id and a size, or that of a block. */
const MAX_HEADER_BYTES: u32 = 12;

/**
 * Opens a reader and reserves all memory it will ever use.
 * @param windowBytes 64…16 Mi; at least twice `maxValueBytes` + 12, so that moving left-overs stays cheap
 * @param options OPTION_* bits, and the most tracks from OPTION_MAX_TRACKS_SHIFT on
 * @returns a handle, or minus STATUS_INVALID_ARG or STATUS_NOT_ENOUGH_MEMORY
 */
export function openReader(windowBytes: u32, maxValueBytes: u32, maxDepth: u32, options: u32): i32 {
  if (windowBytes < MIN_WINDOW_BYTES || windowBytes > MAX_WINDOW_BYTES) return -STATUS_INVALID_ARG;
  if (maxValueBytes > windowBytes || maxValueBytes + MAX_HEADER_BYTES > windowBytes >> 1) return -STATUS_INVALID_ARG;
  if (maxDepth == 0 || maxDepth > MAX_DEPTH) return -STATUS_INVALID_ARG;
  const maxTracks = options >> OPTION_MAX_TRACKS_SHIFT;
  if (maxTracks == 0 || maxTracks > <u32>MOST_TRACKS) return -STATUS_INVALID_ARG;
  const region = acquireRegion(readerRegionBytes(windowBytes, maxDepth));
  if (region == 0) return -STATUS_NOT_ENOUGH_MEMORY;
  memory.fill(region, 0, offsetof<ReaderState>());
  const state = changetype<ReaderState>(region);
  state.windowBytes = windowBytes;
  state.maxValueBytes = maxValueBytes;
  state.maxDepth = maxDepth;
  state.maxTracks = maxTracks;
  state.options = options;
  const handle = openHandle(HANDLE_READER, region);
  if (handle < 0) releaseRegion(region);
  return handle;
}

/** The reader behind a handle, or null. */
export function readerOf(handle: i32): ReaderState | null {
  const region = resolveHandle(handle, HANDLE_READER);
  return region == 0 ? null : changetype<ReaderState>(region);
}

/** Gives a reader's memory back. */
export function closeReader(handle: i32, state: ReaderState): void {
  closeHandle(handle);
  releaseRegion(changetype<usize>(state));
}

/** Moves on to the next event and returns it, one of EVENT_*. */
export function nextEvent(state: ReaderState): i32 {
  let event = AGAIN;
  while (event == AGAIN) event = step(state);
  state.settledOffset = isPending(state.phase) ? state.nextOffset : position(state);
  return event;
}

/** Whether an element's header has been read that no event has told of yet. */
function isPending(phase: u32): bool {
  return phase == PHASE_OPENING || phase == PHASE_VALUE || phase == PHASE_BLOCK;
}

function step(state: ReaderState): i32 {
  switch (state.phase) {
    case PHASE_HEADER:
      return readHeader(state);
    case PHASE_OPENING:
      return openElement(state);
    case PHASE_VALUE:
      return readValue(state);
    case PHASE_BLOCK:
      return readBlockHeader(state);
    case PHASE_PAYLOAD:
      return deliverPiece(state);
    case PHASE_SKIP:
      return skipContent(state);
    case PHASE_CLOSING:
      return closeAtEnd(state);
    default:
      return EVENT_FAULT;
  }
}
