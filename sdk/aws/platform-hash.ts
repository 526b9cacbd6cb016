/** The platform's hash port, as the hash class that `@smithy/signature-v4` asks for. */
import type { SignatureV4 } from '@smithy/signature-v4';
import type { Platform } from '../platform.ts';

const encoder = new TextEncoder();

/** What `SignatureV4` takes as its hash. */
export type HashConstructor = ConstructorParameters<typeof SignatureV4>[0]['sha256'];
type HashInput = string | ArrayBuffer | ArrayBufferView;

function toBytes(data: HashInput): Uint8Array {
  if (typeof data === 'string') return encoder.encode(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** A hash class for the signer: SHA-256, or HMAC-SHA-256 when constructed with a secret. */
export function platformHash(platform: Pick<Platform, 'sha256' | 'hmacSha256'>): HashConstructor {
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
