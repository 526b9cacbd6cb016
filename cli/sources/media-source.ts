/** What every media source gives to `penstock put`: tracks, and frames in the order in which fragments take them. */

/** One track, numbered by its position, from 1. */
export interface SourceTrack {
  readonly trackNumber: number;
  readonly kind: 'video' | 'audio';
  readonly codec: 'h264' | 'aac';
  /** How NAL units are delimited; video only. */
  readonly framing?: 'annexb' | 'avcc';
  /** avcC or AudioSpecificConfig; absent where the key frame carries the parameter sets. */
  readonly codecPrivateData?: Uint8Array;
  readonly widthPixels?: number;
  readonly heightPixels?: number;
  readonly sampleRateHz?: number;
  readonly channels?: number;
}

/** One encoded frame. `isKey` is true exactly where a fragment may begin. */
export interface SourceFrame {
  readonly trackNumber: number;
  readonly data: Uint8Array;
  /** Presentation time, microseconds on the source's own clock; the first frame's lies within its first millisecond. */
  readonly timestampUs: number;
  readonly durationUs: number;
  /** When the frame is due, microseconds on the same clock; never falls. Equals the timestamp where there are no B-frames. */
  readonly dueUs: number;
  readonly isKey: boolean;
}

/** An open recording or live input. */
export interface MediaSource {
  readonly tracks: readonly SourceTrack[];
  /** For people: "H.264 1280×720 + AAC 48000 Hz, MP4". */
  readonly description: string;
  /** Frames that precede the first key frame: no fragment can hold them. Grows while `frames` runs. */
  readonly leadingFrames: number;
  /** Yields every frame once; each fragment's frames lie between its key frame and the next in this order. */
  frames(): AsyncGenerator<SourceFrame>;
  /** Releases the input. Safe to call twice. */
  close(): Promise<void>;
}

/** The input cannot be used as it is. The message names what and where, and is meant for the person at the terminal. */
export class MediaSourceError extends Error {
  override readonly name = 'MediaSourceError';
}
