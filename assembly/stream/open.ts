import {
  FOUND_CODEC_PRIVATE_BYTES,
  MAX_APPLICATION_BYTES,
  MAX_AUDIO_NUMBER,
  MAX_CODEC_ID_BYTES,
  MAX_CODEC_PRIVATE_BYTES,
  MAX_CONTENT_TYPE_BYTES,
  MAX_FRAGMENT_TICKS,
  MAX_PIXELS,
  MAX_PARAMETER_SETS_BYTES,
  MAX_TRACK_NAME_BYTES,
  MAX_TRACK_NUMBER,
  MAX_TRACKS,
  MIN_FRAGMENT_TICKS,
} from '../limits';
import { acquireRegion, releaseRegion } from '../memory/arena';
import { MAX_SCALE_TICKS, ticksOf } from '../mkv/timecode';
import {
  STATUS_DUPLICATE_TRACK_ID_FOUND,
  STATUS_INVALID_ARG,
  STATUS_INVALID_ARG_LEN,
  STATUS_MAX_TRACK_COUNT_EXCEEDED,
  STATUS_MKV_BOTH_ANNEXB_AND_AVCC_SPECIFIED,
  STATUS_MKV_CODEC_PRIVATE_NULL,
  STATUS_MKV_INVALID_CLUSTER_DURATION,
  STATUS_MKV_INVALID_CODEC_ID_LENGTH,
  STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH,
  STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH,
  STATUS_MKV_INVALID_SEGMENT_UUID,
  STATUS_MKV_INVALID_TIMECODE_SCALE,
  STATUS_MKV_INVALID_TRACK_NAME_LENGTH,
  STATUS_MKV_INVALID_TRACK_UID,
  STATUS_NOT_ENOUGH_MEMORY,
} from '../status';
import { countStream } from '../store/content-store';
import { clearView } from '../view/content-view';
import { clearGenerations } from './codec-generation';
import { codecOf, parseContentType } from './content-type';
import { cancelFrame } from './frame';
import { releaseHeader, reserveHeader } from './header';
import { clearHeld } from './held';
import { SETTINGS_WORDS, TRACK_WORDS, word } from './settings';
import { SPARE_MARK_BYTES } from './fragment-end';
import { SPAN_TABLE_BYTES } from './spans';
import {
  NAL_BOTH,
  SETTING_ADAPT_CODEC_PRIVATE,
  SETTING_KEY_FRAME_FRAGMENTATION,
  SETTING_START_ANYWHERE,
  STATE_HEADER_STALE,
  STATE_WAITING_FOR_KEY,
  Stream,
  STREAM_BYTES,
  streamAt,
  TRACK_BYTES,
  trackOf,
  VIEW_BYTES,
  viewOf,
} from './stream';
import { TAG_QUEUE_BYTES } from './tag-queue';
import {
  ADAPTED_CPD_GROWTH,
  adaptCodecPrivate,
  carriesParameterSets,
  inspectCodecPrivate,
  Track,
  TRACK_DATA,
  TRACK_VIDEO,
} from './track';

const UUID_BYTES: u32 = 16;

/** Checks a settings block; 0, or minus a status. The order of checks is the KVS packager's. */
function checkSettings(block: usize): i32 {
  const trackCount = word(block, 12);
  if (trackCount > MAX_TRACKS) return -STATUS_MAX_TRACK_COUNT_EXCEEDED;
  if (trackCount == 0 || word(block, 0) > NAL_BOTH) return -STATUS_INVALID_ARG;
  const fragmentTicks = ticksOf(word(block, 3), word(block, 4));
  const byKeyFrame = (word(block, 1) & SETTING_KEY_FRAME_FRAGMENTATION) != 0;
  if (!byKeyFrame && (fragmentTicks < MIN_FRAGMENT_TICKS || fragmentTicks > MAX_FRAGMENT_TICKS))
    return -STATUS_MKV_INVALID_CLUSTER_DURATION;
  if (word(block, 0) == NAL_BOTH) return -STATUS_MKV_BOTH_ANNEXB_AND_AVCC_SPECIFIED;
  if (word(block, 2) == 0 || word(block, 2) > MAX_SCALE_TICKS) return -STATUS_MKV_INVALID_TIMECODE_SCALE;
  if (word(block, 6) > MAX_CONTENT_TYPE_BYTES) return -STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH;
  if (word(block, 8) > MAX_APPLICATION_BYTES || word(block, 10) > MAX_APPLICATION_BYTES) return -STATUS_INVALID_ARG_LEN;
  for (let index: u32 = 0; index < trackCount; index++) {
    const status = checkTrack(block, index);
    if (status < 0) return status;
  }
  const uuid = block + word(block, 11);
  if ((load<u64>(uuid, 0, 1) | load<u64>(uuid, 8, 1)) == 0) return -STATUS_MKV_INVALID_SEGMENT_UUID;
  return 0;
}

/** Settings of a track, `index` from 0. */
function trackSettings(block: usize, index: u32): usize {
  return block + ((SETTINGS_WORDS + index * TRACK_WORDS) << 2);
}

function checkTrack(block: usize, index: u32): i32 {
  const track = trackSettings(block, index);
  if (word(track, 4) > MAX_CODEC_ID_BYTES) return -STATUS_MKV_INVALID_CODEC_ID_LENGTH;
  if (word(track, 6) > MAX_TRACK_NAME_BYTES) return -STATUS_MKV_INVALID_TRACK_NAME_LENGTH;
  if (word(track, 8) > MAX_CODEC_PRIVATE_BYTES) return -STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH;
  if (word(track, 8) != 0 && word(track, 7) == 0) return -STATUS_MKV_CODEC_PRIVATE_NULL;
  if ((word(track, 0) | word(track, 1)) == 0) return -STATUS_MKV_INVALID_TRACK_UID;
  if (word(track, 2) < TRACK_VIDEO || word(track, 2) > TRACK_DATA) return -STATUS_INVALID_ARG;
  const number = word(track, 14);
  if (number == 0 || number > MAX_TRACK_NUMBER) return -STATUS_INVALID_ARG;
  for (let other: u32 = 0; other < index; other++) {
    const before = trackSettings(block, other);
    const sameId = word(before, 0) == word(track, 0) && word(before, 1) == word(track, 1);
    if (sameId || word(before, 14) == number) return -STATUS_DUPLICATE_TRACK_ID_FOUND;
  }
  if (word(track, 9) > MAX_PIXELS || word(track, 10) > MAX_PIXELS) return -STATUS_INVALID_ARG;
  return word(track, 12) > MAX_AUDIO_NUMBER || word(track, 13) > MAX_AUDIO_NUMBER ? -STATUS_INVALID_ARG : 0;
}

/** Room for a track's codec private data: what is given, adapted, or what may be found later. */
function cpdRoom(track: usize): u32 {
  const given = word(track, 8) != 0 ? word(track, 8) + ADAPTED_CPD_GROWTH : 0;
  return word(track, 2) == TRACK_VIDEO ? max(given, FOUND_CODEC_PRIVATE_BYTES) : given;
}

/** Copies bytes of the settings block to `at`; the address after them. */
function keep(at: usize, block: usize, offset: u32, sizeBytes: u32): usize {
  memory.copy(at, block + offset, sizeBytes);
  return at + sizeBytes;
}

function fillTrack(stream: Stream, track: Track, settings: usize, block: usize, at: usize, sets: usize): i32 {
  track.id = ticksOf(word(settings, 0), word(settings, 1));
  track.type = word(settings, 2);
  track.number = word(settings, 14);
  track.codecId = at;
  track.codecIdBytes = word(settings, 4);
  track.name = keep(at, block, word(settings, 3), track.codecIdBytes);
  track.nameBytes = word(settings, 6);
  track.cpd = keep(track.name, block, word(settings, 5), track.nameBytes);
  track.cpdRoom = cpdRoom(settings);
  track.width = word(settings, 9);
  track.height = word(settings, 10);
  track.samplingFrequency = word(settings, 11);
  track.channels = word(settings, 12);
  track.bitDepth = word(settings, 13);
  track.codec = codecOf(track.type, track.codecId, track.codecIdBytes, stream.content);
  if (carriesParameterSets(track.type, track.codec)) track.sets = sets;
  if (word(settings, 8) == 0) return 0;
  const adapt = (stream.settings & SETTING_ADAPT_CODEC_PRIVATE) != 0;
  const bytes = adaptCodecPrivate(
    track.cpd,
    track.cpdRoom,
    track.codec,
    adapt,
    block + word(settings, 7),
    word(settings, 8),
  );
  if (bytes < 0) return bytes;
  track.cpdBytes = <u32>bytes;
  inspectCodecPrivate(track);
  return 0;
}

function fillStream(stream: Stream, block: usize, sets: usize, texts: usize): i32 {
  stream.trackCount = word(block, 12);
  stream.nal = word(block, 0);
  stream.settings = word(block, 1);
  stream.scaleTicks = word(block, 2);
  stream.fragmentDuration = ticksOf(word(block, 3), word(block, 4)) / <u64>stream.scaleTicks;
  stream.content = parseContentType(block + word(block, 5), word(block, 6));
  stream.titleBytes = word(block, 8);
  stream.applicationBytes = word(block, 10);
  stream.segmentUuid = texts;
  stream.title = keep(texts, block, word(block, 11), UUID_BYTES);
  stream.application = keep(stream.title, block, word(block, 7), stream.titleBytes);
  let at = keep(stream.application, block, word(block, 9), stream.applicationBytes);
  for (let index: u32 = 0; index < stream.trackCount; index++) {
    const track = trackOf(stream, index + 1);
    const settings = trackSettings(block, index);
    const status = fillTrack(stream, track, settings, block, at, sets + index * MAX_PARAMETER_SETS_BYTES);
    if (status < 0) return status;
    at = track.cpd + track.cpdRoom;
  }
  return reserveHeader(stream);
}

/**
 * Creates a stream in a store.
 * @param block settings, see `settings.ts`
 * @param result where the stream's address goes
 * @returns 0, or minus a status
 */
export function openStream(storeRegion: usize, block: usize, result: usize): i32 {
  const status = checkSettings(block);
  if (status < 0) return status;
  const trackCount = word(block, 12);
  let textBytes = word(block, 8) + word(block, 10) + UUID_BYTES;
  for (let index: u32 = 0; index < trackCount; index++) {
    const track = trackSettings(block, index);
    textBytes += word(track, 4) + word(track, 6) + cpdRoom(track);
  }
  const fixedBytes =
    STREAM_BYTES + VIEW_BYTES + trackCount * TRACK_BYTES + SPARE_MARK_BYTES + SPAN_TABLE_BYTES + TAG_QUEUE_BYTES;
  const setsBytes = trackCount * MAX_PARAMETER_SETS_BYTES;
  const address = acquireRegion(fixedBytes + setsBytes + textBytes);
  if (address == 0) return -STATUS_NOT_ENOUGH_MEMORY;
  memory.fill(address, 0, fixedBytes);
  const stream = streamAt(address);
  stream.tracks = address + STREAM_BYTES + VIEW_BYTES;
  stream.spans = stream.tracks + trackCount * TRACK_BYTES + SPARE_MARK_BYTES;
  stream.tags = stream.spans + SPAN_TABLE_BYTES;
  const startsAnywhere = (word(block, 1) & SETTING_START_ANYWHERE) != 0;
  stream.state = STATE_HEADER_STALE | (startsAnywhere ? 0 : STATE_WAITING_FOR_KEY);
  viewOf(stream).store = storeRegion;
  const filled = fillStream(stream, block, address + fixedBytes, address + fixedBytes + setsBytes);
  if (filled < 0) {
    releaseRegion(address);
    return filled;
  }
  countStream(storeRegion, 1);
  store<usize>(result, address);
  return 0;
}

/** Ends a stream: its frames leave the store, its block goes back to the arena. */
export function closeStream(stream: Stream): void {
  const view = viewOf(stream);
  cancelFrame(stream);
  clearHeld(stream);
  clearView(view);
  clearGenerations(stream);
  countStream(view.store, -1);
  for (let position: u32 = 1; position <= stream.trackCount; position++) {
    const region = trackOf(stream, position).cpdRegion;
    if (region != 0) releaseRegion(region);
  }
  releaseHeader(stream);
  releaseRegion(changetype<usize>(stream));
}
