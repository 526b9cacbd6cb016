import { STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW, STATUS_INVALID_FRAGMENT_ACK_TYPE } from '../status';
import { isBeingRead, isComplete, isSent, openFragment, removeFragment, View } from './content-view';
import { FRAGMENT_BUFFERING, FRAGMENT_PERSISTED, FRAGMENT_RECEIVED, itemAt } from './item';

/**
 * What acknowledgements and pressure do to the view.
 *
 * The rule for a persisted acknowledgement: it speaks for the named fragment and all older ones, but only for bytes that were sent. So,
 * from the oldest fragment up to the named one, every *complete* fragment (closed, and handed out to its last byte at least once) is
 * released, and the first one that is not complete ends the walk: a frame that was never sent is never freed.
 * - A released fragment that has not begun to be sent again leaves the view, and the reader goes on behind it.
 * - One whose second sending has begun is sent to its end first, since a fragment cut short on the wire could replace the whole one that the
 *   service holds; it is freed when the reader leaves it, or when the session is given up.
 * - An open fragment all of whose frames are sent is marked; a further frame takes the mark away, closing it without one releases it.
 */

/** Kinds of acknowledgement across the ABI. */
const ACK_BUFFERING: u32 = 0;
const ACK_RECEIVED: u32 = 1;
const ACK_PERSISTED: u32 = 2;

/**
 * The fragment that an acknowledgement names: the one that starts at exactly this timecode, else the one in whose time it lies.
 * Of two that start alike, the one not yet flagged. Returns 0 when the timecode is outside the view.
 */
export function findFragment(view: View, timecode: u64, flag: u32): usize {
  let containing: usize = 0;
  let exact: usize = 0;
  for (let address = view.oldestFragment; address != 0; address = itemAt(address).nextFragment) {
    const fragment = itemAt(address);
    if (fragment.clusterTimecode > timecode) break;
    containing = address;
    if (fragment.clusterTimecode != timecode) continue;
    exact = address;
    if ((fragment.flags & flag) == 0) break;
  }
  if (exact != 0) return exact;
  return containing != 0 && timecode <= endTimecode(view) ? containing : 0;
}

/** Timecode, in the terms of the bytes, at which the newest item ends; the view is not empty. */
function endTimecode(view: View): u64 {
  const newest = itemAt(view.newest);
  const fragment = itemAt(newest.fragment);
  return newest.pts + newest.duration - (fragment.pts - fragment.clusterTimecode);
}

/**
 * Applies an acknowledgement.
 * @param final true when received is the service's last word, because it keeps nothing: then it releases like persisted
 * @returns 0; 1 when the open fragment is marked, and will be released when it is closed without another frame; or minus a status
 */
export function acknowledge(view: View, type: u32, timecode: u64, final: bool): i32 {
  if (type > ACK_PERSISTED) return -STATUS_INVALID_FRAGMENT_ACK_TYPE;
  const flag =
    type == ACK_BUFFERING ? FRAGMENT_BUFFERING : type == ACK_RECEIVED ? FRAGMENT_RECEIVED : FRAGMENT_PERSISTED;
  const fragment = findFragment(view, timecode, flag);
  if (fragment == 0) return -STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW;
  if (flag != FRAGMENT_PERSISTED) itemAt(fragment).flags |= flag;
  return flag == FRAGMENT_PERSISTED || (final && flag == FRAGMENT_RECEIVED) ? releaseThrough(view, fragment) : 0;
}

function releaseThrough(view: View, last: usize): i32 {
  let address = view.oldestFragment;
  while (address != 0) {
    const next = itemAt(address).nextFragment;
    if (!isComplete(view, address)) {
      if (address != last || !isSent(view, address)) return 0;
      itemAt(address).flags |= FRAGMENT_PERSISTED;
      return 1;
    }
    itemAt(address).flags |= FRAGMENT_PERSISTED;
    if (!isBeingRead(view, address)) removeFragment(view, address);
    if (address == last) return 0;
    address = next;
  }
  return 0;
}

/**
 * The oldest fragment that is neither being read nor open, 0 when there is none: what a full store loses first. The frames that are still to
 * come to an open one could not be decoded without it; who wants it to go ends it.
 */
export function oldestDroppable(view: View): usize {
  let address = view.oldestFragment;
  if (address != 0 && isBeingRead(view, address)) address = itemAt(address).nextFragment;
  return address != openFragment(view) ? address : 0;
}
