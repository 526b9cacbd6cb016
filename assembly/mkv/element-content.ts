import * as id from '../ebml/ids';
import { readFloat, readSigned, readSize, readUnsigned, UNKNOWN_SIZE, vintLength } from '../ebml/reader';
import { checkBlock, checkValue } from './document-rules';
import { openMasterElement } from './open-masters';
import {
  EVENT_BLOCK,
  EVENT_DATA,
  EVENT_START,
  EVENT_VALUE,
  FAULT_BAD_BLOCK,
  FAULT_BAD_NUMBER_SIZE,
  FAULT_TEXT_TOO_LONG,
  OPTION_SKIP_PAYLOADS,
} from './reader-codes';
import {
  AGAIN,
  fault,
  isStrict,
  PHASE_BLOCK,
  PHASE_HEADER,
  PHASE_PAYLOAD,
  PHASE_SKIP,
  PHASE_VALUE,
  starve,
} from './reader-phase';
import { available, windowAddress, ReaderState } from './reader-state';
import { elementKind } from './schema';
import {
  KIND_BINARY,
  KIND_BLOCK,
  KIND_FLOAT,
  KIND_INT,
  KIND_MASTER,
  KIND_OPAQUE,
  KIND_TEXT,
  KIND_UINT,
} from './schema-table';

/** Header of a block after the track number: i16 timecode, then flags. RFC 9559 §10.1. */
const BLOCK_HEADER_REST_BYTES: u32 = 3;

/** A longer track number would be valid EBML, but no file has 2^28 tracks. */
const MAX_TRACK_NUMBER_BYTES: u32 = 4;

const MAX_INTEGER_BYTES: u64 = 8;

/** Chooses how the current element's content is read. */
export function beginContent(state: ReaderState, kind: u32): i32 {
  switch (kind) {
    case KIND_MASTER:
    case KIND_OPAQUE:
      return openMasterElement(state, kind);
    case KIND_BLOCK:
      return proceed(state, PHASE_BLOCK);
    case KIND_UINT:
    case KIND_INT:
      if (state.dataSizeBytes > MAX_INTEGER_BYTES) return fault(state, FAULT_BAD_NUMBER_SIZE);
      return proceed(state, PHASE_VALUE);
    case KIND_FLOAT:
      if (!isFloatSize(state.dataSizeBytes)) return fault(state, FAULT_BAD_NUMBER_SIZE);
      return proceed(state, PHASE_VALUE);
    case KIND_TEXT:
    case KIND_BINARY:
      return beginBytes(state, kind);
    default:
      return proceed(state, PHASE_SKIP);
  }
}

function proceed(state: ReaderState, phase: u32): i32 {
  state.phase = phase;
  return AGAIN;
}

function isFloatSize(sizeBytes: u64): bool {
  return sizeBytes == 8 || sizeBytes == 4 || sizeBytes == 0;
}

function beginBytes(state: ReaderState, kind: u32): i32 {
  if (state.dataSizeBytes <= state.maxValueBytes) return proceed(state, PHASE_VALUE);
  if (kind == KIND_TEXT && isStrict(state)) return fault(state, FAULT_TEXT_TOO_LONG);
  state.phase = PHASE_PAYLOAD;
  return EVENT_START;
}

/** Delivers a value once all of it lies in the window. */
export function readValue(state: ReaderState): i32 {
  const length = <u32>state.dataSizeBytes;
  if (available(state) < length) return starve(state);
  const address = windowAddress(state) + state.windowAt;
  state.windowAt += length;
  state.bytesAddress = <u32>address;
  state.bytesLength = length;
  state.phase = PHASE_HEADER;
  decodeNumber(state, address, length);
  if (state.elementId == id.CLUSTER_TIMECODE) state.timecodeSeen = 1;
  if (isStrict(state)) {
    const reason = checkValue(state);
    if (reason != 0) return fault(state, reason);
  }
  return EVENT_VALUE;
}

function decodeNumber(state: ReaderState, address: usize, length: u32): void {
  switch (elementKind(state.row)) {
    case KIND_UINT:
      state.integerValue = readUnsigned(address, length);
      state.floatValue = <f64>state.integerValue;
      break;
    case KIND_INT:
      state.integerValue = <u64>readSigned(address, length);
      state.floatValue = <f64>(<i64>state.integerValue);
      break;
    case KIND_FLOAT:
      state.integerValue = 0;
      state.floatValue = readFloat(address, length);
      break;
    default:
      state.integerValue = 0;
      state.floatValue = 0;
  }
}

/** Delivers track number, timecode and flags of a SimpleBlock or Block. */
export function readBlockHeader(state: ReaderState): i32 {
  if (state.dataSizeBytes == 0) return fault(state, FAULT_BAD_BLOCK);
  const unread = available(state);
  if (unread == 0) return starve(state);
  const address = windowAddress(state) + state.windowAt;
  const numberLength = vintLength(load<u8>(address));
  const headerLength = numberLength + BLOCK_HEADER_REST_BYTES;
  if (numberLength > MAX_TRACK_NUMBER_BYTES || state.dataSizeBytes < headerLength) return fault(state, FAULT_BAD_BLOCK);
  if (unread < headerLength) return starve(state);
  const trackNumber = readSize(address, numberLength);
  if (trackNumber == UNKNOWN_SIZE) return fault(state, FAULT_BAD_BLOCK);
  const rest = address + numberLength;
  state.windowAt += headerLength;
  state.trackNumber = <u32>trackNumber;
  state.relativeTimecode = ((<i32>load<i8>(rest)) << 8) | (<i32>load<u8>(rest, 1));
  state.blockFlags = load<u8>(rest, 2);
  state.payloadOffset = state.dataOffset + headerLength;
  state.payloadSizeBytes = state.dataSizeBytes - headerLength;
  state.remainingBytes = state.payloadSizeBytes;
  state.phase = (state.options & OPTION_SKIP_PAYLOADS) != 0 ? PHASE_SKIP : PHASE_PAYLOAD;
  if (isStrict(state)) {
    const reason = checkBlock(state);
    if (reason != 0) return fault(state, reason);
  }
  return EVENT_BLOCK;
}

/** Delivers what the window has of a payload: at least one piece each, so that `dataDone` closes an empty one too. */
export function deliverPiece(state: ReaderState): i32 {
  const unread = available(state);
  if (unread == 0 && state.remainingBytes != 0) return starve(state);
  const length = <u32>min<u64>(unread, state.remainingBytes);
  state.bytesAddress = <u32>(windowAddress(state) + state.windowAt);
  state.bytesLength = length;
  state.windowAt += length;
  state.remainingBytes -= length;
  state.dataDone = state.remainingBytes == 0 ? 1 : 0;
  if (state.dataDone != 0) state.phase = PHASE_HEADER;
  return EVENT_DATA;
}

/** Passes over content that is not wanted. */
export function skipContent(state: ReaderState): i32 {
  const length = <u32>min<u64>(available(state), state.remainingBytes);
  state.windowAt += length;
  state.remainingBytes -= length;
  if (state.remainingBytes != 0) {
    state.discarding = 1;
    return starve(state);
  }
  state.discarding = 0;
  return proceed(state, PHASE_HEADER);
}
