/**
 * How often a call may fail in a row before the stream is given up, and with what. Source: producer-core §8.1.
 *
 * Natively a failure counts as long as the machine stays in the state; a call that leads elsewhere when it fails, as CREATE does here,
 * would never reach its limit that way. Here each call counts its own failures, and ends the count when it succeeds.
 */
import { type KvsError, StreamUnavailableError } from '../../errors.ts';
import * as STATUS from '../../status-codes.ts';
import type { Step } from '../control-plane.ts';
import type { Outcome, WorkingState } from '../session-states.ts';

/** Retries of one call. Source: producer-core §20. */
export const MAX_CALL_RETRIES = 5;

const FAILURES = {
  describe: [STATUS.STATUS_DESCRIBE_STREAM_CALL_FAILED, 'DescribeStream'],
  create: [STATUS.STATUS_CREATE_STREAM_CALL_FAILED, 'CreateStream'],
  'get-endpoint': [STATUS.STATUS_GET_STREAMING_ENDPOINT_CALL_FAILED, 'GetDataEndpoint'],
  token: [STATUS.STATUS_GET_STREAMING_TOKEN_CALL_FAILED, 'authentication of the connection'],
} as const;

type LimitedCall = keyof typeof FAILURES;

/** Errors that answer the question. */
const ANSWERS: Readonly<Record<Exclude<LimitedCall, 'token'>, readonly Outcome[]>> = {
  describe: ['missing'],
  create: ['in-use'],
  'get-endpoint': [],
};

export class RetryLimits {
  readonly #streamName: string;
  readonly #maxRetries: number;
  readonly #counts = new Map<LimitedCall, number>();

  /** `maxRetries`: attempts after the first; Infinity for ever. */
  constructor(streamName: string, maxRetries: number) {
    this.#streamName = streamName;
    this.#maxRetries = maxRetries;
  }

  /** A state has done its work. Throws `StreamUnavailableError` with the native status of its call when that may not be made again. */
  heed(state: WorkingState, { outcome, error, isToken }: Step): void {
    if (state === 'tag' || state === 'ready') return;
    if (state === 'streaming') {
      if (isToken === true) this.#failed('token', error);
      else this.#counts.delete('token');
    } else if (outcome === 'ok' || ANSWERS[state].includes(outcome)) this.#counts.delete(state);
    else this.#failed(state, error);
    // The stream exists: who creates it is no question any more.
    if (state === 'describe' && outcome === 'ok') this.#counts.delete('create');
  }

  #failed(call: LimitedCall, error: KvsError | undefined): void {
    const failures = (this.#counts.get(call) ?? 0) + 1;
    this.#counts.set(call, failures);
    if (failures <= this.#maxRetries) return;
    const [status, what] = FAILURES[call];
    const why = error === undefined ? 'it is not active' : error.message;
    throw new StreamUnavailableError(status, this.#streamName, `${what} failed ${failures} times, at last: ${why}`, {
      retryable: true,
      ...(error === undefined ? {} : { cause: error }),
    });
  }

  reset(): void {
    this.#counts.clear();
  }
}
