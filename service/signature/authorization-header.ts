/** The Authorization header of AWS Signature Version 4, taken apart. Source: service-api §1.2. */

import { SIGNATURE_ALGORITHM as ALGORITHM } from '../../sdk/aws/signature-v4.ts';
import { ServiceError } from '../errors.ts';

/** The service's name in the scope of a signature. */
export const SIGNING_NAME = 'kinesisvideo';
/** A token of RFC 9110 §5.6.2. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

export interface Authorization {
  readonly accessKeyId: string;
  readonly shortDate: string;
  readonly region: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/**
 * @param signingName  the service's name in the scope
 * @throws ServiceError MissingAuthenticationToken, IncompleteSignature
 */
export function parseAuthorization(header: string | null, signingName = SIGNING_NAME): Authorization {
  if (header === null) throw new ServiceError('MissingAuthenticationToken', 'Authorization header is missing');
  if (!header.startsWith(`${ALGORITHM} `)) throw incomplete(`must begin with ${ALGORITHM}`);
  const fields = new Map<string, string>();
  for (const field of header.slice(ALGORITHM.length).split(',')) {
    const separator = field.indexOf('=');
    const name = field.slice(0, Math.max(separator, 0)).trim();
    if (fields.has(name)) throw incomplete(`has ${name || 'a field without a name'} twice`);
    fields.set(name, field.slice(separator + 1).trim());
  }
  const [accessKeyId, shortDate, region, service, terminator, ...rest] = (fields.get('Credential') ?? '').split('/');
  if (
    !accessKeyId ||
    !shortDate ||
    !region ||
    service !== signingName ||
    terminator !== 'aws4_request' ||
    rest.length > 0
  ) {
    throw incomplete(`needs Credential=KEY/DATE/REGION/${signingName}/aws4_request`);
  }
  const signature = fields.get('Signature') ?? '';
  if (!/^[0-9a-f]{64}$/.test(signature)) throw incomplete('needs Signature with 64 hexadecimal digits');
  const signedHeaders = (fields.get('SignedHeaders') ?? '').toLowerCase().split(';');
  for (const name of ['host', 'x-amz-date']) {
    if (!signedHeaders.includes(name)) throw incomplete(`must list ${name} in SignedHeaders`);
  }
  const oddName = signedHeaders.find((name) => !HEADER_NAME.test(name));
  if (oddName !== undefined) throw incomplete(`lists "${oddName}" in SignedHeaders, which is no header name`);
  return { accessKeyId, shortDate, region, signedHeaders, signature };
}

/**
 * The date of the signature.
 * @param header     x-amz-date
 * @param shortDate  what the Authorization header says of it
 * @throws ServiceError IncompleteSignature
 */
export function parseSigningDate(header: string | null, shortDate: string): Date {
  if (header === null) throw new ServiceError('IncompleteSignature', 'x-amz-date header is missing');
  const isoDate = header.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5');
  const date = new Date(isoDate);
  if (isoDate === header || Number.isNaN(date.getTime())) {
    throw new ServiceError('IncompleteSignature', 'x-amz-date header must have the form YYYYMMDDThhmmssZ');
  }
  if (!header.startsWith(shortDate)) throw incomplete('has a credential date other than that of x-amz-date');
  return date;
}

function incomplete(problem: string): ServiceError {
  return new ServiceError('IncompleteSignature', `Authorization header ${problem}`);
}
