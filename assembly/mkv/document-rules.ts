import * as id from '../ebml/ids';
import { UNKNOWN_SIZE } from '../ebml/reader';
import {
  FAULT_BLOCK_BEFORE_TIMECODE,
  FAULT_DOC_TYPE,
  FAULT_EXCEEDS_PARENT,
  FAULT_MISPLACED,
  FAULT_NO_HEADER,
  FAULT_SECOND_HEADER,
  FAULT_SECOND_SEGMENT,
  FAULT_UNSUPPORTED_VERSION,
} from './reader-codes';
import { innermostLimit, openMaster, ReaderState } from './reader-state';
import { KIND_BLOCK, KIND_GLOBAL, KIND_UNKNOWN, mayStandIn } from './schema';

/**
 * The rules of strict mode: one well-formed Matroska document, as a PutMedia body has to be.
 * Each function returns 0 or the FAULT_* that the current element commits.
 */

const READ_VERSION: u64 = 1;
const MAX_ID_LENGTH: u64 = 4;
const MAX_SIZE_LENGTH: u64 = 8;

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
  return kind == KIND_BLOCK && state.timecodeSeen == 0 ? FAULT_BLOCK_BEFORE_TIMECODE : 0;
}

/** Checks a value of the EBML header. RFC 8794 §11.2, RFC 9559 §6.1. */
export function checkHeaderValue(state: ReaderState): u32 {
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
    default:
      return 0;
  }
}

/** Checks what a master needs to have held when it ends. */
export function checkEnd(state: ReaderState): u32 {
  return state.elementId == id.EBML_HEADER && state.docTypeSeen == 0 ? FAULT_DOC_TYPE : 0;
}

/** `matroska`, or its profile `webm`; NUL padding is allowed. */
function isMatroska(address: usize, lengthBytes: u32): bool {
  while (lengthBytes > 0 && load<u8>(address + lengthBytes - 1) == 0) lengthBytes--;
  if (lengthBytes == 8) return load<u64>(address, 0, 1) == 0x616b736f7274616d;
  return lengthBytes == 4 && load<u32>(address, 0, 1) == 0x6d626577;
}
