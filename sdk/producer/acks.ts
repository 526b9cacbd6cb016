/**
 * The acks of a PutMedia response: an incremental parser over bytes that may be split and batched anywhere.
 *
 *     {"EventType":"PERSISTED","FragmentTimecode":1600994737365,"FragmentNumber":"9134…370"}\n
 *
 * Behaves as the native parser does (producer-core §17.1), without its traps T1–T3: nested values under unknown keys may be
 * split and may hold braces in strings, text may hold escapes, and a bad ack costs only itself: parsing goes on after its
 * closing brace, or at the next line.
 */
import { AckError } from '../errors.ts';
import { STATUS } from '../status-codes.ts';
import { ackErrorResult, resultStatus, SERVICE_RESULT } from '../status.ts';

export type AckType = 'buffering' | 'received' | 'persisted' | 'error' | 'idle';

/** One ack as the service sent it. */
export interface FragmentAck {
  readonly type: AckType;
  /** Timecode of the fragment's cluster in timecode-scale units; undefined when the ack names no fragment. */
  readonly timecode: number | undefined;
  /** Decimal string; empty when absent, cut to 128 characters. */
  readonly fragmentNumber: string;
  readonly errorId: number | undefined;
  readonly errorCode: string | undefined;
  /** 200, or the service result of the error id (`SERVICE_RESULT`). */
  readonly result: number;
  /** The KVS status number of `result`; 0 for success. */
  readonly status: number;
}

/** Longest fragment number that the API allows, characters; longer text is cut. Source: producer-core §20. */
const MAX_TEXT_BYTES = 128;
/** An ack has some 200 bytes. What grows beyond this is no ack, and is given up before it holds the parser for ever. */
const MAX_ACK_BYTES = 8192;

const BETWEEN = 0; // before an ack's opening brace
const OPENED = 1; // after it
const KEY = 2;
const DELIMITER = 3; // between key and value
const VALUE = 4; // before a value
const TEXT = 5;
const BARE = 6; // a number, or a word without quotes
const NESTED = 7; // an object or array under an unknown key
const AFTER_VALUE = 8;
const GIVEN_UP = 9; // inside an ack that was bad

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const NEWLINE = 0x0a;

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
/** May begin a value without quotes: letters, digits, `-`, `+`, `.`. */
const isBare = (byte: number): boolean => isDigit(byte) || isLetter(byte) || byte === 0x2d || byte === 0x2b || byte === 0x2e;

const TYPES: Readonly<Record<string, AckType>> = {
  BUFFERING: 'buffering',
  RECEIVED: 'received',
  PERSISTED: 'persisted',
  ERROR: 'error',
  IDLE: 'idle',
};
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** A status instead of a number, when digits are wrong. */
type Parsed = { readonly value: number | undefined } | { readonly status: number };

/** Parses an unsigned decimal as the native library does: one leading `+`, no fraction, no exponent, below 2^64. */
function parseDecimal(text: string): Parsed {
  const digits = text.startsWith('+') ? text.slice(1) : text;
  if (digits === '') return { status: STATUS.STATUS_EMPTY_STRING };
  for (let i = 0; i < digits.length; i++) {
    const code = digits.charCodeAt(i);
    if (isLetter(code)) return { status: STATUS.STATUS_INVALID_BASE };
    if (!isDigit(code)) return { status: STATUS.STATUS_INVALID_DIGIT };
  }
  if (digits.length <= 15) return { value: Number(digits) };
  const exact = BigInt(digits);
  if (exact > U64_MAX) return { status: STATUS.STATUS_INT_OVERFLOW };
  // All ones is the native library's "no timestamp".
  return { value: exact === U64_MAX ? undefined : Number(exact) };
}

/** Splits a response body into acks. One parser a connection. */
export class AckParser {
  readonly #onAck: (ack: FragmentAck) => void;
  readonly #onError: (error: AckError) => void;
  #state = BETWEEN;
  /** Bytes of the ack so far. */
  #sizeBytes = 0;
  /** Open brackets of a nested value, or open braces of a bad ack. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The key or value being collected. */
  readonly #text = new Uint8Array(MAX_TEXT_BYTES);
  #textLength = 0;
  #key = '';
  #type: string | undefined;
  #timecode: number | undefined;
  #hasTimecode = false;
  #fragmentNumber: string | undefined;
  #errorId: number | undefined;
  #errorCode: string | undefined;

  /** `onAck` and `onError` are called from inside `push`, in the order of the bytes. */
  constructor(onAck: (ack: FragmentAck) => void, onError: (error: AckError) => void) {
    this.#onAck = onAck;
    this.#onError = onError;
  }

  /** Takes the next bytes of the response. */
  push(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      if (this.#state !== BETWEEN && ++this.#sizeBytes > MAX_ACK_BYTES) {
        if (this.#state === GIVEN_UP) this.#state = BETWEEN;
        else this.#fail(STATUS.STATUS_INVALID_ACK_SEGMENT_LEN);
        this.#sizeBytes = 0;
      }
      this.#step(byte);
    }
  }

  #step(byte: number): void {
    switch (this.#state) {
      case BETWEEN:
        if (byte === OPEN_BRACE) this.#begin();
        return;
      case OPENED:
      case AFTER_VALUE:
        if (byte === QUOTE) this.#collect(KEY);
        else if (this.#state === AFTER_VALUE && byte === CLOSE_BRACE) this.#end();
        else if (!isSpace(byte) && !(this.#state === AFTER_VALUE && byte === COMMA)) this.#fail(STATUS.STATUS_INVALID_ACK_KEY_START, byte);
        return;
      case KEY:
      case TEXT:
        this.#stepQuoted(byte);
        return;
      case DELIMITER:
        if (byte === COLON) this.#state = VALUE;
        return;
      case VALUE:
        this.#stepValue(byte);
        return;
      case BARE:
        this.#stepBare(byte);
        return;
      case NESTED:
        this.#stepNested(byte);
        return;
      default:
        this.#stepGivenUp(byte);
    }
  }

  #stepQuoted(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) {
      this.#escaped = true;
      return;
    } else if (byte === QUOTE) {
      const text = this.#collected();
      if (this.#state === TEXT) return this.#take(text, AFTER_VALUE);
      this.#key = text;
      this.#state = DELIMITER;
      return;
    }
    this.#append(byte);
  }

  #stepValue(byte: number): void {
    if (isSpace(byte)) return;
    if (byte === QUOTE) this.#collect(TEXT);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      this.#state = NESTED;
      this.#depth = 1;
    } else if (isBare(byte)) {
      this.#collect(BARE);
      this.#append(byte);
    } else this.#fail(STATUS.STATUS_INVALID_ACK_INVALID_VALUE_START, byte);
  }

  #stepBare(byte: number): void {
    if (isSpace(byte) || byte === COMMA) this.#take(this.#collected(), AFTER_VALUE);
    else if (byte === CLOSE_BRACE) {
      this.#take(this.#collected(), AFTER_VALUE);
      if (this.#state === AFTER_VALUE) this.#end();
      else this.#stepGivenUp(byte);
    } else if (byte === QUOTE || byte === OPEN_BRACE || byte === OPEN_BRACKET || byte === CLOSE_BRACKET || byte === COLON) {
      this.#fail(STATUS.STATUS_INVALID_ACK_INVALID_VALUE_END, byte);
    } else this.#append(byte);
  }

  #stepNested(byte: number): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
    } else if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth++;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --this.#depth === 0) this.#state = AFTER_VALUE;
  }

  /** Not aware of strings: in a bad ack a quote may be the very mistake. A line break always ends it. */
  #stepGivenUp(byte: number): void {
    if (byte === OPEN_BRACE) this.#depth++;
    else if (byte === NEWLINE || (byte === CLOSE_BRACE && --this.#depth === 0)) this.#state = BETWEEN;
  }

  #begin(): void {
    this.#state = OPENED;
    this.#sizeBytes = 1;
    this.#inString = false;
    this.#escaped = false;
    this.#type = undefined;
    this.#timecode = undefined;
    this.#hasTimecode = false;
    this.#fragmentNumber = undefined;
    this.#errorId = undefined;
    this.#errorCode = undefined;
  }

  #collect(state: number): void {
    this.#state = state;
    this.#textLength = 0;
  }

  #append(byte: number): void {
    if (this.#textLength < MAX_TEXT_BYTES) this.#text[this.#textLength++] = byte;
  }

  #collected(): string {
    return String.fromCharCode.apply(null, this.#text.subarray(0, this.#textLength) as unknown as number[]);
  }

  /** Takes the value of the current key. Unknown keys are ignored; a known one may stand only once. */
  #take(text: string, next: number): void {
    this.#state = next;
    switch (this.#key) {
      case 'EventType':
        if (this.#type !== undefined) return this.#fail(STATUS.STATUS_INVALID_ACK_DUPLICATE_KEY_NAME);
        this.#type = text;
        return;
      case 'FragmentNumber':
        if (this.#fragmentNumber !== undefined) return this.#fail(STATUS.STATUS_INVALID_ACK_DUPLICATE_KEY_NAME);
        this.#fragmentNumber = text;
        return;
      case 'FragmentTimecode': {
        if (this.#hasTimecode) return this.#fail(STATUS.STATUS_INVALID_ACK_DUPLICATE_KEY_NAME);
        const parsed = parseDecimal(text);
        if ('status' in parsed) return this.#fail(parsed.status);
        this.#timecode = parsed.value;
        this.#hasTimecode = true;
        return;
      }
      case 'ErrorId': {
        if (this.#errorId !== undefined) return this.#fail(STATUS.STATUS_INVALID_ACK_DUPLICATE_KEY_NAME);
        const parsed = parseDecimal(text);
        if ('status' in parsed) return this.#fail(parsed.status);
        this.#errorId = parsed.value ?? SERVICE_RESULT.ACK_UNKNOWN_ERROR;
        return;
      }
      case 'ErrorCode':
        this.#errorCode = text;
    }
  }

  #end(): void {
    this.#state = BETWEEN;
    const type = this.#type !== undefined && Object.hasOwn(TYPES, this.#type) ? TYPES[this.#type] : undefined;
    if (type === undefined) return this.#report(STATUS.STATUS_INVALID_PARSED_ACK_TYPE);
    if (type === 'error' && this.#errorId === undefined) return this.#report(STATUS.STATUS_MISSING_ERR_ACK_ID);
    const result = this.#errorId === undefined ? SERVICE_RESULT.OK : ackErrorResult(this.#errorId);
    this.#onAck({
      type,
      timecode: this.#timecode,
      fragmentNumber: this.#fragmentNumber ?? '',
      errorId: this.#errorId,
      errorCode: this.#errorCode,
      result,
      status: resultStatus(result),
    });
  }

  /** Reports an error inside an ack and gives the rest of it up. `byte` is the offending byte, where it may itself be a brace. */
  #fail(status: number, byte = 0): void {
    this.#state = GIVEN_UP;
    this.#depth = 1;
    this.#report(status);
    if (byte !== 0) this.#stepGivenUp(byte);
  }

  #report(status: number): void {
    this.#onError(new AckError(status, { timecode: this.#timecode }));
  }
}
