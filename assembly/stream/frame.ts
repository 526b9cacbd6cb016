import { NAL_SLACK_BYTES } from '../limits';
import { putResult } from '../memory/results';
import { BLOCK_HEADER_BYTES, CLUSTER_HEADER_BYTES, FRAME_KEY, putBlockHeader, putClusterHeader } from '../mkv/cluster';
import { MAX_BLOCK_TIMECODE, MAX_TICKS, ticksOfMicroseconds } from '../mkv/timecode';
import { avccToAnnexB } from '../nal/avcc';
import { convertAnnexB, linkAnnexB } from '../nal/annexb';
import {
  STATUS_CONTENT_VIEW_INVALID_TIMESTAMP,
  STATUS_INVALID_OPERATION,
  STATUS_MKV_INVALID_FRAME_DATA,
  STATUS_MKV_INVALID_FRAME_TIMESTAMP,
  STATUS_MKV_LARGE_FRAME_TIMECODE,
  STATUS_MKV_MAX_FRAME_TIMECODE,
  STATUS_MKV_TRACK_INFO_NOT_FOUND,
  STATUS_STORE_OUT_OF_MEMORY,
  STATUS_STREAM_HAS_BEEN_STOPPED,
} from '../status';
import { storeAllocate, storeFree } from '../store/content-store';
import { appendItem, openFragment } from '../view/content-view';
import { FRAGMENT_BEGINS_SESSION, ITEM_BYTES, ITEM_FRAGMENT_START, ITEM_FRAME, itemAt } from '../view/item';
import { reportChange } from './codec-generation';
import { acceptCodecPrivate, beginsGeneration, findCodecPrivate } from './key-frame-cpd';
import {
  NAL_ANNEXB_TO_AVCC,
  NAL_AVCC_TO_ANNEXB,
  SETTING_ABSOLUTE_TIMECODES,
  SETTING_KEY_FRAME_FRAGMENTATION,
  STATE_BREAK_PENDING,
  STATE_ENDED_BY_MARK,
  STATE_HAS_BREAKS,
  STATE_KEY_REFUSED,
  STATE_STARTED,
  STATE_STOPPED,
  STATE_WAITING_FOR_KEY,
  Stream,
  trackOf,
  trackPosition,
  viewOf,
} from './stream';
import { pressureOf } from './pressure';
import { putQueuedTags, queuedTagBytes, settleTags } from './tag-queue';
import { TRACK_VIDEO } from './track';

/**
 * The frame path. `reserveFrame` gives the host a place for the payload inside the store, `commitFrame` packages it there:
 *
 * ```
 * slot  | item header | queued tags | cluster header | block header | slack | payload |
 *                      └ only if it may start a cluster ┘             └ if NAL lengths may grow
 * ```
 * The headers are written right in front of the payload, wherever it begins after adaptation. A commit that fails frees the slot and
 * changes nothing else.
 */

/** Result of a commit: the frame was stored and began a fragment. */
const BEGAN_FRAGMENT: i32 = 2;

/** Result of a commit: the same, and what it began is the first with changed codec private data; see `reportChange`. */
const BEGAN_GENERATION: i32 = 3;

/** Result of a commit: the frame was skipped, because the stream waits for a key frame. */
const SKIPPED: i32 = 1;

/** Flag of `reserveFrame`: the frame is to be held (`held.ts`), so that it is not known yet whether it will be skipped. */
export const FRAME_HELD: u32 = 8;

/** Flag of a frame that another thread has placed (`placed.ts`): where it finds no room, its slot is left to that thread's frame. */
export const FRAME_PLACED: u32 = 16;

/** True when a frame with these flags may begin a cluster. */
function mayStartCluster(stream: Stream, flags: u32): bool {
  return (flags & FRAME_KEY) != 0 || (stream.state & STATE_STARTED) == 0;
}

/** True when the frame cannot be stored, since the stream waits for a key frame and this is none. */
function isUnawaited(stream: Stream, flags: u32): bool {
  return (stream.state & STATE_WAITING_FOR_KEY) != 0 && (flags & (FRAME_KEY | FRAME_HELD)) == 0;
}

/** Frees a frame that was reserved and not committed. */
export function cancelFrame(stream: Stream): void {
  if (stream.pendingItem == 0) return;
  storeFree(viewOf(stream).store, stream.pendingItem);
  stream.pendingItem = 0;
}

/**
 * Takes a slot for a frame. A frame reserved before and not committed is given up.
 * @param flags FRAME_*
 * @returns where the host copies the payload; 0 when the frame is skipped because the stream waits for a key frame; or minus a status
 */
export function reserveFrame(stream: Stream, trackNumber: u32, payloadBytes: u32, flags: u32): i32 {
  cancelFrame(stream);
  if ((stream.state & STATE_STOPPED) != 0) return -STATUS_STREAM_HAS_BEEN_STOPPED;
  const position = trackPosition(stream, trackNumber);
  if (position == 0) return -STATUS_MKV_TRACK_INFO_NOT_FOUND;
  if (isUnawaited(stream, flags) && (stream.state & STATE_KEY_REFUSED) == 0) {
    stream.framesSkipped++;
    return 0;
  }
  if (payloadBytes == 0) return -STATUS_MKV_INVALID_FRAME_DATA;
  let headroom = ITEM_BYTES + BLOCK_HEADER_BYTES;
  if (mayStartCluster(stream, flags)) headroom += CLUSTER_HEADER_BYTES + queuedTagBytes(stream, false);
  if (stream.nal == NAL_ANNEXB_TO_AVCC && trackOf(stream, position).type == TRACK_VIDEO) headroom += NAL_SLACK_BYTES;
  if (payloadBytes > <u32>i32.MAX_VALUE - headroom) return -STATUS_STORE_OUT_OF_MEMORY;
  const slot = storeAllocate(viewOf(stream).store, headroom + payloadBytes);
  if (slot == 0) return -STATUS_STORE_OUT_OF_MEMORY;
  stream.pendingItem = slot;
  stream.pendingPayload = slot + headroom;
  stream.pendingBytes = payloadBytes;
  stream.pendingTrack = position;
  stream.pendingFlags = flags;
  return <i32>stream.pendingPayload;
}

/**
 * Packages the reserved frame and puts it into the view. Times are microseconds.
 *
 * When the key frame that the stream waited for was refused, the frames behind it are checked before they are skipped: a source whose every
 * frame is malformed hears so for each, instead of seeing most of them skipped in silence.
 * @param dtsUs NaN when it is not known: then the frame is decoded no earlier than the one before and than it is shown
 * @returns 0 stored, 1 skipped, 2 stored and it began a fragment, 3 the same with changed codec private data, or minus a status; unless it is
 * stored the frame is gone. Where pressure is watched, the bits of `pressure.ts` are added
 */
export function commitFrame(stream: Stream, ptsUs: f64, dtsUs: f64, durationUs: f64): i32 {
  if (stream.pendingItem == 0) return -STATUS_INVALID_OPERATION;
  const unawaited = isUnawaited(stream, stream.pendingFlags);
  const result = unawaited ? skipChecked(stream) : packageFrame(stream, ptsUs, dtsUs, durationUs);
  if (ASC_FEATURE_THREADS && result == -STATUS_STORE_OUT_OF_MEMORY && (stream.pendingFlags & FRAME_PLACED) != 0) {
    putResult(0, <f64>stream.pendingItem);
    putResult(1, <f64>stream.pendingPayload);
  } else if (result < 0 || unawaited) cancelFrame(stream);
  if (result < 0 && (stream.state & STATE_WAITING_FOR_KEY) != 0) stream.state |= STATE_KEY_REFUSED;
  stream.pendingItem = 0;
  return stream.watches != 0 && result >= 0 && !unawaited ? result | pressureOf(stream) : result;
}

function skipChecked(stream: Stream): i32 {
  const status = adaptPayload(stream, false);
  if (status < 0) return status;
  stream.framesSkipped++;
  return SKIPPED;
}

function packageFrame(stream: Stream, ptsUs: f64, dtsUs: f64, durationUs: f64): i32 {
  const dtsKnown = dtsUs == dtsUs;
  const ptsTicks = ticksOfMicroseconds(ptsUs);
  const dtsTicks = !dtsKnown || dtsUs == ptsUs ? ptsTicks : ticksOfMicroseconds(dtsUs);
  if (ptsTicks > MAX_TICKS || dtsTicks > MAX_TICKS || !takeDuration(stream, durationUs))
    return -STATUS_MKV_MAX_FRAME_TIMECODE;
  const scale = <u64>stream.scaleTicks;
  const pts = ptsTicks / scale;
  const dts = dtsKnown ? (dtsTicks == ptsTicks ? pts : dtsTicks / scale) : max(stream.lastDts, pts);
  const started = (stream.state & STATE_STARTED) != 0;
  if (started && (pts < stream.clusterPts || dts < stream.clusterDts)) return -STATUS_MKV_INVALID_FRAME_TIMESTAMP;
  const track = stream.pendingTrack;
  const isKey = (stream.pendingFlags & FRAME_KEY) != 0;
  const cpdBytes = isKey ? findCodecPrivate(stream, track, stream.pendingPayload, stream.pendingBytes) : 0;
  const startsCluster = !started || (isKey && (isClusterDue(stream, pts) || beginsGeneration(stream, track, cpdBytes)));
  if (!startsCluster && pts - stream.clusterPts > MAX_BLOCK_TIMECODE) return -STATUS_MKV_LARGE_FRAME_TIMECODE;
  if (started && dts < stream.lastDts) return -STATUS_CONTENT_VIEW_INVALID_TIMESTAMP;

  const adapted = adaptPayload(stream, startsCluster);
  if (adapted < 0) return adapted;
  const accepted = cpdBytes != 0 ? acceptCodecPrivate(stream, track, cpdBytes) : 0;
  if (accepted < 0) return accepted;

  if (startsCluster) {
    if (!started) stream.streamStart = pts;
    stream.clusterPts = pts;
    stream.clusterDts = dts;
  }
  stream.state = (stream.state | STATE_STARTED) & ~(STATE_WAITING_FOR_KEY | STATE_KEY_REFUSED | STATE_ENDED_BY_MARK);
  stream.lastDts = dts;
  const item = itemAt(stream.pendingItem);
  item.pts = pts;
  item.dts = dts;
  item.duration = stream.lastDuration;
  item.flags = startsCluster ? fragmentFlags(stream) : ITEM_FRAME;
  writeHeaders(stream, startsCluster, pts);
  appendItem(viewOf(stream), stream.pendingItem);
  stream.framesStored++;
  if (!startsCluster) return 0;
  if (stream.changedTracks == 0) return BEGAN_FRAGMENT;
  reportChange(stream);
  return BEGAN_GENERATION;
}

/** Flags of a frame that begins a fragment. */
function fragmentFlags(stream: Stream): u32 {
  if ((stream.state & STATE_BREAK_PENDING) == 0) return ITEM_FRAME | ITEM_FRAGMENT_START;
  stream.state = (stream.state & ~STATE_BREAK_PENDING) | STATE_HAS_BREAKS;
  return ITEM_FRAME | ITEM_FRAGMENT_START | FRAGMENT_BEGINS_SESSION;
}

/** Leaves the duration as a timecode in the stream; false when it is out of range. One frame is nearly always as long as the one before. */
function takeDuration(stream: Stream, durationUs: f64): bool {
  if (durationUs == stream.lastDurationUs) return true;
  const ticks = ticksOfMicroseconds(durationUs);
  if (ticks > MAX_TICKS) return false;
  stream.lastDurationUs = durationUs;
  stream.lastDuration = ticks / <u64>stream.scaleTicks;
  return true;
}

/** True when a key frame at this timecode begins a cluster. */
function isClusterDue(stream: Stream, pts: u64): bool {
  if ((stream.settings & SETTING_KEY_FRAME_FRAGMENTATION) != 0) return true;
  return openFragment(viewOf(stream)) == 0 || pts - stream.clusterPts >= stream.fragmentDuration;
}

/** Brings a video payload into the form the stream is written in; 0, or minus a status. */
export function adaptPayload(stream: Stream, startsCluster: bool): i32 {
  if (stream.nal == 0 || trackOf(stream, stream.pendingTrack).type != TRACK_VIDEO) return 0;
  const payload = stream.pendingPayload;
  const bytes = stream.pendingBytes;
  if (stream.nal == NAL_AVCC_TO_ANNEXB) return avccToAnnexB(payload, bytes);
  const growth = linkAnnexB(payload, bytes, changetype<usize>(stream) + offsetof<Stream>('firstCode'));
  if (growth <= 0) return growth;
  const destination =
    <u32>growth <= NAL_SLACK_BYTES ? payload - growth : largerSlot(stream, startsCluster, bytes + growth);
  if (destination == 0) return -STATUS_STORE_OUT_OF_MEMORY;
  convertAnnexB(destination, payload, bytes, stream.firstCode);
  if (<u32>growth > NAL_SLACK_BYTES) {
    storeFree(viewOf(stream).store, stream.pendingItem);
    stream.pendingItem = destination - largerHeadroom(stream, startsCluster);
  }
  stream.pendingPayload = destination;
  stream.pendingBytes = bytes + growth;
  return 0;
}

export function largerHeadroom(stream: Stream, startsCluster: bool): u32 {
  const headroom = ITEM_BYTES + BLOCK_HEADER_BYTES;
  return startsCluster ? headroom + CLUSTER_HEADER_BYTES + queuedTagBytes(stream, false) : headroom;
}

/** Where the payload goes in a slot of the right size for a frame whose NAL lengths outgrow the slack; 0 when the store is full. */
export function largerSlot(stream: Stream, startsCluster: bool, payloadBytes: u32): usize {
  const headroom = largerHeadroom(stream, startsCluster);
  const slot = storeAllocate(viewOf(stream).store, headroom + payloadBytes);
  return slot == 0 ? 0 : slot + headroom;
}

/** Writes tags, cluster and block header in front of the payload, and the item's extent. */
function writeHeaders(stream: Stream, startsCluster: bool, pts: u64): void {
  const item = itemAt(stream.pendingItem);
  const payload = stream.pendingPayload;
  let start = payload - BLOCK_HEADER_BYTES;
  const trackNumber = trackOf(stream, stream.pendingTrack).number;
  putBlockHeader(start, trackNumber, <u32>(pts - stream.clusterPts), stream.pendingFlags, stream.pendingBytes);
  if (startsCluster) {
    const absolute = (stream.settings & SETTING_ABSOLUTE_TIMECODES) != 0;
    item.clusterTimecode = absolute ? pts : pts - stream.streamStart;
    start -= CLUSTER_HEADER_BYTES;
    putClusterHeader(start, item.clusterTimecode);
    if (stream.tagCount != 0) {
      start -= queuedTagBytes(stream, false);
      putQueuedTags(start, stream, false);
      settleTags(stream);
    }
  }
  item.start = start;
  item.length = <u32>(payload + stream.pendingBytes - start);
}
