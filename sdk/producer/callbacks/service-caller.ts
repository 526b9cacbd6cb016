/** Makes one service call through a callback: its context, its time limit, and what becomes of its answer. */
import { Deadline } from '../../aws/backoff.ts';
import { CredentialsError, ServiceCallError } from '../../errors.ts';
import type { Platform } from '../../platform.ts';
import * as STATUS from '../../status-codes.ts';
import * as SERVICE_RESULT from '../../service-results.ts';
import { resultStatus } from '../../status.ts';
import { abortable } from '../abortable.ts';
import type { CallbackName } from './provider.ts';
import type { Answer, AuthInfo, ServiceCallContext, ServiceCallResult } from './service-call.ts';

/** Told of every callback that threw or answered with a failure; `streamName` where it was for one. */
export type FailureReport = (callback: CallbackName, error: unknown, streamName?: string) => void;

/** Timeouts of the native library, milliseconds. Source: producer-core §6.2. */
const COMPLETION_TIMEOUT_MS = 10_000;
const CONNECTION_TIMEOUT_MS = 5_000;

export interface CallFrame {
  readonly callback: CallbackName;
  /** What errors name. */
  readonly operation: string;
  /** The stream's name, or the device's. */
  readonly customData: string;
  readonly authInfo: AuthInfo;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; Infinity for as long as it likes. @default 10 000 */
  readonly timeoutMs?: number | undefined;
}

export class ServiceCaller {
  readonly #platform: Platform;
  readonly #report: FailureReport;

  constructor(platform: Platform, report: FailureReport) {
    this.#platform = platform;
    this.#report = report;
  }

  /** Resolves to a successful answer. Rejects with `ServiceCallError`, `CredentialsError`, or the signal's reason. */
  async call<R extends ServiceCallResult>(
    frame: CallFrame,
    invoke: (context: ServiceCallContext) => Answer<R>,
  ): Promise<R> {
    const { operation, customData, authInfo, signal: outer, timeoutMs = COMPLETION_TIMEOUT_MS } = frame;
    outer?.throwIfAborted();
    const deadline = timeoutMs === Infinity ? undefined : new Deadline(this.#platform, timeoutMs, outer);
    const signal = deadline?.signal ?? outer ?? new AbortController().signal;
    const context: ServiceCallContext = {
      version: 1,
      callAfterUs: Math.round(this.#platform.now() * 1000),
      timeoutUs: timeoutMs * 1000,
      connectionTimeoutUs: Math.min(timeoutMs, CONNECTION_TIMEOUT_MS) * 1000,
      customData,
      authInfo,
      signal,
    };
    try {
      // In a later microtask: a callback may call back into the engine that is just asking it.
      const pending = Promise.resolve().then(() => invoke(context));
      return this.#accept(operation, await abortable(pending, signal));
    } catch (error) {
      if (outer?.aborted) throw outer.reason;
      if (deadline?.expired)
        throw failed(operation, SERVICE_RESULT.NETWORK_CONNECTION_TIMEOUT, 'no answer in time', error);
      if (error instanceof ServiceCallError || error instanceof CredentialsError) throw error;
      this.#report(frame.callback, error, customData);
      const reason = error instanceof Error ? error.message : String(error);
      throw failed(operation, SERVICE_RESULT.UNKNOWN, `the callback ${frame.callback} failed: ${reason}`, error);
    } finally {
      deadline?.clear();
    }
  }

  #accept<R extends ServiceCallResult>(operation: string, answer: R | undefined): R {
    if (answer === undefined) throw failed(operation, SERVICE_RESULT.NOT_IMPLEMENTED, 'no callback answered');
    if (typeof answer !== 'object' || typeof answer?.result !== 'number')
      throw new TypeError(`the answer, of type ${typeof answer}, has no result`);
    if (resultStatus(answer.result) !== STATUS.STATUS_SUCCESS)
      throw failed(operation, answer.result, `result ${answer.result}`);
    return answer;
  }
}

function failed(operation: string, result: number, reason: string, cause?: unknown): ServiceCallError {
  return new ServiceCallError({ operation, result, reason }, cause === undefined ? {} : { cause });
}
