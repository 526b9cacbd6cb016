/** From here on a bulk copy is quicker than a loop: it calls out of the engine's own code. */
const LONG_MOVE_BYTES: usize = 256;

/**
 * Copies bytes towards lower addresses, or to where they do not overlap; nothing when source and destination are the same.
 * @returns the address after the copy
 */
export function moveDown(destination: usize, source: usize, sizeBytes: usize): usize {
  if (destination == source) return destination + sizeBytes;
  if (sizeBytes >= LONG_MOVE_BYTES) {
    memory.copy(destination, source, sizeBytes);
    return destination + sizeBytes;
  }
  // Each step reads before it writes, and writes only what lies in front of the next step's source.
  let at: usize = 0;
  if (ASC_FEATURE_SIMD) {
    for (; at + 16 <= sizeBytes; at += 16) v128.store(destination + at, v128.load(source + at));
  }
  for (; at + 8 <= sizeBytes; at += 8) store<u64>(destination + at, load<u64>(source + at, 0, 1), 0, 1);
  for (; at < sizeBytes; at++) store<u8>(destination + at, load<u8>(source + at));
  return destination + sizeBytes;
}
