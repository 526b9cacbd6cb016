/** The platform's hash functions in the form that the signing library asks for. */

import type { ChecksumConstructor } from '@smithy/types';
import type { ServicePlatform } from './context.ts';

type SourceData = string | ArrayBuffer | ArrayBufferView;

/** A class whose instances hash with SHA-256, or with HMAC-SHA-256 when constructed with a secret. */
export function platformSha256(platform: Pick<ServicePlatform, 'sha256' | 'hmacSha256'>): ChecksumConstructor {
  return class {
    readonly #secret: Uint8Array | undefined;
    #data: Uint8Array = new Uint8Array(0);

    constructor(secret?: SourceData) {
      this.#secret = secret === undefined ? undefined : toBytes(secret);
    }

    update(data: Uint8Array): void {
      const joined = new Uint8Array(this.#data.byteLength + data.byteLength);
      joined.set(this.#data);
      joined.set(data, this.#data.byteLength);
      this.#data = joined;
    }

    digest(): Promise<Uint8Array> {
      return this.#secret === undefined ? platform.sha256(this.#data) : platform.hmacSha256(this.#secret, this.#data);
    }

    reset(): void {
      this.#data = new Uint8Array(0);
    }
  };
}

function toBytes(data: SourceData): Uint8Array {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data);
}
