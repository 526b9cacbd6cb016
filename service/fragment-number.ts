/**
 * Fragment numbers: where a fragment stands in its stream, and when the service began to receive it.
 *
 * ```
 *  156 155            92 91              28 27        0
 * +---+-----------------+------------------+-----------+
 * | 1 |   sequence:64   | server time ms:64| random:28 |   written as one decimal number, 47 digits
 * +---+-----------------+------------------+-----------+
 * ```
 *
 * The leading one keeps every number equally long, so decimal strings sort as the numbers do; and because the sequence
 * leads, numeric order is ingest order. Source: service-api §3.2.
 */

const MARKER = 1n << 156n;
const SEQUENCE_SHIFT = 92n;
const TIME_SHIFT = 28n;
const U64_MASK = (1n << 64n) - 1n;
const RANDOM_MASK = (1n << 28n) - 1n;

/** Each connection starts on a fresh multiple of this, so that a gap in the sequence shows where a producer came back. */
const CONNECTION_STRIDE = 1000;

/** What a fragment number tells. */
export interface FragmentNumberParts {
  /** 1…2^53, rises by one a fragment. */
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly serverTimestampMs: number;
}

/**
 * The fragment number of a fragment.
 * @param sequence           integer, 0…2^53
 * @param serverTimestampMs  integer milliseconds since the epoch
 * @param random             any number; its low 28 bits make the number hard to guess
 * @returns a decimal string of 47 digits
 */
export function formatFragmentNumber(sequence: number, serverTimestampMs: number, random: number): string {
  const number =
    MARKER |
    (BigInt(sequence) << SEQUENCE_SHIFT) |
    (BigInt(serverTimestampMs) << TIME_SHIFT) |
    (BigInt(random) & RANDOM_MASK);
  return number.toString();
}

/** Reads a fragment number of the layout above; null for any other text. */
export function parseFragmentNumber(text: string): FragmentNumberParts | null {
  if (!/^[0-9]{47}$/.test(text)) return null;
  const number = BigInt(text);
  if (number >> 156n !== 1n) return null;
  return {
    sequence: Number((number >> SEQUENCE_SHIFT) & U64_MASK),
    serverTimestampMs: Number((number >> TIME_SHIFT) & U64_MASK),
  };
}

/**
 * The first sequence of a new PutMedia connection: the next multiple of 1000, plus 1 (1, 1001, 2001, …).
 * @param lastSequence  highest sequence given out so far, 0 for none
 */
export function firstSequenceOfConnection(lastSequence: number): number {
  return Math.ceil(lastSequence / CONNECTION_STRIDE) * CONNECTION_STRIDE + 1;
}
