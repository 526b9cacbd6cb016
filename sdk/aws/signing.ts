/** Signature Version 4, over the platform's hash port. */
import { SignatureV4 } from '@smithy/signature-v4';
import type { CredentialProvider, Platform } from '../platform.ts';
import { platformHash } from './platform-hash.ts';

/** The service name in every signature's scope; the media and archive services share it. */
const SIGNING_NAME = 'kinesisvideo';

/** A request as far as its signature is concerned. */
export interface SignableRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body that is hashed. Absent: the hash of nothing, which is also what PutMedia signs for its endless body. */
  readonly body?: Uint8Array;
}

/** Returns the headers to send: the request's own, the date, the security token and the authorization. */
export type Signer = (request: SignableRequest) => Promise<Record<string, string>>;

/**
 * Makes a signer for one region. The date is the platform's clock at the moment of signing.
 *
 * Signed are `host`, `x-amz-*`, `x-amzn-*` and, where there is a body, `content-type`. What a runtime's fetch may rewrite
 * (`connection`, `transfer-encoding`, `user-agent`) never is, unlike in the native library: c-producer §5.4.
 */
export function createSigner(
  platform: Pick<Platform, 'now' | 'sha256' | 'hmacSha256'>,
  region: string,
  credentials: CredentialProvider,
): Signer {
  const signature = new SignatureV4({
    service: SIGNING_NAME,
    region,
    credentials: () => credentials(),
    sha256: platformHash(platform),
    applyChecksum: false,
  });
  const bodilessUnsignable = new Set(['content-type']);
  return async (request) => {
    const url = new URL(request.url);
    const signed = await signature.sign(
      {
        method: request.method,
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: { ...request.headers, host: url.host },
        ...(request.body === undefined ? {} : { body: request.body }),
      },
      {
        signingDate: new Date(platform.now()),
        ...(request.body === undefined ? { unsignableHeaders: bodilessUnsignable } : {}),
      },
    );
    // Every fetch sets `host` itself, from the same URL, and some refuse to be given it.
    const { host: _host, ...headers } = signed.headers;
    return headers;
  };
}
