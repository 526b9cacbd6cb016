import { FRAME_KEY } from '../mkv/cluster';
import { nalEnd, nextNal, startsWithCode } from '../nal/annexb-walk';
import { isAvcc } from '../nal/avcc';
import { H264_SPS, H265_SPS, h265UnitType, isH264Nal, isH264Slice, isH265Slice } from '../nal/unit-type';
import {
  NAL_ANNEXB_TO_AVCC,
  NAL_AVCC_TO_ANNEXB,
  SETTING_ADAPT_CODEC_PRIVATE,
  STATE_HEADER_STALE,
  Stream,
  trackOf,
} from './stream';
import {
  ADAPTED_CPD_GROWTH,
  adaptCodecPrivate,
  CODEC_H264,
  CODEC_H265,
  inspectCodecPrivate,
  TRACK_VIDEO,
} from './track';

/**
 * Codec private data that the caller did not give, found in the first key frame: the NAL units in front of the first slice. The header is
 * built when the first session reads, which is later, so it can still carry them.
 */

const START_CODE_BYTES: u32 = 4;
const START_CODE: u32 = 0x01000000;

/**
 * Looks for parameter sets in a frame as the host gave it. What is found waits in the track's room; nothing else changes.
 * @param position the track's
 * @returns bytes found, 0 when there is nothing to look for or nothing there
 */
export function findCodecPrivate(stream: Stream, position: u32, flags: u32, payload: usize, sizeBytes: u32): u32 {
  const track = trackOf(stream, position);
  if (track.cpdBytes != 0 || (flags & FRAME_KEY) == 0 || track.type != TRACK_VIDEO) return 0;
  if (track.codec != CODEC_H264 && track.codec != CODEC_H265) return 0;
  const adapt = (stream.settings & SETTING_ADAPT_CODEC_PRIVATE) != 0;
  const end = payload + sizeBytes;
  let found: u32 = 0;
  let avcc = stream.nal == NAL_AVCC_TO_ANNEXB;
  if (stream.nal != NAL_ANNEXB_TO_AVCC && isAvcc(payload, sizeBytes)) {
    avcc = true;
    found = gatherAvcc(track.codec, track.cpd, track.cpdRoom, payload, end);
  } else if (!avcc && startsWithCode(payload, end)) {
    found = gatherAnnexB(track.codec, track.cpd, track.cpdRoom, payload, end);
  }
  // Annex-B media written as it is keeps Annex-B private data; everything else gets a configuration record.
  if (found == 0 || !(adapt || (avcc && stream.nal != NAL_AVCC_TO_ANNEXB))) return found;
  return adaptFound(track.codec, track.cpd, track.cpdRoom, found);
}

/** Turns what was gathered, Annex-B, into a configuration record at the same place; its bytes, or 0 when it cannot be. */
function adaptFound(codec: u32, room: usize, roomBytes: u32, foundBytes: u32): u32 {
  // The gathered bytes move to the end of the room, the record is written from its front: it is shorter than both together.
  if ((foundBytes << 1) + ADAPTED_CPD_GROWTH > roomBytes) return 0;
  const gathered = room + roomBytes - foundBytes;
  memory.copy(gathered, room, foundBytes);
  const bytes = adaptCodecPrivate(room, roomBytes - foundBytes, codec, true, gathered, foundBytes);
  return bytes < 0 ? 0 : <u32>bytes;
}

/** Makes what was found the track's codec private data. */
export function acceptCodecPrivate(stream: Stream, position: u32, sizeBytes: u32): void {
  const track = trackOf(stream, position);
  track.cpdBytes = sizeBytes;
  inspectCodecPrivate(track);
  stream.state |= STATE_HEADER_STALE;
}

function isSlice(codec: u32, header: u8): bool {
  return codec == CODEC_H265 ? isH265Slice(header) : isH264Slice(header);
}

function isSps(codec: u32, header: u8): bool {
  return codec == CODEC_H265 ? h265UnitType(header) == H265_SPS : isH264Nal(header, H264_SPS);
}

/** Appends a NAL unit behind a start code; the new count of bytes, or 0 when there is no room. */
function gather(room: usize, roomBytes: u32, count: u32, nal: usize, nalBytes: u32): u32 {
  const after = count + START_CODE_BYTES + nalBytes;
  if (after > roomBytes) return 0;
  store<u32>(room + count, START_CODE, 0, 1);
  memory.copy(room + count + START_CODE_BYTES, nal, nalBytes);
  return after;
}

function gatherAnnexB(codec: u32, room: usize, roomBytes: u32, payload: usize, end: usize): u32 {
  let count: u32 = 0;
  let hasSps: bool = false;
  for (let nal = nextNal(payload, end); nal != 0 && nal < end; nal = nextNal(nal, end)) {
    const header = load<u8>(nal);
    if (isSlice(codec, header)) return hasSps ? count : 0;
    if (isSps(codec, header)) hasSps = true;
    count = gather(room, roomBytes, count, nal, <u32>(nalEnd(nal, end) - nal));
    if (count == 0) return 0;
  }
  return 0;
}

function gatherAvcc(codec: u32, room: usize, roomBytes: u32, payload: usize, end: usize): u32 {
  let count: u32 = 0;
  let hasSps: bool = false;
  let at = payload;
  while (at < end) {
    const nalBytes = bswap(load<u32>(at, 0, 1));
    const nal = at + 4;
    at = nal + nalBytes;
    if (nalBytes == 0) continue;
    const header = load<u8>(nal);
    if (isSlice(codec, header)) return hasSps ? count : 0;
    if (isSps(codec, header)) hasSps = true;
    count = gather(room, roomBytes, count, nal, nalBytes);
    if (count == 0) return 0;
  }
  return 0;
}
