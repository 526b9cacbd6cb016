/** An independent Signature Version 4 signer: node:crypto alone, so that a bug of the signing library cannot hide. */

import { createHash, createHmac } from 'node:crypto';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';

export const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export interface SignOptions {
  readonly method?: string;
  readonly path: string;
  /** In canonical form. Default: none. */
  readonly query?: string;
  /** Everything that is sent; names in lower case. `x-amz-date` is added. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names to sign, in lower case. Default: all headers. */
  readonly signedHeaders?: readonly string[];
  /** What the signature says of the body. */
  readonly payloadHash: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly region?: string;
  readonly service?: string;
  /** Milliseconds since the epoch. Default: now. */
  readonly dateMs?: number;
}

export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The headers to send: those given, the date and the authorization. */
export function sign(options: SignOptions): Record<string, string> {
  const { method = 'POST', path, payloadHash, region = 'eu-west-1', service = 'kinesisvideo' } = options;
  const { accessKeyId, secretAccessKey } = options.credentials ?? DEVELOPMENT_CREDENTIALS;
  const date = new Date(options.dateMs ?? Date.now()).toISOString().replace(/[-:]|\.\d+/g, '');
  const day = date.slice(0, 8);
  const headers: Record<string, string> = { ...options.headers, 'x-amz-date': date };
  const names = [...new Set([...(options.signedHeaders ?? Object.keys(headers)), 'x-amz-date'])].sort();
  const canonical = [
    method,
    path,
    options.query ?? '',
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    payloadHash,
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256Hex(canonical)].join('\n');
  let key: string | Buffer = `AWS4${secretAccessKey}`;
  for (const part of [day, region, service, 'aws4_request']) key = createHmac('sha256', key).update(part).digest();
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...headers, authorization };
}
