import { FRAME_KEY } from '../mkv/cluster';
import { STATUS_INVALID_OPERATION, STATUS_STREAM_HAS_BEEN_STOPPED } from '../status';
import { storeFree } from '../store/content-store';
import { itemAt } from '../view/item';
import { adaptPayload, cancelFrame, commitFrame, FRAME_HELD, largerHeadroom, largerSlot } from './frame';
import { STATE_STOPPED, Stream, trackOf, trackPosition, viewOf } from './stream';
import { Track } from './track';

/**
 * Frames that wait for frames of other tracks: stored and adapted, not packaged yet. They stay in the slots they were copied into, chained
 * for each track in the order they were put, with payload and flags in the fields that an item has for them. The host knows their times,
 * and says which track's turn it is. `reserveFrame` with FRAME_HELD, `holdFrame`, then `releaseFrame`.
 */

/**
 * Makes the reserved frame the last of its track that waits. What could be wrong with its payload is found out now.
 * @returns 0; or minus a status, and the frame is gone
 */
export function holdFrame(stream: Stream): i32 {
  if (stream.pendingItem == 0) return -STATUS_INVALID_OPERATION;
  const status = adaptPayload(stream, true);
  if (status < 0) {
    cancelFrame(stream);
    return status;
  }
  waitAsLast(stream);
  return 0;
}

/** Makes the reserved frame, which is adapted, the last of its track that waits. */
export function waitAsLast(stream: Stream): void {
  const item = itemAt(stream.pendingItem);
  item.next = 0;
  item.start = stream.pendingPayload;
  item.length = stream.pendingBytes;
  item.flags = stream.pendingFlags & ~FRAME_HELD;
  // `next` stands at the front of an item, so the chain goes from address to address.
  let link = changetype<usize>(trackOf(stream, stream.pendingTrack)) + offsetof<Track>('held');
  while (load<usize>(link) != 0) link = load<usize>(link);
  store<usize>(link, stream.pendingItem);
  stream.pendingItem = 0;
}

/**
 * Packages a track's oldest frame that waits. One whose times cannot be is given up, which is how the host takes frames back.
 * @returns as `commitFrame`; minus STATUS_INVALID_OPERATION when none waits. The frame waits no more, whatever the result
 */
export function releaseFrame(stream: Stream, trackNumber: u32, ptsUs: f64, dtsUs: f64, durationUs: f64): i32 {
  if ((stream.state & STATE_STOPPED) != 0) return -STATUS_STREAM_HAS_BEEN_STOPPED;
  cancelFrame(stream);
  const position = trackPosition(stream, trackNumber);
  const track = trackOf(stream, position);
  if (position == 0 || track.held == 0) return -STATUS_INVALID_OPERATION;
  const item = itemAt(track.held);
  stream.pendingItem = track.held;
  track.held = item.next;
  stream.pendingPayload = item.start;
  stream.pendingBytes = item.length;
  stream.pendingFlags = item.flags;
  stream.pendingTrack = position;
  return commitAdapted(stream, ptsUs, dtsUs, durationUs);
}

/** Packages the reserved frame, which was adapted when it was put; results as of `commitFrame`. */
export function commitAdapted(stream: Stream, ptsUs: f64, dtsUs: f64, durationUs: f64): i32 {
  const nal = stream.nal;
  const tagCount = stream.tagCount;
  const hasRoom = (stream.pendingFlags & FRAME_KEY) == 0 || makeRoomForTags(stream);
  // Tags that were put behind it and find no room wait for the next fragment.
  if (!hasRoom) stream.tagCount = 0;
  // Parameter sets are looked for in what the stream is written in.
  stream.nal = 0;
  const result = commitFrame(stream, ptsUs, dtsUs, durationUs);
  stream.nal = nal;
  if (!hasRoom) stream.tagCount = tagCount;
  return result;
}

/** Moves a key frame into a larger slot when more tags have been queued than it has room for in front; false when there is none. */
function makeRoomForTags(stream: Stream): bool {
  const headroom = largerHeadroom(stream, true);
  const from = stream.pendingPayload;
  if (from - stream.pendingItem >= headroom) return true;
  const payload = largerSlot(stream, true, stream.pendingBytes);
  if (payload == 0) return false;
  memory.copy(payload, from, stream.pendingBytes);
  storeFree(viewOf(stream).store, stream.pendingItem);
  stream.pendingItem = payload - headroom;
  stream.pendingPayload = payload;
  return true;
}

/** Frees all frames that wait: the stream is closed. */
export function clearHeld(stream: Stream): void {
  for (let position = stream.trackCount; position != 0; position--) {
    let slot = trackOf(stream, position).held;
    while (slot != 0) {
      const next = itemAt(slot).next;
      storeFree(viewOf(stream).store, slot);
      slot = next;
    }
  }
}
