/** Takes frames in any of their forms and hands them to the core, one copy each. */
import type { ContentStore, NalAdaptation } from '../../core/content-store.ts';
import type { CoreStream } from '../../core/core-stream.ts';
import { PlacedPayload } from '../../core/placed-payload.ts';
import { FRAME_FLAG } from '../../core/core-stream-types.ts';
import { coreError, InvalidFrameError } from '../../errors.ts';
import * as STATUS from '../../status-codes.ts';
import { detectFraming } from './codecs.ts';
import type { EncodedChunk, Frame, FrameInput, StreamOptions, TrackChunk, UntimedFrame } from '../options.ts';
import { matroskaPrivateData, privateDataFraming, type Track, type TrackSet } from './tracks.ts';

/** Native default, milliseconds. Source: c-producer §2.2. */
export const FRAGMENT_DURATION_MS = 2_000;

const NO_ROOM = -STATUS.STATUS_STORE_OUT_OF_MEMORY;

/** Where frames go: into the core as they are put, or through `FrameOrder`. */
export type FrameSink = Pick<CoreStream, 'putFrame' | 'setCodecPrivateData'>;

const isChunk = (frame: FrameInput): frame is EncodedChunk => 'copyTo' in frame;
const isTrackChunk = (frame: FrameInput): frame is TrackChunk => 'chunk' in frame;

/** What a frame says of itself; the decoding time is the presentation time where it is not told. Microseconds and bytes. */
export interface FrameDescription {
  readonly timestampUs: number;
  readonly decodeTimestampUs: number;
  readonly sizeBytes: number;
}

/** A chunk's description, as it was given and as it was. */
interface Description {
  readonly source: ArrayBufferLike | ArrayBufferView;
  readonly bytes: Uint8Array;
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** What the core does with NAL units: the wire carries length-prefixed ones, whatever the encoder gives. */
export function nalAdaptation(tracks: readonly Track[]): NalAdaptation {
  return tracks.some((track) => track.hasNalUnits && track.framing === 'annexb') ? 'annexb-to-avcc' : 'none';
}

export class FrameIntake {
  lastTrackNumber: number;
  /** Presentation time of the last frame taken, microseconds. */
  lastTimestampUs = NaN;
  /** Payload size of the last frame taken, bytes. */
  lastSizeBytes = 0;
  /** Whether the last frame taken counts for the frame rate: one of a video track, or any where there is none. */
  lastIsVideo = false;
  readonly #stream: CoreStream;
  readonly #sink: FrameSink;
  readonly #tracks: readonly Track[];
  readonly #hasVideo: boolean;
  /** Where chunks are copied on their way into the core; grows to the largest. */
  #scratch: Uint8Array = new Uint8Array(0);
  readonly #descriptions = new Map<number, Description>();
  /** Of the track that frames belong to which name none. */
  readonly #firstNumber: number;

  constructor(stream: CoreStream, { tracks, hasVideo }: TrackSet, sink: FrameSink = stream) {
    this.#stream = stream;
    this.#sink = sink;
    this.#tracks = tracks;
    this.#hasVideo = hasVideo;
    this.#firstNumber = this.lastTrackNumber = tracks[0]?.number ?? 1;
  }

  /** Puts a frame; returns the core's answer: ≥ 0 taken or skipped, < 0 minus a KVS status. Throws for what is no frame at all. */
  put(frame: FrameInput): number {
    if (typeof frame !== 'object' || frame === null)
      throw new TypeError('A frame is an object with data, timestampUs and isKey, or a WebCodecs chunk');
    if (isTrackChunk(frame)) return this.#putTrackChunk(frame);
    return isChunk(frame) ? this.#putChunk(frame, this.#firstNumber) : this.#putFrame(frame);
  }

  /** True for a frame at which a fragment may begin. */
  isKey(frame: FrameInput): boolean {
    if (isTrackChunk(frame)) return frame.chunk.type === 'key' && this.#beginsFragments(frame.trackNumber);
    return isChunk(frame)
      ? frame.type === 'key' && this.#beginsFragments()
      : frame.isKey && this.#beginsFragments(frame.trackNumber);
  }

  /** A frame's times and payload size, without putting it. */
  describe(frame: FrameInput): FrameDescription {
    if (isTrackChunk(frame)) return this.describe(frame.chunk);
    if (isChunk(frame)) {
      const { timestamp, byteLength } = frame;
      return { timestampUs: timestamp, decodeTimestampUs: timestamp, sizeBytes: byteLength };
    }
    const { timestampUs = NaN, decodeTimestampUs = timestampUs, data } = frame;
    return { timestampUs, decodeTimestampUs, sizeBytes: data.length };
  }

  #putFrame(frame: Frame | UntimedFrame): number {
    const flags =
      (frame.isKey ? FRAME_FLAG.key : 0) |
      (frame.discardable === true ? FRAME_FLAG.discardable : 0) |
      (frame.invisible === true ? FRAME_FLAG.invisible : 0);
    // Or what another thread has placed in the store.
    if (!(frame.data instanceof Uint8Array) && !((frame.data as unknown) instanceof PlacedPayload))
      throw new TypeError('A frame needs its data as a Uint8Array');
    return this.#store(
      frame.trackNumber ?? this.#firstNumber,
      frame.data,
      flags,
      frame.timestampUs ?? NaN,
      frame.decodeTimestampUs ?? NaN,
      frame.durationUs ?? 0,
    );
  }

  #putTrackChunk({ chunk, trackNumber = this.#firstNumber, decoderConfig }: TrackChunk): number {
    const description = decoderConfig?.description;
    if (description !== undefined && description !== this.#descriptions.get(trackNumber)?.source) {
      const answer = this.#takeDescription(trackNumber, description);
      if (answer < 0) return answer;
    }
    return this.#putChunk(chunk, trackNumber);
  }

  #putChunk(chunk: EncodedChunk, trackNumber: number): number {
    if (this.#scratch.length < chunk.byteLength) this.#scratch = new Uint8Array(chunk.byteLength * 2);
    const data = this.#scratch.subarray(0, chunk.byteLength);
    chunk.copyTo(data);
    return this.#store(
      trackNumber,
      data,
      chunk.type === 'key' ? FRAME_FLAG.key : 0,
      chunk.timestamp,
      NaN,
      chunk.duration ?? 0,
    );
  }

  #store(
    trackNumber: number,
    data: Uint8Array,
    flags: number,
    ptsUs: number,
    dtsUs: number,
    durationUs: number,
  ): number {
    const track = this.#track(trackNumber);
    if (track === undefined) throw new InvalidFrameError(STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND, trackNumber, ptsUs);
    if (!Number.isSafeInteger(ptsUs) || ptsUs < 0)
      throw new InvalidFrameError(STATUS.STATUS_MKV_INVALID_FRAME_TIMESTAMP, trackNumber, ptsUs);
    if (track.framing === undefined) this.#takeFraming(track, data);
    this.lastTrackNumber = trackNumber;
    this.lastTimestampUs = ptsUs;
    this.lastSizeBytes = data.length;
    this.lastIsVideo = !this.#hasVideo || track.kind === 'video';
    const effectiveFlags = this.lastIsVideo ? flags : flags & ~FRAME_FLAG.key;
    return this.#sink.putFrame(trackNumber, data, effectiveFlags, ptsUs, dtsUs, durationUs);
  }

  /** Tracks that no player can decode as they are: their codec needs private data, and there is none. */
  tracksWithoutPrivateData(): number[] {
    return this.#tracks
      .filter(({ hasNalUnits, core }) => hasNalUnits || core.codecId === 'A_AAC')
      .map((track) => track.number)
      .filter((trackNumber) => this.#stream.lacksCodecPrivateData(trackNumber));
  }

  /** Every packet of most audio codecs is a key frame: beside video it must not begin a fragment each time. */
  #beginsFragments(trackNumber: number = this.#firstNumber): boolean {
    return !this.#hasVideo || this.#track(trackNumber)?.kind === 'video';
  }

  /** The track of this number. On the frame path: a loop over three at most, without a closure. */
  #track(trackNumber: number): Track | undefined {
    for (const track of this.#tracks) if (track.number === trackNumber) return track;
    return undefined;
  }

  #takeFraming(track: Track, data: Uint8Array): void {
    track.framing = detectFraming(data);
    this.#adapt();
  }

  /**
   * Takes a chunk's description; encoders that repeat it unchanged are common. One that changes holds from this chunk's fragment on.
   * @returns 0, or minus STATUS_STORE_OUT_OF_MEMORY: the header of what was put before has no room yet
   */
  #takeDescription(trackNumber: number, source: ArrayBufferLike | ArrayBufferView): number {
    const track = this.#track(trackNumber);
    if (track === undefined) throw new InvalidFrameError(STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND, trackNumber, NaN);
    const given = ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
      : new Uint8Array(source).slice();
    const known = this.#descriptions.get(trackNumber);
    if (known !== undefined && isSame(known.bytes, given)) return 0;
    if (track.framing === undefined) {
      track.framing = privateDataFraming(given);
      this.#adapt();
    }
    const status = this.#sink.setCodecPrivateData(trackNumber, matroskaPrivateData(track.codec, given));
    if (status === NO_ROOM) return status;
    if (status < 0) throw coreError(-status, `set the codec private data of track ${trackNumber}`);
    this.#descriptions.set(trackNumber, { source, bytes: given });
    return 0;
  }

  #adapt(): void {
    const status = this.#stream.setNalAdaptation(nalAdaptation(this.#tracks), adaptsPrivateData(this.#tracks));
    if (status < 0) throw coreError(-status, 'choose the NAL unit format');
  }
}

/**
 * Parameter sets with start codes, given or found, are brought into the form that goes with length-prefixed frames. Beside Annex-B frames
 * that holds whatever was given: the frames may bring sets of their own later.
 */
function adaptsPrivateData(tracks: readonly Track[]): boolean {
  return tracks.some(
    ({ hasNalUnits, framing, core }) =>
      hasNalUnits && (framing === 'annexb' || privateDataFraming(core.codecPrivateData) !== 'avcc'),
  );
}

/** Settings of a stream in the core. */
export interface CoreStreamSettings extends Pick<StreamOptions, 'fragmentation' | 'timecodeType'> {
  /** 16 bytes, not all zero. */
  readonly segmentUuid: Uint8Array;
  /** At most 64 bytes of UTF-8. */
  readonly clientId?: string | undefined;
}

/** True where every key frame begins a fragment. */
export function isCutByKeyFrame(
  { hasVideo }: TrackSet,
  { fragmentation }: Pick<StreamOptions, 'fragmentation'>,
): boolean {
  return fragmentation === undefined ? hasVideo : fragmentation.mode === 'key-frame';
}

/**
 * Opens a stream in the core. Throws `KvsError` with the status of what the core refuses.
 * @param changed a track's number and private data to open it with instead of its own, in the form that its own would get
 */
export function openCoreStream(
  store: ContentStore,
  set: TrackSet,
  options: CoreStreamSettings,
  [changed, codecPrivateData]: readonly [trackNumber: number, codecPrivateData: Uint8Array] = [0, new Uint8Array(0)],
): CoreStream {
  const { tracks, contentType } = set;
  const { fragmentation, timecodeType, segmentUuid, clientId } = options;
  return store.openStream({
    tracks: tracks.map(({ number, core }) => (number === changed ? { ...core, codecPrivateData } : core)),
    nal: nalAdaptation(tracks),
    adaptCodecPrivateData: adaptsPrivateData(tracks),
    contentType,
    keyFrameFragmentation: isCutByKeyFrame(set, options),
    endsDurationFragments: true,
    fragmentDurationUs: (fragmentation?.durationMs ?? FRAGMENT_DURATION_MS) * 1000,
    absoluteTimecodes: timecodeType !== 'relative',
    segmentUuid,
    ...(clientId === undefined ? {} : { clientId }),
    expectsPersistedAck: true,
  });
}
