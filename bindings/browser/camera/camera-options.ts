/** What an application says about its camera. */
import { KvsError } from '../../../sdk/errors.ts';
import type { StreamOptions } from '../../../sdk/producer/options.ts';
import * as STATUS from '../../../sdk/status-codes.ts';

export type CameraVideoCodec = 'h264' | 'vp9' | 'vp8' | 'av1';
export type CameraAudioCodec = 'aac' | 'opus';

export interface CameraOptions {
  /** Picture wanted, pixels, even; the camera decides. @default 1280 × 720 */
  readonly width?: number;
  readonly height?: number;
  /** Frames a second wanted. @default 30 */
  readonly frameRate?: number;
  /** @default any */
  readonly facingMode?: 'user' | 'environment';
  /** Of `enumerateDevices`. @default any */
  readonly deviceId?: string;
  /** Of the video, bits per second. @default 2 000 000 */
  readonly bitrateBps?: number;
  /** A fragment, and with it a key frame, begins this often, milliseconds, 500…20 000. @default 2 000 */
  readonly keyFrameIntervalMs?: number;
  /**
   * Codecs to try, in this order. KVS itself plays H.264 alone of these; where a consumer of your own reads the stream, `['h264', 'vp9', 'vp8',
   * 'av1']` finds an encoder in every browser that has any. @default ['h264']
   */
  readonly codecs?: readonly CameraVideoCodec[];
  /** How NAL units of H.264 are delimited on their way to the producer; both end as the same bytes in the stream. @default 'annexb' */
  readonly framing?: 'annexb' | 'avcc';
  /** @default 'no-preference' */
  readonly hardwareAcceleration?: 'no-preference' | 'prefer-hardware' | 'prefer-software';
  /**
   * Sound beside the picture; `false` asks for no microphone. Where there is no encoder or no microphone, video goes alone, told by
   * `audio-unavailable`. @default true
   */
  readonly audio?: boolean;
  /** Codecs to try for it, in this order. KVS itself plays AAC alone of these. @default ['aac'] */
  readonly audioCodecs?: readonly CameraAudioCodec[];
  /** Bits per second. @default 64 000 */
  readonly audioBitrateBps?: number;
  /** How frames are taken from the camera. @default `processor` where the browser has MediaStreamTrackProcessor */
  readonly capture?: 'processor' | 'video-element';
  /** Of the stream that is opened; tracks, frame order and `whenFull` are the camera's. */
  readonly stream?: Omit<StreamOptions, 'tracks' | 'frameOrder' | 'whenFull' | 'timestamps'>;
}

export type CameraSettings = Required<Omit<CameraOptions, 'facingMode' | 'deviceId' | 'capture'>> &
  Pick<CameraOptions, 'facingMode' | 'deviceId' | 'capture'>;

/** The options with their defaults. Throws `KvsError` of status STATUS_INVALID_ARG that names the one that cannot be. */
export function cameraSettings(options: CameraOptions = {}): CameraSettings {
  const settings: CameraSettings = {
    width: 1280,
    height: 720,
    frameRate: 30,
    bitrateBps: 2_000_000,
    keyFrameIntervalMs: 2000,
    codecs: ['h264'],
    framing: 'annexb',
    hardwareAcceleration: 'no-preference',
    audio: true,
    audioCodecs: ['aac'],
    audioBitrateBps: 64_000,
    stream: {},
    ...options,
  };
  requireNumber('width', settings.width, 16, 16_384);
  requireNumber('height', settings.height, 16, 16_384);
  requireNumber('frameRate', settings.frameRate, 1, 240);
  requireNumber('bitrateBps', settings.bitrateBps, 10_000, 200_000_000);
  requireNumber('keyFrameIntervalMs', settings.keyFrameIntervalMs, 500, 20_000);
  requireNumber('audioBitrateBps', settings.audioBitrateBps, 6000, 512_000);
  requireCodecs('codecs', settings.codecs, ['h264', 'vp9', 'vp8', 'av1']);
  requireCodecs('audioCodecs', settings.audioCodecs, ['aac', 'opus']);
  return settings;
}

function requireNumber(option: string, value: unknown, min: number, max: number): void {
  if (typeof value !== 'number' || !(value >= min && value <= max))
    throw new KvsError(STATUS.STATUS_INVALID_ARG, `Option ${option} is ${String(value)}: expected ${min} to ${max}`);
}

function requireCodecs(option: string, value: unknown, known: readonly string[]): void {
  const isKnown = Array.isArray(value) && value.length > 0 && value.every((codec) => known.includes(codec as string));
  if (!isKnown)
    throw new KvsError(
      STATUS.STATUS_INVALID_ARG,
      `Option ${option} is ${String(value)}: expected a list out of ${known.join(', ')}`,
    );
}
