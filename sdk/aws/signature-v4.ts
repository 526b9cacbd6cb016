/**
 * AWS Signature Version 4 over the platform's hash port, of any service but S3, whose paths have rules of their own. It needs nothing
 * beyond the language: no URL, no text encoder, no locale. Source: AWS General Reference, "Signature Version 4"; c-producer §5.4.
 */
import { toHex } from '../hex.ts';
import type { Platform } from '../platform.ts';
import { utf8Bytes } from './utf8.ts';

export const SIGNATURE_ALGORITHM = 'AWS4-HMAC-SHA256';
/** SHA-256 of nothing, in hexadecimal digits: also what PutMedia signs for its endless body. */
export const EMPTY_PAYLOAD_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export type HashPort = Pick<Platform, 'sha256' | 'hmacSha256'>;

/** A request as it is on the wire, with the headers that are to be signed. */
export interface CanonicalRequest {
  readonly method: string;
  /** In front of the query; escaped as it is sent. */
  readonly path: string;
  /** Behind the question mark. */
  readonly query: string;
  /** Of each name, in any case and order, its value, or its values in the order of the wire. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string | readonly string[]]>;
  /** Hexadecimal SHA-256 of the body, or a word that stands for it. */
  readonly payloadHash: string;
}

/** For what a signature counts. */
export interface SignatureScope {
  /** `YYYYMMDDThhmmssZ`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** `20150830T123600Z`. Throws `RangeError` for what is no time. */
export function signatureDate(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/[-:]|\.\d+/g, '');
}

/** `20150830/us-east-1/service/aws4_request`: what stands behind the access key in a Credential. */
export function credentialScope({ date, region, service }: SignatureScope): string {
  return `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
}

/** Names of the signed headers as they are listed: lower case, sorted, joined by semicolons. */
export function signedHeaderNames({ headers }: Pick<CanonicalRequest, 'headers'>): string {
  return canonicalHeaders(headers)
    .map(([name]) => name)
    .join(';');
}

/** The request in the one form that both sides hash. */
export function canonicalRequest(request: CanonicalRequest): string {
  const { method, path, query, headers, payloadHash } = request;
  const lines = canonicalHeaders(headers).map(([name, value]) => `${name}:${value}\n`);
  const names = signedHeaderNames(request);
  return [method, canonicalPath(path), canonicalQuery(query), lines.join(''), names, payloadHash].join('\n');
}

/** What is signed: the scope and the hash of the canonical request. */
export async function stringToSign(hash: HashPort, scope: SignatureScope, canonical: string): Promise<string> {
  const digest = toHex(await hash.sha256(utf8Bytes(canonical)));
  return [SIGNATURE_ALGORITHM, scope.date, credentialScope(scope), digest].join('\n');
}

/** The signature of a request: 64 hexadecimal digits. */
export async function signatureOf(
  hash: HashPort,
  scope: SignatureScope,
  secretAccessKey: string,
  request: CanonicalRequest,
): Promise<string> {
  let key = utf8Bytes(`AWS4${secretAccessKey}`);
  for (const part of credentialScope(scope).split('/')) key = await hash.hmacSha256(key, utf8Bytes(part));
  const text = await stringToSign(hash, scope, canonicalRequest(request));
  return toHex(await hash.hmacSha256(key, utf8Bytes(text)));
}

function canonicalHeaders(headers: CanonicalRequest['headers']): Array<readonly [name: string, value: string]> {
  return headers
    .map(([name, value]) => [name.toLowerCase(), [value].flat().map(withoutExtraSpace).join(',')] as const)
    .sort(([left], [right]) => order(left, right));
}

const withoutExtraSpace = (value: string): string => value.replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '');

/** Dot segments and empty ones go away, then what is on the wire is escaped once more. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(escaped(utf8Bytes(segment)));
  }
  const isFolder = segments.length > 0 && /\/\.{0,2}$/.test(path);
  return `/${segments.join('/')}${isFolder ? '/' : ''}`;
}

function canonicalQuery(query: string): string {
  const parameters = query.split('&').filter((parameter) => parameter !== '');
  const pairs = parameters.map((parameter) => {
    const [name = '', ...value] = parameter.split('=');
    return [escaped(unescaped(name)), escaped(unescaped(value.join('=')))] as const;
  });
  pairs.sort((left, right) => order(left[0], right[0]) || order(left[1], right[1]));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

const order = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** Bytes of a query's text; a plus is a space, as in forms. */
function unescaped(text: string): Uint8Array {
  const pieces = text.replaceAll('+', ' ').split(/(%[0-9a-fA-F]{2})/);
  return Uint8Array.from(
    pieces.flatMap((piece, index) => (index % 2 === 1 ? parseInt(piece.slice(1), 16) : [...utf8Bytes(piece)])),
  );
}

/** All but the unreserved characters of RFC 3986 §2.3 as percent and two upper-case digits. */
function escaped(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9._~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}
