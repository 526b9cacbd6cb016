import * as id from '../ebml/ids';
import { UNKNOWN_SIZE } from '../ebml/reader';
import {
  FAULT_BLOCK_BEFORE_TIMECODE,
  FAULT_DOC_TYPE,
  FAULT_EXCEEDS_PARENT,
  FAULT_LATE_HEADER,
  FAULT_MISPLACED,
  FAULT_NO_HEADER,
  FAULT_NO_TIMECODE,
  FAULT_NO_TRACKS,
  FAULT_SECOND_HEADER,
  FAULT_SECOND_SEGMENT,
  FAULT_SECOND_TIMECODE,
  FAULT_SECOND_TRACKS,
  FAULT_TIMECODE_TOO_LARGE,
  FAULT_TOO_MANY_TRACKS,
  FAULT_UNKNOWN_TRACK,
  FAULT_UNSUPPORTED_VERSION,
  FAULT_ZERO_TIMECODE_SCALE,
} from './reader-codes';
import { innermostLimit, openMaster, ReaderState, trackNumberAddress } from './reader-state';
import { mayStandIn } from './schema';
import { KIND_BLOCK, KIND_GLOBAL, KIND_UNKNOWN } from './schema-table';

/**
 * The rules of strict mode: one well-formed Matroska document, as a PutMedia body has to be.
 * Each function returns 0 or the FAULT_* that the current element commits.
 */

const READ_VERSION: u64 = 1;
const MAX_ID_LENGTH: u64 = 4;
const MAX_SIZE_LENGTH: u64 = 8;
/** 2^53 − 1: what every reader can count with. */
const MAX_TIMECODE: u64 = 0x1fffffffffffff;

/**
 * Checks an element whose header has just been read and whose predecessors have been closed.
 * @param kind its KIND_*
 */
export function checkElementStart(state: ReaderState, kind: u32): u32 {
  const limit = innermostLimit(state);
  if (state.dataOffset > limit) return FAULT_EXCEEDS_PARENT;
  if (state.dataSizeBytes != UNKNOWN_SIZE && state.dataSizeBytes > limit - state.dataOffset)
    return FAULT_EXCEEDS_PARENT;
  if (kind == KIND_GLOBAL) return 0;
  const reason = checkDocument(state);
  return reason != 0 || kind == KIND_UNKNOWN ? reason : checkPlace(state, kind);
}

function checkDocument(state: ReaderState): u32 {
  if (state.elementId == id.EBML_HEADER) {
    if (state.headerSeen != 0) return FAULT_SECOND_HEADER;
    state.headerSeen = 1;
  }
  if (state.headerSeen == 0) return FAULT_NO_HEADER;
  if (state.elementId == id.SEGMENT) {
    if (state.segmentSeen != 0) return FAULT_SECOND_SEGMENT;
    state.segmentSeen = 1;
  }
  return 0;
}

function checkPlace(state: ReaderState, kind: u32): u32 {
  const parentId = state.depth == 0 ? 0 : openMaster(state, state.depth - 1).elementId;
  if (!mayStandIn(state.row, parentId)) return FAULT_MISPLACED;
  if (kind == KIND_BLOCK) return state.timecodeSeen == 0 ? FAULT_BLOCK_BEFORE_TIMECODE : 0;
  return checkOrder(state);
}

/** Checks that an element comes in its turn, and as often as it may. */
function checkOrder(state: ReaderState): u32 {
  switch (state.elementId) {
    case id.INFO:
      return state.clusterSeen != 0 ? FAULT_LATE_HEADER : 0;
    case id.TRACKS:
      return checkTracks(state);
    case id.TRACK_ENTRY:
      return ++state.trackEntryCount > state.maxTracks ? FAULT_TOO_MANY_TRACKS : 0;
    case id.CLUSTER:
      state.clusterSeen = 1;
      return state.trackNumberCount == 0 ? FAULT_NO_TRACKS : 0;
    case id.CLUSTER_TIMECODE:
      return state.timecodeSeen != 0 ? FAULT_SECOND_TIMECODE : 0;
    default:
      return 0;
  }
}

function checkTracks(state: ReaderState): u32 {
  if (state.clusterSeen != 0) return FAULT_LATE_HEADER;
  if (state.tracksSeen != 0) return FAULT_SECOND_TRACKS;
  state.tracksSeen = 1;
  return 0;
}

/** Checks a value that has just been read. RFC 8794 §11.2, RFC 9559 §5 and §6.1. */
export function checkValue(state: ReaderState): u32 {
  switch (state.elementId) {
    case id.DOC_TYPE:
      state.docTypeSeen = 1;
      return isMatroska(<usize>state.bytesAddress, state.bytesLength) ? 0 : FAULT_DOC_TYPE;
    case id.EBML_READ_VERSION:
      return state.integerValue > READ_VERSION ? FAULT_UNSUPPORTED_VERSION : 0;
    case id.EBML_MAX_ID_LENGTH:
      return state.integerValue > MAX_ID_LENGTH ? FAULT_UNSUPPORTED_VERSION : 0;
    case id.EBML_MAX_SIZE_LENGTH:
      return state.integerValue > MAX_SIZE_LENGTH ? FAULT_UNSUPPORTED_VERSION : 0;
    case id.TIMECODE_SCALE:
      // An empty element stands for its default.
      return state.integerValue == 0 && state.dataSizeBytes != 0 ? FAULT_ZERO_TIMECODE_SCALE : 0;
    case id.TRACK_NUMBER:
      return noteTrackNumber(state);
    case id.CLUSTER_TIMECODE:
      return state.integerValue > MAX_TIMECODE ? FAULT_TIMECODE_TOO_LARGE : 0;
    default:
      return 0;
  }
}

function noteTrackNumber(state: ReaderState): u32 {
  if (state.trackNumberCount == state.maxTracks) return FAULT_TOO_MANY_TRACKS;
  const number = state.integerValue;
  // What no block can have matches none.
  store<u32>(trackNumberAddress(state, state.trackNumberCount++), number > u32.MAX_VALUE ? u32.MAX_VALUE : <u32>number);
  return 0;
}

/** Checks a block whose header has just been read: its track must have been declared. */
export function checkBlock(state: ReaderState): u32 {
  for (let index: u32 = 0; index < state.trackNumberCount; index++) {
    if (load<u32>(trackNumberAddress(state, index)) == state.trackNumber) return 0;
  }
  return FAULT_UNKNOWN_TRACK;
}

/** Checks what a master needs to have held when it ends. */
export function checkEnd(state: ReaderState): u32 {
  if (state.elementId == id.EBML_HEADER) return state.docTypeSeen == 0 ? FAULT_DOC_TYPE : 0;
  return state.elementId == id.CLUSTER && state.timecodeSeen == 0 ? FAULT_NO_TIMECODE : 0;
}

/** `matroska`, or its profile `webm`; NUL padding is allowed. */
function isMatroska(address: usize, lengthBytes: u32): bool {
  while (lengthBytes > 0 && load<u8>(address + lengthBytes - 1) == 0) lengthBytes--;
  if (lengthBytes == 8) return load<u64>(address, 0, 1) == 0x616b736f7274616d;
  return lengthBytes == 4 && load<u32>(address, 0, 1) == 0x6d626577;
}
