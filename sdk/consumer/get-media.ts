/** GetMedia: the fragments of a stream as one endless body, from a chosen start on. */
import { getDataEndpoint } from '../aws/control-api.ts';
import { credentialProvider } from '../aws/credentials.ts';
import { ServiceClock } from '../aws/service-clock.ts';
import { type CallOptions, type ServiceTarget, signedCall } from '../aws/signed-call.ts';
import { ServiceCallError } from '../errors.ts';
import type { CredentialProvider, Credentials } from '../platform.ts';
import * as SERVICE_RESULT from '../service-results.ts';

/** Which service is asked, and as whom. */
export interface MediaTarget extends Omit<ServiceTarget, 'credentials'> {
  /** Fixed credentials, or a provider, which is asked at each call: one without a cache of its own wants `cachedCredentials` in front. */
  readonly credentials: CredentialProvider | Credentials;
}

/** Where GetMedia begins. Timestamps are milliseconds since the epoch. Source: service-api §3.3. */
export type StartSelector =
  | { readonly type: 'NOW' | 'EARLIEST' }
  | { readonly type: 'FRAGMENT_NUMBER'; readonly afterFragmentNumber: string }
  | { readonly type: 'SERVER_TIMESTAMP' | 'PRODUCER_TIMESTAMP'; readonly timestampMs: number }
  | { readonly type: 'CONTINUATION_TOKEN'; readonly continuationToken: string };

function selectorFields(start: StartSelector): Record<string, string | number> {
  switch (start.type) {
    case 'NOW':
    case 'EARLIEST':
      return { StartSelectorType: start.type };
    case 'FRAGMENT_NUMBER':
      return { StartSelectorType: start.type, AfterFragmentNumber: start.afterFragmentNumber };
    case 'SERVER_TIMESTAMP':
    case 'PRODUCER_TIMESTAMP':
      return { StartSelectorType: start.type, StartTimestamp: start.timestampMs / 1000 };
    case 'CONTINUATION_TOKEN':
      return { StartSelectorType: start.type, ContinuationToken: start.continuationToken };
  }
}

/**
 * Asks for the stream's data endpoint and opens GetMedia there. The body ends when the service has had nothing to send for
 * a while, or closes the session; it errors when `signal` aborts. Read it with `readFragments` or `mergeSegments`.
 * @throws ServiceCallError, CredentialsError
 */
export async function getMedia(
  asked: MediaTarget,
  streamName: string,
  start: StartSelector,
  options?: CallOptions,
): Promise<ReadableStream<Uint8Array>> {
  const target = {
    ...asked,
    credentials: credentialProvider(asked.credentials),
    clock: asked.clock ?? new ServiceClock(asked.platform),
  };
  const endpoint = await getDataEndpoint(target, streamName, 'GET_MEDIA', options);
  const request = { StreamName: streamName, StartSelector: selectorFields(start) };
  const response = await signedCall({ ...target, endpoint }, '/getMedia', request, options);
  if (response.body !== null) return response.body;
  throw new ServiceCallError({
    operation: 'GetMedia',
    httpStatus: response.status,
    result: SERVICE_RESULT.UNKNOWN,
    reason: 'the answer has no body',
  });
}
