/** Which encoder of the browser a camera uses. */
import { CameraError } from './camera-error.ts';
import type { CameraAudioCodec, CameraSettings, CameraVideoCodec } from './camera-options.ts';

export interface VideoChoice {
  readonly codec: CameraVideoCodec;
  readonly config: VideoEncoderConfig;
}

export interface AudioChoice {
  readonly codec: CameraAudioCodec;
  readonly config: AudioEncoderConfig;
}

/** Levels of H.264: `level_idc`, and the macroblocks of a frame and of a second that it allows. Source: H.264 table A-1. */
const H264_LEVELS: ReadonlyArray<readonly [string, number, number]> = [
  ['1E', 1620, 40_500],
  ['1F', 3600, 108_000],
  ['28', 8192, 245_760],
  ['32', 22_080, 589_824],
  ['33', 36_864, 983_040],
  ['34', 36_864, 2_073_600],
];
/** Constrained baseline first: every player decodes it, and it has no B-frames. */
const H264_PROFILES = ['42E0', '4D00', '6400'];

/** WebCodecs' names of a codec for a picture. Source: WebCodecs codec registry; RFC 6381; VP9 and AV1 codec strings. */
function codecStrings(codec: CameraVideoCodec, width: number, height: number, frameRate: number): string[] {
  const macroblocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  const fits = ([, frame, second]: readonly [string, number, number]): boolean =>
    macroblocks <= frame && macroblocks * frameRate <= second;
  const level = H264_LEVELS.findIndex(fits);
  if (codec === 'h264') {
    const [levelIdc = '34'] = H264_LEVELS[level] ?? [];
    return H264_PROFILES.map((profile) => `avc1.${profile}${levelIdc}`);
  }
  // Levels of VP9 and AV1 in the steps of the above: 480p, 720p, 1080p, 1440p, 2160p, and beyond.
  const step = level < 0 ? 5 : level;
  if (codec === 'vp9') return [`vp09.00.${['30', '31', '41', '50', '51', '52'][step]}.08`];
  if (codec === 'av1') return [`av01.0.${['04', '05', '08', '12', '13', '14'][step]}M.08`];
  return ['vp8'];
}

/** The first codec of the settings that the browser encodes at this size. Rejects with `CameraError`. */
export async function chooseVideoEncoder(
  settings: CameraSettings,
  picture: { readonly width: number; readonly height: number; readonly frameRate: number },
): Promise<VideoChoice> {
  const { width, height, frameRate } = picture;
  for (const codec of settings.codecs) {
    for (const name of codecStrings(codec, width, height, frameRate)) {
      const config: VideoEncoderConfig = {
        codec: name,
        width,
        height,
        framerate: frameRate,
        bitrate: settings.bitrateBps,
        latencyMode: 'realtime',
        hardwareAcceleration: settings.hardwareAcceleration,
        ...(codec === 'h264' ? { avc: { format: settings.framing === 'annexb' ? 'annexb' : 'avc' } as const } : {}),
      };
      const { supported = false } = await VideoEncoder.isConfigSupported(config);
      if (supported) return { codec, config };
    }
  }
  throw new CameraError(
    'no-encoder',
    `The browser encodes none of ${settings.codecs.join(', ')} at ${width} × ${height}, ${frameRate} frames a second`,
  );
}

/** The first audio codec of the settings that the browser encodes; undefined for none. */
export async function chooseAudioEncoder(
  settings: CameraSettings,
  sampleRate: number,
  numberOfChannels: number,
): Promise<AudioChoice | undefined> {
  if (typeof AudioEncoder === 'undefined') return undefined;
  for (const codec of settings.audioCodecs) {
    const config: AudioEncoderConfig = {
      codec: codec === 'aac' ? 'mp4a.40.2' : 'opus',
      sampleRate,
      numberOfChannels,
      bitrate: settings.audioBitrateBps,
    };
    const { supported = false } = await AudioEncoder.isConfigSupported(config);
    if (supported) return { codec, config };
  }
  return undefined;
}
