/** Acks as the service writes them, with little work of the bench's own. */

/** Digits of a wall clock timecode in milliseconds, from 2001 to 2286. */
const TIMECODE_DIGITS = 13;
const ZERO = 0x30;
const FRAGMENT_NUMBER = '91343852333181432392682062607743920146161833989';

export type AckedType = 'BUFFERING' | 'RECEIVED' | 'PERSISTED';

/** The line of one type of ack; only its timecode changes. */
export class AckLine {
  readonly #bytes: Uint8Array;
  readonly #timecodeAt: number;

  constructor(type: AckedType) {
    const head = `{"EventType":"${type}","FragmentTimecode":`;
    const digits = '0'.repeat(TIMECODE_DIGITS);
    this.#bytes = new TextEncoder().encode(`${head}${digits},"FragmentNumber":"${FRAGMENT_NUMBER}"}\n`);
    this.#timecodeAt = head.length;
  }

  /** The line for a fragment, in bytes that are used again for the next one. `timecodeMs`: 13 digits. */
  for(timecodeMs: number): Uint8Array {
    let left = timecodeMs;
    for (let at = this.#timecodeAt + TIMECODE_DIGITS - 1; at >= this.#timecodeAt; at--) {
      const rest = Math.floor(left / 10);
      this.#bytes[at] = ZERO + left - rest * 10;
      left = rest;
    }
    return this.#bytes;
  }
}
