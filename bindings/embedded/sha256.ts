/** SHA-256 and HMAC-SHA-256 in plain JavaScript, for hosts that bring none. Sources: FIPS 180-4 §6.2, RFC 2104 §2. */

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Where the length of the message begins in its last block. */
const LENGTH_OFFSET = 56;

const primes = firstPrimes(64);
/** The fractional parts of the cube roots of the first primes. Source: FIPS 180-4 §4.2.2. */
const ROUND_CONSTANTS = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
/** The fractional parts of the square roots. Source: FIPS 180-4 §5.3.3. */
const INITIAL = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

function firstPrimes(count: number): number[] {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate++)
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  return found;
}

function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;
}

/** 32 bytes. */
export function sha256(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const state = INITIAL.slice();
  const words = new Int32Array(BLOCK_BYTES);
  const wholeBytes = data.length - (data.length % BLOCK_BYTES);
  for (let at = 0; at < wholeBytes; at += BLOCK_BYTES) addBlock(state, words, data, at);
  const restBytes = data.length - wholeBytes;
  const tail = new Uint8Array(restBytes < LENGTH_OFFSET ? BLOCK_BYTES : 2 * BLOCK_BYTES);
  tail.set(data.subarray(wholeBytes));
  tail[restBytes] = 0x80;
  const view = new DataView(tail.buffer);
  view.setUint32(tail.length - 8, Math.floor(data.length / 2 ** 29));
  view.setUint32(tail.length - 4, (data.length << 3) >>> 0);
  for (let at = 0; at < tail.length; at += BLOCK_BYTES) addBlock(state, words, tail, at);
  const digest = new Uint8Array(DIGEST_BYTES);
  const out = new DataView(digest.buffer);
  for (let index = 0; index < state.length; index++) out.setInt32(4 * index, state[index] as number);
  return digest;
}

/** 32 bytes; a key of any length. */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(BLOCK_BYTES);
  padded.set(key.length > BLOCK_BYTES ? sha256(key) : key);
  const inner = sha256(
    joined(
      padded.map((byte) => byte ^ 0x36),
      data,
    ),
  );
  return sha256(
    joined(
      padded.map((byte) => byte ^ 0x5c),
      inner,
    ),
  );
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

const rotated = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits));

/** One block of 64 bytes. The names are those of FIPS 180-4 §6.2.2. */
function addBlock(state: Int32Array, w: Int32Array, data: Uint8Array, at: number): void {
  for (let t = 0; t < 16; t++) {
    const byte = at + 4 * t;
    w[t] =
      ((data[byte] as number) << 24) |
      ((data[byte + 1] as number) << 16) |
      ((data[byte + 2] as number) << 8) |
      (data[byte + 3] as number);
  }
  for (let t = 16; t < BLOCK_BYTES; t++) {
    const before2 = w[t - 2] as number;
    const before15 = w[t - 15] as number;
    const sigma1 = rotated(before2, 17) ^ rotated(before2, 19) ^ (before2 >>> 10);
    const sigma0 = rotated(before15, 7) ^ rotated(before15, 18) ^ (before15 >>> 3);
    w[t] = sigma1 + (w[t - 7] as number) + sigma0 + (w[t - 16] as number);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < BLOCK_BYTES; t++) {
    const sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const t1 = (h + sum1 + ((e & f) ^ (~e & g)) + (ROUND_CONSTANTS[t] as number) + (w[t] as number)) | 0;
    const sum0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const t2 = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] as number) + word;
}
