/**
 * Reads bits of a raw byte sequence payload: the NAL unit's bytes with emulation prevention taken out; or of bytes as they are.
 *
 * There is one reader, at a fixed address: parameter sets are parsed one at a time, outside the frame path.
 * ```
 * byte  0          4         8         16
 *       | position | sizeBits | overrun | bytes …
 * ```
 */
@unmanaged
class Reader {
  position: u32;
  sizeBits: u32;
  /** Not 0 once something behind the end was asked for; everything read from then on is 0. */
  overrun: u32;
}

/** The largest sequence parameter set with twelve 64-entry scaling lists stays below this; what lies behind is not looked at. */
const MAX_RBSP_BYTES: usize = 2048;
const BYTES_OFFSET: usize = 16;
/** Behind the bytes there is room for a word that is loaded from the last of them. */
const ADDRESS: usize = memory.data(2080, 16);

/** Bits that one load can give, wherever in a byte they begin. */
const MAX_LOAD_BITS: u32 = 25;

function reader(): Reader {
  return changetype<Reader>(ADDRESS);
}

/** Starts reading a NAL unit's bytes, leaving out the 03 of every 00 00 03. Source: ITU-T H.264 §7.4.1, H.265 §7.4.2. */
export function openBits(from: usize, sizeBytes: u32): void {
  const end = from + sizeBytes;
  let zeros = 0;
  let count: usize = 0;
  for (let at = from; at < end && count < MAX_RBSP_BYTES; at++) {
    const byte = load<u8>(at);
    if (zeros >= 2 && byte == 3) {
      zeros = 0;
      continue;
    }
    zeros = byte == 0 ? zeros + 1 : 0;
    store<u8>(ADDRESS + BYTES_OFFSET + count, byte);
    count++;
  }
  rewind(<u32>count);
}

/** Starts reading bytes as they are: what is no NAL unit has no emulation prevention. */
export function openPlainBits(from: usize, sizeBytes: u32): void {
  const count = min<u32>(sizeBytes, <u32>MAX_RBSP_BYTES);
  memory.copy(ADDRESS + BYTES_OFFSET, from, count);
  rewind(count);
}

function rewind(sizeBytes: u32): void {
  const state = reader();
  state.position = 0;
  state.sizeBits = sizeBytes << 3;
  state.overrun = 0;
}

/** True once something behind the end was asked for. */
export function bitsOverrun(): bool {
  return reader().overrun != 0;
}

/** The next `count` bits (0…32), most significant first. */
export function readBits(count: u32): u32 {
  if (count == 0) return 0;
  // Calling itself also keeps the compiler from copying this function to each of its many callers.
  if (count > MAX_LOAD_BITS) return (readBits(count - 16) << 16) | readBits(16);
  const state = reader();
  const position = state.position;
  if (count > state.sizeBits - position) {
    state.overrun = 1;
    state.position = state.sizeBits;
    return 0;
  }
  state.position = position + count;
  const word = bswap(load<u32>(ADDRESS + BYTES_OFFSET + (position >> 3), 0, 1));
  return (word << (position & 7)) >> (32 - count);
}

/** Unsigned Exp-Golomb code, ue(v). Source: ITU-T H.264 §9.1. */
export function readUnsigned(): u32 {
  let zeros: u32 = 0;
  while (readBits(1) == 0) {
    zeros++;
    if (zeros > 31 || bitsOverrun()) {
      reader().overrun = 1;
      return 0;
    }
  }
  return (1 << zeros) - 1 + readBits(zeros);
}

/** Signed Exp-Golomb code, se(v). Source: ITU-T H.264 §9.1.1. */
export function readSigned(): i32 {
  const code = readUnsigned();
  const magnitude = <i32>((code + 1) >> 1);
  return (code & 1) != 0 ? magnitude : -magnitude;
}
