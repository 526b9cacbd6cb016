/**
 * Durations of the settings across the ABI: 100 ns ticks in two u32 halves. The public unit is the microsecond, an integer up to 2^53; ticks of today's dates are
 * larger than a double can hold, so the halves are computed from the halves of the microseconds, exactly. Only multiplications by powers of
 * two, floors and small products: a remainder of doubles costs as much as storing a frame.
 */
const TWO_TO_32 = 0x1_0000_0000;
const TWO_TO_MINUS_32 = 1 / TWO_TO_32;
const TICKS_PER_MICROSECOND = 10;

/** Beyond this, microseconds are no longer exact. */
const MAX_US = 2 ** 53;

/** A half that no time within the limits has. */
const NO_HALF = 0xffff_fffe;

/** The low half of a time in microseconds (≥ 0, fractions of a tick are cut off). */
export function ticksLow(us: number): number {
  const low = us - Math.floor(us * TWO_TO_MINUS_32) * TWO_TO_32;
  return (low * TICKS_PER_MICROSECOND) >>> 0;
}

/** The high half. A time outside 0…2^53, or what is no number, gives a half that no duration may have. */
export function ticksHigh(us: number): number {
  if (!(us >= 0 && us <= MAX_US)) return NO_HALF;
  const high = Math.floor(us * TWO_TO_MINUS_32);
  const low = us - high * TWO_TO_32;
  return high * TICKS_PER_MICROSECOND + Math.floor(low * TICKS_PER_MICROSECOND * TWO_TO_MINUS_32);
}

/** The low half of a Matroska timecode (0…2^53). */
export function timecodeLow(timecode: number): number {
  return timecode >>> 0;
}

/** The high half of a Matroska timecode. */
export function timecodeHigh(timecode: number): number {
  return Math.floor(timecode / TWO_TO_32);
}
