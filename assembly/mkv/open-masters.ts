import * as id from '../ebml/ids';
import { UNKNOWN_SIZE } from '../ebml/reader';
import { checkEnd } from './document-rules';
import { EVENT_END, EVENT_FINISHED, EVENT_START, FAULT_DEPTH, FAULT_TRUNCATED } from './reader-codes';
import { fault, isStrict, PHASE_HEADER, PHASE_SKIP } from './reader-phase';
import { innermostLimit, openMaster, position, ReaderState } from './reader-state';
import { elementLevel, nestsInItself } from './schema';
import { KIND_GLOBAL, KIND_OPAQUE, KIND_UNKNOWN } from './schema-table';

/**
 * The stack of open masters: what begins one and what ends it.
 * Source: RFC 8794 §6.2 (elements of unknown size).
 */

/** Begins the current element as a master. */
export function openMasterElement(state: ReaderState, kind: u32): i32 {
  if (state.depth == state.maxDepth) return fault(state, FAULT_DEPTH);
  const parentLimit = innermostLimit(state);
  const size = state.dataSizeBytes;
  const master = openMaster(state, state.depth++);
  master.elementId = state.elementId;
  master.level = elementLevel(state.row);
  master.elementOffset = state.elementOffset;
  master.dataOffset = state.dataOffset;
  master.dataSizeBytes = size;
  master.limit = size == UNKNOWN_SIZE ? parentLimit : min<u64>(parentLimit, state.dataOffset + size);
  if (state.elementId == id.CLUSTER) state.timecodeSeen = 0;
  state.phase = kind == KIND_OPAQUE ? PHASE_SKIP : PHASE_HEADER;
  return EVENT_START;
}

/**
 * Whether the element whose header was read last cannot be part of the innermost master, hence ends it.
 *
 * A sibling or anything further out ends a master of unknown size. It also ends one whose size claims more, unless the reader is
 * strict: then the element is misplaced.
 */
export function endsInnermost(state: ReaderState, kind: u32): bool {
  if (kind == KIND_UNKNOWN || kind == KIND_GLOBAL || state.depth == 0) return false;
  const innermost = openMaster(state, state.depth - 1);
  if (innermost.dataSizeBytes != UNKNOWN_SIZE && isStrict(state)) return false;
  return innermost.level >= elementLevel(state.row) && !nestsInItself(state.row, innermost.elementId);
}

/**
 * Reports the end of the innermost master.
 * @param endOffset absolute offset of the first byte after it
 */
export function closeMaster(state: ReaderState, endOffset: u64): i32 {
  showInnermost(state);
  state.endOffset = endOffset;
  state.depth--;
  if (isStrict(state)) {
    const reason = checkEnd(state);
    if (reason != 0) return fault(state, reason);
  }
  return EVENT_END;
}

/** The input has ended between two elements: masters without an end of their own end here, others are cut. */
export function closeAtEnd(state: ReaderState): i32 {
  if (state.depth == 0) return EVENT_FINISHED;
  if (innermostLimit(state) == UNKNOWN_SIZE) return closeMaster(state, position(state));
  showInnermost(state);
  return fault(state, FAULT_TRUNCATED);
}

/** Makes the innermost master the element of the current event. */
function showInnermost(state: ReaderState): void {
  const master = openMaster(state, state.depth - 1);
  state.elementId = master.elementId;
  state.level = state.depth - 1;
  state.elementOffset = master.elementOffset;
  state.dataOffset = master.dataOffset;
  state.dataSizeBytes = master.dataSizeBytes;
}
