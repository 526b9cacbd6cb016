/**
 * The acks that the service sends all the time, read in one go: no spaces, the three keys in their order, digits only.
 *
 *     {"EventType":"RECEIVED","FragmentTimecode":1600994737365,"FragmentNumber":"9134…392"}
 *
 * Anything else, and an ack that is not whole in the piece at hand, is left to the state machine of `acks.ts`, which reads these too.
 */
import { textOf } from './ack-words.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const HEAD = bytesOf('{"EventType":"');
const TYPES = {
  B: { type: 'buffering', rest: bytesOf('BUFFERING","FragmentTimecode":') },
  R: { type: 'received', rest: bytesOf('RECEIVED","FragmentTimecode":') },
  P: { type: 'persisted', rest: bytesOf('PERSISTED","FragmentTimecode":') },
} as const;
const NUMBER = bytesOf(',"FragmentNumber":"');

const ZERO = 0x30;
const QUOTE = 0x22;
const CLOSE_BRACE = 0x7d;
const LETTER_B = 0x42;
const LETTER_R = 0x52;
const LETTER_P = 0x50;

/** Digits that a double always holds exactly. */
const MAX_TIMECODE_DIGITS = 15;
/** Longest fragment number that the API allows. Source: producer-core §20. */
const MAX_NUMBER_DIGITS = 128;

/** What was read; one object that is used again and again. */
export interface PlainAck {
  type: 'buffering' | 'received' | 'persisted';
  timecode: number;
  fragmentNumber: string;
}

function isAt(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** How many digits begin at `at`. */
function countDigits(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end < bytes.length && ((bytes[end] as number) - ZERO) >>> 0 <= 9) end++;
  return end - at;
}

/**
 * Reads an ack that begins at `start`.
 * @returns its bytes, up to and with the closing brace; 0 when it is not of this form, or not whole
 */
export function readPlainAck(bytes: Uint8Array, start: number, into: PlainAck): number {
  if (!isAt(bytes, start, HEAD)) return 0;
  let at = start + HEAD.length;
  const letter = bytes[at];
  const known =
    letter === LETTER_R ? TYPES.R : letter === LETTER_P ? TYPES.P : letter === LETTER_B ? TYPES.B : undefined;
  if (known === undefined || !isAt(bytes, at, known.rest)) return 0;
  at += known.rest.length;
  const timecodeDigits = countDigits(bytes, at);
  if (timecodeDigits === 0 || timecodeDigits > MAX_TIMECODE_DIGITS) return 0;
  let timecode = 0;
  for (const end = at + timecodeDigits; at < end; at++) timecode = timecode * 10 + ((bytes[at] as number) - ZERO);
  if (!isAt(bytes, at, NUMBER)) return 0;
  at += NUMBER.length;
  const numberDigits = countDigits(bytes, at);
  const end = at + numberDigits;
  if (numberDigits > MAX_NUMBER_DIGITS || bytes[end] !== QUOTE || bytes[end + 1] !== CLOSE_BRACE) return 0;
  into.type = known.type;
  into.timecode = timecode;
  into.fragmentNumber = textOf(bytes, at, numberDigits);
  return end + 2 - start;
}
