/**
 * Verifies AWS Signature Version 4 in the Authorization header, by signing the request again and comparing.
 * Source: service-api §1.2; what real clients sign differs, so exactly the headers that a client lists are signed.
 */

import { EMPTY_PAYLOAD_HASH, signatureOf } from '../../sdk/aws/signature-v4.ts';
import { toHex } from '../../sdk/hex.ts';
import type { ServicePlatform } from '../context.ts';
import type { ServiceCredentials } from '../credentials.ts';
import { ServiceError } from '../errors.ts';
import { parseAuthorization, parseSigningDate, SIGNING_NAME } from './authorization-header.ts';
import type { Authorization } from './authorization-header.ts';

const PAYLOAD_HASH_HEADER = 'x-amz-content-sha256';
const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

/** Runtimes may hide these; every client that signs them sends these values (service-api §8). */
const HOP_BY_HOP_VALUES: ReadonlyMap<string, string> = new Map([
  ['connection', 'keep-alive'],
  ['transfer-encoding', 'chunked'],
]);

export interface SignatureCheckOptions {
  readonly platform: ServicePlatform;
  readonly credentials: readonly ServiceCredentials[];
  /** Accepted distance between the signing date and now, either way. */
  readonly clockToleranceMs: number;
  /** The service's name in the scope of signatures. @default 'kinesisvideo' */
  readonly signingName?: string;
}

/** Checks signatures against a fixed set of credentials. */
export class SignatureCheck {
  readonly #platform: ServicePlatform;
  readonly #secrets: ReadonlyMap<string, string>;
  readonly #clockToleranceMs: number;
  readonly #signingName: string;

  constructor(options: SignatureCheckOptions) {
    this.#platform = options.platform;
    this.#secrets = new Map(options.credentials.map((pair) => [pair.accessKeyId, pair.secretAccessKey]));
    this.#clockToleranceMs = options.clockToleranceMs;
    this.#signingName = options.signingName ?? SIGNING_NAME;
  }

  /**
   * Passes when the request was signed with one of the credentials; `body` null means a stream that cannot be hashed first.
   * @throws ServiceError MissingAuthenticationToken, IncompleteSignature, InvalidClientTokenId, RequestExpired,
   *   InvalidSignatureException
   */
  async verify(request: Request, body: Uint8Array | null): Promise<void> {
    const authorization = parseAuthorization(request.headers.get('authorization'), this.#signingName);
    const signingDate = parseSigningDate(request.headers.get('x-amz-date'), authorization.shortDate);
    const secretAccessKey = this.#secrets.get(authorization.accessKeyId);
    if (secretAccessKey === undefined) {
      throw new ServiceError('InvalidClientTokenId', `Access key ${authorization.accessKeyId} is not known here`);
    }
    const ageMs = this.#platform.now() - signingDate.getTime();
    if (Math.abs(ageMs) > this.#clockToleranceMs) {
      const distance = `${Math.round(Math.abs(ageMs) / 1000)} s in the ${ageMs > 0 ? 'past' : 'future'}`;
      throw new ServiceError(
        'RequestExpired',
        `Signing date is ${distance}; at most ${this.#clockToleranceMs / 1000} s are allowed`,
      );
    }
    const payloadHash = await this.#payloadHash(request, body);
    const expected = await this.#sign(request, authorization, secretAccessKey, payloadHash);
    if (!equalInConstantTime(expected, authorization.signature)) {
      throw new ServiceError(
        'InvalidSignatureException',
        'Signature does not match the request: wrong secret access key, or the request was changed on the way',
      );
    }
  }

  async #payloadHash(request: Request, body: Uint8Array | null): Promise<string> {
    const declared = request.headers.get(PAYLOAD_HASH_HEADER);
    if (body === null) return declared ?? EMPTY_PAYLOAD_HASH;
    if (declared === UNSIGNED_PAYLOAD) return declared;
    const actual = toHex(await this.#platform.sha256(body));
    if (declared !== null && declared !== actual) {
      throw new ServiceError(
        'InvalidSignatureException',
        `${PAYLOAD_HASH_HEADER} is not the hash of the received body`,
      );
    }
    return actual;
  }

  /** The session token is part of it only where it is listed: the native producers send it and do not sign it. */
  #sign(
    request: Request,
    { region, signedHeaders }: Authorization,
    secretAccessKey: string,
    payloadHash: string,
  ): Promise<string> {
    const { pathname: path, search } = new URL(request.url);
    const scope = { date: request.headers.get('x-amz-date') ?? '', region, service: this.#signingName };
    const headers = receivedHeaders(request, signedHeaders);
    const signed = { method: request.method, path, query: search.slice(1), headers, payloadHash };
    return signatureOf(this.#platform, scope, secretAccessKey, signed);
  }
}

function receivedHeaders(request: Request, names: readonly string[]): ReadonlyArray<readonly [string, string]> {
  return names.map((name) => {
    const value = request.headers.get(name) ?? HOP_BY_HOP_VALUES.get(name);
    if (value === undefined) {
      throw new ServiceError('InvalidSignatureException', `Signed header ${name} did not arrive with the request`);
    }
    return [name, value];
  });
}

/** Compares strings of equal length without giving away, by its duration, where they differ. */
function equalInConstantTime(left: string, right: string): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index += 1) difference |= left.charCodeAt(index) ^ right.charCodeAt(index);
  return difference === 0;
}
