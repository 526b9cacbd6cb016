import { available, windowAddress, ReaderState } from './reader-state';

/**
 * The input window: the host copies input to its free end, the reader takes it from the front.
 *
 * An element's header, and a value that is delivered whole, are read only when all of their bytes lie in the window side by side.
 * What is left over is moved to the front only when the free end is too small, and a left-over is never more than half a
 * window (see `openReader`), so the moves together cost no more than the input itself, however it is split.
 */

/**
 * Makes room at the end of the window.
 * @param wantedBytes what the host would like to copy
 * @returns bytes that fit now; `state.bytesAddress` says where they go
 */
export function windowRoom(state: ReaderState, wantedBytes: u32): u32 {
  const unread = available(state);
  if (unread == 0) {
    state.windowOffset += state.windowAt;
    state.windowAt = 0;
    state.windowEnd = 0;
  } else if (state.windowAt != 0 && state.windowBytes - state.windowEnd < wantedBytes) {
    const start = windowAddress(state);
    memory.copy(start, start + state.windowAt, unread);
    state.windowOffset += state.windowAt;
    state.windowAt = 0;
    state.windowEnd = unread;
  }
  state.bytesAddress = <u32>(windowAddress(state) + state.windowEnd);
  return min(wantedBytes, state.windowBytes - state.windowEnd);
}

/**
 * Takes over bytes that the host has copied.
 * @returns false when there is no room for so many, or the input has been said to be over
 */
export function windowCommit(state: ReaderState, lengthBytes: u32): bool {
  if (state.inputEnded != 0 || lengthBytes > state.windowBytes - state.windowEnd) return false;
  state.windowEnd += lengthBytes;
  return true;
}

/**
 * Passes over input that nobody wants, without a copy. Only while content is being skipped and the window is empty.
 * @returns bytes passed over, 0…lengthBytes
 */
export function windowDiscard(state: ReaderState, lengthBytes: u32): u32 {
  if (state.discarding == 0 || available(state) != 0) return 0;
  const taken = <u32>min<u64>(state.remainingBytes, lengthBytes);
  state.remainingBytes -= taken;
  state.windowOffset += taken;
  if (state.remainingBytes == 0) state.discarding = 0;
  return taken;
}
