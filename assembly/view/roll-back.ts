import { clearRemoved, isComplete, openFragment, removeFragment, setCursor, sweep, View } from './content-view';
import { FRAGMENT_RECEIVED, ITEM_SENT, itemAt } from './item';

/**
 * Where the next session begins after a connection was lost.
 *
 * - UNPERSISTED: at the oldest fragment that is not persisted. Nothing can be lost.
 * - RECEIVED: behind the newest fragment that the service has received as a whole; all of them without one.
 * - REPLAY: the native policy for a host that is thought dead: at the newest fragment that lies the replay duration before the read position,
 *   or at the oldest one that there is.
 * - RECEIVED_OR_REPLAY: the native policy for a host that is alive: as REPLAY, but never in front of what the service has received.
 *
 * What the native policy leaves out of the next session is given up: it leaves the view, and the caller is told. Only what lies in front of a
 * fragment that the living host has received stays, since a persisted acknowledgement will cover it.
 */
export const ROLL_BACK_UNPERSISTED: u32 = 0;
export const ROLL_BACK_RECEIVED: u32 = 1;
export const ROLL_BACK_REPLAY: u32 = 2;
export const ROLL_BACK_RECEIVED_OR_REPLAY: u32 = 3;

/**
 * Gives up the running session and moves the read position back. The counters of removed frames tell what was given up.
 * @param target ROLL_BACK_*
 * @param replay replay duration as a timecode; of no meaning without REPLAY
 * @returns fragments that were sent, at least in part, and will be sent again
 */
export function rollBack(view: View, target: u32, replay: u64): i32 {
  const reading = view.cursor != 0 ? itemAt(view.cursor).fragment : openFragment(view);
  const lastOrder = reading != 0 ? itemAt(reading).order : view.fragmentsBegun;
  const position = readPosition(view);
  setCursor(view, 0);
  sweep(view);
  clearRemoved(view);
  let start: usize;
  if (target == ROLL_BACK_UNPERSISTED) start = view.oldestFragment;
  else if (target == ROLL_BACK_RECEIVED) start = replayStart(view, 0, 0, 0, true);
  else if (replay == 0) start = reading != 0 ? fragmentFrom(view, lastOrder) : 0;
  else start = replayStart(view, lastOrder, position, replay, target == ROLL_BACK_RECEIVED_OR_REPLAY);
  if (target >= ROLL_BACK_REPLAY) giveUpBefore(view, start, target == ROLL_BACK_RECEIVED_OR_REPLAY);
  setCursor(view, start);
  let again = 0;
  for (let address = start; address != 0; address = itemAt(address).nextFragment) {
    if ((itemAt(address).flags & ITEM_SENT) == 0) break;
    again++;
  }
  return again;
}

/** Presentation timecode of what is read next, or of the newest item's end when everything is read. */
function readPosition(view: View): u64 {
  if (view.cursor != 0) return itemAt(view.cursor).pts;
  return view.newest != 0 ? itemAt(view.newest).pts + itemAt(view.newest).duration : 0;
}

/** The oldest fragment of at least this order, 0 when there is none. */
function fragmentFrom(view: View, order: u64): usize {
  let found: usize = 0;
  for (let address = view.newestFragment; address != 0; address = itemAt(address).previousFragment) {
    if (itemAt(address).order < order) break;
    found = address;
  }
  return found;
}

/**
 * Walks back to a fragment that lies the replay duration before the position.
 * @param lastOrder that of the fragment at the position; 0 lets the walk go to the oldest fragment whatever its time
 * @param behindReceived stops behind a fragment that was received as a whole
 */
function replayStart(view: View, lastOrder: u64, position: u64, replay: u64, behindReceived: bool): usize {
  let start: usize = 0;
  for (let address = view.newestFragment; address != 0; address = itemAt(address).previousFragment) {
    const fragment = itemAt(address);
    if (behindReceived && isReceived(view, address)) break;
    start = address;
    if (fragment.order <= lastOrder && fragment.pts + replay <= position) break;
  }
  return start;
}

function isReceived(view: View, fragment: usize): bool {
  return (itemAt(fragment).flags & FRAGMENT_RECEIVED) != 0 && isComplete(view, fragment);
}

/** Takes out what is older than the start, back to what the service has received. */
function giveUpBefore(view: View, start: usize, keepsReceived: bool): void {
  let address = start != 0 ? itemAt(start).previousFragment : view.newestFragment;
  while (address != 0 && !(keepsReceived && isReceived(view, address))) {
    const previous = itemAt(address).previousFragment;
    removeFragment(view, address);
    address = previous;
  }
}
