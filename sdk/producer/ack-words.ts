/** The vocabulary of acks: words known by their bytes, and decimal numbers. */
import * as STATUS from '../status-codes.ts';

/** A word of the ack language, recognised by its bytes: no string is made for keys and types. */
export interface Word<T> {
  readonly bytes: Uint8Array;
  readonly meaning: T;
}

/** Words with what they mean. */
export function words<T>(meanings: ReadonlyArray<readonly [word: string, meaning: T]>): ReadonlyArray<Word<T>> {
  return meanings.map(([word, meaning]) => ({ bytes: new TextEncoder().encode(word), meaning }));
}

/** The meaning of the first `length` bytes of `text`, exact and case-sensitive. */
export function meaningOf<T>(known: ReadonlyArray<Word<T>>, text: Uint8Array, length: number): T | undefined {
  for (const { bytes, meaning } of known) {
    if (bytes.length !== length) continue;
    let i = 0;
    while (i < length && bytes[i] === text[i]) i++;
    if (i === length) return meaning;
  }
  return undefined;
}

/** `length` bytes from `start` as text, eight at a time: one by one, the fragment number would cost more than the rest of the ack. */
export function textOf(bytes: Uint8Array, start: number, length: number): string {
  let text = '';
  let i = start;
  const end = start + length;
  const at = (index: number): number => bytes[index] as number;
  for (; i + 8 <= end; i += 8) {
    const [a, b, c, d] = [at(i), at(i + 1), at(i + 2), at(i + 3)];
    text += String.fromCharCode(a, b, c, d, at(i + 4), at(i + 5), at(i + 6), at(i + 7));
  }
  for (; i < end; i++) text += String.fromCharCode(at(i));
  return text;
}

const U64_MAX = 0xffff_ffff_ffff_ffffn;
const ZERO = 0x30;

/** Digits that a double always holds exactly. */
const EXACT_DIGITS = 15;

/**
 * Parses an unsigned decimal as the native library does: one leading `+`, no fraction, no exponent, below 2^64.
 * @returns the number; undefined for all ones, which is the native library's "no timestamp"; or a status, when digits are wrong
 */
export function parseDecimal(bytes: Uint8Array, length: number): number | undefined | { readonly status: number } {
  if (length === 0 || length > EXACT_DIGITS) return parseLong(textOf(bytes, 0, length));
  let value = 0;
  for (let i = 0; i < length; i++) {
    const digit = (bytes[i] as number) - ZERO;
    if (digit < 0 || digit > 9) return parseLong(textOf(bytes, 0, length));
    value = value * 10 + digit;
  }
  return value;
}

function parseLong(text: string): number | undefined | { readonly status: number } {
  const digits = text.startsWith('+') ? text.slice(1) : text;
  if (digits === '') return { status: STATUS.STATUS_EMPTY_STRING };
  const wrong = /[^0-9]/.exec(digits);
  if (wrong !== null) {
    return { status: /[a-z]/i.test(wrong[0]) ? STATUS.STATUS_INVALID_BASE : STATUS.STATUS_INVALID_DIGIT };
  }
  const exact = BigInt(digits);
  if (exact > U64_MAX) return { status: STATUS.STATUS_INT_OVERFLOW };
  return exact === U64_MAX ? undefined : Number(exact);
}
