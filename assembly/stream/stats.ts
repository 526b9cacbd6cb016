import { MAX_TRACKS } from '../limits';
import { putResult } from '../memory/results';
import { View } from '../view/content-view';
import { Item, itemAt } from '../view/item';
import { microseconds } from './removal';
import { STATE_STARTED, Stream, trackOf, viewOf } from './stream';

function spanUs(stream: Stream, from: usize): f64 {
  const view = viewOf(stream);
  if (from == 0) return 0;
  const newest: Item = itemAt(view.newest);
  const end = newest.pts + newest.duration;
  const start = itemAt(from).pts;
  return end > start ? microseconds(stream, end - start) : 0;
}

/**
 * Leaves figures about the stream: 0 items, 1 fragments, 2 bytes, 3 unsent items, 4 unsent bytes, 5 buffered and 6 unsent media time (µs),
 * 7 presentation time of the first frame ever (µs, NaN before it), 8 frames stored and 9 frames skipped ever, 10 fragments begun ever,
 * 11…13 the numbers of the tracks without codec private data, 0 for a track that has some or is not there, 14 changes of codec private data
 * ever, 15 fragments begun before the read position ever.
 */
export function reportStats(stream: Stream): void {
  const view = viewOf(stream);
  putResult(0, <f64>view.items);
  putResult(1, <f64>view.fragments);
  putResult(2, <f64>view.bytes);
  putResult(3, <f64>view.unsentItems);
  putResult(4, <f64>view.unsentBytes);
  putResult(5, spanUs(stream, view.oldest));
  putResult(6, spanUs(stream, view.cursor));
  putResult(7, (stream.state & STATE_STARTED) != 0 ? microseconds(stream, stream.streamStart) : NaN);
  putResult(8, <f64>stream.framesStored);
  putResult(9, <f64>stream.framesSkipped);
  putResult(10, <f64>view.fragmentsBegun);
  for (let position: u32 = 1; position <= MAX_TRACKS; position++)
    putResult(10 + position, <f64>numberWithoutPrivateData(stream, position));
  putResult(14, <f64>stream.generation);
  putResult(15, <f64>fragmentsBefore(view));
}

/** Fragments that began before the one at the read position. */
function fragmentsBefore(view: View): u64 {
  return view.cursor != 0 ? itemAt(itemAt(view.cursor).fragment).order - 1 : view.fragmentsBegun;
}

function numberWithoutPrivateData(stream: Stream, position: u32): u32 {
  if (position > stream.trackCount) return 0;
  const track = trackOf(stream, position);
  return track.cpdBytes == 0 ? track.number : 0;
}
