/** One call to a Kinesis Video Streams API: timeout, typed errors, bounded retries. */
import { KvsError } from '../errors.ts';
import type { Platform, PlatformResponse } from '../platform.ts';
import { readErrorAnswer, readJson } from './answer.ts';
import { Backoff, Deadline, delay } from './backoff.ts';
import { unanswered } from './network-failure.ts';
import { userAgent } from './user-agent.ts';

/** Completion timeout of the native libraries, milliseconds. */
const DEFAULT_TIMEOUT_MS = 10_000;
/** One first attempt and five retries, as in the native state machines. */
const DEFAULT_ATTEMPTS = 6;

/** A request as far as its signature is concerned. */
export interface SignableRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body that is hashed. Absent: the hash of nothing, which is also what PutMedia signs for its endless body. */
  readonly body?: Uint8Array;
}

/** Where calls go, and how they get there. */
export interface CallTarget {
  readonly platform: Pick<Platform, 'name' | 'system' | 'now' | 'setTimer' | 'randomBytes'>;
  /** Base URL without a trailing slash. */
  readonly endpoint: string;
  /** Value of that header. @default what the platform alone says */
  readonly userAgent?: string | undefined;
  /** Signs and sends a request; resolves at the head of the answer. */
  send(request: SignableRequest, signal: AbortSignal): Promise<PlatformResponse>;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Time for the response head, and for the whole answer of `jsonCall`, milliseconds. Default 10 000. */
  readonly timeoutMs?: number | undefined;
  /** Attempts at a call that may be retried. Default 6; 1 never retries. */
  readonly maxAttempts?: number | undefined;
}

/** Calls an API and gives the successful response with its body still flowing. Rejects with `ServiceCallError`, or the signal's reason. */
export function openCall(
  target: CallTarget,
  path: `/${string}`,
  body: object,
  options: CallOptions = {},
): Promise<PlatformResponse> {
  return retrying(target, options, () => attempt(target, path, body, options));
}

/** Calls an API and gives its JSON answer. Rejects with `ServiceCallError`, or the signal's reason. */
export function jsonCall<T extends object>(
  target: CallTarget,
  path: `/${string}`,
  body: object,
  options: CallOptions = {},
): Promise<T> {
  return retrying(target, options, () =>
    attempt(target, path, body, options, (response) => readJson<T>(response, operationName(path))),
  );
}

/** `/describeStream` → `DescribeStream`. */
export function operationName(path: `/${string}`): string {
  return path.charAt(1).toUpperCase() + path.slice(2);
}

async function retrying<T>(target: CallTarget, options: CallOptions, call: () => Promise<T>): Promise<T> {
  const backoff = new Backoff(target.platform);
  const maxAttempts = options.maxAttempts ?? DEFAULT_ATTEMPTS;
  for (let made = 1; ; made++) {
    try {
      return await call();
    } catch (error) {
      if (made >= maxAttempts || !(error instanceof KvsError) || !error.retryable) throw error;
      await delay(target.platform, backoff.nextMs(), options.signal);
    }
  }
}

/** One attempt. With `read` the deadline covers the whole answer; without, its head, and the body stays abortable by the caller. */
async function attempt<T = PlatformResponse>(
  target: CallTarget,
  path: `/${string}`,
  body: object,
  options: CallOptions,
  read?: (response: PlatformResponse) => Promise<T>,
): Promise<T> {
  const { platform } = target;
  const operation = operationName(path);
  options.signal?.throwIfAborted();
  const url = `${target.endpoint}${path}`;
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const request = {
    method: 'POST' as const,
    url,
    headers: { 'content-type': 'application/json', 'user-agent': target.userAgent ?? userAgent(platform) },
    body: bytes,
  };
  const deadline = new Deadline(platform, options.timeoutMs ?? DEFAULT_TIMEOUT_MS, options.signal);
  try {
    const response = await target.send(request, deadline.signal);
    if (response.status < 200 || response.status >= 300) throw await readErrorAnswer(response, operation);
    if (read === undefined) {
      deadline.disarm();
      return response as T;
    }
    const answer = await read(response);
    deadline.clear();
    return answer;
  } catch (error) {
    deadline.clear();
    if (options.signal?.aborted) throw options.signal.reason;
    if (error instanceof KvsError) throw error;
    throw unanswered(operation, error, deadline.expired);
  }
}
