/** What comes out of a stream: fragments, the tracks that they hold, and their frames. */

/** A track as its header describes it. RFC 9559 §5.1.4.1. Fields that the header leaves out are undefined. */
export interface MediaTrack {
  /** What blocks refer to, 1…. */
  readonly number: number;
  /** The KVS track id. */
  readonly uid: bigint;
  readonly type: 'video' | 'audio' | 'other';
  readonly codecId: string;
  readonly name?: string;
  readonly codecPrivateData?: Uint8Array;
  /** Nanoseconds a frame. */
  readonly defaultDurationNs?: number;
  readonly pixelWidth?: number;
  readonly pixelHeight?: number;
  readonly samplingFrequencyHz?: number;
  readonly channels?: number;
  readonly bitDepth?: number;
}

/** One SimpleTag. */
export interface MediaTag {
  readonly name: string;
  /** Empty when the tag has no text. */
  readonly value: string;
}

export interface MediaFrame {
  readonly trackNumber: number;
  /** Presentation time by cluster and block timecode, microseconds, rounded down. */
  readonly timestampUs: number;
  /** The same in timecode-scale units. */
  readonly timecode: number;
  readonly isKey: boolean;
  readonly discardable: boolean;
  readonly invisible: boolean;
  /** A copy of the frame's own. */
  readonly data: Uint8Array;
}

/** What the service says about a fragment in its tags. Source: service-api §3.3. */
export interface ServiceMetadata {
  readonly fragmentNumber?: string;
  /** When the producer made the first frame, milliseconds since the epoch; 0 is possible. */
  readonly producerTimestampMs?: number;
  /** When the fragment reached the service, milliseconds since the epoch. */
  readonly serverTimestampMs?: number;
  /** Where to go on after this fragment. Missing when the response broke off: then do not count the fragment as received. */
  readonly continuationToken?: string;
  /** How far the fragment lies behind the newest one of the stream, milliseconds. */
  readonly millisBehindNow?: number;
}

/** A fragment: one cluster, as a rule, with the tags about it. */
export interface MediaFragment extends ServiceMetadata {
  /** Timecode of its (first) cluster, in timecode-scale units; NaN when it has none, only tags. */
  readonly clusterTimecode: number;
  /** Nanoseconds a timecode unit; 1 000 000 unless the header says otherwise. */
  readonly timecodeScaleNs: number;
  readonly tracks: readonly MediaTrack[];
  /** The producer's tags, in order; those of the service are the fields above, and end-of-fragment marks are left out. */
  readonly tags: readonly MediaTag[];
  readonly frames: readonly MediaFrame[];
}

/**
 * Converts timecodes to microseconds, rounding down; exact while the result is below 2^53.
 * @param timecode in timecode-scale units
 */
export function timecodeToUs(timecode: number, timecodeScaleNs: number): number {
  const unitUs = timecodeScaleNs / 1000;
  if (Number.isInteger(unitUs)) return timecode * unitUs;
  const ns = BigInt(timecode) * BigInt(timecodeScaleNs);
  // BigInt division rounds towards zero; frames before the epoch do exist (relative timecodes of B-frames).
  return Number(ns >= 0n ? ns / 1000n : -((-ns + 999n) / 1000n));
}
