/** What a producer notifies an application of. Source: guide-producer-callbacks, producer-core §4. */
import type { FragmentAck } from '../acks.ts';
import type { FramesDroppedEvent } from '../events.ts';

/** Nothing, or a status: 0 goes on, `CALLBACK_STATUS.STATUS_STOP_CALLBACK_CHAIN` skips the rest of the chain, any other is a failure. */
export type NotificationStatus = number | undefined;
/** What a notification may answer. */
export type NotificationAnswer = void | NotificationStatus | Promise<void | NotificationStatus>;

export interface StorageOverflowReport {
  /** Free in the store that all streams of the producer share, bytes. */
  readonly remainingBytes: number;
}

/** Every report of a stream says of which. */
export interface StreamReport {
  readonly streamName: string;
}

export interface UploadReport extends StreamReport {
  /** Number of the connection among the stream's, from 1; undefined where there was none. */
  readonly uploadHandle: number | undefined;
}

export interface ConnectionStaleReport extends UploadReport {
  /** How long the service has owed an ack, microseconds. */
  readonly lastAckDurationUs: number;
}

/** Why media was lost: as `frames-dropped` tells, or the service refused its fragment for good, or its stream ended with it. */
export type DropReason = FramesDroppedEvent['reason'] | 'rejected' | 'ended';

export interface DroppedFrameReport extends StreamReport {
  readonly reason: DropReason;
  /** Decoding time of the frame, microseconds; of a frame that was stored, rounded down to a timecode. */
  readonly timestampUs: number;
  /** As of `LostFrame`. */
  readonly bytes: number;
}

export interface DroppedFragmentReport extends StreamReport {
  readonly reason: DropReason;
  /** Presentation times of its first and last frame, microseconds. */
  readonly firstTimestampUs: number;
  readonly lastTimestampUs: number;
  readonly frames: number;
  /** 1, or what one roll back gave up, or what a stream that ended still held. */
  readonly fragments: number;
}

export interface LatencyPressureReport extends StreamReport {
  /** Media that waits to be sent, microseconds. */
  readonly durationUs: number;
}

export interface BufferPressureReport extends StreamReport {
  /** Media that still fits into the buffer duration, microseconds; 0 when it holds as much, or more. */
  readonly remainingDurationUs: number;
}

export interface StreamErrorReport extends UploadReport {
  /** Cluster timecode of the fragment, in timecode-scale units (milliseconds); undefined when the error names none. */
  readonly fragmentTimecode: number | undefined;
  readonly status: number;
  readonly statusName: string;
  readonly error: Error;
  /** The stream has failed for good. */
  readonly isFatal: boolean;
}

export interface FragmentAckReport extends UploadReport {
  readonly ack: FragmentAck;
}

export interface DataAvailableReport extends UploadReport {
  /** What is in the store and not yet read by the connection. */
  readonly durationUs: number;
  readonly sizeBytes: number;
}

export interface StreamShutdownReport extends StreamReport {
  /** True for `resetStream`, after which the stream goes on; false for a stream that ends. */
  readonly resetStream: boolean;
}

/** Notifications of the producer. */
export interface ClientCallbackProvider {
  /** The producer can open streams. */
  clientReady?(): NotificationAnswer;
  /** At most 5 % of the store are free after a put, in whole percents, or a frame did not fit. */
  storageOverflowPressure?(report: StorageOverflowReport): NotificationAnswer;
  /** The producer is closed; all its streams have ended. */
  clientShutdown?(): NotificationAnswer;
  free?(): void;
}

/** Notifications of a stream. */
export interface StreamCallbackProvider {
  /** Never called, as natively: reserved there for later use. */
  streamUnderflowReport?(report: StreamReport): NotificationAnswer;
  /** More media than `maxLatencyUs` waits after a put. */
  streamLatencyPressure?(report: LatencyPressureReport): NotificationAnswer;
  /** No more than 5 % of `bufferDurationUs` are left after a put, in whole percents. */
  bufferDurationOverflowPressure?(report: BufferPressureReport): NotificationAnswer;
  /** The service owed an ack for too long; the connection was given up. */
  streamConnectionStale?(report: ConnectionStaleReport): NotificationAnswer;
  /** A frame was lost: it did not get into a full store, or went with its fragment, one call for each. */
  droppedFrameReport?(report: DroppedFrameReport): NotificationAnswer;
  /** The same of a stream whose type is `near-realtime`, one call for a whole fragment. */
  droppedFragmentReport?(report: DroppedFragmentReport): NotificationAnswer;
  streamErrorReport?(report: StreamErrorReport): NotificationAnswer;
  /** Every ack but IDLE. */
  fragmentAckReceived?(report: FragmentAckReport): NotificationAnswer;
  /** A frame was stored while a connection is up, or a connection came up with media waiting. */
  streamDataAvailable?(report: DataAvailableReport): NotificationAnswer;
  /** The service has told where to send media; again after each connection that asked anew. */
  streamReady?(report: StreamReport): NotificationAnswer;
  /** The stream was stopped, and everything of it was sent and acknowledged. */
  streamClosed?(report: UploadReport): NotificationAnswer;
  /** The stream has ended, well or not; or was reset. */
  streamShutdown?(report: StreamShutdownReport): NotificationAnswer;
  free?(): void;
}
