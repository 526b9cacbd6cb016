/**
 * The ring between a thread that puts frames and the one that owns the stream, in shared memory: what was put, in order, and what became of it.
 * One thread adds entries and takes the answers, the other takes entries and answers them, in any order.
 *
 * ```
 * byte  0        256                                  256 + ENTRIES × 64          …
 *       | words  | entry | entry | …                  | text of an answer  | text of the end |
 * ```
 */

/** Entries that may be without an answer, or whose answer was not taken. */
export const RING_ENTRIES = 64;

/** Words at the front of the ring. */
export const RING_WORD = {
  /** 1: the owner sleeps, and wants a message when something is put. */
  ownerSleeps: 0,
  /** 1: the putting thread wants a message when something is answered. */
  putterWaits: 1,
  /** Rises with every batch of answers: what a putting thread blocks on. */
  answers: 2,
  /** How NAL units are adapted, as of the core; −1 while it is not known for every track. */
  nal: 3,
  /** Puts that wait for room in the store, of all streams: what is put now has to wait behind them. */
  waiting: 4,
  /** 1: the stream has ended; why is in the second text. */
  ended: 5,
  /** Of the putting thread, in the lock of the core. */
  lockId: 6,
  /** 1: a thread has attached itself. */
  attached: 7,
} as const;

/** States of an entry; one that was withdrawn is the owner's to pass over. */
export const ENTRY_STATE = { free: 0, filling: 1, put: 2, taken: 3, answered: 4, withdrawn: 5 } as const;

/** What an entry is: a frame that lies in the store, or something that comes by message. */
export const ENTRY_KIND = { placed: 0, message: 1 } as const;

/** Answers. Below 0: an error, which comes by message, or to a thread that blocks as the first text. */
export const ENTRY_ANSWER = { error: -1, stored: 0, skipped: 1, full: 2, dropped: 3 } as const;

const STATE = 0;
const KIND = 1;
const ANSWER = 2;
/** The putting thread blocks until it is answered. */
const BLOCKS = 3;
const SLOT = 4;
const PAYLOAD = 5;
const SIZE_BYTES = 6;
const LENGTH = 7;
const FLAGS = 8;
const TRACK = 9;
/** In doubles. */
const PTS_US = 5;
const DTS_US = 6;
const DURATION_US = 7;

const HEAD_BYTES = 256;
const ENTRY_BYTES = 64;
const TEXTS_AT = HEAD_BYTES + RING_ENTRIES * ENTRY_BYTES;
/** The length of a text stands in the first word. */
const TEXT_BYTES = 8192;
/** Longest text, UTF-8. */
export const MAX_TEXT_BYTES = TEXT_BYTES - 4;
export const RING_BYTES = TEXTS_AT + 2 * TEXT_BYTES;

/** A frame in the store, as it stands in its entry. Microseconds and bytes. */
export interface PlacedEntry {
  readonly slot: number;
  readonly payload: number;
  readonly sizeBytes: number;
  readonly length: number;
  readonly flags: number;
  readonly trackNumber: number;
  readonly timestampUs: number;
  readonly decodeTimestampUs: number;
  readonly durationUs: number;
}

export class PutRing {
  readonly memory: SharedArrayBuffer;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly #doubles: Float64Array<SharedArrayBuffer>;
  readonly #bytes: Uint8Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(RING_BYTES)) {
    this.memory = memory;
    this.words = new Int32Array(memory);
    this.#doubles = new Float64Array(memory);
    this.#bytes = new Uint8Array(memory);
  }

  get(word: number): number {
    return Atomics.load(this.words, word);
  }

  set(word: number, value: number): void {
    Atomics.store(this.words, word, value);
  }

  /** Sets a word to 0; true when it was not. */
  clear(word: number): boolean {
    return Atomics.exchange(this.words, word, 0) !== 0;
  }

  state(sequence: number): number {
    return Atomics.load(this.words, at(sequence) + STATE);
  }

  setState(sequence: number, state: number): void {
    Atomics.store(this.words, at(sequence) + STATE, state);
  }

  /** Changes a state that must be another one; false when it is not. */
  changeState(sequence: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.words, at(sequence) + STATE, from, to) === from;
  }

  kind(sequence: number): number {
    return this.words[at(sequence) + KIND]!;
  }

  blocks(sequence: number): boolean {
    return this.words[at(sequence) + BLOCKS] !== 0;
  }

  setUp(sequence: number, kind: number, blocks: boolean): void {
    this.words[at(sequence) + KIND] = kind;
    this.words[at(sequence) + BLOCKS] = blocks ? 1 : 0;
  }

  /** The slot that is being filled. */
  slot(sequence: number): number {
    return this.words[at(sequence) + SLOT]!;
  }

  setSlot(sequence: number, slot: number): void {
    this.words[at(sequence) + SLOT] = slot;
  }

  writePlaced(sequence: number, entry: PlacedEntry): void {
    const { words } = this;
    const base = at(sequence);
    words[base + SLOT] = entry.slot;
    words[base + PAYLOAD] = entry.payload;
    words[base + SIZE_BYTES] = entry.sizeBytes;
    words[base + LENGTH] = entry.length;
    words[base + FLAGS] = entry.flags;
    words[base + TRACK] = entry.trackNumber;
    this.#doubles[(base >> 1) + PTS_US] = entry.timestampUs;
    this.#doubles[(base >> 1) + DTS_US] = entry.decodeTimestampUs;
    this.#doubles[(base >> 1) + DURATION_US] = entry.durationUs;
  }

  readPlaced(sequence: number): PlacedEntry {
    const { words } = this;
    const base = at(sequence);
    return {
      slot: words[base + SLOT]!,
      payload: words[base + PAYLOAD]!,
      sizeBytes: words[base + SIZE_BYTES]!,
      length: words[base + LENGTH]!,
      flags: words[base + FLAGS]!,
      trackNumber: words[base + TRACK]!,
      timestampUs: this.#doubles[(base >> 1) + PTS_US]!,
      decodeTimestampUs: this.#doubles[(base >> 1) + DTS_US]!,
      durationUs: this.#doubles[(base >> 1) + DURATION_US]!,
    };
  }

  answer(sequence: number): number {
    return this.words[at(sequence) + ANSWER]!;
  }

  setAnswer(sequence: number, answer: number): void {
    this.words[at(sequence) + ANSWER] = answer;
    this.setState(sequence, ENTRY_STATE.answered);
  }

  /** @param which 0: of the answer to a thread that blocks; 1: of the stream's end. `text`: at most MAX_TEXT_BYTES */
  writeText(which: 0 | 1, text: string): void {
    const start = TEXTS_AT + which * TEXT_BYTES;
    const bytes = new TextEncoder().encode(text);
    this.#bytes.set(bytes, start + 4);
    this.words[start >> 2] = bytes.length;
  }

  readText(which: 0 | 1): string {
    const start = TEXTS_AT + which * TEXT_BYTES;
    // A copy: decoders refuse memory that threads share.
    return new TextDecoder().decode(this.#bytes.slice(start + 4, start + 4 + this.words[start >> 2]!));
  }
}

/** Index of an entry's first word. */
function at(sequence: number): number {
  return (HEAD_BYTES + (sequence % RING_ENTRIES) * ENTRY_BYTES) >> 2;
}
