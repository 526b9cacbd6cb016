/**
 * The error tree. Every error carries the KVS status name and number, whether a retry can help, and the data to act on.
 *
 * `instanceof` goes by a brand, not by the constructor, so it holds across two copies of the package.
 */
import * as STATUS from './status-codes.ts';
import * as SERVICE_RESULT from './service-results.ts';
import { isKnownResult, isRecoverable, isRetriable, resultStatus, statusName } from './status.ts';

const BRAND = Symbol.for('penstock.KvsError');

/** What every error of the tree may be given beside its message. */
export interface KvsErrorOptions {
  readonly cause?: unknown;
  /** Overrides what the status says about retrying. */
  readonly retryable?: boolean;
  /** Overrides the status name as `code`, for errors that the service names itself. */
  readonly code?: string;
}

/** The root of the tree. */
export class KvsError extends Error {
  /** The brand of the class; `instanceof` compares these. */
  static readonly kind: string = 'KvsError';
  /** The KVS status name, such as `STATUS_STORE_OUT_OF_MEMORY`, or the service's own error name. */
  readonly code: string;
  /** The KVS status number. */
  readonly status: number;
  /** True when the same call can succeed later without a change by the caller. */
  readonly retryable: boolean;

  constructor(status: number, message: string, options: KvsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.code = options.code ?? statusName(status);
    this.retryable = options.retryable ?? (isRecoverable(status) || isRetriable(status));
    const kinds: string[] = [];
    for (let type = new.target; type.kind !== undefined; type = Object.getPrototypeOf(type) as typeof KvsError) {
      kinds.push(type.kind);
    }
    this.name = kinds[0] ?? 'KvsError';
    Object.defineProperty(this, BRAND, { value: kinds });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    const kinds = (value as { readonly [BRAND]?: readonly string[] })[BRAND];
    return kinds?.includes(this.kind) ?? false;
  }
}

/** A frame does not fit into the content store now. */
export class StoreFullError extends KvsError {
  static override readonly kind: string = 'StoreFullError';
  readonly neededBytes: number;
  readonly freeBytes: number;
  readonly capacityBytes: number;

  constructor(neededBytes: number, freeBytes: number, capacityBytes: number, reason = 'the store is full') {
    super(
      STATUS.STATUS_STORE_OUT_OF_MEMORY,
      `Cannot store the frame of ${neededBytes} bytes: ${reason} (${freeBytes} of ${capacityBytes} bytes free)`,
      { retryable: neededBytes <= capacityBytes },
    );
    this.neededBytes = neededBytes;
    this.freeBytes = freeBytes;
    this.capacityBytes = capacityBytes;
  }
}

/** A put waited for room as long as it may. Its frame is not stored; the next may be. */
export class StoreWaitTimeoutError extends KvsError {
  static override readonly kind: string = 'StoreWaitTimeoutError';
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly neededBytes: number;
  readonly freeBytes: number;

  constructor(timeoutMs: number, neededBytes: number, freeBytes: number, options?: KvsErrorOptions) {
    super(
      STATUS.STATUS_OPERATION_TIMED_OUT,
      `Cannot store the frame of ${neededBytes} bytes: no room within ${timeoutMs} ms (${freeBytes} bytes free)`,
      { retryable: true, ...options },
    );
    this.timeoutMs = timeoutMs;
    this.neededBytes = neededBytes;
    this.freeBytes = freeBytes;
  }
}

/** The core refused a frame: its data, its track or its timestamps. The next good frame is accepted. */
export class InvalidFrameError extends KvsError {
  static override readonly kind: string = 'InvalidFrameError';
  readonly trackNumber: number;
  /** Presentation time, microseconds. */
  readonly timestampUs: number;

  constructor(status: number, trackNumber: number, timestampUs: number, options?: KvsErrorOptions) {
    super(status, `Cannot store the frame at ${timestampUs} µs of track ${trackNumber}: ${statusName(status)}`, {
      retryable: false,
      ...options,
    });
    this.trackNumber = trackNumber;
    this.timestampUs = timestampUs;
  }
}

/** The stream was stopped, aborted or closed, and takes no more frames. */
export class StreamStoppedError extends KvsError {
  static override readonly kind: string = 'StreamStoppedError';
  readonly streamName: string;

  constructor(streamName: string, options?: KvsErrorOptions) {
    super(STATUS.STATUS_STREAM_HAS_BEEN_STOPPED, `Stream ${streamName} has been stopped`, {
      retryable: false,
      ...options,
    });
    this.streamName = streamName;
  }
}

/** The stream cannot be written to: it is missing, being deleted, or gone. */
export class StreamUnavailableError extends KvsError {
  static override readonly kind: string = 'StreamUnavailableError';
  readonly streamName: string;

  constructor(status: number, streamName: string, reason: string, options?: KvsErrorOptions) {
    super(status, `Stream ${streamName} cannot be written to: ${reason}`, { retryable: false, ...options });
    this.streamName = streamName;
  }
}

/** What stopping or flushing could not see persisted. */
export interface UnpersistedMedia {
  readonly fragments: number;
  readonly frames: number;
  /** Presentation time of the first and the last frame concerned, microseconds; NaN when there is none. */
  readonly firstTimestampUs: number;
  readonly lastTimestampUs: number;
}

/** Stopping or flushing ended before everything was PERSISTED. */
export class NotPersistedError extends KvsError implements UnpersistedMedia {
  static override readonly kind: string = 'NotPersistedError';
  readonly streamName: string;
  readonly fragments: number;
  readonly frames: number;
  readonly firstTimestampUs: number;
  readonly lastTimestampUs: number;

  constructor(streamName: string, reason: string, lost: UnpersistedMedia, options?: KvsErrorOptions) {
    super(
      STATUS.STATUS_PUTMEDIA_LAST_PERSIST_ACK_NOT_RECEIVED,
      `Stream ${streamName}: ${lost.frames} frames in ${lost.fragments} fragments (${lost.firstTimestampUs}–${lost.lastTimestampUs} µs) ` +
        `were not persisted: ${reason}`,
      { retryable: false, ...options },
    );
    this.streamName = streamName;
    this.fragments = lost.fragments;
    this.frames = lost.frames;
    this.firstTimestampUs = lost.firstTimestampUs;
    this.lastTimestampUs = lost.lastTimestampUs;
  }
}

/** An ack that could not be understood or placed, or an error ack of the service. */
export class AckError extends KvsError {
  static override readonly kind: string = 'AckError';
  /** The service's `ErrorId`; undefined for an ack that could not be used. */
  readonly errorId: number | undefined;
  /** The service's `ErrorCode`, when it sent one. */
  readonly errorCode: string | undefined;
  /** Cluster timecode of the fragment, in timecode-scale units; undefined when the ack names none. */
  readonly timecode: number | undefined;

  constructor(
    status: number,
    detail: {
      readonly errorId?: number | undefined;
      readonly errorCode?: string | undefined;
      readonly timecode?: number | undefined;
    } = {},
    options?: KvsErrorOptions,
  ) {
    const about = detail.errorId === undefined ? 'Cannot use an ack' : `The service reports error ${detail.errorId}`;
    super(status, `${about}: ${detail.errorCode ?? statusName(status)}`, options);
    this.errorId = detail.errorId;
    this.errorCode = detail.errorCode;
    this.timecode = detail.timecode;
  }
}

/** How a service call failed. */
export interface ServiceCallFailure {
  /** The API's name, such as `DescribeStream`. */
  readonly operation: string;
  /** HTTP status; undefined when no answer came. */
  readonly httpStatus?: number | undefined;
  /** The service's error name, such as `ResourceNotFoundException`. */
  readonly errorType?: string | undefined;
  readonly requestId?: string | undefined;
  /** The service result that the answer maps to (`SERVICE_RESULT`). */
  readonly result: number;
  /** The service's own message. */
  readonly reason?: string | undefined;
}

const RETRYABLE_RESULTS: ReadonlySet<number> = new Set<number>([
  SERVICE_RESULT.REQUEST_TIMEOUT,
  SERVICE_RESULT.INTERNAL_ERROR,
  SERVICE_RESULT.SERVICE_UNAVAILABLE,
  SERVICE_RESULT.GATEWAY_TIMEOUT,
  SERVICE_RESULT.NETWORK_READ_TIMEOUT,
  SERVICE_RESULT.NETWORK_CONNECTION_TIMEOUT,
  SERVICE_RESULT.CLIENT_LIMIT,
  SERVICE_RESULT.UNKNOWN,
]);

/** A call to the service failed: no answer, or an answer that is an error. */
export class ServiceCallError extends KvsError implements ServiceCallFailure {
  static override readonly kind: string = 'ServiceCallError';
  readonly operation: string;
  readonly httpStatus: number | undefined;
  readonly errorType: string | undefined;
  readonly requestId: string | undefined;
  readonly result: number;
  readonly reason: string | undefined;

  constructor(failure: ServiceCallFailure, options?: KvsErrorOptions) {
    const what = failure.errorType ?? (failure.httpStatus === undefined ? 'no answer' : `HTTP ${failure.httpStatus}`);
    const status = resultStatus(failure.result);
    super(status, `${failure.operation} failed: ${what}${failure.reason === undefined ? '' : `: ${failure.reason}`}`, {
      code: failure.errorType ?? statusName(status),
      // A result that nobody has heard of counts as UNKNOWN.
      retryable: RETRYABLE_RESULTS.has(failure.result) || !isKnownResult(failure.result),
      ...options,
    });
    this.operation = failure.operation;
    this.httpStatus = failure.httpStatus;
    this.errorType = failure.errorType;
    this.requestId = failure.requestId;
    this.result = failure.result;
    this.reason = failure.reason;
  }
}

export interface CredentialsErrorOptions extends KvsErrorOptions {
  /** @default STATUS_CLIENT_AUTH_CALL_FAILED */
  readonly status?: number;
}

/** No usable credentials: the provider failed, or gave expired ones. Nothing secret stands in it. */
export class CredentialsError extends KvsError {
  static override readonly kind: string = 'CredentialsError';
  /** The message without its beginning, which says that there are no credentials. */
  readonly reason: string;

  constructor(
    reason: string,
    { status = STATUS.STATUS_CLIENT_AUTH_CALL_FAILED, ...options }: CredentialsErrorOptions = {},
  ) {
    super(status, `Cannot get credentials: ${reason}`, { retryable: true, ...options });
    this.reason = reason;
  }
}

/** The core trapped. Its memory can no longer be trusted: every stream of the producer has failed. */
export class CorePoisonedError extends KvsError {
  static override readonly kind: string = 'CorePoisonedError';

  constructor(where: string, options?: KvsErrorOptions) {
    super(STATUS.STATUS_INTERNAL_ERROR, `The core failed in ${where} and was given up`, {
      retryable: false,
      ...options,
    });
  }
}

/** A thread ended, or was stopped, while it held a lock that others share: what the lock guards may be half done. */
export class LockAbandonedError extends KvsError {
  static override readonly kind: string = 'LockAbandonedError';
  /** Number of the lock's user that held it. */
  readonly holder: number;

  /** @param afterMs for how long it held the lock in one turn, milliseconds; 0 when its turn was taken over */
  constructor(holder: number, afterMs: number, options?: KvsErrorOptions) {
    super(
      STATUS.STATUS_OPERATION_TIMED_OUT,
      afterMs === 0
        ? `The lock of user ${holder} was taken over by another thread, or not held`
        : `The lock was held by user ${holder} for ${afterMs} ms: its thread has ended`,
      { retryable: false, ...options },
    );
    this.holder = holder;
  }
}

/** Turns a failing status of the core into an error that says what was being done. `status` is positive. */
export function coreError(status: number, action: string, options?: KvsErrorOptions): KvsError {
  return new KvsError(status, `Cannot ${action}: ${statusName(status)}`, options);
}
