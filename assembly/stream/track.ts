import { parseAacConfig } from '../codec/aac';
import { parseBitmapInfo } from '../codec/bitmap-info';
import { parseWaveFormat } from '../codec/wave-format';
import { h264AnnexBToAvcc, h264CpdDimensions, isAvcConfiguration } from '../nal/h264-cpd';
import { STATUS_NOT_IMPLEMENTED } from '../status';

/**
 * A track of a stream: what its TrackEntry says, and how its frames are adapted.
 * The fields from width to height, and from samplingFrequency to bitDepth, are filled by the codec parsers as groups: keep their order.
 */
@unmanaged
export class Track {
  id: u64;
  /** TRACK_*: also the value of TrackType. */
  type: u32;
  /** CODEC_*. */
  codec: u32;
  codecId: usize;
  codecIdBytes: u32;
  name: usize;
  nameBytes: u32;
  /** Codec private data as it is written into the header. */
  cpd: usize;
  cpdBytes: u32;
  cpdRoom: u32;
  /** Region of codec private data that outgrew its place in the block, 0 for none. */
  cpdRegion: usize;
  width: u32;
  height: u32;
  samplingFrequency: u32;
  channels: u32;
  bitDepth: u32;
}

export const TRACK_VIDEO: u32 = 1;
export const TRACK_AUDIO: u32 = 2;

export const CODEC_OTHER: u32 = 0;
export const CODEC_H264: u32 = 1;
export const CODEC_H265: u32 = 2;
export const CODEC_AAC: u32 = 3;
export const CODEC_G711: u32 = 4;
export const CODEC_BITMAP: u32 = 5;

/**
 * Writes codec private data in the form the header wants it: H.264 Annex-B becomes a configuration record when adaptation is on; a record
 * is passed through, and so is everything else.
 * @returns bytes written, or minus a status; `destination` is then undefined
 */
export function adaptCodecPrivate(
  destination: usize,
  room: u32,
  codec: u32,
  adapt: bool,
  cpd: usize,
  sizeBytes: u32,
): i32 {
  if (adapt && codec == CODEC_H264 && !isAvcConfiguration(cpd, sizeBytes))
    return h264AnnexBToAvcc(destination, room, cpd, sizeBytes);
  // An hvcC writer is still missing; passing Annex-B on under the name of one would break every reader.
  if (adapt && codec == CODEC_H265 && load<u8>(cpd) == 0) return -STATUS_NOT_IMPLEMENTED;
  memory.copy(destination, cpd, sizeBytes);
  return <i32>sizeBytes;
}

/**
 * Takes over what the codec private data says about picture or sound. Where it cannot be read, what the caller said stays.
 * A failure is not an error: players read the codec private data themselves.
 */
export function inspectCodecPrivate(track: Track): void {
  if (track.cpdBytes == 0) return;
  const picture = changetype<usize>(track) + offsetof<Track>('width');
  const sound = changetype<usize>(track) + offsetof<Track>('samplingFrequency');
  if (track.type == TRACK_VIDEO && track.codec == CODEC_H264) h264CpdDimensions(track.cpd, track.cpdBytes, picture);
  else if (track.type == TRACK_VIDEO && track.codec == CODEC_BITMAP)
    parseBitmapInfo(track.cpd, track.cpdBytes, picture);
  else if (track.type == TRACK_AUDIO && track.codec == CODEC_AAC) parseAacConfig(track.cpd, track.cpdBytes, sound);
  else if (track.type == TRACK_AUDIO && track.codec == CODEC_G711) parseWaveFormat(track.cpd, track.cpdBytes, sound);
}
