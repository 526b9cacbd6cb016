import { TAG_NAME, TAG_STRING } from '../../assembly/ebml/ids.ts';
import * as codes from '../../assembly/mkv/reader-codes.ts';
import * as SERVICE_RESULT from '../service-results.ts';
import { resultStatus } from '../status.ts';
import { describeElement } from './element-names.ts';

/** What the service calls what a reader can find. Service-api §3.1. */
export type ReaderFaultErrorId = 4006 | 4007 | 4009 | 4010 | 4012;

/** Why a stream cannot be read on. */
export interface ReaderFault {
  /** The status of `errorId`, STATUS_ACK_ERR_*. */
  readonly status: number;
  /** Id of the ERROR acknowledgement that the service sends to such a stream. */
  readonly errorId: ReaderFaultErrorId;
  /** The element at fault; 0 when not even its id could be read. */
  readonly elementId: number;
  /** Its name, or its id in hexadecimal where no RFC names it; empty when not even the id could be read. */
  readonly element: string;
  /** Absolute offset of its first byte. */
  readonly offset: number;
  readonly reason: ReaderFaultReason;
}

const REASONS = {
  [codes.FAULT_ID_TOO_LONG]: 'id-too-long',
  [codes.FAULT_BAD_ID]: 'reserved-id',
  [codes.FAULT_BAD_SIZE]: 'size-too-long',
  [codes.FAULT_UNKNOWN_SIZE]: 'unknown-size',
  [codes.FAULT_EXCEEDS_PARENT]: 'exceeds-parent',
  [codes.FAULT_DEPTH]: 'too-deep',
  [codes.FAULT_MISPLACED]: 'misplaced',
  [codes.FAULT_NO_HEADER]: 'no-ebml-header',
  [codes.FAULT_SECOND_HEADER]: 'second-ebml-header',
  [codes.FAULT_SECOND_SEGMENT]: 'second-segment',
  [codes.FAULT_DOC_TYPE]: 'wrong-doc-type',
  [codes.FAULT_UNSUPPORTED_VERSION]: 'unsupported-version',
  [codes.FAULT_BLOCK_BEFORE_TIMECODE]: 'block-before-timecode',
  [codes.FAULT_BAD_BLOCK]: 'bad-block',
  [codes.FAULT_BAD_NUMBER_SIZE]: 'bad-number-size',
  [codes.FAULT_TEXT_TOO_LONG]: 'text-too-long',
  [codes.FAULT_TRUNCATED]: 'truncated',
  [codes.FAULT_SECOND_TIMECODE]: 'second-timecode',
  [codes.FAULT_NO_TIMECODE]: 'no-timecode',
  [codes.FAULT_TIMECODE_TOO_LARGE]: 'timecode-too-large',
  [codes.FAULT_ZERO_TIMECODE_SCALE]: 'zero-timecode-scale',
  [codes.FAULT_LATE_HEADER]: 'late-header',
  [codes.FAULT_SECOND_TRACKS]: 'second-tracks',
  [codes.FAULT_NO_TRACKS]: 'no-tracks',
  [codes.FAULT_TOO_MANY_TRACKS]: 'too-many-tracks',
  [codes.FAULT_UNKNOWN_TRACK]: 'unknown-track',
} as const;

/** Reason of a fault; each is described at its code in `assembly/mkv/reader-codes.ts`. */
export type ReaderFaultReason = (typeof REASONS)[keyof typeof REASONS];

/** Every reason that there is. */
export const READER_FAULT_REASONS: readonly ReaderFaultReason[] = Object.values(REASONS);

/** What the service calls a fault, where that is not 4006. */
const ERROR_IDS: Partial<Record<ReaderFaultReason, ReaderFaultErrorId>> = {
  'timecode-too-large': SERVICE_RESULT.ACK_INVALID_PRODUCER_TIMESTAMP,
  'too-many-tracks': SERVICE_RESULT.ACK_MORE_THAN_ALLOWED_TRACKS_FOUND,
  'unknown-track': SERVICE_RESULT.ACK_TRACK_NUMBER_MISMATCH,
};

/** A fault with all that follows from its reason and its element. */
export function readerFault(reason: ReaderFaultReason, elementId: number, offset: number): ReaderFault {
  const errorId = errorIdOf(reason, elementId);
  const element = elementId === 0 ? '' : describeElement(elementId);
  return { status: resultStatus(errorId), errorId, elementId, element, offset, reason };
}

function errorIdOf(reason: ReaderFaultReason, elementId: number): ReaderFaultErrorId {
  // A tag that is too long to be one value is far beyond every limit of tags, but nothing is wrong with it as Matroska.
  if (reason === 'text-too-long' && (elementId === TAG_NAME || elementId === TAG_STRING))
    return SERVICE_RESULT.ACK_FRAGMENT_METADATA_LIMIT_REACHED;
  return ERROR_IDS[reason] ?? SERVICE_RESULT.ACK_INVALID_MKV_DATA;
}

/** A fault in words, for messages and logs: `truncated: SimpleBlock at byte 1234`. */
export function describeFault({ reason, element, offset }: ReaderFault): string {
  return `${reason}: ${element === '' ? 'element' : element} at byte ${offset}`;
}

/** The name of one of the core's FAULT_* numbers. */
export function readerFaultReason(code: number): ReaderFaultReason {
  return REASONS[code as keyof typeof REASONS];
}
