import {
  CODEC_AAC,
  CODEC_BITMAP,
  CODEC_G711,
  CODEC_H264,
  CODEC_H265,
  CODEC_OPUS,
  CODEC_OTHER,
  TRACK_AUDIO,
  TRACK_VIDEO,
} from './track';

/**
 * The stream's content type, a list of exact tokens between commas. It never reaches the Matroska bytes: it only tells what the codec private
 * data is, where a track's codec id does not.
 */

const CONTENT_H264: u32 = 1;
const CONTENT_H265: u32 = 2;
const CONTENT_AAC: u32 = 4;
const CONTENT_G711: u32 = 8;

const COMMA: u8 = 0x2c;

const VIDEO_H264: usize = memory.data<u8>([0x76, 0x69, 0x64, 0x65, 0x6f, 0x2f, 0x68, 0x32, 0x36, 0x34]); // video/h264
const VIDEO_H265: usize = memory.data<u8>([0x76, 0x69, 0x64, 0x65, 0x6f, 0x2f, 0x68, 0x32, 0x36, 0x35]); // video/h265
const AUDIO_AAC: usize = memory.data<u8>([0x61, 0x75, 0x64, 0x69, 0x6f, 0x2f, 0x61, 0x61, 0x63]); // audio/aac
const AUDIO_ALAW: usize = memory.data<u8>([0x61, 0x75, 0x64, 0x69, 0x6f, 0x2f, 0x61, 0x6c, 0x61, 0x77]); // audio/alaw
const AUDIO_MULAW: usize = memory.data<u8>([0x61, 0x75, 0x64, 0x69, 0x6f, 0x2f, 0x6d, 0x75, 0x6c, 0x61, 0x77]); // audio/mulaw

const ID_AVC: usize = memory.data<u8>([
  0x56, 0x5f, 0x4d, 0x50, 0x45, 0x47, 0x34, 0x2f, 0x49, 0x53, 0x4f, 0x2f, 0x41, 0x56, 0x43,
]); // V_MPEG4/ISO/AVC
const ID_HEVC: usize = memory.data<u8>([
  0x56, 0x5f, 0x4d, 0x50, 0x45, 0x47, 0x48, 0x2f, 0x49, 0x53, 0x4f, 0x2f, 0x48, 0x45, 0x56, 0x43,
]); // V_MPEGH/ISO/HEVC
const ID_FOURCC: usize = memory.data<u8>([
  0x56, 0x5f, 0x4d, 0x53, 0x2f, 0x56, 0x46, 0x57, 0x2f, 0x46, 0x4f, 0x55, 0x52, 0x43, 0x43,
]); // V_MS/VFW/FOURCC
const ID_AAC: usize = memory.data<u8>([0x41, 0x5f, 0x41, 0x41, 0x43]); // A_AAC, also the head of A_AAC/MPEG4/…
const ID_ACM: usize = memory.data<u8>([0x41, 0x5f, 0x4d, 0x53, 0x2f, 0x41, 0x43, 0x4d]); // A_MS/ACM
const ID_OPUS: usize = memory.data<u8>([0x41, 0x5f, 0x4f, 0x50, 0x55, 0x53]); // A_OPUS

function same(text: usize, textBytes: u32, word: usize, wordBytes: u32): bool {
  return textBytes == wordBytes && memory.compare(text, word, wordBytes) == 0;
}

/** CONTENT_* bits of a content type; unknown tokens count for nothing. */
export function parseContentType(text: usize, textBytes: u32): u32 {
  let bits: u32 = 0;
  const end = text + textBytes;
  let token = text;
  while (token <= end) {
    let at = token;
    while (at < end && load<u8>(at) != COMMA) at++;
    const bytes = <u32>(at - token);
    if (same(token, bytes, VIDEO_H264, 10)) bits |= CONTENT_H264;
    else if (same(token, bytes, VIDEO_H265, 10)) bits |= CONTENT_H265;
    else if (same(token, bytes, AUDIO_AAC, 9)) bits |= CONTENT_AAC;
    else if (same(token, bytes, AUDIO_ALAW, 10) || same(token, bytes, AUDIO_MULAW, 11)) bits |= CONTENT_G711;
    token = at + 1;
  }
  return bits;
}

/** CODEC_* of a track: by its codec id, else by what the content type says about its kind. */
export function codecOf(type: u32, codecId: usize, codecIdBytes: u32, content: u32): u32 {
  if (type == TRACK_VIDEO) {
    if (same(codecId, codecIdBytes, ID_AVC, 15)) return CODEC_H264;
    if (same(codecId, codecIdBytes, ID_HEVC, 16)) return CODEC_H265;
    if (same(codecId, codecIdBytes, ID_FOURCC, 15)) return CODEC_BITMAP;
    return (content & CONTENT_H264) != 0 ? CODEC_H264 : (content & CONTENT_H265) != 0 ? CODEC_H265 : CODEC_OTHER;
  }
  if (type == TRACK_AUDIO) {
    if (codecIdBytes >= 5 && memory.compare(codecId, ID_AAC, 5) == 0) return CODEC_AAC;
    if (same(codecId, codecIdBytes, ID_ACM, 8)) return CODEC_G711;
    if (same(codecId, codecIdBytes, ID_OPUS, 6)) return CODEC_OPUS;
    return (content & CONTENT_AAC) != 0 ? CODEC_AAC : (content & CONTENT_G711) != 0 ? CODEC_G711 : CODEC_OTHER;
  }
  return CODEC_OTHER;
}
