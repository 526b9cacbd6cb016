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

/** Two u32 halves as they cross the ABI. */
export function ticksOf(lo: u32, hi: u32): u64 {
  return ((<u64>hi) << 32) | (<u64>lo);
}
