/** Enough for a stream header or a fragment's tags without growing. */
const FIRST_CAPACITY_BYTES = 4096;

/**
 * Bytes gathered from pieces of any size. They are copied together as they come, so that a body sent byte by byte takes no
 * more memory than its bytes; kept as pieces, each byte would take some two hundred.
 */
export class GatheredBytes {
  #bytes = new Uint8Array();
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  append(piece: Uint8Array): void {
    const neededBytes = this.#sizeBytes + piece.length;
    if (neededBytes > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(neededBytes, 2 * this.#bytes.length, FIRST_CAPACITY_BYTES));
      grown.set(this.#bytes.subarray(0, this.#sizeBytes));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#sizeBytes);
    this.#sizeBytes = neededBytes;
  }

  /** Empties this; the array is the caller's to keep. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#sizeBytes);
    this.clear();
    return taken;
  }

  clear(): void {
    this.#bytes = new Uint8Array();
    this.#sizeBytes = 0;
  }
}
