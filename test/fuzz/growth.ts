/** Does the time grow faster than the input? */
import type { Judge } from './judge.ts';
import type { Target } from './target.ts';

const SMALL_BYTES = 64 << 10;
const FACTOR = 16;
/** Four times what linear growth gives; quadratic growth gives sixteen times that. */
const LIMIT = 4 * FACTOR;
/** What is done sooner than this, for a megabyte, is quick whatever it grows like. */
const QUICK_MS = 50;
const ROUNDS = 2;
const RETRIES = 3;

export interface Growth {
  /** Time of sixteen times the input, in times of the input; 16 is linear. */
  readonly ratio: number;
  readonly largeMs: number;
  readonly isSuperlinear: boolean;
}

export const NO_GROWTH: Growth = { ratio: 0, largeMs: 0, isSuperlinear: false };

/** Input whose end part is repeated up to a size; the knobs stay in front. */
function grown(target: Target, input: Uint8Array, keptBytes: number, sizeBytes: number): Uint8Array {
  const front = input.subarray(0, target.knobBytes + keptBytes);
  const part = input.subarray(front.length);
  const bytes = new Uint8Array(front.length + sizeBytes);
  bytes.set(front);
  for (let at = front.length; at < bytes.length; at += part.length) bytes.set(part.subarray(0, bytes.length - at), at);
  return bytes;
}

async function leastMs(judge: Judge, input: Uint8Array): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    await judge.work(input);
    least = Math.min(least, performance.now() - startedMs);
  }
  return least;
}

/** Measures with the whole input repeated, then with its second half, and returns the worse. */
export async function measureGrowth(judge: Judge, target: Target, input: Uint8Array): Promise<Growth> {
  let worst = NO_GROWTH;
  const body = input.length - target.knobBytes;
  for (const keptBytes of [0, body >> 1]) {
    if (body - keptBytes <= 0) continue;
    for (let retry = 0; retry < RETRIES; retry++) {
      const smallMs = await leastMs(judge, grown(target, input, keptBytes, SMALL_BYTES));
      const largeMs = await leastMs(judge, grown(target, input, keptBytes, SMALL_BYTES * FACTOR));
      const ratio = largeMs / smallMs;
      const isSuperlinear = ratio > LIMIT && largeMs > QUICK_MS;
      // A busy machine may spoil one measurement, not every one.
      if (isSuperlinear && retry < RETRIES - 1) continue;
      if (largeMs > worst.largeMs || isSuperlinear) worst = { ratio, largeMs, isSuperlinear };
      break;
    }
    if (worst.isSuperlinear) return worst;
  }
  return worst;
}
