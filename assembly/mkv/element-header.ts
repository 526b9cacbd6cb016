import { isReservedId, readId, readSize, UNKNOWN_SIZE, vintLength } from '../ebml/reader';
import { checkElementStart } from './document-rules';
import { beginContent } from './element-content';
import { closeMaster, endsInnermost } from './open-masters';
import {
  EVENT_NEED_DATA,
  FAULT_BAD_ID,
  FAULT_BAD_SIZE,
  FAULT_ID_TOO_LONG,
  FAULT_UNKNOWN_SIZE,
  OPTION_EVERY_ELEMENT,
} from './reader-codes';
import { AGAIN, fault, isStrict, PHASE_CLOSING, PHASE_OPENING, starve } from './reader-phase';
import { available, innermostLimit, position, windowAddress, ReaderState } from './reader-state';
import { allowsUnknownSize, elementKind, findElement } from './schema';
import { KIND_MASTER, KIND_OPAQUE } from './schema-table';

/** Longest id and longest size that Matroska allows, in bytes. RFC 9559 §6.1. */
const MAX_ID_BYTES: u32 = 4;
const MAX_SIZE_BYTES: u32 = 8;

/** Ends the masters that have reached their size, then reads the id and the size of the next element. */
export function readHeader(state: ReaderState): i32 {
  const at = position(state);
  // Where a child claimed more than its parent has, the parent ends with the child.
  if (innermostLimit(state) <= at) return closeMaster(state, at);
  const unread = available(state);
  if (unread == 0) {
    if (state.inputEnded == 0) return EVENT_NEED_DATA;
    state.phase = PHASE_CLOSING;
    return AGAIN;
  }
  const address = windowAddress(state) + state.windowAt;
  const idLength = vintLength(load<u8>(address));
  showHeader(state, 0, at);
  if (idLength > MAX_ID_BYTES) return fault(state, FAULT_ID_TOO_LONG);
  if (unread < idLength) return starve(state);
  const elementId = readId(address, idLength);
  showHeader(state, elementId, at);
  if (isReservedId(elementId, idLength)) return fault(state, FAULT_BAD_ID);
  if (unread == idLength) return starve(state);
  const sizeLength = vintLength(load<u8>(address + idLength));
  if (sizeLength > MAX_SIZE_BYTES) return fault(state, FAULT_BAD_SIZE);
  const headerLength = idLength + sizeLength;
  if (unread < headerLength) return starve(state);
  state.windowAt += headerLength;
  state.nextId = elementId;
  state.nextOffset = at;
  state.nextDataOffset = at + headerLength;
  state.nextSizeBytes = readSize(address + idLength, sizeLength);
  // Most elements of a stream are of the same kind as the one before.
  if (state.row == 0 || load<u32>(state.row) != elementId) state.row = findElement(elementId);
  state.phase = PHASE_OPENING;
  return AGAIN;
}

/** Names the header at hand, in case it turns out to be at fault. */
function showHeader(state: ReaderState, elementId: u32, offset: u64): void {
  state.elementId = elementId;
  state.elementOffset = offset;
  state.level = state.depth;
}

/** Reports the masters that the next element ends, one a call, then begins the element. */
export function openElement(state: ReaderState): i32 {
  const kind = elementKind(state.row);
  if (endsInnermost(state, kind)) return closeMaster(state, state.nextOffset);
  showHeader(state, state.nextId, state.nextOffset);
  state.dataOffset = state.nextDataOffset;
  state.dataSizeBytes = state.nextSizeBytes;
  if (state.dataSizeBytes == UNKNOWN_SIZE && !allowsUnknownSize(state.row)) return fault(state, FAULT_UNKNOWN_SIZE);
  if (isStrict(state)) {
    const reason = checkElementStart(state, kind);
    if (reason != 0) return fault(state, reason);
  }
  state.remainingBytes = state.dataSizeBytes;
  return beginContent(state, isReadInto(state, kind) ? KIND_MASTER : kind);
}

/** Whether content that is passed over by default has been asked for. */
function isReadInto(state: ReaderState, kind: u32): bool {
  return kind == KIND_OPAQUE && (state.options & OPTION_EVERY_ELEMENT) != 0;
}
