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
  // Each step reads before it writes, and writes only what lies in front of the next step's source. The last step overlaps the one before, so
  // it is read first of all.
  if (ASC_FEATURE_SIMD) {
    if (sizeBytes >= 16) {
      const last = v128.load(source + sizeBytes - 16);
      for (let at: usize = 0; at + 16 < sizeBytes; at += 16) v128.store(destination + at, v128.load(source + at));
      v128.store(destination + sizeBytes - 16, last);
      return destination + sizeBytes;
    }
  }
  if (sizeBytes >= 8) {
    const last = load<u64>(source + sizeBytes - 8, 0, 1);
    for (let at: usize = 0; at + 8 < sizeBytes; at += 8)
      store<u64>(destination + at, load<u64>(source + at, 0, 1), 0, 1);
    store<u64>(destination + sizeBytes - 8, last, 0, 1);
    return destination + sizeBytes;
  }
  for (let at: usize = 0; at < sizeBytes; at++) store<u8>(destination + at, load<u8>(source + at));
  return destination + sizeBytes;
}
