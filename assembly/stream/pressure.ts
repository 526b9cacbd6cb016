import { MAX_TICKS, ticksOfMicroseconds } from '../mkv/timecode';
import { STATUS_INVALID_ARG } from '../status';
import { storeCapacity, storeUsed } from '../store/content-store';
import { oldestDroppable } from '../view/acks';
import { View } from '../view/content-view';
import { itemAt } from '../view/item';
import { Stream, viewOf } from './stream';

/**
 * What a stream that is sent too slowly comes to: too much media in the view, too much of it unsent, too little room in the store. A commit
 * tells it beside its result, so that it costs no call; what is then dropped is dropped by a call of the host, a fragment each.
 */

/** Bits of a commit's result: the view holds the buffer duration, so a fragment is to be dropped before the next frame is put. */
const PRESSURE_BUFFER: i32 = 4;
/** More than the latency limit is unsent. */
const PRESSURE_LATENCY: i32 = 8;
/** No more than 5 % of the store are free. */
const PRESSURE_STORE: i32 = 16;
/** No more than 5 % of the buffer duration are left. */
const PRESSURE_BUFFER_LOW: i32 = 32;

/** Free percent of a store and of a buffer duration, cut to a whole number, that are told. Source: producer-core §12.1, §20. */
const FREE_PERCENT: u64 = 5;

/** What a stream's owner wants to be told: WATCH_* bits. */
const WATCH_BUFFER: u32 = 1;
const WATCH_LATENCY: u32 = 2;
const WATCH_STORE: u32 = 4;

/**
 * Sets what is watched from now on; durations are microseconds of media, 0 for no limit.
 * @returns 0, or minus STATUS_INVALID_ARG for what is no duration
 */
export function watchPressure(stream: Stream, bufferUs: f64, latencyUs: f64, watchesStore: bool): i32 {
  const bufferTicks = ticksOfMicroseconds(bufferUs);
  const latencyTicks = ticksOfMicroseconds(latencyUs);
  if (bufferTicks > MAX_TICKS || latencyTicks > MAX_TICKS) return -STATUS_INVALID_ARG;
  const scale = <u64>stream.scaleTicks;
  stream.bufferDuration = bufferTicks / scale;
  stream.maxLatency = latencyTicks / scale;
  stream.watches =
    (bufferTicks != 0 ? WATCH_BUFFER : 0) | (latencyTicks != 0 ? WATCH_LATENCY : 0) | (watchesStore ? WATCH_STORE : 0);
  return 0;
}

/** PRESSURE_* bits behind a frame that was stored. */
export function pressureOf(stream: Stream): i32 {
  const view = viewOf(stream);
  let bits: i32 = 0;
  if ((stream.watches & WATCH_BUFFER) != 0) {
    if (overdueFragment(stream) != 0) bits |= PRESSURE_BUFFER;
    if (isBufferLow(stream, view)) bits |= PRESSURE_BUFFER_LOW;
  }
  if ((stream.watches & WATCH_LATENCY) != 0 && view.cursor != 0) {
    if (endOf(view) > itemAt(view.cursor).pts + stream.maxLatency) bits |= PRESSURE_LATENCY;
  }
  if ((stream.watches & WATCH_STORE) != 0 && isStoreLow(view.store)) bits |= PRESSURE_STORE;
  return bits;
}

/** Presentation timecode at which the newest item ends; the view is not empty. */
function endOf(view: View): u64 {
  return itemAt(view.newest).pts + itemAt(view.newest).duration;
}

function isStoreLow(store: usize): bool {
  const capacity = <u64>storeCapacity(store);
  return (capacity - <u64>storeUsed(store)) * 100 < (FREE_PERCENT + 1) * capacity;
}

/** The view is not empty; it may hold more than the buffer duration, since what is being sent stays (trap T11). */
function isBufferLow(stream: Stream, view: View): bool {
  const held = endOf(view) - itemAt(view.oldestFragment).pts;
  return held * 100 > (100 - FREE_PERCENT - 1) * stream.bufferDuration;
}

/**
 * The fragment to be dropped because the view holds the buffer duration or more; 0 for none. A fragment that is being handed out stays, and
 * time counts from the one behind it; the open fragment stays too, since what is put next belongs to it.
 */
export function overdueFragment(stream: Stream): usize {
  const view = viewOf(stream);
  const oldest = oldestDroppable(view);
  if (oldest == 0 || stream.bufferDuration == 0) return 0;
  return endOf(view) >= itemAt(oldest).pts + stream.bufferDuration ? oldest : 0;
}
