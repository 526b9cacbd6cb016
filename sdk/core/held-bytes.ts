/** The source's bytes that have been given to the reader but not yet given out or dropped, by absolute offset. Never copies. */
export class HeldBytes {
  #pieces: Uint8Array[] = [];
  #sizeBytes = 0;
  #startOffset = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#sizeBytes += bytes.length;
  }

  /** Takes everything before an absolute offset, in pieces. */
  takeUpTo(offset: number): Uint8Array[] {
    let wanted = Math.min(offset - this.#startOffset, this.#sizeBytes);
    if (wanted <= 0) return [];
    this.#startOffset += wanted;
    this.#sizeBytes -= wanted;
    let whole = 0;
    for (; wanted > 0 && wanted >= (this.#pieces[whole] as Uint8Array).length; whole++)
      wanted -= (this.#pieces[whole] as Uint8Array).length;
    const taken = this.#pieces.splice(0, whole);
    if (wanted > 0) {
      const cut = this.#pieces[0] as Uint8Array;
      taken.push(cut.subarray(0, wanted));
      this.#pieces[0] = cut.subarray(wanted);
    }
    return taken;
  }

  /** Takes everything before an absolute offset as one array of its own. */
  joinUpTo(offset: number): Uint8Array {
    return join(this.takeUpTo(offset));
  }
}

/** One array out of several; always a copy. */
export function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
