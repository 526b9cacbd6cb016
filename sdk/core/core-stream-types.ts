/** What goes into and comes out of a core stream's calls. */

import { FRAME_KEY } from './frame-results.ts';

export * from './frame-results.ts';

/**
 * Bits added to the result of CoreStream.putFrame where pressure is watched: the view holds the buffer duration, so that fragments are to be
 * dropped before the next frame; more than the latency limit is unsent; no more than 5 % of the store are free, in whole percents; the same of
 * the buffer duration.
 */
export const FRAME_PRESSURE = { buffer: 4, latency: 8, store: 16, bufferLow: 32 } as const;

/** What makes CoreStream.putFrame tell of pressure. */
export interface PressureLimits {
  /** Media that the view may hold, microseconds; 0 for no limit. @default 0 */
  readonly bufferUs?: number;
  /** Media that may be unsent, microseconds; 0 for no limit. @default 0 */
  readonly latencyUs?: number;
  /** Whether a store that is nearly full is told. @default false */
  readonly store?: boolean;
}

/** A track whose codec private data changed, with what the headers say from now on; pixels, 0 when not known. */
export interface ChangedTrack {
  readonly trackNumber: number;
  readonly width: number;
  readonly height: number;
}

/** Flags of CoreStream.putFrame. */
export const FRAME_FLAG = { key: FRAME_KEY, discardable: 2, invisible: 4 } as const;

/** Kinds of acknowledgement that a view keeps account of. */
export type AckType = 'buffering' | 'received' | 'persisted';

/** What left the view. */
export interface RemovedFrames {
  readonly fragments: number;
  readonly frames: number;
  /** Of `frames`, those that had been sent to their last byte at least once. */
  readonly sentFrames: number;
  readonly bytes: number;
  /** Lowest and highest presentation time of the frames, microseconds, rounded down to a timecode; NaN when there were none. */
  readonly firstPtsUs: number;
  readonly lastPtsUs: number;
  /** Numbers of the oldest and the newest of the fragments, as `fragmentsBegun` counted them; 0 when there were none. */
  readonly firstFragment: number;
  readonly lastFragment: number;
}

/** A frame of a fragment, as it is told when it is lost. */
export interface LostFrame {
  /** Decoding time, microseconds; of a frame that was stored, rounded down to a timecode. */
  readonly decodeTimestampUs: number;
  /** Bytes that would have gone out for it, headers included; of a frame that was not stored, those of its data. */
  readonly bytes: number;
}

/** What a roll back did: `fragments`, `frames` and the rest are what it gave up. */
export interface RollBackOutcome extends RemovedFrames {
  /** Fragments that were sent, at least in part, and will be sent again. */
  readonly resentFragments: number;
}

/** Frames that are lost to the service: dropped under pressure, or refused by it. */
export interface DroppedFrames extends RemovedFrames {
  /** 0, or the KVS status number that says why nothing was found. */
  readonly status: number;
}

/** What an acknowledgement did. */
export interface AckOutcome extends RemovedFrames {
  /** 0, or STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW. */
  readonly status: number;
  /** It speaks for all that the open fragment has: closed without another frame, it is released without another acknowledgement. */
  readonly coversOpen: boolean;
}

/** Figures of a stream. */
export interface CoreStreamStats {
  readonly items: number;
  readonly fragments: number;
  readonly bytes: number;
  readonly unsentItems: number;
  readonly unsentBytes: number;
  /** Media time from the oldest item's presentation to the newest item's end, microseconds. */
  readonly durationUs: number;
  /** The same from the read position on. */
  readonly unsentDurationUs: number;
  readonly framesStored: number;
  readonly framesSkipped: number;
  readonly fragmentsBegun: number;
  /** Times that fragments with other codec private data began. */
  readonly codecPrivateDataChanges: number;
  /** Of `fragmentsBegun`, those in front of the read position. */
  readonly fragmentsRead: number;
}
