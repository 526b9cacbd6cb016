import {
  STATUS_CONTENT_VIEW_NO_MORE_ITEMS,
  STATUS_END_OF_FRAGMENT_FRAME_INVALID_STATE,
  STATUS_MULTIPLE_CONSECUTIVE_EOFR,
  STATUS_STORE_OUT_OF_MEMORY,
  STATUS_STREAM_HAS_BEEN_STOPPED,
} from '../status';
import { storeAllocate } from '../store/content-store';
import { appendItem, closeFragment, openFragment } from '../view/content-view';
import { ITEM_BYTES, ITEM_SPARE, itemAt } from '../view/item';
import { releaseGenerations } from './codec-generation';
import { cancelFrame } from './frame';
import {
  SETTING_END_BY_HAND,
  SETTING_KEY_FRAME_FRAGMENTATION,
  STATE_BREAK_PENDING,
  STATE_ENDED_BY_MARK,
  STATE_STOPPED,
  STATE_WAITING_FOR_KEY,
  Stream,
  viewOf,
} from './stream';
import {
  END_OF_FRAGMENT_BYTES,
  putEndOfFragment,
  putQueuedTags,
  queuedTagBytes,
  sealQueue,
  settleTags,
} from './tag-queue';

/**
 * Room in the stream's block for one mark, as an item without a slot. So a fragment can be ended in a store that it fills, which is what lets
 * it be persisted. In use until the mark has left the view, with a fragment that is closed: acknowledgements can free that one.
 */
export const SPARE_MARK_BYTES: u32 = (ITEM_BYTES + END_OF_FRAGMENT_BYTES + 15) & ~15;

/** It stands in front of the span table. */
function spareMark(stream: Stream): usize {
  return stream.spans - SPARE_MARK_BYTES;
}

/**
 * Ends the open fragment in so many words: an item of tags (what is queued and new, then the end-of-fragment mark). The next key frame
 * begins the next fragment; until then frames are skipped. In a full store the mark goes without the tags, which wait for the next fragment.
 * A fragment that `awaitKeyFrame` has ended gets its mark, too: to be sent once the read position is in front of it.
 * @returns 0, or minus a status: STATUS_STORE_OUT_OF_MEMORY only while an older fragment has the spare mark
 */
export function endFragment(stream: Stream): i32 {
  cancelFrame(stream);
  if ((stream.state & STATE_STOPPED) != 0) return -STATUS_STREAM_HAS_BEEN_STOPPED;
  if ((stream.state & STATE_ENDED_BY_MARK) != 0) return -STATUS_MULTIPLE_CONSECUTIVE_EOFR;
  if ((stream.settings & (SETTING_KEY_FRAME_FRAGMENTATION | SETTING_END_BY_HAND)) == 0)
    return -STATUS_END_OF_FRAGMENT_FRAME_INVALID_STATE;
  const view = viewOf(stream);
  // After awaitKeyFrame the fragment is closed and has no mark yet.
  const isUnmarked = (stream.state & STATE_BREAK_PENDING) != 0 && view.newest != 0;
  if (openFragment(view) == 0 && !isUnmarked) return -STATUS_CONTENT_VIEW_NO_MORE_ITEMS;
  let bytes = queuedTagBytes(stream, true) + END_OF_FRAGMENT_BYTES;
  let address = storeAllocate(view.store, ITEM_BYTES + bytes);
  const isSpare = address == 0;
  if (isSpare) {
    address = spareMark(stream);
    bytes = END_OF_FRAGMENT_BYTES;
    if (itemAt(address).flags != 0) return -STATUS_STORE_OUT_OF_MEMORY;
  }
  const item = itemAt(address);
  item.start = address + ITEM_BYTES;
  item.length = bytes;
  item.flags = isSpare ? ITEM_SPARE : 0;
  item.duration = 0;
  const newest = itemAt(view.newest);
  item.pts = newest.pts + newest.duration;
  item.dts = newest.dts + newest.duration;
  putEndOfFragment(isSpare ? item.start : putQueuedTags(item.start, stream, true));
  if (!isSpare) settleTags(stream);
  appendItem(view, address);
  closeFragment(view);
  releaseGenerations(stream);
  stream.state |= STATE_ENDED_BY_MARK | STATE_WAITING_FOR_KEY;
  return 0;
}

/**
 * Ends the open fragment without a mark, for a connection that was lost when everything was sent: frames are skipped up to the next key
 * frame, and what begins there goes out in a session of its own.
 */
export function awaitKeyFrame(stream: Stream): void {
  if ((stream.state & STATE_STOPPED) != 0) return;
  cancelFrame(stream);
  closeFragment(viewOf(stream));
  releaseGenerations(stream);
  stream.state |= STATE_WAITING_FOR_KEY | STATE_BREAK_PENDING;
}

/** No more frames: seals what closes the stream's bytes. Calling it again changes nothing. */
export function stopStream(stream: Stream): void {
  if ((stream.state & STATE_STOPPED) != 0) return;
  cancelFrame(stream);
  stream.state |= STATE_STOPPED;
  closeFragment(viewOf(stream));
  releaseGenerations(stream);
  if ((stream.state & STATE_ENDED_BY_MARK) == 0) sealQueue(stream);
}
