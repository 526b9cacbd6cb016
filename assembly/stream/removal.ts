import { putResult } from '../memory/results';
import { MAX_TICKS, ticksOfMicroseconds } from '../mkv/timecode';
import { STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW, STATUS_INVALID_ARG } from '../status';
import { acknowledge, findFragment, oldestDroppable } from '../view/acks';
import { clearRemoved, isBeingRead, openFragment, removeFragment } from '../view/content-view';
import { ITEM_FRAME, itemAt } from '../view/item';
import { ROLL_BACK_RECEIVED_OR_REPLAY, rollBack } from '../view/roll-back';
import { dropUnused, releaseGenerations } from './codec-generation';
import { overdueFragment } from './pressure';
import { SESSION_ABORTED, SESSION_NONE } from './session';
import { SETTING_PERSISTED_ACKS, STATE_STOPPED, STATE_WAITING_FOR_KEY, Stream, viewOf } from './stream';

/** What takes frames out of a stream before or after they were sent, and what the host is told about it. */

/** Microseconds of a timecode. */
export function microseconds(stream: Stream, timecode: u64): f64 {
  const ticks = timecode * <u64>stream.scaleTicks;
  // Divided as integers first: ticks since 1970 are too large for a double, microseconds are not.
  return <f64>(ticks / 10) + <f64>(ticks % 10) / 10.0;
}

/**
 * Leaves what was removed for the host:
 * 0 fragments, 1 frames, 2 of these sent, 3 bytes, 4 lowest and 5 highest presentation time in microseconds (NaN without frames), 6 lowest and
 * 7 highest order of the fragments (0 without any).
 */
function reportRemoved(stream: Stream): void {
  const view = viewOf(stream);
  putResult(0, <f64>view.removedFragments);
  putResult(1, <f64>view.removedFrames);
  putResult(2, <f64>view.removedSentFrames);
  putResult(3, <f64>view.removedBytes);
  putResult(4, view.removedFrames != 0 ? microseconds(stream, view.removedFirst) : NaN);
  putResult(5, view.removedFrames != 0 ? microseconds(stream, view.removedLast) : NaN);
  putResult(6, <f64>view.removedFirstOrder);
  putResult(7, <f64>view.removedLastOrder);
}

/** Applies an acknowledgement; see `view/acks.ts`. 0, 1 or minus a status as there. The results tell what was released. */
export function acknowledgeFragment(stream: Stream, type: u32, timecode: u64): i32 {
  const view = viewOf(stream);
  clearRemoved(view);
  const final = (stream.settings & SETTING_PERSISTED_ACKS) == 0;
  const status = acknowledge(view, type, timecode, final);
  releaseGenerations(stream);
  reportRemoved(stream);
  return status;
}

/**
 * Gives up the session and moves the read position back; see `view/roll-back.ts`. The results tell what was given up.
 * @param replayUs replay duration, microseconds
 * @returns fragments that will be sent again, or minus STATUS_INVALID_ARG
 */
export function rollBackStream(stream: Stream, target: u32, replayUs: f64): i32 {
  const view = viewOf(stream);
  const replayTicks = ticksOfMicroseconds(replayUs);
  if (target > ROLL_BACK_RECEIVED_OR_REPLAY || replayTicks > MAX_TICKS) return -STATUS_INVALID_ARG;
  stream.session = SESSION_NONE;
  const again = rollBack(view, target, replayTicks / <u64>stream.scaleTicks);
  dropUnused(stream);
  reportRemoved(stream);
  return again;
}

/** The open fragment went away: what follows of it would have no beginning. */
function waitForKey(stream: Stream): void {
  if ((stream.state & STATE_STOPPED) == 0) stream.state |= STATE_WAITING_FOR_KEY;
}

/**
 * Takes out a fragment that the service will never accept. One that is being handed out ends the session with it; one that is still
 * being put goes on at the next key frame.
 * @returns 0, or minus STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW
 */
export function skipFragment(stream: Stream, timecode: u64): i32 {
  const view = viewOf(stream);
  clearRemoved(view);
  const fragment = findFragment(view, timecode, 0);
  if (fragment != 0) {
    if (fragment == openFragment(view)) waitForKey(stream);
    if (isBeingRead(view, fragment)) stream.session = SESSION_ABORTED;
    removeFragment(view, fragment);
    dropUnused(stream);
  }
  reportRemoved(stream);
  return fragment != 0 ? 0 : -STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW;
}

/** Takes out a fragment, 0 for none; the results tell what went. */
function dropFragment(stream: Stream, fragment: usize): void {
  clearRemoved(viewOf(stream));
  if (fragment != 0) removeFragment(viewOf(stream), fragment);
  dropUnused(stream);
  reportRemoved(stream);
}

/** Takes out the oldest fragment that is neither open nor being handed out; the results tell what went, nothing when there was none. */
export function dropOldestFragment(stream: Stream): void {
  dropFragment(stream, oldestDroppable(viewOf(stream)));
}

/** The same as long as the view holds the buffer duration; nothing goes when it holds less. */
export function dropOverdueFragment(stream: Stream): void {
  dropFragment(stream, overdueFragment(stream));
}

/** Frames that one call tells of: two results each. */
const FRAMES_TOLD: u32 = 8;

/**
 * Leaves decoding time (microseconds) and bytes to send of a fragment's frames in the results, two for each, before it is taken out.
 * @param order that of the fragment; 0 for the one that `dropOldestFragment` and `dropOverdueFragment` take next
 * @param skip frames that were told already
 * @returns frames told, FRAMES_TOLD while there may be more
 */
export function reportFrames(stream: Stream, order: u32, skip: u32): i32 {
  const view = viewOf(stream);
  let fragment = order == 0 ? oldestDroppable(view) : view.oldestFragment;
  while (order != 0 && fragment != 0 && itemAt(fragment).order != order) fragment = itemAt(fragment).nextFragment;
  const end = fragment != 0 ? itemAt(fragment).nextFragment : 0;
  let told: u32 = 0;
  for (let address = fragment; address != end && told < FRAMES_TOLD; address = itemAt(address).next) {
    const item = itemAt(address);
    if (skip != 0) {
      skip--;
    } else if ((item.flags & ITEM_FRAME) != 0) {
      putResult(told << 1, microseconds(stream, item.dts));
      putResult((told << 1) + 1, <f64>item.length);
      told++;
    }
  }
  return told;
}
