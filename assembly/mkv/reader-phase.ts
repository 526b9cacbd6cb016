import { EVENT_FAULT, EVENT_NEED_DATA, FAULT_TRUNCATED, OPTION_STRICT } from './reader-codes';
import { ReaderState } from './reader-state';

/** The phases of the Matroska reader, and the ways out of a step that all phases share. */

/** Between elements; also the start. */
export const PHASE_HEADER: u32 = 0;
/** An element's header is read; the masters that it ends are being reported. */
export const PHASE_OPENING: u32 = 1;
/** Waiting for a whole value. */
export const PHASE_VALUE: u32 = 2;
/** Waiting for the header of a block. */
export const PHASE_BLOCK: u32 = 3;
/** Delivering the pieces of a payload. */
export const PHASE_PAYLOAD: u32 = 4;
/** Passing over content. */
export const PHASE_SKIP: u32 = 5;
/** The input has ended; the masters still open are being reported. */
export const PHASE_CLOSING: u32 = 6;
export const PHASE_FAULT: u32 = 7;

/** A step's result when there is nothing to report yet; never an event. */
export const AGAIN: i32 = -1;

export function isStrict(state: ReaderState): bool {
  return (state.options & OPTION_STRICT) != 0;
}

/** Ends reading for good. The event's element id and offset name the culprit. */
export function fault(state: ReaderState, reason: u32): i32 {
  state.faultReason = reason;
  state.phase = PHASE_FAULT;
  return EVENT_FAULT;
}

/** What to say when the window lacks bytes that the current element must have. */
export function starve(state: ReaderState): i32 {
  return state.inputEnded != 0 ? fault(state, FAULT_TRUNCATED) : EVENT_NEED_DATA;
}
