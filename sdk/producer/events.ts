/** What a stream tells beside acks. */
import type { LostFrame } from '../core/core-stream-types.ts';
import type { AckError, KvsError } from '../errors.ts';
import type { CallbackName } from './callbacks/provider.ts';
import type { SessionState } from './session-states.ts';

/** A connection to the media endpoint is up: the service answered 200. */
export interface ConnectedEvent {
  readonly type: 'connected';
  /** Counts the stream's connections, from 1. */
  readonly session: number;
  /** Fragments that were sent before and are sent again over this one. */
  readonly resentFragments: number;
}

/** A connection is over although the stream is not. */
export interface DisconnectedEvent {
  readonly type: 'disconnected';
  readonly session: number;
  readonly reason: 'closed' | 'refused' | 'lost' | 'stalled' | 'stale' | 'latency' | 'error-ack' | 'reset';
  /** Fragments that will be sent again. */
  readonly resentFragments: number;
  readonly error?: KvsError;
}

/**
 * A step on the way to the next connection failed and will be taken again. `state` is the one that comes next; `ready` also where the
 * token of a connection could not be had. In the state `streaming`: the connection should be replaced, but the provider has no
 * credentials for another; it is used on.
 */
export interface RetryingEvent {
  readonly type: 'retrying';
  readonly state: SessionState;
  readonly error: KvsError;
  /** Wait before the next step, milliseconds. */
  readonly delayMs: number;
}

/**
 * More media than `connectionStalenessMs` was sent behind the last fragment that was acknowledged. Told when that is noticed, and every
 * 30 s as long as it lasts; with `whenStale: 'recover'` a `disconnected` follows the first one.
 */
export interface ConnectionStaleEvent {
  readonly type: 'connection-stale';
  readonly session: number;
  /** Media time sent since the last ack, milliseconds. */
  readonly unacknowledgedMs: number;
}

export interface CreatedEvent {
  readonly type: 'created';
  readonly streamArn: string;
}

/**
 * Frames that will not be sent, or not again although nobody has said that they arrived: the store was full and the policy is `drop-oldest`;
 * the buffer duration was exceeded; a connection was lost, and the policy `rollBack: 'native'` goes back no further; or `resetStream` was
 * called.
 */
export interface FramesDroppedEvent {
  readonly type: 'frames-dropped';
  readonly reason: 'store-full' | 'buffer-duration' | 'roll-back' | 'reset';
  /** Whole fragments; 0 for a frame that was to be put. */
  readonly fragments: number;
  readonly frames: number;
  readonly bytes: number;
  /** Presentation times, microseconds. */
  readonly firstTimestampUs: number;
  readonly lastTimestampUs: number;
  /** They were whole fragments; otherwise, a frame that was to be put, or frames that waited for their turn (`frameOrder`). */
  readonly isFragment: boolean;
  /** Each of them, in decoding order. */
  readonly lostFrames: readonly LostFrame[];
}

/** A put waits or was rejected: the store is full, and the policy is `wait` or `reject`. Told once, until half of it was free again. */
export interface StoreFullEvent {
  readonly type: 'store-full';
  readonly storeUsedBytes: number;
  readonly storeCapacityBytes: number;
  /** Of what is used, what this stream's frames take; the rest belongs to the producer's other streams. */
  readonly ownBytes: number;
}

/** No more than 5 % of the store are free. Told when that begins, with the frame that took the room. */
export interface StorePressureEvent {
  readonly type: 'store-pressure';
  readonly storeUsedBytes: number;
  readonly storeCapacityBytes: number;
  /** As of `store-full`. */
  readonly ownBytes: number;
}

/** More media than `maxLatencyUs` is waiting to be sent. Told when that begins. */
export interface LatencyPressureEvent {
  readonly type: 'latency-pressure';
  /** Media that waits, microseconds. */
  readonly unsentUs: number;
}

/** No more than 5 % of `bufferDurationUs` are left, in whole percents. Told when that begins. */
export interface BufferPressureEvent {
  readonly type: 'buffer-pressure';
  /** Media that still fits, microseconds; 0 when the stream holds as much as it may, or more because it is being sent. */
  readonly remainingUs: number;
  readonly bufferDurationUs: number;
}

/**
 * The stream falls further and further behind, and a new connection has not helped: the link takes less than is put. Lower the bit rate or
 * the frame rate, or put less. Told with `whenLate: 'recover'`, 30 s after the connection was made anew for latency pressure.
 */
export interface ThrottleWantedEvent {
  readonly type: 'throttle-wanted';
  /** Media that waits, microseconds. */
  readonly unsentUs: number;
}

/**
 * A frame was skipped, and so will be those that follow it: the stream waits for a key frame. Told once for every such wait:
 * at the beginning, after `flush` and `endFragment`, after a fragment that was refused while frames were still put into it, and with
 * `rollBack: 'native'` after a connection that timed out when everything was sent.
 */
export interface FramesSkippedEvent {
  readonly type: 'frames-skipped';
  readonly trackNumber: number;
  /** Presentation time of the first frame skipped, microseconds. */
  readonly firstTimestampUs: number;
}

/**
 * A track gave no frame while those of the others that waited for it came to their limit (61 of a track), or filled the store: with
 * `frameOrder` they go on without it. Told once, until the track gives a frame in time again; frames of it before what went on are refused.
 */
export interface TrackSilentEvent {
  readonly type: 'track-silent';
  readonly trackNumber: number;
  readonly reason: 'too-many-waiting' | 'store-full';
  /** Presentation time of the first frame that went on without it, microseconds. */
  readonly timestampUs: number;
}

/**
 * A track goes out without codec private data: none was given, and its first key frame carried no parameter sets. The service
 * takes it, but no player can decode it. Give `codecPrivateData`, or a chunk's `decoderConfig`.
 */
export interface PrivateDataMissingEvent {
  readonly type: 'private-data-missing';
  readonly trackNumber: number;
}

/**
 * The codec private data of a track has changed, and with it perhaps the picture size: a key frame carried other parameter sets than the
 * track had, or the application gave other data. Fragments from this one on go over a connection of their own, whose header says so; so
 * `connected` comes again without a `disconnected`. At a stream's first fragment it says that what was given is not what the frames carry.
 */
export interface CodecPrivateDataChangedEvent {
  readonly type: 'codec-private-data-changed';
  readonly trackNumber: number;
  /** Presentation time of the first frame with it, microseconds. */
  readonly timestampUs: number;
  /** Pixels, as the header has them; 0 for sound, or when not known. */
  readonly width: number;
  readonly height: number;
}

/** The service refused a fragment for good; its frames are skipped. */
export interface FragmentRejectedEvent {
  readonly type: 'fragment-rejected';
  /** Cluster timecode in timecode-scale units. */
  readonly timecode: number;
  readonly error: AckError;
  readonly frames: number;
  readonly bytes: number;
  readonly firstTimestampUs: number;
  readonly lastTimestampUs: number;
  /** As of `frames-dropped`. */
  readonly lostFrames: readonly LostFrame[];
}

/** An ack could not be parsed, or names a fragment that is not in the store, or was not sent. */
export interface AckIgnoredEvent {
  readonly type: 'ack-ignored';
  readonly error: AckError;
}

/** The stream's tags could not be set; media flows all the same. */
export interface TaggingFailedEvent {
  readonly type: 'tagging-failed';
  readonly error: KvsError;
}

/** The stream has failed for good; every pending call was rejected with this error. */
export interface FailedEvent {
  readonly type: 'failed';
  readonly error: unknown;
}

/** A callback of the application threw, or answered with a failure; the stream goes on without its answer. */
export interface CallbackFailedEvent {
  readonly type: 'callback-failed';
  readonly callback: CallbackName;
  readonly error: unknown;
}

export type StreamEvent =
  | ConnectedEvent
  | DisconnectedEvent
  | RetryingEvent
  | CreatedEvent
  | StoreFullEvent
  | StorePressureEvent
  | LatencyPressureEvent
  | BufferPressureEvent
  | ThrottleWantedEvent
  | ConnectionStaleEvent
  | FramesSkippedEvent
  | FramesDroppedEvent
  | TrackSilentEvent
  | PrivateDataMissingEvent
  | CodecPrivateDataChangedEvent
  | FragmentRejectedEvent
  | AckIgnoredEvent
  | TaggingFailedEvent
  | CallbackFailedEvent
  | FailedEvent;
