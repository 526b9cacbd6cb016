import { FOUND_CODEC_PRIVATE_BYTES, MAX_CODEC_PRIVATE_BYTES } from '../limits';
import { acquireRegion, releaseRegion } from '../memory/arena';
import { LATE_MEDIA_BYTES, lateCodecPrivateBytes, putStreamHeader, streamHeaderBytes } from '../mkv/stream-header';
import {
  STATUS_MKV_CODEC_PRIVATE_NULL,
  STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH,
  STATUS_MKV_TRACK_INFO_NOT_FOUND,
  STATUS_NOT_ENOUGH_MEMORY,
} from '../status';
import { SETTING_ADAPT_CODEC_PRIVATE, STATE_HEADER_STALE, Stream, trackOf, trackPosition } from './stream';
import { ADAPTED_CPD_GROWTH, adaptCodecPrivate, inspectCodecPrivate, Track, TRACK_VIDEO } from './track';

/**
 * Makes room for the stream header, with what is found in a first key frame still to come: on the frame path nothing is acquired. What new
 * codec private data tells is read only once there is room for it, so there is room for that too.
 * @returns 0, or minus STATUS_NOT_ENOUGH_MEMORY
 */
export function reserveHeader(stream: Stream): i32 {
  let needed = streamHeaderBytes(stream) + stream.trackCount * LATE_MEDIA_BYTES;
  for (let position: u32 = 1; position <= stream.trackCount; position++) {
    const track = trackOf(stream, position);
    if (track.type == TRACK_VIDEO && track.cpdBytes == 0) needed += lateCodecPrivateBytes(FOUND_CODEC_PRIVATE_BYTES);
  }
  if (needed <= stream.headerRoom) return 0;
  const region = acquireRegion(needed);
  if (region == 0) return -STATUS_NOT_ENOUGH_MEMORY;
  // A session may be in the middle of the header that goes away.
  if (stream.header != 0) memory.copy(region, stream.header, stream.headerBytes);
  releaseHeader(stream);
  stream.header = region;
  stream.headerRoom = needed;
  return 0;
}

export function releaseHeader(stream: Stream): void {
  if (stream.header != 0) releaseRegion(stream.header);
  stream.header = 0;
}

/** Writes the header anew if something in it has changed since. */
export function buildHeader(stream: Stream): void {
  if ((stream.state & STATE_HEADER_STALE) == 0) return;
  stream.headerBytes = <u32>(putStreamHeader(stream.header, stream) - stream.header);
  stream.state &= ~STATE_HEADER_STALE;
}

/**
 * Replaces a track's codec private data (0 bytes: takes it away). It appears in the headers of sessions that begin from now on.
 * Not for the frame path: memory may grow.
 * @returns 0, or minus a status, and then nothing has changed
 */
export function setCodecPrivate(stream: Stream, trackNumber: u32, cpd: usize, sizeBytes: u32): i32 {
  if (sizeBytes > MAX_CODEC_PRIVATE_BYTES) return -STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH;
  if (sizeBytes != 0 && cpd == 0) return -STATUS_MKV_CODEC_PRIVATE_NULL;
  const position = trackPosition(stream, trackNumber);
  if (position == 0) return -STATUS_MKV_TRACK_INFO_NOT_FOUND;
  const track = trackOf(stream, position);
  const room = sizeBytes + ADAPTED_CPD_GROWTH;
  const region = acquireRegion(room);
  if (region == 0) return -STATUS_NOT_ENOUGH_MEMORY;
  const adapt = (stream.settings & SETTING_ADAPT_CODEC_PRIVATE) != 0;
  const bytes = sizeBytes == 0 ? 0 : adaptCodecPrivate(region, room, track.codec, adapt, cpd, sizeBytes);
  if (bytes < 0) {
    releaseRegion(region);
    return bytes;
  }
  const status = replaceCodecPrivate(stream, track, region, <u32>bytes, room);
  if (status < 0) releaseRegion(region);
  return status;
}

function replaceCodecPrivate(stream: Stream, track: Track, region: usize, bytes: u32, room: u32): i32 {
  const before = track.cpd;
  const bytesBefore = track.cpdBytes;
  track.cpd = region;
  track.cpdBytes = bytes;
  const status = reserveHeader(stream);
  if (status < 0) {
    track.cpd = before;
    track.cpdBytes = bytesBefore;
    return status;
  }
  if (track.cpdRegion != 0) releaseRegion(track.cpdRegion);
  track.cpdRegion = region;
  track.cpdRoom = room;
  inspectCodecPrivate(track);
  stream.state |= STATE_HEADER_STALE;
  return 0;
}
