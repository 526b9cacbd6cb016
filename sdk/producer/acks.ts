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
import * as STATUS from '../status-codes.ts';
import * as SERVICE_RESULT from '../service-results.ts';
import { ackErrorResult, resultStatus } from '../status.ts';
import { type PlainAck, readPlainAck } from './plain-ack.ts';
import { meaningOf, parseDecimal, textOf, words } from './ack-words.ts';

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

// Here, not imported: called for every byte, they make the parser three times as slow from another module (Node 20).
const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
/** May begin a value without quotes: letters, digits, `-`, `+`, `.`. */
const isBare = (byte: number): boolean =>
  isDigit(byte) || isLetter(byte) || byte === 0x2d || byte === 0x2b || byte === 0x2e;

const KEY_TYPE = 1;
const KEY_NUMBER = 2;
const KEY_TIMECODE = 4;
const KEY_ERROR_ID = 8;
const KEY_ERROR_CODE = 16;
/** Keys that may stand only once in an ack. */
const UNIQUE_KEYS = KEY_TYPE | KEY_NUMBER | KEY_TIMECODE | KEY_ERROR_ID;

const KEYS = words([
  ['EventType', KEY_TYPE],
  ['FragmentTimecode', KEY_TIMECODE],
  ['FragmentNumber', KEY_NUMBER],
  ['ErrorId', KEY_ERROR_ID],
  ['ErrorCode', KEY_ERROR_CODE],
]);
const TYPES = words<AckType>([
  ['BUFFERING', 'buffering'],
  ['RECEIVED', 'received'],
  ['PERSISTED', 'persisted'],
  ['ERROR', 'error'],
  ['IDLE', 'idle'],
]);
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
  readonly #plain: PlainAck = { type: 'received', timecode: 0, fragmentNumber: '' };
  #key = 0;
  #keysSeen = 0;
  #type: AckType | undefined;
  #timecode: number | undefined;
  #fragmentNumber = '';
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
      const state = this.#state;
      const plainBytes = state === BETWEEN && bytes[i] === OPEN_BRACE ? this.#takePlain(bytes, i) : 0;
      if (plainBytes !== 0) {
        i += plainBytes - 1;
        continue;
      }
      if (state !== BETWEEN && ++this.#sizeBytes > MAX_ACK_BYTES) {
        if (state === GIVEN_UP) this.#state = BETWEEN;
        else this.#fail(STATUS.STATUS_INVALID_ACK_SEGMENT_LEN);
        this.#sizeBytes = 0;
      } else if (state === KEY || state === TEXT || state === BARE) {
        const run = this.#takeRun(bytes, i);
        this.#sizeBytes += run;
        i += run;
        if (i === bytes.length) return;
      }
      this.#step(bytes[i] as number);
    }
  }

  /** Takes an ack of the usual form without the state machine; its bytes, or 0. */
  #takePlain(bytes: Uint8Array, start: number): number {
    const plain = this.#plain;
    const whole = readPlainAck(bytes, start, plain);
    if (whole === 0) return 0;
    this.#onAck({
      type: plain.type,
      timecode: plain.timecode,
      fragmentNumber: plain.fragmentNumber,
      errorId: undefined,
      errorCode: undefined,
      result: SERVICE_RESULT.OK,
      status: STATUS.STATUS_SUCCESS,
    });
    return whole;
  }

  /** Takes the run of plain letters and digits from `start` without the state machine: most bytes of an ack. Returns its length. */
  #takeRun(bytes: Uint8Array, start: number): number {
    if (this.#escaped) return 0;
    const text = this.#text;
    let length = this.#textLength;
    let i = start;
    const end = Math.min(bytes.length, start + MAX_ACK_BYTES - this.#sizeBytes);
    for (; i < end; i++) {
      const byte = bytes[i] as number;
      if (!isDigit(byte) && !isLetter(byte)) break;
      if (length < MAX_TEXT_BYTES) text[length++] = byte;
    }
    this.#textLength = length;
    return i - start;
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
        else if (!isSpace(byte) && !(this.#state === AFTER_VALUE && byte === COMMA))
          this.#fail(STATUS.STATUS_INVALID_ACK_KEY_START, byte);
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
      if (this.#state === TEXT) return this.#take();
      this.#key = meaningOf(KEYS, this.#text, this.#textLength) ?? 0;
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
    if (isSpace(byte) || byte === COMMA) this.#take();
    else if (byte === CLOSE_BRACE) {
      this.#take();
      if (this.#state === AFTER_VALUE) this.#end();
      else this.#stepGivenUp(byte);
    } else if (
      byte === QUOTE ||
      byte === OPEN_BRACE ||
      byte === OPEN_BRACKET ||
      byte === CLOSE_BRACKET ||
      byte === COLON
    ) {
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
    this.#keysSeen = 0;
    this.#type = undefined;
    this.#timecode = undefined;
    this.#fragmentNumber = '';
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
    return textOf(this.#text, 0, this.#textLength);
  }

  /** Takes the value of the current key. Unknown keys are ignored. */
  #take(): void {
    this.#state = AFTER_VALUE;
    const key = this.#key;
    if ((this.#keysSeen & key & UNIQUE_KEYS) !== 0) return this.#fail(STATUS.STATUS_INVALID_ACK_DUPLICATE_KEY_NAME);
    this.#keysSeen |= key;
    if (key === KEY_TYPE) this.#type = meaningOf(TYPES, this.#text, this.#textLength);
    else if (key === KEY_NUMBER) this.#fragmentNumber = this.#collected();
    else if (key === KEY_ERROR_CODE) this.#errorCode = this.#collected();
    else if (key === KEY_TIMECODE || key === KEY_ERROR_ID) {
      const parsed = parseDecimal(this.#text, this.#textLength);
      if (typeof parsed === 'object') return this.#fail(parsed.status);
      if (key === KEY_TIMECODE) this.#timecode = parsed;
      else this.#errorId = parsed ?? SERVICE_RESULT.ACK_UNKNOWN_ERROR;
    }
  }

  #end(): void {
    this.#state = BETWEEN;
    const type = this.#type;
    if (type === undefined) return this.#report(STATUS.STATUS_INVALID_PARSED_ACK_TYPE);
    if (type === 'error' && this.#errorId === undefined) return this.#report(STATUS.STATUS_MISSING_ERR_ACK_ID);
    const result = this.#errorId === undefined ? SERVICE_RESULT.OK : ackErrorResult(this.#errorId);
    this.#onAck({
      type,
      timecode: this.#timecode,
      fragmentNumber: this.#fragmentNumber,
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
