/** Several frames in one block. Source: RFC 9559 §10.3. */

const LACING_BITS = 0x06;
const XIPH = 0x02;
const FIXED_SIZE = 0x04;

/**
 * Splits the payload of a block into its frames.
 * @param blockFlags the block's flags byte; without lacing bits the payload is one frame
 * @returns views of the payload, 1…256; null when the lace's sizes do not fit the payload
 */
export function splitLace(payload: Uint8Array, blockFlags: number): Uint8Array[] | null {
  const lacing = blockFlags & LACING_BITS;
  if (lacing === 0) return [payload];
  const lastIndex = payload[0];
  if (lastIndex === undefined) return null;
  if (lacing === FIXED_SIZE) return splitEvenly(payload.subarray(1), lastIndex + 1);
  const lace = new LaceHeader(payload);
  const sizes = lacing === XIPH ? lace.xiphSizes(lastIndex) : lace.ebmlSizes(lastIndex);
  return sizes === null ? null : splitBySizes(payload.subarray(lace.at), sizes);
}

function splitEvenly(frames: Uint8Array, count: number): Uint8Array[] | null {
  if (frames.length % count !== 0) return null;
  const sizeBytes = frames.length / count;
  return Array.from({ length: count }, (_, index) => frames.subarray(index * sizeBytes, (index + 1) * sizeBytes));
}

/** The last frame has no size of its own: it takes the rest. */
function splitBySizes(frames: Uint8Array, sizes: readonly number[]): Uint8Array[] | null {
  const split: Uint8Array[] = [];
  let at = 0;
  for (const sizeBytes of sizes) {
    if (sizeBytes < 0 || at + sizeBytes > frames.length) return null;
    split.push(frames.subarray(at, at + sizeBytes));
    at += sizeBytes;
  }
  split.push(frames.subarray(at));
  return split;
}

/** Reads the frame sizes that follow the first byte of a laced payload. */
class LaceHeader {
  readonly #bytes: Uint8Array;
  /** First byte not read yet; in the end the first frame's first. */
  at = 1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Each size is a sum of bytes, of which the last is below 255. RFC 9559 §10.3.2. */
  xiphSizes(count: number): number[] | null {
    const sizes: number[] = [];
    while (sizes.length < count) {
      let sizeBytes = 0;
      let byte: number | undefined;
      do {
        byte = this.#bytes[this.at++];
        if (byte === undefined) return null;
        sizeBytes += byte;
      } while (byte === 255);
      sizes.push(sizeBytes);
    }
    return sizes;
  }

  /** The first size is a variable-length integer, the others are differences to the one before. RFC 9559 §10.3.3. */
  ebmlSizes(count: number): number[] | null {
    const sizes: number[] = [];
    while (sizes.length < count) {
      const field = this.#vint();
      if (field === null) return null;
      const previous = sizes.at(-1);
      // Signed: the range of the field's width is centred on zero.
      sizes.push(previous === undefined ? field.value : previous + field.value - (2 ** (7 * field.length - 1) - 1));
    }
    return sizes;
  }

  #vint(): { readonly value: number; readonly length: number } | null {
    const first = this.#bytes[this.at];
    if (first === undefined || first === 0) return null;
    const length = Math.clz32(first) - 23;
    if (this.at + length > this.#bytes.length) return null;
    let value = first & (0xff >> length);
    for (let index = 1; index < length; index++) value = value * 256 + (this.#bytes[this.at + index] as number);
    this.at += length;
    return { value, length };
  }
}
