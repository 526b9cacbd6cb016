import { FOUND_CODEC_PRIVATE_BYTES, MAX_CODEC_PRIVATE_BYTES } from '../limits';
import { acquireRegion, releaseRegion } from '../memory/arena';
import { LATE_MEDIA_BYTES, lateCodecPrivateBytes, putStreamHeader, streamHeaderBytes } from '../mkv/stream-header';
import {
  STATUS_MKV_CODEC_PRIVATE_NULL,
  STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH,
  STATUS_MKV_TRACK_INFO_NOT_FOUND,
  STATUS_NOT_ENOUGH_MEMORY,
} from '../status';
import { beginGeneration, copyHeader, generationNumber, olderGenerationOf } from './codec-generation';
import { SETTING_ADAPT_CODEC_PRIVATE, STATE_HEADER_STALE, Stream, trackOf, trackPosition } from './stream';
import { ADAPTED_CPD_GROWTH, adaptCodecPrivate, inspectCodecPrivate, TRACK_VIDEO } from './track';

/**
 * Makes room for the stream header, whatever parameter sets key frames may still bring: on the frame path nothing is acquired. What new
 * codec private data tells is read only once there is room for it, so there is room for that too.
 * @returns 0, or minus STATUS_NOT_ENOUGH_MEMORY
 */
export function reserveHeader(stream: Stream): i32 {
  let needed = streamHeaderBytes(stream) + stream.trackCount * LATE_MEDIA_BYTES;
  for (let position: u32 = 1; position <= stream.trackCount; position++) {
    const track = trackOf(stream, position);
    if (track.type == TRACK_VIDEO)
      needed += lateCodecPrivateBytes(FOUND_CODEC_PRIVATE_BYTES - min(track.cpdBytes, FOUND_CODEC_PRIVATE_BYTES));
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

/** Brings the header of a fragment's generation into the header's room. */
export function buildHeader(stream: Stream, fragment: usize): void {
  const older = olderGenerationOf(stream, fragment);
  if (older != 0) {
    stream.headerBytes = copyHeader(older, stream.header);
    stream.state |= STATE_HEADER_STALE;
  } else if ((stream.state & STATE_HEADER_STALE) != 0) {
    stream.headerBytes = <u32>(putStreamHeader(stream.header, stream) - stream.header);
    stream.state &= ~STATE_HEADER_STALE;
  }
  stream.sessionGeneration = generationNumber(stream, older);
  if (older == 0) stream.headerGiven = 1;
}

/**
 * Replaces a track's codec private data (0 bytes: takes it away) for the fragments that begin from now on. Fragments that are there keep
 * what they were put with; the session ends in front of the first new one. Not for the frame path: memory may grow.
 * @returns 0, or minus a status, and then nothing has changed
 */
export function setCodecPrivate(stream: Stream, trackNumber: u32, cpd: usize, sizeBytes: u32): i32 {
  if (sizeBytes > MAX_CODEC_PRIVATE_BYTES) return -STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH;
  if (sizeBytes != 0 && cpd == 0) return -STATUS_MKV_CODEC_PRIVATE_NULL;
  const position = trackPosition(stream, trackNumber);
  if (position == 0) return -STATUS_MKV_TRACK_INFO_NOT_FOUND;
  const track = trackOf(stream, position);
  const least = track.type == TRACK_VIDEO ? FOUND_CODEC_PRIVATE_BYTES : 0;
  const room = max(sizeBytes + ADAPTED_CPD_GROWTH, least);
  const region = acquireRegion(room);
  if (region == 0) return -STATUS_NOT_ENOUGH_MEMORY;
  const adapt = (stream.settings & SETTING_ADAPT_CODEC_PRIVATE) != 0;
  let status = sizeBytes == 0 ? 0 : adaptCodecPrivate(region, room, track.codec, adapt, cpd, sizeBytes);
  const bytes = <u32>status;
  const isSame = status >= 0 && bytes == track.cpdBytes && memory.compare(region, track.cpd, bytes) == 0;
  if (status >= 0 && !isSame) status = replaceCodecPrivate(stream, position, region, bytes, room);
  if (status < 0 || isSame) releaseRegion(region);
  return min(status, 0);
}

function replaceCodecPrivate(stream: Stream, position: u32, region: usize, bytes: u32, room: u32): i32 {
  const track = trackOf(stream, position);
  const bytesBefore = track.cpdBytes;
  track.cpdBytes = bytes;
  let status = reserveHeader(stream);
  track.cpdBytes = bytesBefore;
  if (status == 0) status = beginGeneration(stream, position, bytesBefore == 0);
  if (status < 0) return status;
  if (track.cpdRegion != 0) releaseRegion(track.cpdRegion);
  track.cpdRegion = region;
  track.cpd = region;
  track.cpdBytes = bytes;
  track.cpdRoom = room;
  inspectCodecPrivate(track);
  stream.state |= STATE_HEADER_STALE;
  return 0;
}
