/** Every metric family of the OpenMetrics text, as data: name, kind, help, and where its value comes from. */
import type { FragmentLatencyDistributions, LatencyDistribution } from './latency-histogram.ts';
import type { StreamMetrics } from './stream-metrics.ts';
import type { ProducerMetrics } from './producer-metrics.ts';
import type { SessionState } from '../session-states.ts';

/** A family of numbers. A unit is the end of its name, as OpenMetrics wants it. */
export interface NumberFamily<M> {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly unit?: 'bytes' | 'seconds' | 'bytes_per_second' | 'frames_per_second';
  readonly help: string;
  readonly value: (metrics: M) => number;
}

/** A family of histograms in seconds, one a way of measuring. */
export interface HistogramFamily {
  readonly name: string;
  readonly help: string;
  readonly byFrame: (
    latencies: FragmentLatencyDistributions,
  ) => Readonly<Record<'first' | 'last', LatencyDistribution>>;
}

type ValueOf<M> = NumberFamily<M>['value'];
type Unit = NonNullable<NumberFamily<unknown>['unit']>;

function counter<M>(name: string, help: string, value: ValueOf<M>, unit?: Unit): NumberFamily<M> {
  return { name, type: 'counter', help, value, ...(unit === undefined ? {} : { unit }) };
}

function gauge<M>(name: string, help: string, value: ValueOf<M>, unit?: Unit): NumberFamily<M> {
  return { name, type: 'gauge', help, value, ...(unit === undefined ? {} : { unit }) };
}

const P = 'penstock_producer_';
const S = 'penstock_stream_';

export const PRODUCER_FAMILIES: ReadonlyArray<NumberFamily<ProducerMetrics>> = [
  gauge(`${P}streams`, 'Open streams.', (m) => m.streams),
  gauge(`${P}store_used_bytes`, 'Content store in use.', (m) => m.storeUsedBytes, 'bytes'),
  gauge(`${P}store_free_bytes`, 'Content store that is free.', (m) => m.storeFreeBytes, 'bytes'),
  gauge(`${P}store_capacity_bytes`, 'Size of the content store.', (m) => m.storeCapacityBytes, 'bytes'),
  gauge(`${P}stored_items`, 'Frames and ends of fragments in the store.', (m) => m.storedItems),
  gauge(`${P}waiting_puts`, 'Puts that wait for room in the store.', (m) => m.waitingPuts),
  gauge(`${P}frames_per_second`, 'Frames put, by the clock.', (m) => m.framesPerSecond, 'frames_per_second'),
  gauge(
    `${P}elementary_frames_per_second`,
    'Frames put, by their timestamps.',
    (m) => m.elementaryFramesPerSecond,
    'frames_per_second',
  ),
  gauge(`${P}transfer_bytes_per_second`, 'Handed to the network.', (m) => m.bytesPerSecond, 'bytes_per_second'),
  gauge(`${P}call_retries`, 'Mean of the retries of the streams.', (m) => m.averageCallRetries),
];

export const STREAM_FAMILIES: ReadonlyArray<NumberFamily<StreamMetrics>> = [
  gauge(`${S}uptime_seconds`, 'Since the stream was opened.', (m) => m.uptimeMs / 1e3, 'seconds'),
  counter(`${S}frames_put`, 'Frames stored.', (m) => m.framesPut),
  gauge(`${S}frames_waiting`, 'Frames that wait for those of other tracks.', (m) => m.framesWaiting),
  counter(`${S}frames_skipped`, 'Frames left out while waiting for a key frame.', (m) => m.framesSkipped),
  counter(`${S}frames_dropped`, 'Frames given up: no room, age, roll back, reset.', (m) => m.framesDropped),
  counter(`${S}frames_rejected`, 'Frames of fragments that the service refused.', (m) => m.framesRejected),
  counter(`${S}put_frame_errors`, 'Puts that failed because of their frame.', (m) => m.putFrameErrors),
  counter(`${S}fragments_put`, 'Fragments begun.', (m) => m.fragmentsPut),
  counter(`${S}fragments_persisted`, 'Fragments persisted.', (m) => m.fragmentsPersisted),
  counter(`${S}fragments_sent`, 'Fragments let go when they were sent, for want of acks.', (m) => m.fragmentsSent),
  counter(`${S}fragments_rejected`, 'Fragments refused for good.', (m) => m.fragmentsRejected),
  counter(`${S}fragments_dropped`, 'Fragments given up: no room, age, roll back, reset.', (m) => m.fragmentsDropped),
  counter(`${S}fragments_resent`, 'Fragments sent more than once, each time.', (m) => m.fragmentsResent),
  counter(`${S}put_bytes`, 'Payload of the frames put.', (m) => m.bytesPut, 'bytes'),
  counter(`${S}sent_bytes`, 'Handed to the network, headers and repetitions included.', (m) => m.bytesSent, 'bytes'),
  counter(`${S}store_pressures`, 'Times that the store was nearly full, or full.', (m) => m.storePressures),
  counter(`${S}buffer_pressures`, 'Times that the buffer duration was reached.', (m) => m.bufferPressures),
  counter(`${S}latency_pressures`, 'Times that too much came to wait for being sent.', (m) => m.latencyPressures),
  counter(`${S}stale_connections`, 'Connections given up for want of acks.', (m) => m.staleConnections),
  counter(`${S}sessions`, 'Connections made.', (m) => m.sessions),
  counter(`${S}sessions_connected`, 'Connections that the service answered with 200.', (m) => m.sessionsConnected),
  counter(`${S}handovers`, 'Connections that took over from one that was not lost.', (m) => m.handovers),
  counter(`${S}reconnects`, 'Connections made because one was lost.', (m) => m.reconnects),
  counter(
    `${S}codec_private_data_changes`,
    'Changes of the codec private data of a track.',
    (m) => m.codecPrivateDataChanges,
  ),
  gauge(`${S}fragments_unpersisted`, 'Fragments neither persisted nor given up.', (m) => m.fragmentsUnpersisted),
  gauge(`${S}stored_items`, 'Frames and ends of fragments in the store.', (m) => m.storedItems),
  gauge(`${S}stored_bytes`, 'What the store holds of the stream.', (m) => m.storedBytes, 'bytes'),
  gauge(`${S}stored_seconds`, 'Media time that the store holds.', (m) => m.storedDurationUs / 1e6, 'seconds'),
  gauge(`${S}unsent_bytes`, 'What is not sent.', (m) => m.unsentBytes, 'bytes'),
  gauge(`${S}unsent_seconds`, 'Media time that is not sent.', (m) => m.unsentDurationUs / 1e6, 'seconds'),
  gauge(`${S}frames_per_second`, 'Video frames put, by the clock.', (m) => m.framesPerSecond, 'frames_per_second'),
  gauge(
    `${S}elementary_frames_per_second`,
    'Video frames put, by the last two timestamps.',
    (m) => m.elementaryFramesPerSecond,
    'frames_per_second',
  ),
  gauge(`${S}transfer_bytes_per_second`, 'Handed to the network.', (m) => m.bytesPerSecond, 'bytes_per_second'),
  gauge(`${S}session_seconds`, 'Average life of a connection.', (m) => m.averageSessionDurationMs / 1e3, 'seconds'),
  gauge(
    `${S}control_call_seconds`,
    'Average time of a control-plane call.',
    (m) => m.controlCallLatencyMs / 1e3,
    'seconds',
  ),
  gauge(
    `${S}data_call_seconds`,
    'Average time of PutMedia until its answer.',
    (m) => m.dataCallLatencyMs / 1e3,
    'seconds',
  ),
  gauge(`${S}call_retries`, 'Waits before another attempt since something last went on.', (m) => m.callRetries),
];

export const HISTOGRAM_FAMILIES: readonly HistogramFamily[] = [
  {
    name: `${S}put_to_received_seconds`,
    help: 'From the put of the first and the last frame of a fragment to its RECEIVED ack.',
    byFrame: ({ firstFrameReceived: first, lastFrameReceived: last }) => ({ first, last }),
  },
  {
    name: `${S}put_to_persisted_seconds`,
    help: 'From the put of the first and the last frame of a fragment to its last ack.',
    byFrame: ({ firstFramePersisted: first, lastFramePersisted: last }) => ({ first, last }),
  },
];

/** Acks by type, label `type`. */
export const ACKS_FAMILY = { name: `${S}acks`, help: 'Acks taken, by type.' } as const;

/** The state of the engine, one sample a state. */
export const STATE_FAMILY = { name: `${S}state`, help: 'What the stream is doing.' } as const;

const EVERY_STATE: Readonly<Record<SessionState, true>> = {
  describe: true,
  create: true,
  tag: true,
  'get-endpoint': true,
  ready: true,
  streaming: true,
  ended: true,
  failed: true,
};

export const STATES = Object.keys(EVERY_STATE) as readonly SessionState[];
