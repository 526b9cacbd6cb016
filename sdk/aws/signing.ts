/** Signs requests to the service: which headers, by whom, and when. */
import { toHex } from '../hex.ts';
import type { CredentialProvider, Platform } from '../platform.ts';
import type { SignableRequest } from './service-call.ts';
import {
  type CanonicalRequest,
  credentialScope,
  EMPTY_PAYLOAD_HASH,
  SIGNATURE_ALGORITHM,
  signatureDate,
  signatureOf,
  signedHeaderNames,
} from './signature-v4.ts';

/** The service name in every signature's scope; the media and archive services share it. */
const SIGNING_NAME = 'kinesisvideo';

export type { SignableRequest };

/** Returns the headers to send: the request's own in lower case, the date, the security token and the authorization. */
export type Signer = (request: SignableRequest) => Promise<Record<string, string>>;

/**
 * Makes a signer for one region. The date is the given clock's at the moment of signing.
 *
 * Signed are `host`, `x-amz-*`, `x-amzn-*` and, where there is a body, `content-type`. What a runtime's fetch may rewrite
 * (`connection`, `transfer-encoding`, `user-agent`) never is, unlike in the native library: c-producer §5.4.
 */
export function createSigner(
  platform: Pick<Platform, 'now' | 'sha256' | 'hmacSha256'>,
  region: string,
  credentials: CredentialProvider,
  service: string = SIGNING_NAME,
): Signer {
  return async ({ method, url, headers, body }) => {
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials();
    const date = signatureDate(platform.now());
    const sent: Record<string, string> = { 'x-amz-date': date };
    for (const [name, value] of Object.entries(headers)) sent[name.toLowerCase()] = value;
    if (sessionToken !== undefined) sent['x-amz-security-token'] = sessionToken;
    const { host, path, query } = partsOf(url);
    const isSigned = (name: string): boolean =>
      /^x-amzn?-/.test(name) || (name === 'content-type' && body !== undefined);
    const request: CanonicalRequest = {
      method,
      path,
      query,
      // Every fetch sets `host` itself, from the same URL, and some refuse to be given it.
      headers: [['host', host], ...Object.entries(sent).filter(([name]) => isSigned(name))],
      payloadHash: body === undefined ? EMPTY_PAYLOAD_HASH : toHex(await platform.sha256(body)),
    };
    const scope = { date, region, service };
    const signature = await signatureOf(platform, scope, secretAccessKey, request);
    const credential = `${accessKeyId}/${credentialScope(scope)}`;
    const authorization = `Credential=${credential}, SignedHeaders=${signedHeaderNames(request)}, Signature=${signature}`;
    return { ...sent, authorization: `${SIGNATURE_ALGORITHM} ${authorization}` };
  };
}

/** Of an http or https URL in its normal form (`serviceEndpoint`): what a fetch puts into `host`, and what it asks for. */
function partsOf(url: string): { readonly host: string; readonly path: string; readonly query: string } {
  const [, scheme, authority = '', path = '', query = ''] = /^(https?):\/\/([^/?#]*)([^?#]*)\??([^#]*)/.exec(url) ?? [];
  const host = authority.replace(scheme === 'https' ? /:443$/ : /:80$/, '');
  return { host, path, query };
}
