import * as ids from '../ebml/ids';
import { bytesElementLength, putByteElement, putBytesElement, putHead, putWideElement } from '../ebml/writer';
import { Stream, trackOf } from '../stream/stream';
import { Track, TRACK_AUDIO, TRACK_VIDEO } from '../stream/track';

/**
 * What a session begins with: EBML header, Segment (unknown size), Info, Tracks. A pure function of the stream's settings and tracks.
 * Widths of size fields are fixed as in the KVS producer: Info 2 octets, Tracks, TrackEntry, Video and Audio 4.
 * Source: RFC 8794 §11.2, RFC 9559 §5.1, §5.1.2, §5.1.4.
 */

/** EBML header (40 bytes: versions 1, id length 4, size length 8, matroska 2/2), then the Segment's id and unknown size. */
const PREAMBLE_BYTES: u32 = 45;
const PREAMBLE: usize = memory.data<u8>([
  0x1a, 0x45, 0xdf, 0xa3, 0xa3, 0x42, 0x86, 0x81, 0x01, 0x42, 0xf7, 0x81, 0x01, 0x42, 0xf2, 0x81, 0x04, 0x42, 0xf3,
  0x81, 0x08, 0x42, 0x82, 0x88, 0x6d, 0x61, 0x74, 0x72, 0x6f, 0x73, 0x6b, 0x61, 0x42, 0x87, 0x81, 0x02, 0x42, 0x85,
  0x81, 0x02, 0x18, 0x53, 0x80, 0x67, 0xff,
]);

const INFO_SIZE_LENGTH: u32 = 2;
const MASTER_SIZE_LENGTH: u32 = 4;
const SEGMENT_UUID_BYTES: u32 = 16;
const NANOSECONDS_PER_TICK: u64 = 100;

/** TrackNumber, TrackUID and TrackType: 3 + 11 + 3 bytes. */
const TRACK_FIXED_BYTES: u32 = 17;
/** Bodies of Video (two 16-bit numbers) and Audio (a 64-bit float and an octet; three more bytes with a bit depth). */
const VIDEO_BODY_BYTES: u32 = 8;
const AUDIO_BODY_BYTES: u32 = 13;
const BIT_DEPTH_BYTES: u32 = 4;
/** Video and Audio heads: one octet of id, four of size. */
const MEDIA_HEAD_BYTES: u32 = 5;

/** Most bytes that the frequency of a sound track adds when its codec private data tells it later. */
export const LATE_AUDIO_BYTES: u32 = MEDIA_HEAD_BYTES + AUDIO_BODY_BYTES + BIT_DEPTH_BYTES;

/** Most bytes that codec private data of this size, found later, adds to a header that was measured without it. */
export function lateCodecPrivateBytes(cpdBytes: u32): u32 {
  return bytesElementLength(ids.CODEC_PRIVATE, cpdBytes) + MEDIA_HEAD_BYTES + VIDEO_BODY_BYTES;
}

function infoBodyBytes(stream: Stream): u32 {
  return (
    bytesElementLength(ids.SEGMENT_UUID, SEGMENT_UUID_BYTES) +
    12 + // TimecodeScale: three octets of id, one of size, eight of payload
    bytesElementLength(ids.TITLE, stream.titleBytes) +
    bytesElementLength(ids.MUXING_APP, stream.applicationBytes) +
    bytesElementLength(ids.WRITING_APP, stream.applicationBytes)
  );
}

function audioBodyBytes(track: Track): u32 {
  return AUDIO_BODY_BYTES + (track.bitDepth != 0 ? BIT_DEPTH_BYTES : 0);
}

function hasVideo(track: Track): bool {
  return track.type == TRACK_VIDEO && track.width != 0;
}

function hasAudio(track: Track): bool {
  return track.type == TRACK_AUDIO && track.samplingFrequency != 0;
}

function entryBodyBytes(track: Track): u32 {
  let bytes = TRACK_FIXED_BYTES;
  if (track.nameBytes != 0) bytes += bytesElementLength(ids.TRACK_NAME, track.nameBytes);
  if (track.codecIdBytes != 0) bytes += bytesElementLength(ids.CODEC_ID, track.codecIdBytes);
  if (hasVideo(track)) bytes += MEDIA_HEAD_BYTES + VIDEO_BODY_BYTES;
  else if (hasAudio(track)) bytes += MEDIA_HEAD_BYTES + audioBodyBytes(track);
  if (track.cpdBytes != 0) bytes += bytesElementLength(ids.CODEC_PRIVATE, track.cpdBytes);
  return bytes;
}

function tracksBodyBytes(stream: Stream): u32 {
  let bytes: u32 = 0;
  for (let number: u32 = 1; number <= stream.trackCount; number++) bytes += 5 + entryBodyBytes(trackOf(stream, number));
  return bytes;
}

/** Bytes of the whole header. */
export function streamHeaderBytes(stream: Stream): u32 {
  return (
    PREAMBLE_BYTES + 4 + INFO_SIZE_LENGTH + infoBodyBytes(stream) + 4 + MASTER_SIZE_LENGTH + tracksBodyBytes(stream)
  );
}

/** Writes the header; returns the address after it. */
export function putStreamHeader(at: usize, stream: Stream): usize {
  memory.copy(at, PREAMBLE, PREAMBLE_BYTES);
  let out = putHead(at + PREAMBLE_BYTES, ids.INFO, infoBodyBytes(stream), INFO_SIZE_LENGTH);
  out = putBytesElement(out, ids.SEGMENT_UUID, stream.segmentUuid, SEGMENT_UUID_BYTES);
  out = putWideElement(out, ids.TIMECODE_SCALE, <u64>stream.scaleTicks * NANOSECONDS_PER_TICK);
  out = putBytesElement(out, ids.TITLE, stream.title, stream.titleBytes);
  out = putBytesElement(out, ids.MUXING_APP, stream.application, stream.applicationBytes);
  out = putBytesElement(out, ids.WRITING_APP, stream.application, stream.applicationBytes);
  out = putHead(out, ids.TRACKS, tracksBodyBytes(stream), MASTER_SIZE_LENGTH);
  for (let number: u32 = 1; number <= stream.trackCount; number++)
    out = putTrackEntry(out, trackOf(stream, number), number);
  return out;
}

function putTrackEntry(at: usize, track: Track, trackNumber: u32): usize {
  let out = putHead(at, ids.TRACK_ENTRY, entryBodyBytes(track), MASTER_SIZE_LENGTH);
  out = putByteElement(out, ids.TRACK_NUMBER, trackNumber);
  out = putWideElement(out, ids.TRACK_UID, track.id);
  out = putByteElement(out, ids.TRACK_TYPE, track.type);
  if (track.nameBytes != 0) out = putBytesElement(out, ids.TRACK_NAME, track.name, track.nameBytes);
  if (track.codecIdBytes != 0) out = putBytesElement(out, ids.CODEC_ID, track.codecId, track.codecIdBytes);
  if (hasVideo(track)) out = putVideo(out, track);
  else if (hasAudio(track)) out = putAudio(out, track);
  if (track.cpdBytes != 0) out = putBytesElement(out, ids.CODEC_PRIVATE, track.cpd, track.cpdBytes);
  return out;
}

function putVideo(at: usize, track: Track): usize {
  const out = putHead(at, ids.VIDEO, VIDEO_BODY_BYTES, MASTER_SIZE_LENGTH);
  return putDimension(putDimension(out, ids.PIXEL_WIDTH, track.width), ids.PIXEL_HEIGHT, track.height);
}

function putDimension(at: usize, id: u32, pixels: u32): usize {
  const body = putHead(at, id, 2, 1);
  store<u16>(body, bswap(<u16>pixels), 0, 1);
  return body + 2;
}

function putAudio(at: usize, track: Track): usize {
  let out = putHead(at, ids.AUDIO, audioBodyBytes(track), MASTER_SIZE_LENGTH);
  out = putWideElement(out, ids.SAMPLING_FREQUENCY, reinterpret<u64>(<f64>track.samplingFrequency));
  out = putByteElement(out, ids.CHANNELS, track.channels);
  return track.bitDepth != 0 ? putByteElement(out, ids.BIT_DEPTH, track.bitDepth) : out;
}
