/** Calls to a Kinesis Video Streams API that are signed here. */
import type { CredentialProvider, Platform, PlatformResponse } from '../platform.ts';
import { checkCredentials } from './credentials/checked.ts';
import {
  type CallOptions,
  type CallTarget,
  jsonCall as jsonCallTo,
  openCall,
  operationName,
  type SignableRequest,
} from './service-call.ts';
import { ServiceClock } from './service-clock.ts';
import { createSigner, type Signer } from './signing.ts';

export { type CallOptions, operationName };

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

/** The target as calls see it. Without a clock of its own, it has one for as long as it lives. */
export function signedTarget(target: ServiceTarget): CallTarget {
  const { platform, endpoint, userAgent, clock = new ServiceClock(platform) } = target;
  return { platform, endpoint, userAgent, send: (request, signal) => send({ ...target, clock }, request, signal) };
}

/** Calls an API and gives the successful response with its body still flowing. Rejects with `ServiceCallError`, or the signal's reason. */
export function signedCall(
  target: ServiceTarget,
  path: `/${string}`,
  body: object,
  options: CallOptions = {},
): Promise<PlatformResponse> {
  return openCall(signedTarget(target), path, body, options);
}

/** Calls an API and gives its JSON answer. Rejects with `ServiceCallError`, or the signal's reason. */
export function jsonCall<T extends object>(
  target: ServiceTarget,
  path: `/${string}`,
  body: object,
  options: CallOptions = {},
): Promise<T> {
  return jsonCallTo<T>(signedTarget(target), path, body, options);
}

/** Signs and sends; a second time where the answer corrects the clock that the first was signed by. */
async function send(
  target: ServiceTarget & { readonly clock: ServiceClock },
  request: SignableRequest,
  signal: AbortSignal,
): Promise<PlatformResponse> {
  const { platform, clock } = target;
  for (let sent = 1; ; sent++) {
    const { offsetMs } = clock;
    const headers = await signAt(target, offsetMs)(request);
    const response = await platform.fetch({ ...request, headers, signal });
    if (!clock.heed(response, offsetMs) || sent > 1) return response;
    await response.body?.cancel();
  }
}

/**
 * A signer whose clock is that of the host and an offset, milliseconds; none where the platform's own peer signs. It rejects with what the provider
 * does, and with `CredentialsError` for what cannot be credentials.
 */
export function signAt({ platform, region, credentials }: ServiceTarget, offsetMs: number): Signer {
  if (platform.signsUpstream) return ({ headers }) => Promise.resolve({ ...headers });
  const clock = {
    now: () => platform.now() + offsetMs,
    sha256: (data: Uint8Array) => platform.sha256(data),
    hmacSha256: (key: Uint8Array, data: Uint8Array) => platform.hmacSha256(key, data),
  };
  // Whatever cache or library they came through: a fetch that refuses a header repeats it in its error.
  return createSigner(clock, region, async () => checkCredentials(await credentials(), 'what the provider gave'));
}
