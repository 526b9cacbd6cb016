import type { Core } from './core.ts';
import { describeElement } from './element-names.ts';
import { readerFault, readerFaultReason } from './reader-fault.ts';
import type { ReaderFault } from './reader-fault.ts';

/** Where the core keeps the current event: 32-bit words from its address (`assembly/mkv/reader-state.ts`). */
const WORD = {
  elementId: 0,
  level: 1,
  elementOffset: 2,
  dataOffset: 4,
  dataSizeBytes: 6,
  integerValue: 8,
  floatValue: 10,
  bytesAddress: 12,
  bytesLength: 13,
  trackNumber: 14,
  relativeTimecode: 15,
  blockFlags: 16,
  dataDone: 17,
  payloadOffset: 18,
  payloadSizeBytes: 20,
  endOffset: 22,
  faultReason: 24,
  discarding: 25,
  settledOffset: 26,
} as const;

const ALL_ONES = 0xffffffff;
const TWO_TO_32 = 2 ** 32;

const TEXT_DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The fields of a reader's current event, read from the core's memory when they are asked for: nothing is allocated per event.
 * All offsets are absolute, counted from the first byte ever pushed, exact to 2^53.
 */
export abstract class ReaderEventFields {
  readonly #core: Core;
  /** Index of the event's first word. */
  readonly #at: number;
  #words: Uint32Array;

  /** @param eventAddress where the core keeps the event, in bytes */
  protected constructor(core: Core, eventAddress: number) {
    this.#core = core;
    this.#at = eventAddress >>> 2;
    this.#words = core.words;
  }

  /** The element's id with its marker bits, such as 0x1A45DFA3 (`assembly/ebml/ids.ts`). */
  get elementId(): number {
    return this.#word(WORD.elementId);
  }

  /** The element's name (`SimpleBlock`), or its id in hexadecimal where no RFC names it. */
  get elementName(): string {
    return describeElement(this.elementId);
  }

  /** How many masters are open around the element. */
  get level(): number {
    return this.#word(WORD.level);
  }

  /** Absolute offset of the first byte of the element's id. */
  get elementOffset(): number {
    return this.#long(WORD.elementOffset);
  }

  /** Absolute offset of the first byte of the element's content. */
  get dataOffset(): number {
    return this.#long(WORD.dataOffset);
  }

  /** Bytes of the element's content, −1 when unknown; above 2^53 rounded. */
  get dataSizeBytes(): number {
    return this.#word(WORD.dataSizeBytes + 1) === ALL_ONES ? -1 : this.#long(WORD.dataSizeBytes);
  }

  /** `END`: absolute offset of the first byte after the master. */
  get endOffset(): number {
    return this.#long(WORD.endOffset);
  }

  /** After any event: absolute offset up to which the events so far account for the input. Bytes before it may be let go. */
  get position(): number {
    return this.#long(WORD.settledOffset);
  }

  /** `VALUE` of an unsigned integer; above 2^53 rounded. An empty element reads 0: the caller knows its default. */
  get uintValue(): number {
    return this.#long(WORD.integerValue);
  }

  /** `VALUE` of an unsigned integer, exact. */
  get bigUintValue(): bigint {
    return (BigInt(this.#word(WORD.integerValue + 1)) << 32n) | BigInt(this.#word(WORD.integerValue));
  }

  /** `VALUE` of any number, signed integers included. */
  get floatValue(): number {
    const view = new DataView(this.#core.bytes.buffer);
    return view.getFloat64((this.#at + WORD.floatValue) << 2, true);
  }

  /** `VALUE` of a text, without the NULs that may pad it (RFC 8794 §13). Invalid UTF-8 becomes U+FFFD. */
  text(): string {
    const { bytes } = this.#core;
    const start = this.#word(WORD.bytesAddress);
    let end = start + this.#word(WORD.bytesLength);
    while (end > start && bytes[end - 1] === 0) end--;
    // A decoder refuses memory that threads share.
    return TEXT_DECODER.decode(this.#core.flavour === 'shared' ? bytes.slice(start, end) : bytes.subarray(start, end));
  }

  /** `VALUE`: a copy of the bytes. */
  binary(): Uint8Array {
    return this.dataView().slice();
  }

  /** `BLOCK`: 1…2^28 − 2; 0 is possible in a broken stream. */
  get trackNumber(): number {
    return this.#word(WORD.trackNumber);
  }

  /** `BLOCK`: timecode relative to the cluster's, in timecode-scale units, −32768…32767. */
  get relativeTimecode(): number {
    return this.#word(WORD.relativeTimecode) | 0;
  }

  /** `BLOCK`: key 0x80 (SimpleBlock only), invisible 0x08, lacing 0x06, discardable 0x01. RFC 9559 §10.1, §10.2. */
  get blockFlags(): number {
    return this.#word(WORD.blockFlags);
  }

  /** `BLOCK`: absolute offset of the first payload byte, after the block's own header. */
  get payloadOffset(): number {
    return this.#long(WORD.payloadOffset);
  }

  /** `BLOCK`: payload bytes. With lacing, the lace header counts as payload (`splitLace`). */
  get payloadSizeBytes(): number {
    return this.#long(WORD.payloadSizeBytes);
  }

  /**
   * `DATA`: the piece, borrowed from the window: valid until the next `next` or `push`, and until memory grows, as it may when something
   * else is opened in the same core: then the view has no bytes any more, and asking again gives it anew. Copy what must live longer.
   */
  dataView(): Uint8Array {
    const address = this.#word(WORD.bytesAddress);
    return this.#core.bytes.subarray(address, address + this.#word(WORD.bytesLength));
  }

  /** `DATA`: whether this was the payload's last piece. */
  get dataDone(): boolean {
    return this.#word(WORD.dataDone) !== 0;
  }

  /** `FAULT`: what is wrong, and which element. */
  get fault(): ReaderFault {
    return readerFault(readerFaultReason(this.#word(WORD.faultReason)), this.elementId, this.elementOffset);
  }

  /** Where `push` has to put the next input. */
  protected get windowAddress(): number {
    return this.#word(WORD.bytesAddress);
  }

  /** Whether the next input may be passed over. */
  protected get isDiscarding(): boolean {
    return this.#word(WORD.discarding) !== 0;
  }

  protected get hasFault(): boolean {
    return this.#word(WORD.faultReason) !== 0;
  }

  /** To be called after each call into the core, which may have made memory grow. */
  protected refresh(): void {
    this.#words = this.#core.words;
  }

  #word(index: number): number {
    // Memory that somebody else made grow in the middle of an event leaves an empty view behind.
    if (this.#words.length === 0) this.refresh();
    return this.#words[this.#at + index] as number;
  }

  #long(index: number): number {
    return this.#word(index + 1) * TWO_TO_32 + this.#word(index);
  }
}
