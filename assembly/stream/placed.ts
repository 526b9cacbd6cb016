import { BLOCK_HEADER_BYTES, CLUSTER_HEADER_BYTES, FRAME_KEY } from '../mkv/cluster';
import { NAL_SLACK_BYTES } from '../limits';
import { avccToAnnexB } from '../nal/avcc';
import { convertAnnexB, linkAnnexB } from '../nal/annexb';
import {
  STATUS_INVALID_ARG,
  STATUS_MKV_TRACK_INFO_NOT_FOUND,
  STATUS_NOT_ENOUGH_MEMORY,
  STATUS_STREAM_HAS_BEEN_STOPPED,
} from '../status';
import { storeOwns } from '../store/content-store';
import { ITEM_BYTES } from '../view/item';
import { cancelFrame, FRAME_PLACED } from './frame';
import { commitAdapted, waitAsLast } from './held';
import { NAL_ANNEXB_TO_AVCC, NAL_AVCC_TO_ANNEXB, STATE_STOPPED, Stream, trackPosition, viewOf } from './stream';
import { queuedTagBytes } from './tag-queue';

/**
 * Frames that another thread has placed: it took a slot of the store, copied the payload in and adapted it there, over the same memory
 * through an instance of its own. What touches nothing but the slot needs no lock, and keeps nothing in the core's own tables; all else is
 * called under the lock that the threads share.
 *
 * ```
 * slot  | cell of the adaptation | … room for tags and headers … | slack | payload |
 * ```
 */

/** Bytes in front of a payload, without tags. */
const LEAST_HEADROOM_BYTES: u32 = ITEM_BYTES + BLOCK_HEADER_BYTES + CLUSTER_HEADER_BYTES;

/**
 * Bytes in front of a payload in a slot that is to be placed: headers, the tags that wait, and slack for NAL lengths. Under the lock.
 * @returns them, or minus STATUS_STREAM_HAS_BEEN_STOPPED
 */
export function placedHeadroom(stream: Stream, flags: u32): i32 {
  if ((stream.state & STATE_STOPPED) != 0) return -STATUS_STREAM_HAS_BEEN_STOPPED;
  const tags = (flags & FRAME_KEY) != 0 ? queuedTagBytes(stream, false) : 0;
  return <i32>(LEAST_HEADROOM_BYTES + tags + NAL_SLACK_BYTES);
}

/**
 * Adapts a payload in its slot, growing towards lower addresses. Without the lock: the slot is the caller's alone.
 * @param nal NAL_*, 0 for nothing to do
 * @param room bytes in front of the payload that it may grow by
 * @returns the new size; or minus a status, STATUS_NOT_ENOUGH_MEMORY when it grows by more, and the payload is spoilt
 */
export function adaptPlaced(nal: u32, slot: usize, payload: usize, bytes: u32, room: u32): i32 {
  if (nal == NAL_AVCC_TO_ANNEXB) {
    const status = avccToAnnexB(payload, bytes);
    return status < 0 ? status : <i32>bytes;
  }
  if (nal != NAL_ANNEXB_TO_AVCC) return <i32>bytes;
  const growth = linkAnnexB(payload, bytes, slot);
  if (growth < 0) return growth;
  if (<u32>growth > room) return -STATUS_NOT_ENOUGH_MEMORY;
  if (growth != 0) convertAnnexB(payload - growth, payload, bytes, load<u32>(slot));
  return <i32>(bytes + growth);
}

/** Makes a placed frame the pending one; 0, or minus a status, and then its slot is free. */
function takePlaced(stream: Stream, trackNumber: u32, slot: usize, payload: usize, bytes: u32, flags: u32): i32 {
  cancelFrame(stream);
  if (!storeOwns(viewOf(stream).store, slot) || payload < slot + LEAST_HEADROOM_BYTES) return -STATUS_INVALID_ARG;
  stream.pendingItem = slot;
  stream.pendingPayload = payload;
  stream.pendingBytes = bytes;
  stream.pendingTrack = trackPosition(stream, trackNumber);
  stream.pendingFlags = flags;
  const isStopped = (stream.state & STATE_STOPPED) != 0;
  if (!isStopped && stream.pendingTrack != 0) return 0;
  cancelFrame(stream);
  return isStopped ? -STATUS_STREAM_HAS_BEEN_STOPPED : -STATUS_MKV_TRACK_INFO_NOT_FOUND;
}

/**
 * Packages a placed frame.
 * @returns as `commitFrame`; the slot is the store's, unless it is minus STATUS_STORE_OUT_OF_MEMORY: then the caller keeps it, slot and payload
 * being the first results
 */
export function commitPlaced(
  stream: Stream,
  trackNumber: u32,
  slot: usize,
  payload: usize,
  bytes: u32,
  flags: u32,
  ptsUs: f64,
  dtsUs: f64,
  durationUs: f64,
): i32 {
  const status = takePlaced(stream, trackNumber, slot, payload, bytes, flags | FRAME_PLACED);
  return status < 0 ? status : commitAdapted(stream, ptsUs, dtsUs, durationUs);
}

/** Makes a placed frame the last of its track that waits; 0, or minus a status, and then its slot is free. */
export function holdPlaced(stream: Stream, trackNumber: u32, slot: usize, payload: usize, bytes: u32, flags: u32): i32 {
  const status = takePlaced(stream, trackNumber, slot, payload, bytes, flags);
  if (status == 0) waitAsLast(stream);
  return status;
}
