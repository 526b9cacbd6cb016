/** Reads choices off an input: what a target does with typed arguments, its mutators do with bytes. Behind the end there are zeros. */
const MOST_TEXT_BYTES = 300;

/** Numbers that ought to be refused, or nearly. */
const EDGES = [
  0,
  1,
  -1,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  255,
  256,
  65_535,
  65_536,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 64,
  -(2 ** 31),
];

export class ByteCursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  word(): number {
    return (this.byte() | (this.byte() << 8) | (this.byte() << 16) | (this.byte() << 24)) >>> 0;
  }

  /** A byte as it is, an edge, or any 32 bits. */
  number(): number {
    const choice = this.byte();
    if (choice < 0x80) return this.byte();
    return choice < 0xf0 ? (EDGES[choice % EDGES.length] as number) : this.word();
  }

  pick<T>(items: readonly T[]): T {
    return items[this.byte() % items.length] as T;
  }

  /** As long as its first byte says: up to 250, and then some edges. */
  bytes(): Uint8Array {
    const head = this.byte();
    const length = head < 250 ? head : (head - 250) * 1000;
    const bytes = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  /** A text as long as its first byte says; above 200 it is repeated, which brings it over every limit. */
  text(): string {
    const head = this.byte();
    const length = head % 40;
    const part = Buffer.from(this.#bytes.subarray(this.#at, this.#at + length)).toString('utf8');
    this.#at += length;
    return head < 200 ? part : part.repeat(8).slice(0, MOST_TEXT_BYTES);
  }
}
