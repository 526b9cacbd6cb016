import * as STATUS from '../status-codes.ts';
import { coreError } from '../errors.ts';
import { ticksHigh, ticksLow } from './ticks.ts';

/** One track of a stream, as the packager needs it. */
export interface CoreTrack {
  /** 1…126, different for each track: frames name the track by it, and blocks carry it. @default the track's position, from 1 */
  readonly trackNumber?: number;
  /** TrackUID, 1…2^64 − 1, different for each track; a number up to 2^53 − 1. */
  readonly trackId: number | bigint;
  readonly kind: 'video' | 'audio' | 'data';
  /** Matroska codec id, at most 32 bytes; may be empty. */
  readonly codecId: string;
  readonly name?: string;
  /** Annex-B, a configuration record, AudioSpecificConfig, WAVEFORMATEX, BITMAPINFOHEADER or anything else; at most 1 MiB. */
  readonly codecPrivateData?: Uint8Array;
  /** Pixels, at most 65535; what codec private data says goes before it. */
  readonly width?: number;
  readonly height?: number;
  readonly samplingFrequencyHz?: number;
  /** At most 255, like the bit depth. */
  readonly channels?: number;
  readonly bitDepth?: number;
}

/** How the frames of video tracks are changed on their way in. */
export type NalAdaptation = 'none' | 'annexb-to-avcc' | 'avcc-to-annexb';

/** Settings of a stream, fixed when it is opened. */
export interface CoreStreamConfig {
  readonly tracks: readonly CoreTrack[];
  readonly nal: NalAdaptation;
  /** Turns Annex-B codec private data into a configuration record. */
  readonly adaptCodecPrivateData: boolean;
  /** Tokens between commas, such as `video/h264,audio/aac`; says what the codec private data is where a codec id does not. */
  readonly contentType: string;
  /** Unit of Matroska timecodes: a multiple of 100 ns up to 1 s. @default 1_000_000 */
  readonly timecodeScaleNs?: number;
  /** Every key frame begins a fragment. Otherwise the first key frame after `fragmentDurationUs` does. @default true */
  readonly keyFrameFragmentation?: boolean;
  /** Lets `endFragment` end fragments that are cut by duration, too; the native core refuses that. @default false */
  readonly endsDurationFragments?: boolean;
  /** Frames in front of the first key frame are skipped; otherwise the first frame begins the stream, whatever it is. @default true */
  readonly startsAtKeyFrame?: boolean;
  /** 1…30 s; used when fragments are not cut at every key frame. @default 2_000_000 */
  readonly fragmentDurationUs?: number;
  /** Cluster timecodes count from 1970; otherwise from the stream's first frame, for the stream's whole life. @default true */
  readonly absoluteTimecodes?: boolean;
  /** 16 bytes, not all zero. */
  readonly segmentUuid: Uint8Array;
  /** Follows the application name in the header; at most 64 bytes. */
  readonly clientId?: string;
  /** Title of the segment. @default 'Kinesis Video SDK' */
  readonly applicationName?: string;
  /** @default '1.1.0' */
  readonly applicationVersion?: string;
  /** False when the service keeps nothing: then a received acknowledgement is its last word and releases frames. */
  readonly expectsPersistedAck: boolean;
}

/** NAL adaptation as the ABI numbers it. */
export const NAL_ADAPTATION: Readonly<Record<NalAdaptation, number>> = {
  none: 0,
  'annexb-to-avcc': 1,
  'avcc-to-annexb': 2,
};

const TRACK_TYPE: Readonly<Record<CoreTrack['kind'], number>> = { video: 1, audio: 2, data: 3 };

const SETTING_KEY_FRAME_FRAGMENTATION = 1;
const SETTING_ABSOLUTE_TIMECODES = 2;
const SETTING_ADAPT_CODEC_PRIVATE = 4;
const SETTING_PERSISTED_ACKS = 8;
const SETTING_END_BY_HAND = 16;
const SETTING_START_ANYWHERE = 32;

const SETTINGS_WORDS = 13;
const TRACK_WORDS = 15;
const SEGMENT_UUID_BYTES = 16;
const MAX_CLIENT_ID_BYTES = 64;
const NANOSECONDS_PER_TICK = 100;
const DEFAULT_SCALE_NS = 1_000_000;
const DEFAULT_FRAGMENT_US = 2_000_000;

/** What KVS producers call themselves in the header; the service and its tools have always seen these. */
const DEFAULT_APPLICATION_NAME = 'Kinesis Video SDK';
const DEFAULT_APPLICATION_VERSION = '1.1.0';

/** Collects words and byte strings in the layout of `assembly/stream/settings.ts`. */
class SettingsBlock {
  readonly #words: number[] = [];
  readonly #parts: Uint8Array[] = [];
  #offset: number;

  constructor(wordCount: number) {
    this.#offset = wordCount * 4;
  }

  /** @throws KvsError STATUS_INVALID_ARG for what is no whole number of 32 bits */
  word(value: number): void {
    if (value >>> 0 !== value) throw coreError(STATUS.STATUS_INVALID_ARG, `open the stream with a setting of ${value}`);
    this.#words.push(value);
  }

  /** Enters the offset of these bytes. */
  offset(bytes: Uint8Array): void {
    this.word(this.#offset);
    this.#parts.push(bytes);
    this.#offset += bytes.length;
  }

  /** Enters offset and length of these bytes. */
  bytes(bytes: Uint8Array): void {
    this.offset(bytes);
    this.word(bytes.length);
  }

  encode(): Uint8Array {
    const block = new Uint8Array(this.#offset);
    const view = new DataView(block.buffer);
    this.#words.forEach((value, index) => view.setUint32(index * 4, value, true));
    let at = this.#words.length * 4;
    for (const part of this.#parts) {
      block.set(part, at);
      at += part.length;
    }
    return block;
  }
}

const EMPTY = new Uint8Array(0);

/**
 * Encodes a stream's settings for the core.
 * @throws KvsError for what only this side can tell: the lengths of segment UUID and client id, a scale that is no multiple of 100 ns, and
 * numbers that are not whole or too large to hand over
 */
export function encodeStreamConfig(config: CoreStreamConfig): Uint8Array {
  const text = new TextEncoder();
  const clientId = text.encode(config.clientId ?? '');
  if (clientId.length > MAX_CLIENT_ID_BYTES)
    throw coreError(STATUS.STATUS_MKV_INVALID_CLIENT_ID_LENGTH, 'open the stream');
  if (config.segmentUuid.length !== SEGMENT_UUID_BYTES)
    throw coreError(STATUS.STATUS_MKV_INVALID_SEGMENT_UUID, 'open the stream');
  const scaleTicks = (config.timecodeScaleNs ?? DEFAULT_SCALE_NS) / NANOSECONDS_PER_TICK;
  if (scaleTicks >>> 0 !== scaleTicks) throw coreError(STATUS.STATUS_MKV_INVALID_TIMECODE_SCALE, 'open the stream');
  const title = config.applicationName ?? DEFAULT_APPLICATION_NAME;
  const version = config.applicationVersion ?? DEFAULT_APPLICATION_VERSION;
  const application = `${title} ${version}${config.clientId ? ` ${config.clientId}` : ''}`;
  const fragmentUs = config.fragmentDurationUs ?? DEFAULT_FRAGMENT_US;

  const block = new SettingsBlock(SETTINGS_WORDS + config.tracks.length * TRACK_WORDS);
  block.word(NAL_ADAPTATION[config.nal]);
  block.word(
    (config.keyFrameFragmentation === false ? 0 : SETTING_KEY_FRAME_FRAGMENTATION) |
      (config.absoluteTimecodes === false ? 0 : SETTING_ABSOLUTE_TIMECODES) |
      (config.adaptCodecPrivateData ? SETTING_ADAPT_CODEC_PRIVATE : 0) |
      (config.expectsPersistedAck ? SETTING_PERSISTED_ACKS : 0) |
      (config.endsDurationFragments ? SETTING_END_BY_HAND : 0) |
      ((config.startsAtKeyFrame ?? true) ? 0 : SETTING_START_ANYWHERE),
  );
  block.word(scaleTicks);
  block.word(ticksLow(fragmentUs));
  block.word(ticksHigh(fragmentUs));
  block.bytes(text.encode(config.contentType));
  block.bytes(text.encode(title));
  block.bytes(text.encode(application));
  block.offset(config.segmentUuid);
  block.word(config.tracks.length);
  config.tracks.forEach((track, index) => encodeTrack(block, track, index, text));
  return block.encode();
}

function encodeTrack(block: SettingsBlock, track: CoreTrack, index: number, text: TextEncoder): void {
  const trackId = trackUid(track.trackId);
  block.word(Number(trackId & WORD_MASK));
  block.word(Number(trackId >> WORD_BITS));
  block.word(TRACK_TYPE[track.kind]);
  block.bytes(text.encode(track.codecId));
  block.bytes(text.encode(track.name ?? ''));
  block.bytes(track.codecPrivateData ?? EMPTY);
  block.word(track.width ?? 0);
  block.word(track.height ?? 0);
  block.word(track.samplingFrequencyHz ?? 0);
  block.word(track.channels ?? 0);
  block.word(track.bitDepth ?? 0);
  block.word(track.trackNumber ?? index + 1);
}

const WORD_BITS = 32n;
const WORD_MASK = 0xffff_ffffn;
const MAX_TRACK_UID = 2n ** 64n - 1n;

/** @throws KvsError STATUS_MKV_INVALID_TRACK_UID for what is no whole number of 64 bits, or a number that is not exact */
function trackUid(trackId: number | bigint): bigint {
  const isExact = typeof trackId === 'bigint' || Number.isSafeInteger(trackId);
  const uid = isExact ? BigInt(trackId) : -1n;
  if (uid < 0n || uid > MAX_TRACK_UID) throw coreError(STATUS.STATUS_MKV_INVALID_TRACK_UID, 'open the stream');
  return uid;
}
