/** From the application's tracks to the core's: ids, names, codec private data, media type. */
import type { CoreTrack } from '../../core/content-store.ts';
import { KvsError } from '../../errors.ts';
import * as STATUS from '../../status-codes.ts';
import { g711WaveFormat, motionJpegInfo, opusHead, vp9Features } from './codec-private-data.ts';
import { aacSpecificConfig, resolveCodec, startsWithStartCode } from './codecs.ts';
import type { Framing, TrackOptions } from '../options.ts';

/** Source: producer-core §20. */
const MAX_TRACKS = 3;
const MAX_NAME_BYTES = 32;
const MAX_CODEC_ID_BYTES = 32;
const MAX_CONTENT_TYPE_BYTES = 128;
const MAX_CODEC_PRIVATE_BYTES = 1 << 20;
const MAX_TRACK_UID = 2n ** 64n - 1n;

/** Names that the native library gives. Source: c-producer §2.1. */
const DEFAULT_NAMES = { video: 'kvs_video_track', audio: 'kvs_audio_track', data: 'kvs_data_track' } as const;

/** A track as the producer works with it. */
export interface Track {
  /** By which frames name it. */
  readonly number: number;
  readonly core: CoreTrack;
  readonly kind: TrackOptions['kind'];
  readonly codec: TrackOptions['codec'];
  readonly hasNalUnits: boolean;
  /** Undefined until the first frame shows it. */
  framing: Framing | undefined;
}

export interface TrackSet {
  readonly tracks: readonly Track[];
  /** Media types of all tracks, comma-separated. */
  readonly contentType: string;
  readonly hasVideo: boolean;
}

/** Checks the tracks and fills in what can be known before the first frame. Throws `KvsError` with the status of what is wrong. */
export function resolveTracks(options: readonly TrackOptions[]): TrackSet {
  if (options.length === 0) throw new KvsError(STATUS.STATUS_TRACK_INFO_MISSING, 'A stream needs at least one track');
  if (options.length > MAX_TRACKS)
    throw new KvsError(STATUS.STATUS_MAX_TRACK_COUNT_EXCEEDED, `A stream has at most ${MAX_TRACKS} tracks`);
  const contentTypes: string[] = [];
  const tracks = options.map((option, index) => {
    const { codecId, contentType, hasNalUnits } = resolveCodec(option);
    contentTypes.push(contentType);
    return resolveTrack(option, option.trackNumber ?? index + 1, codecId, hasNalUnits);
  });
  for (const name of ['trackNumber', 'trackId'] as const) {
    const values = tracks.map(({ core }) => String(core[name]));
    check(
      new Set(values).size === values.length,
      STATUS.STATUS_DUPLICATE_TRACK_ID_FOUND,
      `Each track needs a ${name} of its own: ${values.join(', ')}`,
    );
  }
  const contentType = contentTypes.join(',');
  check(
    utf8Bytes(contentType) <= MAX_CONTENT_TYPE_BYTES,
    STATUS.STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH,
    `Content type '${contentType}' is too long`,
  );
  return { tracks, contentType, hasVideo: options.some(({ kind }) => kind === 'video') };
}

function resolveTrack(option: TrackOptions, trackNumber: number, codecId: string, hasNalUnits: boolean): Track {
  const name = option.name ?? DEFAULT_NAMES[option.kind];
  const codecPrivateData =
    option.codecPrivateData === undefined
      ? madePrivateData(option)
      : matroskaPrivateData(option.codec, option.codecPrivateData);
  check(
    utf8Bytes(name) <= MAX_NAME_BYTES,
    STATUS.STATUS_MKV_INVALID_TRACK_NAME_LENGTH,
    `Track name '${name}' is too long`,
  );
  check(
    utf8Bytes(codecId) <= MAX_CODEC_ID_BYTES,
    STATUS.STATUS_MKV_INVALID_CODEC_ID_LENGTH,
    `Codec id '${codecId}' is too long`,
  );
  check(
    (codecPrivateData?.length ?? 0) <= MAX_CODEC_PRIVATE_BYTES,
    STATUS.STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH,
    `Codec private data of track ${trackNumber} is longer than ${MAX_CODEC_PRIVATE_BYTES} bytes`,
  );
  const trackId = option.trackId ?? trackNumber;
  check(isTrackUid(trackId), STATUS.STATUS_MKV_INVALID_TRACK_UID, `A track cannot have the id ${trackId}`);
  const core: CoreTrack = {
    trackNumber,
    trackId,
    kind: option.kind,
    codecId,
    name,
    ...(codecPrivateData === undefined ? {} : { codecPrivateData }),
    ...(option.width === undefined ? {} : { width: option.width }),
    ...(option.height === undefined ? {} : { height: option.height }),
    ...(option.sampleRate === undefined ? {} : { samplingFrequencyHz: option.sampleRate }),
    ...(option.channels === undefined ? {} : { channels: option.channels }),
    ...(option.bitDepth === undefined ? {} : { bitDepth: option.bitDepth }),
  };
  return {
    number: trackNumber,
    core,
    kind: option.kind,
    codec: option.codec,
    hasNalUnits,
    framing: hasNalUnits ? (option.framing ?? privateDataFraming(codecPrivateData)) : 'avcc',
  };
}

/** Frames are delimited as the parameter sets given beside them are: WebCodecs and every demuxer keep to that. */
export function privateDataFraming(codecPrivateData: Uint8Array | undefined): Framing | undefined {
  if (codecPrivateData === undefined || codecPrivateData.length === 0) return undefined;
  return startsWithStartCode(codecPrivateData) ? 'annexb' : 'avcc';
}

/** Codec private data that follows from the track's own fields; undefined where they are not given, or the codec has none. */
function madePrivateData({ codec, sampleRate, channels, width, height }: TrackOptions): Uint8Array | undefined {
  if (codec === 'mjpeg' && width !== undefined && height !== undefined) return motionJpegInfo(width, height);
  if (sampleRate === undefined || channels === undefined) return undefined;
  if (codec === 'aac') return aacSpecificConfig(sampleRate, channels);
  if (codec === 'alaw') return g711WaveFormat('alaw', sampleRate, channels);
  if (codec === 'mulaw') return g711WaveFormat('mulaw', sampleRate, channels);
  return codec === 'opus' ? opusHead(sampleRate, channels) : undefined;
}

/** Codec private data as encoders and demuxers hand it out, in the form that Matroska has for the codec. */
export function matroskaPrivateData(codec: TrackOptions['codec'], given: Uint8Array): Uint8Array {
  return codec === 'vp9' ? vp9Features(given) : given;
}

/** Length as the limits of KVS count it. */
function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

function isTrackUid(trackId: number | bigint): boolean {
  return typeof trackId === 'bigint'
    ? trackId > 0n && trackId <= MAX_TRACK_UID
    : Number.isSafeInteger(trackId) && trackId > 0;
}

function check(holds: boolean, status: number, message: string): void {
  if (!holds) throw new KvsError(status, message);
}
