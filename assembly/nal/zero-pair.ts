/**
 * Finds two zero bytes in a row. Every Annex-B start code, and every run of zeros that must not be in a NAL unit, begins with such a
 * pair, and emulation prevention makes pairs rare in coded media: so this one scan carries the whole cost of Annex-B adaptation.
 */

/**
 * First address in [from, end − 1) at which two zero bytes begin, or `end`. Never reads at or past `end`.
 * @param from first byte to look at
 * @param end  first address after the data
 */
export function findZeroPair(from: usize, end: usize): usize {
  return ASC_FEATURE_SIMD ? findZeroPairSimd(from, end) : findZeroPairPlain(from, end);
}

/** 64 bytes a step: a byte is zero in (v | v shifted by one) only where a pair begins. */
function findZeroPairSimd(from: usize, end: usize): usize {
  let at = from;
  for (; at + 65 <= end; at += 64) {
    const a = v128.or(v128.load(at), v128.load(at, 1));
    const b = v128.or(v128.load(at, 16), v128.load(at, 17));
    const c = v128.or(v128.load(at, 32), v128.load(at, 33));
    const d = v128.or(v128.load(at, 48), v128.load(at, 49));
    // The unsigned minimum is zero in some lane exactly when one of the four is.
    const least = v128.min<u8>(v128.min<u8>(a, b), v128.min<u8>(c, d));
    if (i8x16.all_true(least)) continue;
    const low = (<u32>pairMask(a)) | ((<u32>pairMask(b)) << 16);
    if (low != 0) return at + ctz(low);
    return at + 32 + ctz((<u32>pairMask(c)) | ((<u32>pairMask(d)) << 16));
  }
  for (; at + 17 <= end; at += 16) {
    const pairs = v128.or(v128.load(at), v128.load(at, 1));
    const mask = pairMask(pairs);
    if (mask != 0) return at + ctz(mask);
  }
  return findZeroPairBytes(at, end);
}

/** One bit for each byte that is zero. */
function pairMask(pairs: v128): i32 {
  return i8x16.bitmask(i8x16.eq(pairs, i8x16.splat(0)));
}

const LOW_BITS: u64 = 0x0101010101010101;
const HIGH_BITS: u64 = 0x8080808080808080;

/** Eight bytes a step, four steps a turn, by the classic test for a zero byte in a word. */
function findZeroPairPlain(from: usize, end: usize): usize {
  let at = from;
  for (; at + 33 <= end; at += 32) {
    const a = load<u64>(at, 0, 1) | load<u64>(at, 1, 1);
    const b = load<u64>(at, 8, 1) | load<u64>(at, 9, 1);
    const c = load<u64>(at, 16, 1) | load<u64>(at, 17, 1);
    const d = load<u64>(at, 24, 1) | load<u64>(at, 25, 1);
    const zeros = ((a - LOW_BITS) & ~a) | ((b - LOW_BITS) & ~b) | ((c - LOW_BITS) & ~c) | ((d - LOW_BITS) & ~d);
    if ((zeros & HIGH_BITS) != 0) break;
  }
  for (; at + 9 <= end; at += 8) {
    const pairs = load<u64>(at, 0, 1) | load<u64>(at, 1, 1);
    const zeros = (pairs - LOW_BITS) & ~pairs & HIGH_BITS;
    // The lowest marked byte is exact; only those above it may be borrowed marks.
    if (zeros != 0) return at + ((<usize>ctz(zeros)) >> 3);
  }
  return findZeroPairBytes(at, end);
}

function findZeroPairBytes(from: usize, end: usize): usize {
  for (let at = from; at + 1 < end; at++) {
    if ((load<u8>(at) | load<u8>(at, 1)) == 0) return at;
  }
  return end;
}
