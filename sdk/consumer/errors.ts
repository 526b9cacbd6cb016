import { describeFault } from '../core/reader-fault.ts';
import type { ReaderFault } from '../core/reader-fault.ts';
import { KvsError } from '../errors.ts';
import type { KvsErrorOptions } from '../errors.ts';
import * as STATUS from '../status-codes.ts';
import { ackErrorResult, isFragmentRetriable, resultStatus } from '../status.ts';
import type { MediaFragment } from './media-types.ts';

/** The bytes are not the Matroska they should be, or break off. */
export class MediaParseError extends KvsError implements ReaderFault {
  static override readonly kind: string = 'MediaParseError';
  readonly errorId: ReaderFault['errorId'];
  readonly elementId: number;
  readonly element: string;
  /** Of the element at fault, counted from the first byte of the source. */
  readonly offset: number;
  readonly reason: ReaderFault['reason'];
  /** What had been received of the fragment at hand, whole frames only. */
  readonly partialFragment: MediaFragment | undefined;

  /** `retryable` when the source broke off: read on from the last fragment that was received whole. */
  constructor(fault: ReaderFault, partialFragment?: MediaFragment) {
    super(fault.status, `Cannot read Matroska: ${describeFault(fault)}`, { retryable: fault.reason === 'truncated' });
    this.errorId = fault.errorId;
    this.elementId = fault.elementId;
    this.element = fault.element;
    this.offset = fault.offset;
    this.reason = fault.reason;
    this.partialFragment = partialFragment;
  }
}

/** A fragment or a header is larger than the caller allows. */
export class MediaTooLargeError extends KvsError {
  static override readonly kind: string = 'MediaTooLargeError';
  readonly limitBytes: number;

  constructor(what: string, limitBytes: number) {
    super(STATUS.STATUS_ACK_ERR_FRAGMENT_SIZE_REACHED, `Cannot read ${what} of more than ${limitBytes} bytes`, {
      retryable: false,
    });
    this.limitBytes = limitBytes;
  }
}

/** The service ended a GetMedia response with an error. Source: service-api §3.3. */
export class MediaStreamError extends KvsError {
  static override readonly kind: string = 'MediaStreamError';
  /** Such as 3002 or 4000; undefined when the service named none. */
  readonly errorId: number | undefined;
  readonly errorCode: string | undefined;
  /** The fragment that could not be delivered, when the service names it. */
  readonly fragmentNumber: string | undefined;

  constructor(
    errorId: number | undefined,
    errorCode: string | undefined,
    fragmentNumber: string | undefined,
    options?: KvsErrorOptions,
  ) {
    const result = ackErrorResult(errorId ?? Number.NaN);
    super(resultStatus(result), `The service ended the stream: ${errorCode ?? 'no code'} (${errorId ?? 'no id'})`, {
      retryable: isFragmentRetriable(result),
      ...(errorCode === undefined ? {} : { code: errorCode }),
      ...options,
    });
    this.errorId = errorId;
    this.errorCode = errorCode;
    this.fragmentNumber = fragmentNumber;
  }
}

/** A later fragment has other tracks or another timecode scale, so one file cannot hold it with those before. */
export class TracksChangedError extends KvsError {
  static override readonly kind: string = 'TracksChangedError';
  readonly fragmentNumber: string | undefined;

  constructor(fragmentNumber: string | undefined) {
    super(
      STATUS.STATUS_ACK_ERR_INVALID_MKV_DATA,
      `Cannot merge fragment ${fragmentNumber ?? '(no number)'}: its tracks differ`,
      {
        retryable: false,
      },
    );
    this.fragmentNumber = fragmentNumber;
  }
}
