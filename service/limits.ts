/**
 * Every limit of the service in one place. Defaults are AWS's own where AWS publishes one (service-api §2–§3), else the
 * reason is given.
 */
export interface ServiceLimits {
  /** JSON request bodies. 50 tags of 128 + 256 characters, every one written as a six-byte escape, fit. */
  readonly maxJsonBodyBytes: number;
  /** JSON request bodies must arrive within this, so that half-sent ones do not pile up; the slowest link sends one in seconds. */
  readonly jsonBodyTimeoutMs: number;
  /** Streams of the account; AWS's default quota in its small regions. */
  readonly maxStreams: number;
  readonly maxTagsPerStream: number;
  /** Ten years, AWS's upper bound. */
  readonly maxRetentionHours: number;
  /**
   * A connection on which no byte moves in either direction for this long is cut by the host: its client is gone, or reads
   * neither media nor acks. Longer than any silence that the service keeps or allows by itself.
   */
  readonly connectionStallTimeoutMs: number;
  /** Signatures older or newer than this are refused. */
  readonly clockToleranceMs: number;
  /** How long streams stay CREATING, UPDATING and DELETING; 0 goes straight on. For testing wait loops of clients. */
  readonly transitionDelayMs: number;
  /** How often rows past their retention are removed: well below one hour, the unit of retention. */
  readonly retentionSweepIntervalMs: number;

  /** Cluster and its tags: error ack 4001 above. */
  readonly maxFragmentBytes: number;
  /** Error ack 4002 above. The limits page says 20 s, the PutMedia page 10 s: the laxer one is kept. */
  readonly maxFragmentDurationMs: number;
  /** Error ack 4003 after this; GetMedia sessions end at a chunk boundary. AWS ties both to a streaming token of 45 min. */
  readonly maxConnectionDurationMs: number;
  /** 1…32. Error ack 4012 above. */
  readonly maxTracks: number;
  /** Error ack 4009 above. */
  readonly maxTagsPerFragment: number;
  readonly maxFragmentTagNameBytes: number;
  readonly maxFragmentTagValueBytes: number;
  /** EBML header, Segment, Info and Tracks together. Real headers stay below 4 KiB; codec private data may have 1 MiB. */
  readonly maxStreamHeaderBytes: number;
  /**
   * Producer timestamps further than this in the future are absurd: error ack 4007. AWS names no figure. Ten years lie
   * between the clocks of devices, which may be years off, and the usual mistakes, none of which ends up nearer than fifty:
   * another unit, an epoch of 1900 or 1904, absolute time sent as relative.
   */
  readonly maxProducerClockAheadMs: number;
  /** Producer timestamps before this are absurd (a file that starts at 0 sent as absolute time): error ack 4007. */
  readonly minProducerTimestampMs: number;
  /** An IDLE ack is sent every this long while no media arrives. */
  readonly idleAckIntervalMs: number;
  /** The upload is ended after this long without media. */
  readonly idleTimeoutMs: number;
  /** `newest-wins` heals half-open sockets; `oldest-wins` answers ConnectionLimitExceededException as AWS documents now. */
  readonly uploadConflict: 'newest-wins' | 'oldest-wins';

  /**
   * Live buffer of a stream without retention (service-api §2.1). AWS keeps up to 200 MB; here it is memory of one process,
   * so it is just larger than the largest fragment.
   */
  readonly liveBufferMs: number;
  readonly liveBufferBytes: number;
  /** GetMedia connections of one stream at a time. */
  readonly maxReadersPerStream: number;
  /** A GetMedia response without new media ends after this long; AWS ends it "after a while". */
  readonly readerIdleTimeoutMs: number;
}

const MEBIBYTE = 1 << 20;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

export const DEFAULT_LIMITS: ServiceLimits = {
  maxJsonBodyBytes: 256 << 10,
  jsonBodyTimeoutMs: MINUTE_MS,
  maxStreams: 10_000,
  maxTagsPerStream: 50,
  maxRetentionHours: 87_600,
  connectionStallTimeoutMs: 5 * MINUTE_MS,
  clockToleranceMs: 15 * MINUTE_MS,
  transitionDelayMs: 0,
  retentionSweepIntervalMs: MINUTE_MS,

  maxFragmentBytes: 50 * MEBIBYTE,
  maxFragmentDurationMs: 20 * SECOND_MS,
  maxConnectionDurationMs: 45 * MINUTE_MS,
  maxTracks: 3,
  maxTagsPerFragment: 10,
  maxFragmentTagNameBytes: 128,
  maxFragmentTagValueBytes: 256,
  maxStreamHeaderBytes: 2 * MEBIBYTE,
  maxProducerClockAheadMs: 3650 * DAY_MS,
  minProducerTimestampMs: DAY_MS,
  idleAckIntervalMs: 5 * SECOND_MS,
  idleTimeoutMs: 30 * SECOND_MS,
  uploadConflict: 'newest-wins',

  liveBufferMs: 5 * MINUTE_MS,
  liveBufferBytes: 64 * MEBIBYTE,
  maxReadersPerStream: 3,
  readerIdleTimeoutMs: 30 * SECOND_MS,
};
