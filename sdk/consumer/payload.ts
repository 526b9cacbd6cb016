import type { MkvReader } from '../core/mkv-reader.ts';
import type { ByteBudget } from './byte-budget.ts';

/** Puts the pieces of one payload together. */
export class Payload {
  readonly #budget: ByteBudget;
  #bytes: Uint8Array | null = null;
  #filledBytes = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  /**
   * Begins a payload of this size.
   * @throws MediaTooLargeError before anything is allocated
   */
  begin(sizeBytes: number): void {
    this.#budget.charge(sizeBytes);
    this.#bytes = new Uint8Array(sizeBytes);
    this.#filledBytes = 0;
  }

  /** Takes the reader's current piece; returns the payload with the last one, else null. Without `begin` pieces are dropped. */
  add(reader: MkvReader): Uint8Array | null {
    const bytes = this.#bytes;
    if (bytes === null) return null;
    const piece = reader.dataView();
    bytes.set(piece, this.#filledBytes);
    this.#filledBytes += piece.length;
    if (!reader.dataDone) return null;
    this.#bytes = null;
    return bytes;
  }
}
