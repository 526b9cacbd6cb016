/** Frames as applications give them, made into messages. */
import { InvalidFrameError } from '../errors.ts';
import type { EncodedChunk, Frame, TrackChunk, TrackOptions } from '../producer/options.ts';
import * as STATUS from '../status-codes.ts';
import type { FrameMessage } from './client-message.ts';

/** What a put through a relay takes: frames with their timestamps, and WebCodecs chunks. */
export type RelayFrameInput = Frame | EncodedChunk | TrackChunk;

const MAX_DURATION_US = 2 ** 32 - 1;

/** Knows the tracks of a stream. */
export class RelayFrames {
  readonly #firstNumber: number;
  readonly #kinds: ReadonlyMap<number, TrackOptions['kind']>;
  readonly #hasVideo: boolean;

  constructor(tracks: readonly TrackOptions[]) {
    this.#kinds = new Map(tracks.map(({ kind, trackNumber }, index) => [trackNumber ?? index + 1, kind]));
    this.#firstNumber = [...this.#kinds.keys()][0] ?? 1;
    this.#hasVideo = tracks.some(({ kind }) => kind === 'video');
  }

  /** Throws `InvalidFrameError` for a frame that no relay would take, and `TypeError` for what is no frame at all. */
  messageOf(input: RelayFrameInput, sequence: number): FrameMessage {
    const frame = this.#frameOf(input);
    const { timestampUs, decodeTimestampUs, durationUs = 0, data } = frame;
    const trackNumber = frame.trackNumber ?? this.#firstNumber;
    const refuse = (status: number): never => {
      throw new InvalidFrameError(status, trackNumber, timestampUs);
    };
    if (!this.#kinds.has(trackNumber)) refuse(STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND);
    if (data.length === 0) refuse(STATUS.STATUS_MKV_INVALID_FRAME_DATA);
    for (const timeUs of [timestampUs, decodeTimestampUs ?? 0, durationUs])
      if (!Number.isSafeInteger(timeUs) || timeUs < 0) refuse(STATUS.STATUS_MKV_INVALID_FRAME_TIMESTAMP);
    return {
      type: 'frame',
      sequence,
      trackNumber,
      timestampUs,
      decodeTimestampUs,
      durationUs: Math.min(durationUs, MAX_DURATION_US),
      isKey: frame.isKey,
      discardable: frame.discardable ?? false,
      invisible: frame.invisible ?? false,
      data,
    };
  }

  /** True for a frame at which the relay begins a fragment. */
  beginsFragment({ isKey, trackNumber }: FrameMessage): boolean {
    return isKey && (!this.#hasVideo || this.#kinds.get(trackNumber) === 'video');
  }

  #frameOf(input: RelayFrameInput): Frame {
    if (typeof input !== 'object' || input === null)
      throw new TypeError('A frame is an object with data, timestampUs and isKey, or a WebCodecs chunk');
    if ('chunk' in input) return frameOfChunk(input.chunk, input.trackNumber ?? this.#firstNumber);
    if ('copyTo' in input) return frameOfChunk(input, this.#firstNumber);
    if (!(input.data instanceof Uint8Array)) throw new TypeError('A frame needs its data as a Uint8Array');
    return input;
  }
}

function frameOfChunk(chunk: EncodedChunk, trackNumber: number): Frame {
  const data = new Uint8Array(chunk.byteLength);
  chunk.copyTo(data);
  const { type, timestamp, duration } = chunk;
  return { data, timestampUs: timestamp, durationUs: duration ?? 0, isKey: type === 'key', trackNumber };
}
