/**
 * Size classes of the content store: two levels, as in TLSF (Masmano et al., "TLSF: a new dynamic memory allocator for real-time
 * systems"). The first level is the power of two below the size, the second cuts that range into 16 equal parts.
 *
 * Sizes are multiples of 16 bytes. Below 256 bytes the first level is linear: class 0 holds 16, 32, … 240.
 */

export const GRANULE_BYTES: u32 = 16;
export const SECOND_LEVEL_BITS: u32 = 4;
export const SECOND_LEVEL_COUNT: u32 = 16;

/** log2 of the first size that is no longer linear. */
const LINEAR_BITS: u32 = 8;

/** Enough first-level classes for sizes below 2 GiB: one linear class, then one for each power of two from 2^8 to 2^30. */
export const FIRST_LEVEL_COUNT: u32 = 24;

/** Class of a block of exactly this size, as `first << 4 | second`: where a free block is filed. */
export function classOf(sizeBytes: u32): u32 {
  if (sizeBytes < 1 << LINEAR_BITS) return sizeBytes / GRANULE_BYTES;
  const log2 = 31 - clz(sizeBytes);
  const second = (sizeBytes >> (log2 - SECOND_LEVEL_BITS)) & (SECOND_LEVEL_COUNT - 1);
  return ((log2 - LINEAR_BITS + 1) << SECOND_LEVEL_BITS) | second;
}

/** The first class in which every block is at least this large: where a search begins. */
export function classAbove(sizeBytes: u32): u32 {
  if (sizeBytes < 1 << LINEAR_BITS) return sizeBytes / GRANULE_BYTES;
  const log2 = 31 - clz(sizeBytes);
  return classOf(sizeBytes + (1 << (log2 - SECOND_LEVEL_BITS)) - 1);
}
