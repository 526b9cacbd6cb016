/** The ways an upload can fail once its 200 head is out. Each ends the connection with one ERROR acknowledgement. */
import { StreamGoneError } from '../storage.ts';

/** Error ids of PutMedia and their codes, service-api §3.1. The key errors (4500…4506) need KMS, which this service has not. */
export const INGEST_ERROR_CODES = {
  4000: 'STREAM_READ_ERROR',
  4001: 'MAX_FRAGMENT_SIZE_REACHED',
  4002: 'MAX_FRAGMENT_DURATION_REACHED',
  4003: 'MAX_CONNECTION_DURATION_REACHED',
  4004: 'FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS',
  4006: 'INVALID_MKV_DATA',
  4007: 'INVALID_PRODUCER_TIMESTAMP',
  4008: 'STREAM_NOT_ACTIVE',
  4009: 'FRAGMENT_METADATA_LIMIT_REACHED',
  4010: 'TRACK_NUMBER_MISMATCH',
  4011: 'FRAMES_MISSING_FOR_TRACK',
  4012: 'MORE_THAN_ALLOWED_TRACKS_FOUND',
  5000: 'INTERNAL_ERROR',
  5001: 'ARCHIVAL_ERROR',
} as const;

export type IngestErrorId = keyof typeof INGEST_ERROR_CODES;
export type IngestErrorCode = (typeof INGEST_ERROR_CODES)[IngestErrorId];

/** Why an upload ended. The message is for the log; the producer gets the id and the code. */
export class IngestError extends Error {
  override readonly name = 'IngestError';
  readonly errorId: IngestErrorId;

  constructor(errorId: IngestErrorId, message: string, options?: ErrorOptions) {
    super(message, options);
    this.errorId = errorId;
  }

  get errorCode(): IngestErrorCode {
    return INGEST_ERROR_CODES[this.errorId];
  }
}

/** 4008, for a stream that was deleted. The native producers know 4507 for it too, but AWS documents this one. */
export function streamNotActive(): IngestError {
  return new IngestError(4008, 'Stream was deleted');
}

/** What a failure of the fragment store or the index means to the producer: 5001, or 4008 when the stream is gone. */
export function storeError(cause: unknown): IngestError {
  if (cause instanceof StreamGoneError) return streamNotActive();
  return new IngestError(5001, 'Fragment store failed', { cause });
}

/** Any failure as one that can be told to the producer: 5000 unless it is one already. */
export function asIngestError(cause: unknown): IngestError {
  return cause instanceof IngestError ? cause : new IngestError(5000, 'Upload failed', { cause });
}
