/**
 * Time arithmetic. A tick is 100 ns; a timecode counts units of the timecode scale. Ticks are converted first, rounding down, and only
 * timecodes are compared and subtracted: so cluster timecode + block timecode is the frame's own timecode, without drift.
 */

/** Largest timestamp or duration, in ticks: its nanoseconds still fit into a signed 64-bit integer. */
export const MAX_TICKS: u64 = 92233720368547758;

/** Largest timecode scale: 1 s. */
export const MAX_SCALE_TICKS: u32 = 10000000;

/** Block timecodes are signed 16-bit, and the packager writes no negative ones. */
export const MAX_BLOCK_TIMECODE: u64 = 32767;

/** Microseconds of a time that is larger than any that is allowed, and whose ticks still fit into 64 bits. Above 2^53 doubles are even. */
const MAX_MICROSECONDS: f64 = 9223372036854776;

/** Ticks of no time: larger than any that is allowed. */
export const NO_TICKS: u64 = u64.MAX_VALUE;

const TWO_TO_32: f64 = 4294967296;
const TWO_TO_MINUS_32: f64 = 1.0 / 4294967296;

/**
 * Ticks of a time in microseconds as it crosses the ABI; fractions of a tick are cut off.
 *
 * Ten times today's microseconds are more than a double can hold exactly, so the halves are multiplied one by one. 64-bit integers come
 * in only at the end: the translation to JavaScript cannot convert a double to one.
 * @returns NO_TICKS for what is no time: NaN, below 0, far above MAX_TICKS
 */
export function ticksOfMicroseconds(us: f64): u64 {
  if (!(us >= 0 && us <= MAX_MICROSECONDS)) return NO_TICKS;
  const high = <u32>(us * TWO_TO_MINUS_32);
  const low = (us - <f64>high * TWO_TO_32) * 10;
  const carry = <u32>(low * TWO_TO_MINUS_32);
  return ((<u64>high * 10 + carry) << 32) + <u64>(<u32>(low - <f64>carry * TWO_TO_32));
}

/** Two u32 halves of an integer as they cross the ABI. */
export function ticksOf(lo: u32, hi: u32): u64 {
  return ((<u64>hi) << 32) | (<u64>lo);
}
