/** Input that was taken from the upload but not yet given to whom it belongs, because its element is still being read. */
export class HeldBytes {
  readonly #pieces: Uint8Array[] = [];
  #startOffset = 0;
  #endOffset = 0;

  /** Absolute offset of the first byte held. */
  get startOffset(): number {
    return this.#startOffset;
  }

  /** Bytes held. */
  get sizeBytes(): number {
    return this.#endOffset - this.#startOffset;
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#endOffset += bytes.length;
  }

  /** Takes everything before an absolute offset, in pieces; never copies. Offsets beyond the end take all. */
  takeUpTo(offset: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    while (this.#startOffset < offset) {
      const piece = this.#pieces[0];
      if (piece === undefined) break;
      const wanted = offset - this.#startOffset;
      if (piece.length <= wanted) {
        this.#pieces.shift();
        taken.push(piece);
        this.#startOffset += piece.length;
      } else {
        taken.push(piece.subarray(0, wanted));
        this.#pieces[0] = piece.subarray(wanted);
        this.#startOffset = offset;
      }
    }
    return taken;
  }
}
