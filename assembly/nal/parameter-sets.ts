import { openBits, readUnsigned } from './bit-reader';
import { nalEnd, nextNal, startsWithCode } from './annexb-walk';
import { checkAvcConfiguration, isAvcConfiguration } from './h264-cpd';
import { hvccSps, isHevcConfiguration } from './hvcc';
import {
  H264_PPS,
  H264_SPS,
  H265_PPS,
  H265_SPS,
  H265_VPS,
  h265UnitType,
  isH264Nal,
  isH264Slice,
  isH265Slice,
} from './unit-type';

/**
 * Lists of parameter sets: what a decoder needs before the first slice, whatever form it came in.
 *
 * A list is NAL units behind four-byte big-endian lengths, without gaps. Comparing a frame with one costs a walk through the few units in
 * front of its first slice; nothing is copied.
 */

/** A list or what goes into one does not fit its room. */
export const LIST_FULL: i32 = -1;

const LENGTH_BYTES: u32 = 4;
const NO_TYPE: u8 = 0;
/** Identifiers of picture parameter sets go up to 255 (H.264 §7.4.2.2) and stand in the first bytes. */
const PPS_ID_BYTES: u32 = 4;

/** True for a slice: what follows it in a frame are no parameter sets for it. */
export function isSlice(isH265: bool, header: u8): bool {
  return isH265 ? isH265Slice(header) : isH264Slice(header);
}

/** The type of a video, sequence or picture parameter set; NO_TYPE of anything else. */
function setType(isH265: bool, header: u8): u8 {
  if (isH265) {
    const type = h265UnitType(header);
    return type >= H265_VPS && type <= H265_PPS ? type : NO_TYPE;
  }
  return isH264Nal(header, H264_SPS) ? H264_SPS : isH264Nal(header, H264_PPS) ? H264_PPS : NO_TYPE;
}

/**
 * The next parameter set of a frame, or of Annex-B codec private data, in front of the first slice.
 * @param avcc true when units stand behind lengths, which have been checked; `from` is then that of a length
 * @returns address of the unit's first byte; 0 when there is none
 */
function nextSet(isH265: bool, avcc: bool, from: usize, end: usize): usize {
  let at = from;
  while (at < end) {
    let nal: usize;
    if (avcc) {
      nal = at + LENGTH_BYTES;
      at = setEnd(true, nal, end);
      if (nal == at) continue;
    } else {
      nal = nextNal(at, end);
      if (nal == 0 || nal == end) return 0;
      at = nal;
    }
    const header = load<u8>(nal);
    if (isSlice(isH265, header)) return 0;
    if (setType(isH265, header) != NO_TYPE && !(avcc && holdsStartCode(nal, at))) return nal;
  }
  return 0;
}

/**
 * True for a unit that lengths delimit and that has a start code inside, as none may (H.264 §7.4.1): written as Annex-B it would be two.
 * It is in no list, and in no codec private data that is made here.
 */
export function holdsStartCode(nal: usize, end: usize): bool {
  return nextNal(nal, end) != 0;
}

/** Address after a unit's last byte; in a list and behind lengths that of the next length. */
function setEnd(avcc: bool, nal: usize, end: usize): usize {
  return avcc ? nal + bswap(load<u32>(nal - LENGTH_BYTES, 0, 1)) : nalEnd(nal, end);
}

/** True when the list has a unit of exactly these bytes. */
function listHolds(list: usize, listBytes: u32, nal: usize, nalBytes: usize): bool {
  const end = list + listBytes;
  for (let at = list; at < end;) {
    const bytes = <usize>bswap(load<u32>(at, 0, 1));
    at += LENGTH_BYTES;
    if (bytes == nalBytes && memory.compare(at, nal, bytes) == 0) return true;
    at += bytes;
  }
  return false;
}

/** Appends a unit that the list does not hold yet; the list's bytes, or LIST_FULL. */
function appendSet(list: usize, room: u32, listBytes: u32, nal: usize, nalBytes: usize): i32 {
  if (listHolds(list, listBytes, nal, nalBytes)) return <i32>listBytes;
  if (nalBytes + LENGTH_BYTES > <usize>(room - listBytes)) return LIST_FULL;
  store<u32>(list + listBytes, bswap(<u32>nalBytes), 0, 1);
  memory.copy(list + listBytes + LENGTH_BYTES, nal, nalBytes);
  return <i32>(listBytes + LENGTH_BYTES + <u32>nalBytes);
}

/** True when the list holds every parameter set that the frame carries in front of its first slice. */
export function holdsSetsOf(
  isH265: bool,
  list: usize,
  listBytes: u32,
  avcc: bool,
  payload: usize,
  sizeBytes: u32,
): bool {
  const end = payload + sizeBytes;
  for (let nal = nextSet(isH265, avcc, payload, end); nal != 0;) {
    const after = setEnd(avcc, nal, end);
    if (!listHolds(list, listBytes, nal, after - nal)) return false;
    nal = nextSet(isH265, avcc, after, end);
  }
  return true;
}

/** Lists the parameter sets that a frame carries in front of its first slice; bytes of the list, or LIST_FULL. */
export function listSetsOf(isH265: bool, list: usize, room: u32, avcc: bool, payload: usize, sizeBytes: u32): i32 {
  const end = payload + sizeBytes;
  let bytes: i32 = 0;
  for (let nal = nextSet(isH265, avcc, payload, end); nal != 0;) {
    const after = setEnd(avcc, nal, end);
    bytes = appendSet(list, room, bytes, nal, after - nal);
    if (bytes < 0) return bytes;
    nal = nextSet(isH265, avcc, after, end);
  }
  return bytes;
}

/** Lists the parameter sets of codec private data in any form; bytes of the list, 0 when nothing can be read, or LIST_FULL. */
export function listPrivateData(isH265: bool, list: usize, room: u32, cpd: usize, sizeBytes: u32): i32 {
  if (sizeBytes == 0) return 0;
  if (startsWithCode(cpd, cpd + sizeBytes)) return listSetsOf(isH265, list, room, false, cpd, sizeBytes);
  if (isH265 ? isHevcConfiguration(cpd, sizeBytes) : isAvcConfiguration(cpd, sizeBytes)) {
    if ((isH265 ? hvccSps(cpd, sizeBytes) : checkAvcConfiguration(cpd, sizeBytes)) < 0) return 0;
    return isH265 ? listHvcc(list, room, cpd) : listAvcc(list, room, cpd);
  }
  const isSet = setType(isH265, load<u8>(cpd)) != NO_TYPE && !holdsStartCode(cpd, cpd + sizeBytes);
  return isSet ? appendSet(list, room, 0, cpd, sizeBytes) : 0;
}

/** Appends `count` units behind two-byte lengths, only those of parameter sets; the list's bytes, or LIST_FULL. */
function appendRecorded(isH265: bool, list: usize, room: u32, listBytes: u32, from: usize, count: u32): i32 {
  let bytes = <i32>listBytes;
  let at = from;
  for (let i: u32 = 0; i < count && bytes >= 0; i++) {
    const nalBytes = <usize>bswap(load<u16>(at, 0, 1));
    at += 2;
    const isSet = nalBytes != 0 && setType(isH265, load<u8>(at)) != NO_TYPE;
    if (isSet && !holdsStartCode(at, at + nalBytes)) bytes = appendSet(list, room, bytes, at, nalBytes);
    at += nalBytes;
  }
  return bytes;
}

/** Address after `count` units behind two-byte lengths. */
function afterRecorded(from: usize, count: u32): usize {
  let at = from;
  for (let i: u32 = 0; i < count; i++) at += 2 + <usize>bswap(load<u16>(at, 0, 1));
  return at;
}

function listAvcc(list: usize, room: u32, cpd: usize): i32 {
  const spsCount = (<u32>load<u8>(cpd, 5)) & 0x1f;
  const bytes = appendRecorded(false, list, room, 0, cpd + 6, spsCount);
  if (bytes < 0) return bytes;
  const pps = afterRecorded(cpd + 6, spsCount);
  return appendRecorded(false, list, room, bytes, pps + 1, load<u8>(pps));
}

function listHvcc(list: usize, room: u32, cpd: usize): i32 {
  let bytes: i32 = 0;
  let at = cpd + 23;
  for (let array = <u32>load<u8>(cpd, 22); array != 0 && bytes >= 0; array--) {
    const count = <u32>bswap(load<u16>(at, 1, 1));
    bytes = appendRecorded(true, list, room, bytes, at + 3, count);
    at = afterRecorded(at + 3, count);
  }
  return bytes;
}

function ppsId(isH265: bool, nal: usize, nalBytes: usize): u32 {
  const headBytes: u32 = isH265 ? 2 : 1;
  if (nalBytes <= headBytes) return 0;
  openBits(nal + headBytes, min<u32>(<u32>nalBytes - headBytes, PPS_ID_BYTES));
  return readUnsigned();
}

/** The length field of the first unit of a type, with this identifier where `id` ≥ 0; 0 when there is none. */
function findType(isH265: bool, list: usize, listBytes: u32, type: u8, id: i32): usize {
  const end = list + listBytes;
  for (let at = list; at < end; at = setEnd(true, at + LENGTH_BYTES, end)) {
    const nal = at + LENGTH_BYTES;
    if (setType(isH265, load<u8>(nal)) != type) continue;
    if (id < 0 || ppsId(isH265, nal, setEnd(true, nal, end) - nal) == <u32>id) return at;
  }
  return 0;
}

/**
 * What a decoder that knew `known` has after it has read `found`. A sequence parameter set that is new begins anew: sets of each type that
 * is found replace all of that type. Otherwise a picture parameter set replaces the one with its identifier.
 * @returns bytes of the list written to `out`, or LIST_FULL
 */
export function mergeSets(
  isH265: bool,
  out: usize,
  room: u32,
  known: usize,
  knownBytes: u32,
  found: usize,
  foundBytes: u32,
): i32 {
  const pps = isH265 ? H265_PPS : H264_PPS;
  const isAnew = bringsNewSps(isH265, known, knownBytes, found, foundBytes);
  let bytes: i32 = 0;
  for (let at = known, end = known + knownBytes; at < end && bytes >= 0;) {
    let nal = at + LENGTH_BYTES;
    at = setEnd(true, nal, end);
    const type = setType(isH265, load<u8>(nal));
    if (type == pps && !isAnew) {
      const same = findType(isH265, found, foundBytes, type, ppsId(isH265, nal, at - nal));
      if (same != 0) nal = same + LENGTH_BYTES;
    } else if (isSps(isH265, type) ? isAnew : findType(isH265, found, foundBytes, type, -1) != 0) continue;
    bytes = appendSet(out, room, bytes, nal, setEnd(true, nal, 0) - nal);
  }
  for (let at = found, end = found + foundBytes; at < end && bytes >= 0;) {
    const nal = at + LENGTH_BYTES;
    at = setEnd(true, nal, end);
    bytes = appendSet(out, room, bytes, nal, at - nal);
  }
  return bytes;
}

function isSps(isH265: bool, type: u8): bool {
  return type == (isH265 ? H265_SPS : H264_SPS);
}

function bringsNewSps(isH265: bool, known: usize, knownBytes: u32, found: usize, foundBytes: u32): bool {
  for (let at = found, end = found + foundBytes; at < end;) {
    const nal = at + LENGTH_BYTES;
    at = setEnd(true, nal, end);
    if (isSps(isH265, setType(isH265, load<u8>(nal))) && !listHolds(known, knownBytes, nal, at - nal)) return true;
  }
  return false;
}
