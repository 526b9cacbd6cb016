/** The vocabulary of acks: words known by their bytes, and decimal numbers. */
import { STATUS } from '../status-codes.ts';

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

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** A status instead of a number, when digits are wrong. */
export type Parsed = { readonly value: number | undefined } | { readonly status: number };

/** Parses an unsigned decimal as the native library does: one leading `+`, no fraction, no exponent, below 2^64. */
export function parseDecimal(text: string): Parsed {
  const digits = text.startsWith('+') ? text.slice(1) : text;
  if (digits === '') return { status: STATUS.STATUS_EMPTY_STRING };
  const wrong = /[^0-9]/.exec(digits);
  if (wrong !== null) {
    return { status: /[a-z]/i.test(wrong[0]) ? STATUS.STATUS_INVALID_BASE : STATUS.STATUS_INVALID_DIGIT };
  }
  if (digits.length <= 15) return { value: Number(digits) };
  const exact = BigInt(digits);
  if (exact > U64_MAX) return { status: STATUS.STATUS_INT_OVERFLOW };
  // All ones is the native library's "no timestamp".
  return { value: exact === U64_MAX ? undefined : Number(exact) };
}
