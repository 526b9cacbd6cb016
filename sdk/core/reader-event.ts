import * as codes from '../../assembly/mkv/reader-codes.ts';

/** What {@link MkvReader.next} returns. */
export const READER_EVENT = {
  /** All input was used: push more, or finish. */
  NEED_DATA: codes.EVENT_NEED_DATA,
  /** A master begins; or a binary or text longer than `maxValueBytes`, whose bytes follow as `DATA`, without an `END`. */
  START: codes.EVENT_START,
  /** A master has ended; `endOffset` says where. */
  END: codes.EVENT_END,
  /** A whole number, text or binary: `uintValue`, `floatValue`, `text()`, `binary()`. */
  VALUE: codes.EVENT_VALUE,
  /** The header of a SimpleBlock or Block; its payload follows as `DATA` unless payloads are skipped. */
  BLOCK: codes.EVENT_BLOCK,
  /** A piece of a payload: `dataView()`; `dataDone` with the last one. An empty payload has one empty piece. */
  DATA: codes.EVENT_DATA,
  /** The input ended where it may. Repeats. */
  FINISHED: codes.EVENT_FINISHED,
  /** The input cannot be read on: `fault`. Repeats. */
  FAULT: codes.EVENT_FAULT,
} as const;

export type ReaderEvent = (typeof READER_EVENT)[keyof typeof READER_EVENT];
