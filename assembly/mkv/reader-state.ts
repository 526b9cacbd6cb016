import { MOST_TRACKS } from './reader-codes';

/**
 * The memory of one Matroska reader: one region, sized when it is opened and never again.
 *
 * ```
 * | ReaderState | MOST_TRACKS × u32 | maxDepth × OpenMaster | window: windowBytes | 16 spare |
 * ```
 */

/** Everything about a reader. The host reads the first part, the current event, straight out of memory: keep the order. */
@unmanaged
export class ReaderState {
  // The current event; `sdk/core/mkv-reader.ts` knows these offsets.
  /** Byte 0: the element's id. */
  elementId: u32;
  /** Byte 4: how many masters are open around the element. */
  level: u32;
  /** Byte 8: absolute offset of the first byte of the id. */
  elementOffset: u64;
  /** Byte 16: absolute offset of the first byte of the content. */
  dataOffset: u64;
  /** Byte 24: content bytes, or all ones when unknown. */
  dataSizeBytes: u64;
  /** Byte 32: the bits of an integer value. */
  integerValue: u64;
  /** Byte 40: the value of any number, as a float. */
  floatValue: f64;
  /** Byte 48: address of the value's or the piece's bytes. */
  bytesAddress: u32;
  /** Byte 52 */
  bytesLength: u32;
  /** Byte 56 */
  trackNumber: u32;
  /** Byte 60: timecode relative to the cluster, −32768…32767. */
  relativeTimecode: i32;
  /** Byte 64: the flags byte of the block. */
  blockFlags: u32;
  /** Byte 68: 1 with the last piece of a payload. */
  dataDone: u32;
  /** Byte 72: absolute offset of a block's first payload byte. */
  payloadOffset: u64;
  /** Byte 80 */
  payloadSizeBytes: u64;
  /** Byte 88: where a master ended: absolute offset of the first byte after it. */
  endOffset: u64;
  /** Byte 96: one of FAULT_*. */
  faultReason: u32;
  /** Byte 100: 1 while input can be passed over without being copied into the window. */
  discarding: u32;
  /** Byte 104: absolute offset up to which the events so far account for the input. */
  settledOffset: u64;

  // From here on private to the core.
  phase: u32;
  options: u32;
  depth: u32;
  maxDepth: u32;
  maxValueBytes: u32;
  windowBytes: u32;
  /** First unread byte of the window, and the first free one; offsets from the window's start. */
  windowAt: u32;
  windowEnd: u32;
  /** Absolute offset of the window's first byte. */
  windowOffset: u64;
  /** Bytes of the current content not yet delivered or skipped. */
  remainingBytes: u64;
  /** The header that was read last; the current event may still be the end of a master before it. */
  nextId: u32;
  /** Address of its row in the schema, 0 when it has none. */
  row: usize;
  nextOffset: u64;
  nextDataOffset: u64;
  nextSizeBytes: u64;
  /** 1 once the host said that no more input comes. */
  inputEnded: u32;
  headerSeen: u32;
  segmentSeen: u32;
  docTypeSeen: u32;
  timecodeSeen: u32;
  tracksSeen: u32;
  clusterSeen: u32;
  /** TrackEntry elements so far, and track numbers in the list behind the open masters. */
  trackEntryCount: u32;
  trackNumberCount: u32;
  maxTracks: u32;
}

/** A master that is open. */
@unmanaged
export class OpenMaster {
  elementId: u32;
  /** Level by the schema, which decides what ends it. */
  level: u32;
  elementOffset: u64;
  dataOffset: u64;
  dataSizeBytes: u64;
  /** Absolute offset at which it ends at the latest, by its own size or that of a master around it; all ones when open. */
  limit: u64;
}

/** Lets eight-byte loads at the window's end stay inside the region. */
const SPARE_BYTES: usize = 16;

const TRACK_NUMBERS_AT: usize = (offsetof<ReaderState>() + 15) & ~15;
const STATE_BYTES: usize = TRACK_NUMBERS_AT + ((<usize>MOST_TRACKS) << 2);
const OPEN_MASTER_BYTES: usize = offsetof<OpenMaster>();

/** Bytes of the whole region. */
export function readerRegionBytes(windowBytes: u32, maxDepth: u32): usize {
  return STATE_BYTES + <usize>maxDepth * OPEN_MASTER_BYTES + windowBytes + SPARE_BYTES;
}

/** The open master at `index`, 0 being the outermost. */
export function openMaster(state: ReaderState, index: u32): OpenMaster {
  return changetype<OpenMaster>(changetype<usize>(state) + STATE_BYTES + <usize>index * OPEN_MASTER_BYTES);
}

/** Address of the track number at `index`, which is below `trackNumberCount` or the next free one. */
export function trackNumberAddress(state: ReaderState, index: u32): usize {
  return changetype<usize>(state) + TRACK_NUMBERS_AT + ((<usize>index) << 2);
}

/** Where the innermost open master ends at the latest; all ones when nothing bounds it. */
export function innermostLimit(state: ReaderState): u64 {
  return state.depth == 0 ? u64.MAX_VALUE : openMaster(state, state.depth - 1).limit;
}

/** Address of the window's first byte. */
export function windowAddress(state: ReaderState): usize {
  return changetype<usize>(state) + STATE_BYTES + <usize>state.maxDepth * OPEN_MASTER_BYTES;
}

/** Absolute offset of the next byte to be read. */
export function position(state: ReaderState): u64 {
  return state.windowOffset + state.windowAt;
}

/** Unread bytes in the window. */
export function available(state: ReaderState): u32 {
  return state.windowEnd - state.windowAt;
}
