import { aacChannels, parseAacConfig } from '../codec/aac';
import { parseBitmapInfo } from '../codec/bitmap-info';
import { parseOpusHead } from '../codec/opus-head';
import { parseWaveFormat } from '../codec/wave-format';
import { checkAvcConfiguration, h264AnnexBToAvcc, h264CpdFormat, isAvcConfiguration } from '../nal/h264-cpd';
import { h265AnnexBToHvcc, h265CpdFormat } from '../nal/h265-cpd';
import { hvccSps, isHevcConfiguration } from '../nal/hvcc';
import { listPrivateData } from '../nal/parameter-sets';
import { MAX_PARAMETER_SETS_BYTES } from '../limits';

/**
 * A track of a stream: what its TrackEntry says, and how its frames are adapted.
 * The fields from width to rateDenominator (a `PictureFormat`), and from samplingFrequency to bitDepth, are filled by the codec parsers
 * as groups: keep their order.
 */
@unmanaged
export class Track {
  id: u64;
  /** TrackNumber, 1…126, by which the host and the blocks name the track. */
  number: u32;
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
  /** Parameter sets that frames have been put with, as a list (`nal/parameter-sets.ts`); 0 for a track that has none. */
  sets: usize;
  setsBytes: u32;
  /** The oldest frame that waits for those of other tracks, see `held.ts`; 0 for none. */
  held: usize;
  width: u32;
  height: u32;
  profile: u32;
  level: u32;
  rateNumerator: u32;
  rateDenominator: u32;
  samplingFrequency: u32;
  channels: u32;
  bitDepth: u32;
}

/** True for a track whose key frames may carry parameter sets. */
export function carriesParameterSets(type: u32, codec: u32): bool {
  return type == TRACK_VIDEO && (codec == CODEC_H264 || codec == CODEC_H265);
}

export const TRACK_VIDEO: u32 = 1;
export const TRACK_AUDIO: u32 = 2;
export const TRACK_DATA: u32 = 3;

export const CODEC_OTHER: u32 = 0;
export const CODEC_H264: u32 = 1;
export const CODEC_H265: u32 = 2;
export const CODEC_AAC: u32 = 3;
export const CODEC_G711: u32 = 4;
export const CODEC_BITMAP: u32 = 5;
export const CODEC_OPUS: u32 = 6;

/** A configuration record is at most this much larger than Annex-B parameter sets: the head of hvcC and three arrays, less one start code. */
export const ADAPTED_CPD_GROWTH: u32 = 32;

/**
 * Writes codec private data in the form the header wants it: with adaptation on, H.264 and H.265 parameter sets in Annex-B become a
 * configuration record, and a record is checked and passed through. Everything else is passed through.
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
  if (adapt && codec == CODEC_H264) {
    if (!isAvcConfiguration(cpd, sizeBytes)) return h264AnnexBToAvcc(destination, room, cpd, sizeBytes);
    const checked = checkAvcConfiguration(cpd, sizeBytes);
    if (checked < 0) return checked;
  }
  if (adapt && codec == CODEC_H265) {
    if (!isHevcConfiguration(cpd, sizeBytes)) return h265AnnexBToHvcc(destination, room, cpd, sizeBytes);
    const checked = hvccSps(cpd, sizeBytes);
    if (checked < 0) return checked;
  }
  memory.copy(destination, cpd, sizeBytes);
  return <i32>sizeBytes;
}

/**
 * Takes over what the codec private data says: about picture or sound, and which parameter sets are known. Where it cannot be read, what the
 * caller said stays.
 * A failure is not an error: players read the codec private data themselves.
 */
export function inspectCodecPrivate(track: Track): void {
  if (track.sets != 0) {
    const isH265 = track.codec == CODEC_H265;
    const listed = listPrivateData(isH265, track.sets, MAX_PARAMETER_SETS_BYTES, track.cpd, track.cpdBytes);
    track.setsBytes = listed < 0 ? 0 : listed;
  }
  if (track.cpdBytes == 0) return;
  const picture = changetype<usize>(track) + offsetof<Track>('width');
  const sound = changetype<usize>(track) + offsetof<Track>('samplingFrequency');
  if (track.type == TRACK_VIDEO && track.codec == CODEC_H264) h264CpdFormat(track.cpd, track.cpdBytes, picture);
  else if (track.type == TRACK_VIDEO && track.codec == CODEC_H265) h265CpdFormat(track.cpd, track.cpdBytes, picture);
  else if (track.type == TRACK_VIDEO && track.codec == CODEC_BITMAP)
    parseBitmapInfo(track.cpd, track.cpdBytes, picture);
  else if (track.type == TRACK_AUDIO && track.codec == CODEC_AAC) inspectAac(track, sound);
  else if (track.type == TRACK_AUDIO && track.codec == CODEC_G711) parseWaveFormat(track.cpd, track.cpdBytes, sound);
  else if (track.type == TRACK_AUDIO && track.codec == CODEC_OPUS) parseOpusHead(track.cpd, track.cpdBytes, sound);
}

/** Where the config leaves the channels open, what the caller said stays. */
function inspectAac(track: Track, sound: usize): void {
  const said = track.channels;
  if (parseAacConfig(track.cpd, track.cpdBytes, sound) < 0) return;
  const channels = aacChannels(track.cpd, track.cpdBytes, track.channels);
  track.channels = channels != 0 ? channels : said;
}
