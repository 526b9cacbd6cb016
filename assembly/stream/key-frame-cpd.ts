import { nalEnd, nextNal, startsWithCode } from '../nal/annexb-walk';
import { isAvcc } from '../nal/avcc';
import { holdsStartCode, isSlice } from '../nal/parameter-sets';
import { H264_SPS, H265_SPS, h265UnitType, isH264Nal } from '../nal/unit-type';
import { findChange, takePending } from './codec-change';
import { awaitsFragment, beginGeneration, isInUse } from './codec-generation';
import {
  NAL_ANNEXB_TO_AVCC,
  NAL_AVCC_TO_ANNEXB,
  SETTING_ADAPT_CODEC_PRIVATE,
  STATE_HEADER_STALE,
  Stream,
  trackOf,
} from './stream';
import { ADAPTED_CPD_GROWTH, adaptCodecPrivate, CODEC_H265, inspectCodecPrivate } from './track';

/**
 * Codec private data that the caller did not give, found in the first key frame: the NAL units in front of the first slice. The header is
 * built when the first session reads, which is later, so it can still carry them. `codec-change.ts` looks at the key frames after it.
 */

const START_CODE_BYTES: u32 = 4;
const START_CODE: u32 = 0x01000000;

/** How the units of a frame, as the host gave it, are delimited. */
const FRAMING_UNKNOWN: i32 = 0;
const FRAMING_ANNEXB: i32 = 1;
const FRAMING_AVCC: i32 = 2;

function framingOf(stream: Stream, payload: usize, sizeBytes: u32): i32 {
  if (stream.nal != NAL_ANNEXB_TO_AVCC && isAvcc(payload, sizeBytes)) return FRAMING_AVCC;
  if (stream.nal == NAL_AVCC_TO_ANNEXB || !startsWithCode(payload, payload + sizeBytes)) return FRAMING_UNKNOWN;
  return FRAMING_ANNEXB;
}

/** Annex-B media written as it is keeps Annex-B private data; everything else gets a configuration record. */
function wantsRecord(stream: Stream, framing: i32): bool {
  const adapt = (stream.settings & SETTING_ADAPT_CODEC_PRIVATE) != 0;
  return adapt || (framing == FRAMING_AVCC && stream.nal != NAL_AVCC_TO_ANNEXB);
}

/**
 * Looks for parameter sets that the header does not tell in a key frame as the host gave it. What is found waits, in the track's room or
 * in the pending room of `codec-change.ts`, until the frame is taken; nothing else changes.
 * @param position the track's
 * @returns bytes found, 0 when there is nothing new
 */
export function findCodecPrivate(stream: Stream, position: u32, payload: usize, sizeBytes: u32): u32 {
  const track = trackOf(stream, position);
  if (track.sets == 0) return 0;
  const framing = framingOf(stream, payload, sizeBytes);
  if (framing == FRAMING_UNKNOWN) return 0;
  const avcc = framing == FRAMING_AVCC;
  if (track.cpdBytes != 0) return findChange(track, avcc, wantsRecord(stream, framing), payload, sizeBytes);
  const end = payload + sizeBytes;
  const found = avcc
    ? gatherAvcc(track.codec, track.cpd, track.cpdRoom, payload, end)
    : gatherAnnexB(track.codec, track.cpd, track.cpdRoom, payload, end);
  if (found == 0 || !wantsRecord(stream, framing)) return found;
  return adaptFound(track.codec, track.cpd, track.cpdRoom, found);
}

/** True when the key frame is the first of a generation, by what was found in it or given before it: then it begins a fragment. */
export function beginsGeneration(stream: Stream, position: u32, foundBytes: u32): bool {
  if (awaitsFragment(stream)) return true;
  return foundBytes != 0 && isInUse(stream, trackOf(stream, position).cpdBytes == 0);
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

/**
 * Makes what was found the track's codec private data.
 * @returns 0, or minus STATUS_STORE_OUT_OF_MEMORY, and then nothing has changed
 */
export function acceptCodecPrivate(stream: Stream, position: u32, sizeBytes: u32): i32 {
  const track = trackOf(stream, position);
  const wasMissing = track.cpdBytes == 0;
  const status = beginGeneration(stream, position, wasMissing);
  if (status < 0) return status;
  if (!wasMissing) {
    takePending(track, sizeBytes);
    stream.changedTracks |= 1 << position;
  }
  track.cpdBytes = sizeBytes;
  inspectCodecPrivate(track);
  stream.state |= STATE_HEADER_STALE;
  return 0;
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
    if (isSlice(codec == CODEC_H265, header)) return hasSps ? count : 0;
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
    if (isSlice(codec == CODEC_H265, header)) return hasSps ? count : 0;
    if (holdsStartCode(nal, at)) continue;
    if (isSps(codec, header)) hasSps = true;
    count = gather(room, roomBytes, count, nal, nalBytes);
    if (count == 0) return 0;
  }
  return 0;
}
