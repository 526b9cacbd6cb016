/** Signature Version 4, over the platform's hash port. */
import { SignatureV4 } from '@smithy/signature-v4';
import type { CredentialProvider, Platform } from '../platform.ts';

/** The service name in every signature's scope; the media and archive services share it. */
const SIGNING_NAME = 'kinesisvideo';

const encoder = new TextEncoder();

type HashConstructor = ConstructorParameters<typeof SignatureV4>[0]['sha256'];
type HashInput = string | ArrayBuffer | ArrayBufferView;

function toBytes(data: HashInput): Uint8Array {
  if (typeof data === 'string') return encoder.encode(data);
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}

/** The signer's hash class: SHA-256, or HMAC-SHA-256 when constructed with a secret. */
function hashClass(platform: Pick<Platform, 'sha256' | 'hmacSha256'>): HashConstructor {
  return class PlatformHash {
    readonly #key: Uint8Array | undefined;
    #data: Uint8Array = new Uint8Array(0);

    constructor(secret?: HashInput) {
      this.#key = secret === undefined ? undefined : toBytes(secret);
    }

    update(chunk: HashInput): void {
      const added = toBytes(chunk);
      const joined = new Uint8Array(this.#data.length + added.length);
      joined.set(this.#data);
      joined.set(added, this.#data.length);
      this.#data = joined;
    }

    digest(): Promise<Uint8Array> {
      return this.#key === undefined ? platform.sha256(this.#data) : platform.hmacSha256(this.#key, this.#data);
    }

    reset(): void {
      this.#data = new Uint8Array(0);
    }
  };
}

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
    sha256: hashClass(platform),
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
