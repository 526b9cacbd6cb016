/** What is counted, and how it is told. */
import type { FragmentLatencyDistributions } from './latency-histogram.ts';
import type { LatencySummary } from './latency-reservoir.ts';
import type { SessionState } from '../session-states.ts';
import type { StreamParts } from '../stream-parts.ts';

/** A stream's figures at one moment. Counts go from the opening of the stream. */
export interface StreamMetrics {
  readonly state: SessionState;
  /** Since the stream was opened, milliseconds. */
  readonly uptimeMs: number;
  readonly framesPut: number;
  /** Of these, frames that wait for those of other tracks: only with `frameOrder`. */
  readonly framesWaiting: number;
  /** Frames left out while waiting for a key frame; with `frameOrder` also of `framesPut`, those whose turn came in such a time. */
  readonly framesSkipped: number;
  /** Frames given up: for want of room, for their age, by a roll back of the native policy or by a reset; and fragments that left the store so. */
  readonly framesDropped: number;
  readonly fragmentsDropped: number;
  /** Frames of fragments that the service refused for good. */
  readonly framesRejected: number;
  /** Puts that threw or rejected because of their frame. */
  readonly putFrameErrors: number;
  /** Times that the store came to have at most 5 % free, or no room for a frame. */
  readonly storePressures: number;
  /** Times that the stream came to hold its buffer duration, and that more than `maxLatencyUs` came to wait. */
  readonly bufferPressures: number;
  readonly latencyPressures: number;
  /** Connections given up because `connectionStalenessMs` of media went out without an ack. */
  readonly staleConnections: number;
  /** Video frames a second, by the clock (averaged) and by the last two timestamps; all frames where there is no video. */
  readonly framesPerSecond: number;
  readonly elementaryFramesPerSecond: number;
  /** Payload bytes of the frames put. */
  readonly bytesPut: number;
  /** Bytes handed to the network, headers and repetitions included. */
  readonly bytesSent: number;
  /** Bytes handed to the network a second, averaged. */
  readonly bytesPerSecond: number;
  readonly fragmentsPut: number;
  readonly fragmentsPersisted: number;
  /** With `fragmentAcks: false`, fragments that were sent to their end and let go. */
  readonly fragmentsSent: number;
  readonly fragmentsRejected: number;
  /** Fragments sent more than once, counted each time. */
  readonly fragmentsResent: number;
  /** Connections made; those that took over from one that was not lost; those made because one was. */
  readonly sessions: number;
  readonly handovers: number;
  readonly reconnects: number;
  /** Of `sessions`, those that the service answered with 200. */
  readonly sessionsConnected: number;
  /** Average life of a connection that is over, milliseconds; NaN before the first. */
  readonly averageSessionDurationMs: number;
  /** Average time of a control-plane call, and of PutMedia until its answer, milliseconds; NaN before the first. */
  readonly controlCallLatencyMs: number;
  readonly dataCallLatencyMs: number;
  /** Waits before another attempt since something last went on. */
  readonly callRetries: number;
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
  /** Of the stream, in the store: items (frames, ends of fragments), and their bytes as they are sent. */
  readonly storedItems: number;
  readonly storedBytes: number;
  /** Media time from the oldest frame in the store to the end of the newest, microseconds. */
  readonly storedDurationUs: number;
  /** The same from the first frame that is not sent. */
  readonly unsentBytes: number;
  readonly unsentDurationUs: number;
  /** The store is shared by the producer's streams. */
  readonly storeUsedBytes: number;
  readonly storeCapacityBytes: number;
  /** From the put of a fragment's first frame, and of its last, to its last ack. */
  readonly firstFrameLatency: LatencySummary;
  readonly lastFrameLatency: LatencySummary;
  readonly latencies: FragmentLatencyDistributions;
}

/** The counts that the frame path and the ack path keep. */
export interface StreamCounters {
  framesPut: number;
  framesSkipped: number;
  framesDropped: number;
  fragmentsDropped: number;
  framesRejected: number;
  putFrameErrors: number;
  storePressures: number;
  bufferPressures: number;
  latencyPressures: number;
  staleConnections: number;
  bytesPut: number;
  bytesSent: number;
  fragmentsPut: number;
  fragmentsPersisted: number;
  fragmentsSent: number;
  fragmentsRejected: number;
  fragmentsResent: number;
  codecPrivateDataChanges: number;
  readonly acks: { buffering: number; received: number; persisted: number; error: number };
}

export function createCounters(): StreamCounters {
  return {
    framesPut: 0,
    framesSkipped: 0,
    framesDropped: 0,
    fragmentsDropped: 0,
    framesRejected: 0,
    putFrameErrors: 0,
    storePressures: 0,
    bufferPressures: 0,
    latencyPressures: 0,
    staleConnections: 0,
    bytesPut: 0,
    bytesSent: 0,
    fragmentsPut: 0,
    fragmentsPersisted: 0,
    fragmentsSent: 0,
    fragmentsRejected: 0,
    fragmentsResent: 0,
    codecPrivateDataChanges: 0,
    acks: { buffering: 0, received: 0, persisted: 0, error: 0 },
  };
}

/** What a stream holds in a core that cannot be asked any more. */
const NOTHING_STORED = { items: 0, bytes: 0, durationUs: 0, unsentBytes: 0, unsentDurationUs: 0 } as const;

/**
 * A stream's figures as of now.
 * @param uptimeMs milliseconds since the stream was opened
 * @param isPoisoned after a trap the core can no longer be asked; nothing of it is then in use
 */
export function measureStream(parts: StreamParts, uptimeMs: number, isPoisoned: boolean): StreamMetrics {
  const { engine, delivery, ledger, stream, store, admission } = parts;
  const stored = isPoisoned ? NOTHING_STORED : stream.stats;
  const { counters } = parts;
  // One literal, every field named: spreading them all costs ten times what the rest does.
  return {
    state: engine.state,
    uptimeMs,
    framesWaiting: parts.order?.waiting ?? 0,
    framesPut: counters.framesPut,
    framesSkipped: counters.framesSkipped,
    framesDropped: counters.framesDropped,
    fragmentsDropped: counters.fragmentsDropped,
    framesRejected: counters.framesRejected,
    putFrameErrors: counters.putFrameErrors,
    storePressures: counters.storePressures,
    bufferPressures: counters.bufferPressures,
    latencyPressures: counters.latencyPressures,
    staleConnections: counters.staleConnections,
    bytesPut: counters.bytesPut,
    bytesSent: counters.bytesSent,
    fragmentsPut: counters.fragmentsPut,
    fragmentsPersisted: counters.fragmentsPersisted,
    fragmentsSent: counters.fragmentsSent,
    fragmentsRejected: counters.fragmentsRejected,
    fragmentsResent: counters.fragmentsResent,
    codecPrivateDataChanges: counters.codecPrivateDataChanges,
    framesPerSecond: admission.rate.framesPerSecond,
    elementaryFramesPerSecond: admission.rate.elementaryFramesPerSecond,
    bytesPerSecond: delivery.transfer.bytesPerSecond,
    sessions: engine.sessions,
    handovers: engine.handovers,
    reconnects: Math.max(0, engine.sessions - 1 - engine.handovers),
    sessionsConnected: engine.figures.sessionsConnected,
    averageSessionDurationMs: engine.figures.averageSessionDurationMs,
    controlCallLatencyMs: engine.figures.controlCallLatencyMs,
    dataCallLatencyMs: engine.figures.dataCallLatencyMs,
    callRetries: engine.callRetries,
    acks: { ...counters.acks },
    fragmentsUnpersisted: ledger.size,
    storedItems: stored.items,
    storedBytes: stored.bytes,
    storedDurationUs: stored.durationUs,
    unsentBytes: stored.unsentBytes,
    unsentDurationUs: stored.unsentDurationUs,
    storeUsedBytes: isPoisoned ? 0 : store.usedBytes,
    storeCapacityBytes: store.capacityBytes,
    firstFrameLatency: delivery.firstFrameLatency.summary(),
    lastFrameLatency: delivery.lastFrameLatency.summary(),
    latencies: delivery.latencies.distributions(),
  };
}
