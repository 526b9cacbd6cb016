/** The frames of one track that wait for their turn, and what its next frame has to keep to. */
import { FRAME_KEY } from '../../core/frame-results.ts';
import * as STATUS from '../../status-codes.ts';

/** By which of its times a frame takes its place. */
export type OrderedBy = 'decode-time' | 'presentation-time';

/** An encoded frame's times, microseconds, and what else decides on its place. */
export interface FrameTimes {
  /** FRAME_FLAG bits. */
  readonly flags: number;
  readonly ptsUs: number;
  /** NaN when it is not known. */
  readonly dtsUs: number;
  readonly durationUs: number;
}

/** A frame that was accepted and waits in the store. */
export interface WaitingFrame {
  readonly trackNumber: number;
  readonly flags: number;
  /** Presentation time as it was put, microseconds. */
  readonly timestampUs: number;
  /** Times that it is written with, microseconds. */
  ptsUs: number;
  dtsUs: number;
  readonly durationUs: number;
  /** Timecode by which it takes its place among all frames. */
  readonly position: number;
  /** It was moved behind a frame of another kind at the same timecode. */
  isMoved: boolean;
  readonly sizeBytes: number;
  /** Wall clock when it was put, milliseconds. */
  readonly putMs: number;
  /** Store slot kept for what a key frame may need to be packaged; 0 for none. */
  reserve: number;
  /** Codec private data that hold from this frame's fragment on. */
  readonly privateData: Uint8Array | undefined;
}

/** The highest time of a frame, microseconds. Source: producer-core §12.2. */
const MAX_TIME_US = 9_223_372_036_854_774;

const isTime = (us: number): boolean => us >= 0 && us <= MAX_TIME_US;

/** Where the next frame of a track would stand; `status` is a KVS status when it cannot stand anywhere. */
export interface Place {
  readonly status: number;
  /** Presentation time, a timecode. */
  readonly timecode: number;
  /** As of `WaitingFrame`. */
  readonly position: number;
  /** Decode time, known or taken from the frames before, microseconds. */
  readonly dtsUs: number;
}

export class TrackQueue {
  readonly number: number;
  readonly kind: string;
  /** Its key frames may carry parameter sets. */
  readonly hasParameterSets: boolean;
  /** First come, first out. */
  readonly frames: WaitingFrame[] = [];
  /** Largest codec private data that it was given, bytes. */
  privateDataBytes: number;
  /** Codec private data for the next frame that is accepted. */
  nextPrivateData: Uint8Array | undefined;
  /** It was told that the others went on without this track. */
  isToldSilent = false;
  readonly #scaleUs: number;
  readonly #orderedBy: OrderedBy;
  readonly #byKeyFrame: boolean;
  /** Of the newest frame accepted. */
  #position = 0;
  #dtsUs = 0;
  /** Presentation timecode of the newest key frame, when every key frame begins a fragment. */
  #fragmentTimecode = 0;

  constructor(
    track: {
      readonly number: number;
      readonly kind: string;
      readonly hasNalUnits: boolean;
      readonly privateDataBytes: number;
    },
    {
      scaleUs,
      orderedBy,
      byKeyFrame,
    }: { readonly scaleUs: number; readonly orderedBy: OrderedBy; readonly byKeyFrame: boolean },
  ) {
    this.number = track.number;
    this.kind = track.kind;
    this.hasParameterSets = track.hasNalUnits;
    this.privateDataBytes = track.privateDataBytes;
    this.#scaleUs = scaleUs;
    this.#orderedBy = orderedBy;
    this.#byKeyFrame = byKeyFrame;
  }

  /**
   * Where a frame behind those of its track would stand. A key frame counts by its presentation time in either order, since nothing behind
   * it may be presented before its fragment; reordered frames stand behind those that they are put behind.
   */
  place({ flags, ptsUs, dtsUs, durationUs }: FrameTimes): Place {
    const isKnown = !Number.isNaN(dtsUs);
    const decodeUs = isKnown ? dtsUs : Math.max(this.#dtsUs, ptsUs);
    const timecode = this.timecode(ptsUs);
    const ordering = this.#orderedBy === 'decode-time' ? this.timecode(decodeUs) : timecode;
    const isKey = (flags & FRAME_KEY) !== 0;
    const position = Math.max(this.#position, ordering, isKey ? timecode : 0);
    const place = { timecode, position, dtsUs: decodeUs };
    if (!isTime(ptsUs) || !isTime(decodeUs) || !isTime(durationUs))
      return { ...place, status: STATUS.STATUS_MKV_MAX_FRAME_TIMECODE };
    if (timecode < this.#fragmentTimecode) return { ...place, status: STATUS.STATUS_MKV_INVALID_FRAME_TIMESTAMP };
    if (this.timecode(decodeUs) < this.timecode(this.#dtsUs))
      return { ...place, status: STATUS.STATUS_CONTENT_VIEW_INVALID_TIMESTAMP };
    return { ...place, status: STATUS.STATUS_SUCCESS };
  }

  /** Takes a frame whose place is good. */
  push(frame: WaitingFrame): void {
    this.frames.push(frame);
    this.isToldSilent = false;
    this.#position = frame.position;
    this.#dtsUs = frame.dtsUs;
    if (this.#byKeyFrame && (frame.flags & FRAME_KEY) !== 0) this.#fragmentTimecode = this.timecode(frame.timestampUs);
  }

  /** Forgets the frames that wait, but not what the track was told with them; the next one has to keep to what was released. */
  clear(position: number, dtsUs: number, fragmentTimecode: number): void {
    this.nextPrivateData ??= this.frames.findLast(({ privateData }) => privateData !== undefined)?.privateData;
    this.frames.length = 0;
    this.#position = Math.min(this.#position, position);
    this.#dtsUs = Math.min(this.#dtsUs, dtsUs);
    this.#fragmentTimecode = Math.min(this.#fragmentTimecode, fragmentTimecode);
  }

  timecode(us: number): number {
    return Math.floor(us / this.#scaleUs);
  }
}
