import { MAX_TRACKS } from '../limits';
import { putResult } from '../memory/results';
import { putStreamHeader, streamHeaderBytes } from '../mkv/stream-header';
import { STATUS_STORE_OUT_OF_MEMORY } from '../status';
import { storeAllocate, storeFree } from '../store/content-store';
import { View } from '../view/content-view';
import { itemAt } from '../view/item';
import { Stream, trackOf, viewOf } from './stream';

/**
 * Generations of codec private data. The tracks hold the newest: what is put now. When it changes while fragments put with it are in the
 * view, or while a session carries it, a new generation begins, and the header that those fragments need is kept in a store slot until the
 * last of them has left. So what a session says in front is always what its fragments were encoded with, after a roll back too.
 *
 * Nobody counts references: fragments carry rising order numbers, and a generation ends with the newest fragment there was. Each older
 * generation has at least one fragment in the view, or had one until a drop; so there are never more of them than fragments.
 *
 * ```
 * byte  0      4             8        12       16          24
 *       | next | headerBytes | number | unused | lastOrder | header …
 * ```
 */
@unmanaged
class Generation {
  /** The next younger one. */
  next: usize;
  headerBytes: u32;
  number: u32;
  unused: u32;
  /** Order of its newest fragment. */
  lastOrder: u64;
}

const HEAD_BYTES: u32 = 24;

function generationAt(address: usize): Generation {
  return changetype<Generation>(address);
}

/** The older generation that a fragment belongs to; 0 when it is of the newest. */
export function olderGenerationOf(stream: Stream, fragment: usize): usize {
  const order = itemAt(fragment).order;
  let address = stream.oldestGeneration;
  while (address != 0 && generationAt(address).lastOrder < order) address = generationAt(address).next;
  return address;
}

/** Number of an older generation, or of the newest (0). */
export function generationNumber(stream: Stream, older: usize): u32 {
  return older != 0 ? generationAt(older).number : stream.generation;
}

/** Copies an older generation's stream header; its bytes. */
export function copyHeader(older: usize, to: usize): u32 {
  memory.copy(to, older + HEAD_BYTES, generationAt(older).headerBytes);
  return generationAt(older).headerBytes;
}

/** True when a fragment in the view was put with the newest generation. */
function hasFragments(stream: Stream): bool {
  const newest = viewOf(stream).newestFragment;
  const before = stream.newestGeneration;
  return newest != 0 && (before == 0 || itemAt(newest).order > generationAt(before).lastOrder);
}

/** True when the newest generation waits for its first fragment behind those of an older one. */
export function awaitsFragment(stream: Stream): bool {
  return stream.newestGeneration != 0 && !hasFragments(stream);
}

/** True when codec private data cannot change without a new generation. What was missing is filled in until a session has gone without it. */
export function isInUse(stream: Stream, wasMissing: bool): bool {
  return stream.headerGiven != 0 || (!wasMissing && hasFragments(stream));
}

/**
 * Call before a track's codec private data changes, while the tracks still say the former.
 * @param position the track's
 * @param wasMissing the track has none until now
 * @returns 0, or minus STATUS_STORE_OUT_OF_MEMORY, and then nothing has changed
 */
export function beginGeneration(stream: Stream, position: u32, wasMissing: bool): i32 {
  if (!isInUse(stream, wasMissing)) return 0;
  dropUnused(stream);
  if (hasFragments(stream)) {
    const headerBytes = streamHeaderBytes(stream);
    const address = storeAllocate(viewOf(stream).store, HEAD_BYTES + headerBytes);
    if (address == 0) return -STATUS_STORE_OUT_OF_MEMORY;
    putStreamHeader(address + HEAD_BYTES, stream);
    const generation = generationAt(address);
    generation.next = 0;
    generation.headerBytes = headerBytes;
    generation.number = stream.generation;
    generation.lastOrder = viewOf(stream).fragmentsBegun;
    if (stream.newestGeneration != 0) generationAt(stream.newestGeneration).next = address;
    else stream.oldestGeneration = address;
    stream.newestGeneration = address;
  }
  stream.generation++;
  stream.headerGiven = 0;
  stream.changedTracks |= 1 << position;
  return 0;
}

/** Frees the oldest generations whose fragments have all left. Costs nothing while there is only the newest. */
export function releaseGenerations(stream: Stream): void {
  let address = stream.oldestGeneration;
  while (address != 0) {
    const oldest = viewOf(stream).oldestFragment;
    if (oldest != 0 && itemAt(oldest).order <= generationAt(address).lastOrder) return;
    const next = generationAt(address).next;
    storeFree(viewOf(stream).store, address);
    stream.oldestGeneration = next;
    if (next == 0) stream.newestGeneration = 0;
    address = next;
  }
}

/** Frees those as well whose fragments have been taken out from between others. */
export function dropUnused(stream: Stream): void {
  releaseGenerations(stream);
  const view: View = viewOf(stream);
  let before: usize = 0;
  let fragment = view.oldestFragment;
  let address = stream.oldestGeneration;
  while (address != 0) {
    const next = generationAt(address).next;
    const lastOrder = generationAt(address).lastOrder;
    const isUsed = fragment != 0 && itemAt(fragment).order <= lastOrder;
    while (fragment != 0 && itemAt(fragment).order <= lastOrder) fragment = itemAt(fragment).nextFragment;
    if (isUsed) {
      before = address;
    } else {
      if (before != 0) generationAt(before).next = next;
      else stream.oldestGeneration = next;
      if (next == 0) stream.newestGeneration = before;
      storeFree(view.store, address);
    }
    address = next;
  }
}

/** Frees all of them: the stream is closed, and its view empty. */
export function clearGenerations(stream: Stream): void {
  releaseGenerations(stream);
}

/** True when the fragment at the read position is of another generation than the session's header. */
export function isOfOtherGeneration(stream: Stream, fragment: usize): bool {
  if (stream.sessionGeneration == stream.generation) return false;
  return generationNumber(stream, olderGenerationOf(stream, fragment)) != stream.sessionGeneration;
}

/**
 * Leaves what changed for the host, three results a track: its number, 0 when it has not changed or is not there; its width and height, as
 * the header has them. The change counts as reported.
 */
export function reportChange(stream: Stream): void {
  for (let position: u32 = 1; position <= MAX_TRACKS; position++) {
    const at = (position - 1) * 3;
    const isChanged = (stream.changedTracks & (1 << position)) != 0;
    putResult(at, isChanged ? <f64>trackOf(stream, position).number : 0);
    putResult(at + 1, isChanged ? <f64>trackOf(stream, position).width : 0);
    putResult(at + 2, isChanged ? <f64>trackOf(stream, position).height : 0);
  }
  stream.changedTracks = 0;
}
