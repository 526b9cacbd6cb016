/** What a streaming type makes of a stream's options. Source: producer-core §2.2, §10.3, §12.1, §16.2. */
import type { StreamOptions } from './options.ts';

/** Native default without a buffer duration of our own: half of 120 s. Source: c-producer §2.2. */
const REPLAY_DURATION_US = 60_000_000;

/** What counts when frames are lost, when room is short and when a connection is: the options, as the streaming type leaves them. */
export interface StreamPolicy {
  readonly streamingType: NonNullable<StreamOptions['streamingType']>;
  readonly whenFull: NonNullable<StreamOptions['whenFull']>;
  /** Media that the stream keeps at most, microseconds; 0 for no limit. */
  readonly bufferDurationUs: number;
  /** A put waits while the buffer duration is held, instead of giving the oldest fragments up. */
  readonly keepsAll: boolean;
  /** Unsent media that is told, microseconds; 0 for none. */
  readonly maxLatencyUs: number;
  /** Milliseconds of media without an ack; 0 for no limit, and without acks. */
  readonly connectionStalenessMs: number;
  /** Whether acks are asked for and waited for. */
  readonly fragmentAcks: boolean;
  /** Replay duration of the native roll back, microseconds; undefined for our own. */
  readonly replayUs: number | undefined;
  /** Longest wait of a put for room, milliseconds; undefined for any. */
  readonly bufferAvailabilityTimeoutMs: number | undefined;
}

/** The policy of checked options. */
export function streamPolicy(options: StreamOptions): StreamPolicy {
  const {
    streamingType = 'realtime',
    bufferDurationUs = 0,
    bufferAvailabilityTimeoutMs,
    fragmentAcks = true,
  } = options;
  if (streamingType === 'offline') {
    return {
      streamingType,
      whenFull: 'wait',
      bufferDurationUs,
      keepsAll: true,
      maxLatencyUs: 0,
      connectionStalenessMs: 0,
      fragmentAcks: true,
      replayUs: undefined,
      bufferAvailabilityTimeoutMs,
    };
  }
  return {
    streamingType,
    whenFull: options.whenFull ?? 'wait',
    bufferDurationUs,
    keepsAll: false,
    // Native defaults: 0.85 and 0.5 of the buffer duration. Source: c-producer §2.2.
    maxLatencyUs: options.maxLatencyUs ?? Math.floor(bufferDurationUs * 0.85),
    connectionStalenessMs: fragmentAcks ? (options.connectionStalenessMs ?? 0) : 0,
    fragmentAcks,
    // Without acks there is nothing left to go back to but the fragment that was begun.
    replayUs: options.rollBack === 'native' && fragmentAcks ? replayUs(options) : undefined,
    bufferAvailabilityTimeoutMs,
  };
}

function replayUs({ replayDurationUs, bufferDurationUs }: StreamOptions): number {
  return replayDurationUs ?? (bufferDurationUs === undefined ? REPLAY_DURATION_US : Math.floor(bufferDurationUs / 2));
}
