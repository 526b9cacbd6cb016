/** One signed call to a Kinesis Video Streams API: timeout, typed errors, bounded retries. */
import { KvsError } from '../errors.ts';
import type { CredentialProvider, Platform, PlatformResponse } from '../platform.ts';
import { Backoff, Deadline, delay } from './backoff.ts';
import { readErrorAnswer, readJson } from './answer.ts';
import { unanswered } from './network-failure.ts';
import { ServiceClock } from './service-clock.ts';
import { createSigner, type SignableRequest, type Signer } from './signing.ts';
import { userAgent } from './user-agent.ts';

/** Completion timeout of the native libraries, milliseconds. */
const DEFAULT_TIMEOUT_MS = 10_000;
/** One first attempt and five retries, as in the native state machines. */
const DEFAULT_ATTEMPTS = 6;

/** Where calls go and who signs them. */
export interface ServiceTarget {
  readonly platform: Platform;
  readonly region: string;
  /** Base URL without a trailing slash. */
  readonly endpoint: string;
  readonly credentials: CredentialProvider;
  /** Knows the service's time from earlier calls. @default the host's clock, corrected within each call alone */
  readonly clock?: ServiceClock | undefined;
  /** Value of that header. @default what the platform alone says */
  readonly userAgent?: string | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Time for the response head, and for the whole answer of `jsonCall`, milliseconds. Default 10 000. */
  readonly timeoutMs?: number | undefined;
  /** Attempts at a call that may be retried. Default 6; 1 never retries. */
  readonly maxAttempts?: number | undefined;
}

/** Calls an API and gives the successful response with its body still flowing. Rejects with `ServiceCallError`, or the signal's reason. */
export function signedCall(
  target: ServiceTarget,
  path: `/${string}`,
  body: object,
  options: CallOptions = {},
): Promise<PlatformResponse> {
  return retrying(target, options, (timed) => attempt(timed, path, body, options));
}

/** Calls an API and gives its JSON answer. Rejects with `ServiceCallError`, or the signal's reason. */
export function jsonCall<T extends object>(
  target: ServiceTarget,
  path: `/${string}`,
  body: object,
  options: CallOptions = {},
): Promise<T> {
  return retrying(target, options, (timed) =>
    attempt(timed, path, body, options, (response) => readJson<T>(response, operationName(path))),
  );
}

/** `/describeStream` → `DescribeStream`. */
export function operationName(path: `/${string}`): string {
  return path.charAt(1).toUpperCase() + path.slice(2);
}

type TimedTarget = ServiceTarget & { readonly clock: ServiceClock };

async function retrying<T>(
  target: ServiceTarget,
  options: CallOptions,
  call: (target: TimedTarget) => Promise<T>,
): Promise<T> {
  const timed = { ...target, clock: target.clock ?? new ServiceClock(target.platform) };
  const backoff = new Backoff(target.platform);
  const maxAttempts = options.maxAttempts ?? DEFAULT_ATTEMPTS;
  for (let made = 1; ; made++) {
    try {
      return await call(timed);
    } catch (error) {
      if (made >= maxAttempts || !(error instanceof KvsError) || !error.retryable) throw error;
      await delay(target.platform, backoff.nextMs(), options.signal);
    }
  }
}

/** One attempt. With `read` the deadline covers the whole answer; without, its head, and the body stays abortable by the caller. */
async function attempt<T = PlatformResponse>(
  target: TimedTarget,
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
    const response = await send(target, request, deadline.signal);
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

/** Signs and sends; a second time where the answer corrects the clock that the first was signed by. */
async function send(target: TimedTarget, request: SignableRequest, signal: AbortSignal): Promise<PlatformResponse> {
  const { platform, clock } = target;
  for (let sent = 1; ; sent++) {
    const { offsetMs } = clock;
    const headers = await signAt(target, offsetMs)(request);
    const response = await platform.fetch({ ...request, headers, signal });
    if (!clock.heed(response, offsetMs) || sent > 1) return response;
    await response.body?.cancel();
  }
}

/** A signer whose clock is that of the host and an offset, milliseconds; none where the platform's own peer signs. */
export function signAt({ platform, region, credentials }: ServiceTarget, offsetMs: number): Signer {
  if (platform.signsUpstream) return ({ headers }) => Promise.resolve({ ...headers });
  const clock = {
    now: () => platform.now() + offsetMs,
    sha256: (data: Uint8Array) => platform.sha256(data),
    hmacSha256: (key: Uint8Array, data: Uint8Array) => platform.hmacSha256(key, data),
  };
  return createSigner(clock, region, credentials);
}
