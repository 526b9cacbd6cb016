/** Pieces of a body that wait to be read. Small ones are gathered: each by itself takes hundreds of bytes of memory, however small it is. */
const GATHERED_BYTES = 16_384;
/** Larger ones are kept as they are, without a copy. */
const SMALL_BYTES = 4_096;

export class BodyPieces {
  #pieces: Uint8Array[] = [];
  /** What the last piece has gathered so far; 0 where it does not gather. */
  #gatheredBytes = 0;

  get count(): number {
    return this.#pieces.length;
  }

  push(piece: Uint8Array): void {
    // One that is alone is likely to be read before the next one comes.
    if (piece.length >= SMALL_BYTES || this.#pieces.length === 0) {
      this.#endGathering();
      this.#pieces.push(piece);
      return;
    }
    if (this.#gatheredBytes + piece.length > GATHERED_BYTES) this.#endGathering();
    if (this.#gatheredBytes === 0) this.#pieces.push(new Uint8Array(GATHERED_BYTES));
    this.#pieces.at(-1)?.set(piece, this.#gatheredBytes);
    this.#gatheredBytes += piece.length;
  }

  shift(): Uint8Array | undefined {
    if (this.#pieces.length === 1) this.#endGathering();
    return this.#pieces.shift();
  }

  clear(): void {
    this.#pieces = [];
    this.#gatheredBytes = 0;
  }

  #endGathering(): void {
    const gathered = this.#pieces.at(-1);
    if (this.#gatheredBytes === 0 || gathered === undefined) return;
    this.#pieces[this.#pieces.length - 1] = gathered.subarray(0, this.#gatheredBytes);
    this.#gatheredBytes = 0;
  }
}
