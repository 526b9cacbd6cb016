import { freeRun, storeBlockOf, storeDetach } from '../store/content-store';
import {
  FRAGMENT_BUFFERING,
  FRAGMENT_CLOSED,
  FRAGMENT_PERSISTED,
  FRAGMENT_RECEIVED,
  ITEM_FRAGMENT_START,
  ITEM_FRAME,
  ITEM_SENT,
  ITEM_SPARE,
  itemAt,
} from './item';

/**
 * The content view: the items of one stream in the order they were put, grouped into fragments, with one read position.
 *
 * Two chains run through the items: all of them, and the first items of fragments alone. Everything that acknowledges, rolls back or
 * drops walks the second, so it costs as much as there are fragments. Every item belongs to a fragment.
 *
 * Reading moves forward only; rolling back moves the position to a fragment's start. So what has been sent is always the older
 * part of the view, and ITEM_SENT tells for each item whether its last byte was handed out at least once.
 */
@unmanaged
export class View {
  store: usize;
  oldest: usize;
  newest: usize;
  oldestFragment: usize;
  newestFragment: usize;
  /** The item being read, or the next one; 0 when everything is read. */
  cursor: usize;
  /** Bytes of the cursor's item that are handed out. */
  cursorOffset: u32;
  items: u32;
  fragments: u32;
  bytes: u32;
  unsentItems: u32;
  /** Bytes from the read position on. */
  unsentBytes: u32;
  /** What the last releases and drops took out; the caller clears it. */
  removedFragments: u32;
  removedFrames: u32;
  /** Of these, frames that had been handed out to the end. */
  removedSentFrames: u32;
  removedBytes: u32;
  /** Lowest and highest presentation timecode of the removed frames. */
  removedFirst: u64;
  removedLast: u64;
  /** Lowest and highest order of the removed fragments. */
  removedFirstOrder: u64;
  removedLastOrder: u64;
  /** Fragments that ever began: the order of the newest one. */
  fragmentsBegun: u64;
}

/** Starts counting what is taken out. */
export function clearRemoved(view: View): void {
  view.removedFragments = 0;
  view.removedFrames = 0;
  view.removedSentFrames = 0;
  view.removedBytes = 0;
  view.removedFirst = u64.MAX_VALUE;
  view.removedLast = 0;
  view.removedFirstOrder = 0;
  view.removedLastOrder = 0;
}

/** The newest fragment while it still takes frames, else 0. */
export function openFragment(view: View): usize {
  const newest = view.newestFragment;
  return newest != 0 && (itemAt(newest).flags & FRAGMENT_CLOSED) == 0 ? newest : 0;
}

/** Last item of a fragment. */
function lastItem(view: View, fragment: usize): usize {
  const next = itemAt(fragment).nextFragment;
  return next != 0 ? itemAt(next).previous : view.newest;
}

/** True when every item that the fragment has now was handed out to its last byte. */
export function isSent(view: View, fragment: usize): bool {
  return (itemAt(lastItem(view, fragment)).flags & ITEM_SENT) != 0;
}

/** True when the fragment takes no more frames and was handed out as a whole: only then can an acknowledgement cover all of it. */
export function isComplete(view: View, fragment: usize): bool {
  return (itemAt(fragment).flags & FRAGMENT_CLOSED) != 0 && isSent(view, fragment);
}

/** True when some bytes of the fragment are on their way and others are still to be read. */
export function isBeingRead(view: View, fragment: usize): bool {
  const cursor = view.cursor;
  if (cursor == 0 || itemAt(cursor).fragment != fragment) return false;
  return cursor != fragment || view.cursorOffset > 0;
}

/**
 * Appends an item whose own fields (start, length, times, flags) are filled in; clusterTimecode too when it starts a fragment.
 */
export function appendItem(view: View, address: usize): void {
  const item = itemAt(address);
  const starts = (item.flags & ITEM_FRAGMENT_START) != 0;
  // First of all: closing may release the fragment in front, and the newest item with it.
  if (starts) closeFragment(view);
  const newest = view.newest;
  item.next = 0;
  item.previous = newest;
  if (newest != 0) itemAt(newest).next = address;
  else view.oldest = address;
  view.newest = address;
  if (starts) beginFragment(view, address);
  const fragment = itemAt(view.newestFragment);
  item.fragment = view.newestFragment;
  fragment.bytes += item.length;
  if ((item.flags & ITEM_FRAME) != 0) {
    fragment.frames++;
    // An acknowledgement that came before this frame does not cover it.
    fragment.flags &= ~FRAGMENT_PERSISTED;
  }
  if (view.cursor == 0) {
    view.cursor = address;
    view.cursorOffset = 0;
  }
  view.items++;
  view.bytes += item.length;
  view.unsentItems++;
  view.unsentBytes += item.length;
}

function beginFragment(view: View, address: usize): void {
  const item = itemAt(address);
  const before = view.newestFragment;
  item.nextFragment = 0;
  item.previousFragment = before;
  item.frames = 0;
  item.bytes = 0;
  item.order = ++view.fragmentsBegun;
  if (before != 0) itemAt(before).nextFragment = address;
  else view.oldestFragment = address;
  view.newestFragment = address;
  view.fragments++;
}

/** Ends the open fragment: no more frames go into it. Releases it when it was acknowledged already. */
export function closeFragment(view: View): void {
  const open = openFragment(view);
  if (open == 0) return;
  itemAt(open).flags |= FRAGMENT_CLOSED;
  sweep(view);
}

/** Frees the oldest fragments as long as they are persisted and nobody reads them. */
export function sweep(view: View): void {
  let fragment = view.oldestFragment;
  while (fragment != 0) {
    const flags = itemAt(fragment).flags;
    if ((flags & FRAGMENT_PERSISTED) == 0 || (flags & FRAGMENT_CLOSED) == 0 || isBeingRead(view, fragment)) return;
    const next = itemAt(fragment).nextFragment;
    removeFragment(view, fragment);
    fragment = next;
  }
}

/**
 * Takes a fragment out of the view and frees its slots. A read position inside it moves to the start of the next fragment.
 */
export function removeFragment(view: View, fragment: usize): void {
  const next = itemAt(fragment).nextFragment;
  const previous = itemAt(fragment).previousFragment;
  const reading = view.cursor != 0 ? itemAt(view.cursor).fragment : 0;
  const cursorInside = reading == fragment;
  const before = itemAt(fragment).previous;
  const order = itemAt(fragment).order;
  let unread = reading != 0 && itemAt(reading).order < order;
  // Items that were put one after the other nearly always lie side by side: they go back to the store as one run.
  let runStart = storeBlockOf(fragment);
  let runEnd = runStart;
  let address = fragment;
  while (address != next) {
    const item = itemAt(address);
    const following = item.next;
    if (address == view.cursor) unread = true;
    countRemoved(view, address);
    if (unread) {
      view.unsentItems--;
      view.unsentBytes -= item.length;
    }
    if ((item.flags & ITEM_SPARE) != 0) {
      item.flags = 0;
    } else {
      const block = storeBlockOf(address);
      if (block != runEnd) {
        freeRun(view.store, runStart, <u32>(runEnd - runStart));
        runStart = block;
      }
      runEnd = storeDetach(address);
    }
    address = following;
  }
  freeRun(view.store, runStart, <u32>(runEnd - runStart));
  if (before != 0) itemAt(before).next = next;
  else view.oldest = next;
  if (next != 0) itemAt(next).previous = before;
  else view.newest = before;
  if (previous != 0) itemAt(previous).nextFragment = next;
  else view.oldestFragment = next;
  if (next != 0) itemAt(next).previousFragment = previous;
  else view.newestFragment = previous;
  view.fragments--;
  countRemovedFragment(view, order);
  if (cursorInside) {
    view.unsentBytes += view.cursorOffset;
    view.cursor = next;
    view.cursorOffset = 0;
  }
}

function countRemovedFragment(view: View, order: u64): void {
  view.removedFirstOrder = view.removedFragments == 0 ? order : min(view.removedFirstOrder, order);
  view.removedLastOrder = max(view.removedLastOrder, order);
  view.removedFragments++;
}

function countRemoved(view: View, address: usize): void {
  const item = itemAt(address);
  view.items--;
  view.bytes -= item.length;
  view.removedBytes += item.length;
  if ((item.flags & ITEM_FRAME) == 0) return;
  view.removedFrames++;
  if ((item.flags & ITEM_SENT) != 0) view.removedSentFrames++;
  view.removedFirst = min(view.removedFirst, item.pts);
  view.removedLast = max(view.removedLast, item.pts);
}

/** Takes everything out. */
export function clearView(view: View): void {
  while (view.oldestFragment != 0) removeFragment(view, view.oldestFragment);
}

/** Counts bytes of the cursor's item as handed out and moves on when it is finished. */
export function advanceCursor(view: View, bytes: u32): void {
  const address = view.cursor;
  const item = itemAt(address);
  if (view.cursorOffset == 0 && (item.flags & ITEM_FRAGMENT_START) != 0) {
    // It is on its way again: what was said about an earlier copy of it no longer counts.
    item.flags &= ~(FRAGMENT_BUFFERING | FRAGMENT_RECEIVED);
  }
  view.unsentBytes -= bytes;
  view.cursorOffset += bytes;
  if (view.cursorOffset < item.length) return;
  item.flags |= ITEM_SENT;
  view.unsentItems--;
  view.cursor = item.next;
  view.cursorOffset = 0;
  // A fragment acknowledged while it was sent again is freed when the reader leaves it.
  const left = item.fragment;
  if ((item.next == 0 || itemAt(item.next).fragment != left) && (itemAt(left).flags & FRAGMENT_PERSISTED) != 0)
    sweep(view);
}

/** Moves the read position to a fragment's start, or behind everything (0). */
export function setCursor(view: View, fragment: usize): void {
  view.cursor = fragment;
  view.cursorOffset = 0;
  view.unsentItems = 0;
  view.unsentBytes = 0;
  for (let address = fragment; address != 0; address = itemAt(address).next) {
    view.unsentItems++;
    view.unsentBytes += itemAt(address).length;
  }
}
