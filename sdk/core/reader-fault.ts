import * as codes from '../../assembly/mkv/reader-codes.ts';

/** Why a stream cannot be read on. */
export interface ReaderFault {
  /** STATUS_ACK_ERR_INVALID_MKV_DATA: what the service answers to such a stream. */
  readonly status: number;
  /** The element at fault; 0 when not even its id could be read. */
  readonly elementId: number;
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
} as const;

/** Reason of a fault; each is described at its code in `assembly/mkv/reader-codes.ts`. */
export type ReaderFaultReason = (typeof REASONS)[keyof typeof REASONS];

/** The name of one of the core's FAULT_* numbers. */
export function readerFaultReason(code: number): ReaderFaultReason {
  return REASONS[code as keyof typeof REASONS];
}
