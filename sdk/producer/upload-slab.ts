/**
 * Where the pieces of bodies lie until the network has taken them: cut one behind the other from slabs of fresh memory, which the connections
 * of a producer share. A slab of its own would cost a connection more than all the rest of a stream.
 */

/** Large enough for a fast link, small beside any store. */
const SLAB_BYTES = 64 * 1024;
/** A slab with less room than this is left, so that no piece is tiny under load. */
const MIN_PIECE_BYTES = 16 * 1024;

export class UploadSlab {
  #slab: Uint8Array = new Uint8Array(0);
  #usedBytes = 0;

  /** The last piece filled all that was left: there may be more to read. */
  get isUsedUp(): boolean {
    return this.#usedBytes === this.#slab.length;
  }

  /**
   * Cuts the next piece. `read` fills what it is given from the front and returns how many bytes it used, 0 for none.
   * @returns what was read, in memory that nobody else will write to
   */
  cut(read: (into: Uint8Array) => number): Uint8Array {
    if (this.#slab.length - this.#usedBytes < MIN_PIECE_BYTES) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#usedBytes = 0;
    }
    const start = this.#usedBytes;
    this.#usedBytes += read(this.#slab.subarray(start));
    return this.#slab.subarray(start, this.#usedBytes);
  }
}
