/** What is counted, and how it is told. */
import type { LatencySummary } from './latency.ts';
import type { SessionState } from './session-states.ts';
import type { StreamParts } from './stream-parts.ts';

/** A stream's figures at one moment. Counts go from the opening of the stream. */
export interface StreamMetrics {
  readonly state: SessionState;
  readonly framesPut: number;
  /** Frames left out while waiting for a key frame. */
  readonly framesSkipped: number;
  /** Frames given up: because the store was full, or by a roll back of the native policy. */
  readonly framesDropped: number;
  /** Frames of fragments that the service refused for good. */
  readonly framesRejected: number;
  /** Payload bytes of the frames put. */
  readonly bytesPut: number;
  /** Bytes handed to the network, headers and repetitions included. */
  readonly bytesSent: number;
  readonly fragmentsPut: number;
  readonly fragmentsPersisted: number;
  readonly fragmentsRejected: number;
  /** Fragments sent more than once, counted each time. */
  readonly fragmentsResent: number;
  /** Connections made; those that took over from one that was not lost; those made because one was. */
  readonly sessions: number;
  readonly handovers: number;
  readonly reconnects: number;
  /** Times that a track's codec private data changed. */
  readonly codecPrivateDataChanges: number;
  readonly acks: {
    readonly buffering: number;
    readonly received: number;
    readonly persisted: number;
    readonly error: number;
  };
  /** Fragments in the store: put, and neither persisted nor given up. */
  readonly fragmentsUnpersisted: number;
  readonly unsentBytes: number;
  /** The store is shared by the producer's streams. */
  readonly storeUsedBytes: number;
  readonly storeCapacityBytes: number;
  /** From the put of a fragment's first frame, and of its last, to its last ack. */
  readonly firstFrameLatency: LatencySummary;
  readonly lastFrameLatency: LatencySummary;
}

/** The counts that the frame path and the ack path keep. */
export interface StreamCounters {
  framesPut: number;
  framesSkipped: number;
  framesDropped: number;
  framesRejected: number;
  bytesPut: number;
  bytesSent: number;
  fragmentsPut: number;
  fragmentsPersisted: number;
  fragmentsRejected: number;
  fragmentsResent: number;
  codecPrivateDataChanges: number;
  acksBuffering: number;
  acksReceived: number;
  acksPersisted: number;
  acksError: number;
}

export function createCounters(): StreamCounters {
  return {
    framesPut: 0,
    framesSkipped: 0,
    framesDropped: 0,
    framesRejected: 0,
    bytesPut: 0,
    bytesSent: 0,
    fragmentsPut: 0,
    fragmentsPersisted: 0,
    fragmentsRejected: 0,
    fragmentsResent: 0,
    codecPrivateDataChanges: 0,
    acksBuffering: 0,
    acksReceived: 0,
    acksPersisted: 0,
    acksError: 0,
  };
}

/** A stream's figures as of now. `isPoisoned`: after a trap the core can no longer be asked; nothing of it is then in use. */
export function measureStream(parts: StreamParts, isPoisoned = false): StreamMetrics {
  const { engine, delivery, ledger, stream, store } = parts;
  const { acksBuffering, acksReceived, acksPersisted, acksError, ...counters } = parts.counters;
  return {
    ...counters,
    state: engine.state,
    sessions: engine.sessions,
    handovers: engine.handovers,
    reconnects: Math.max(0, engine.sessions - 1 - engine.handovers),
    acks: { buffering: acksBuffering, received: acksReceived, persisted: acksPersisted, error: acksError },
    fragmentsUnpersisted: ledger.size,
    unsentBytes: isPoisoned ? 0 : stream.stats.unsentBytes,
    storeUsedBytes: isPoisoned ? 0 : store.usedBytes,
    storeCapacityBytes: store.capacityBytes,
    firstFrameLatency: delivery.firstFrameLatency.summary(),
    lastFrameLatency: delivery.lastFrameLatency.summary(),
  };
}
