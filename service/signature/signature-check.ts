/**
 * Verifies AWS Signature Version 4 in the Authorization header, by signing the request again and comparing.
 * Source: service-api §1.2; what real clients sign differs, so exactly the headers that a client lists are signed.
 */

import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { platformHash } from '../../sdk/aws/platform-hash.ts';
import type { ServicePlatform } from '../context.ts';
import { toHex } from '../control/resource-names.ts';
import type { ServiceCredentials } from '../credentials.ts';
import { ServiceError } from '../errors.ts';
import { parseAuthorization, parseSigningDate, SIGNING_NAME } from './authorization-header.ts';
import type { Authorization } from './authorization-header.ts';

const PAYLOAD_HASH_HEADER = 'x-amz-content-sha256';
const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
/** SHA-256 of nothing: what the native producers sign for the endless body of PutMedia. */
const EMPTY_PAYLOAD_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

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
}

/** Checks signatures against a fixed set of credentials. */
export class SignatureCheck {
  readonly #platform: ServicePlatform;
  readonly #secrets: ReadonlyMap<string, string>;
  readonly #clockToleranceMs: number;

  constructor(options: SignatureCheckOptions) {
    this.#platform = options.platform;
    this.#secrets = new Map(options.credentials.map((pair) => [pair.accessKeyId, pair.secretAccessKey]));
    this.#clockToleranceMs = options.clockToleranceMs;
  }

  /**
   * Passes when the request was signed with one of the credentials; `body` null means a stream that cannot be hashed first.
   * @throws ServiceError MissingAuthenticationToken, IncompleteSignature, InvalidClientTokenId, RequestExpired,
   *   InvalidSignatureException
   */
  async verify(request: Request, body: Uint8Array | null): Promise<void> {
    const authorization = parseAuthorization(request.headers.get('authorization'));
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
    const expected = await this.#sign(request, authorization, secretAccessKey, signingDate, payloadHash);
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

  async #sign(
    request: Request,
    authorization: Authorization,
    secretAccessKey: string,
    signingDate: Date,
    payloadHash: string,
  ): Promise<string> {
    const { accessKeyId, region, signedHeaders } = authorization;
    const url = new URL(request.url);
    const signer = new SignatureV4({
      applyChecksum: false,
      // Without the session token: the native producers send it but do not sign it. Who does sign it lists it.
      credentials: { accessKeyId, secretAccessKey },
      region,
      service: SIGNING_NAME,
      sha256: platformHash(this.#platform),
    });
    const signed = await signer.sign(
      new HttpRequest({
        method: request.method,
        path: url.pathname,
        query: queryOf(url.searchParams),
        // The library takes the payload hash from this header, whether or not the client lists it as signed.
        headers: { ...receivedHeaders(request, signedHeaders), [PAYLOAD_HASH_HEADER]: payloadHash },
      }),
      {
        signingDate,
        // Listing a header here signs it even if the library would leave it out, such as `connection` and `user-agent`.
        signableHeaders: new Set(signedHeaders),
        unsignableHeaders: new Set([PAYLOAD_HASH_HEADER]),
      },
    );
    return parseAuthorization(signed.headers['authorization'] ?? null).signature;
  }
}

/** Every value of every parameter: one that was added to a signed name changes the request too. */
function queryOf(parameters: URLSearchParams): Record<string, string[]> {
  return Object.fromEntries([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name)]));
}

function receivedHeaders(request: Request, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const value = request.headers.get(name) ?? HOP_BY_HOP_VALUES.get(name);
      if (value === undefined) {
        throw new ServiceError('InvalidSignatureException', `Signed header ${name} did not arrive with the request`);
      }
      return [name, value];
    }),
  );
}

/** Compares strings of equal length without giving away, by its duration, where they differ. */
function equalInConstantTime(left: string, right: string): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index += 1) difference |= left.charCodeAt(index) ^ right.charCodeAt(index);
  return difference === 0;
}
