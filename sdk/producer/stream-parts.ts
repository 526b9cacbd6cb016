/** What a stream is made of, and how its parts hang together: frames go down this list, acks and events come back up. */
import type { ContentStore } from '../core/content-store.ts';
import type { CoreStream } from '../core/core-stream.ts';
import { coreError, ServiceCallError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import * as SERVICE_RESULT from '../service-results.ts';
import * as STATUS from '../status-codes.ts';
import type { FragmentAck } from './acks.ts';
import { Broadcast } from './broadcast.ts';
import type { StreamNotifier } from './callbacks/stream-notifier.ts';
import { Delivery } from './delivery.ts';
import type { StreamEvent } from './events.ts';
import { FragmentLedger } from './fragment-ledger.ts';
import { FrameAdmission } from './frames/frame-admission.ts';
import { FrameIntake, openCoreStream } from './frames/frame-intake.ts';
import type { FrameOrder } from './frames/frame-order.ts';
import { createOrder } from './frames/stream-order.ts';
import { LatencyWatch, type LatencyWatchOptions } from './recovery/latency-watch.ts';
import { createCounters, type StreamCounters } from './metrics/stream-metrics.ts';
import type { StreamOptions } from './options.ts';
import type { EngineOptions } from './engine-options.ts';
import { SessionEngine } from './session-engine.ts';
import { StalenessWatch } from './recovery/staleness-watch.ts';
import type { StreamOwner } from './stream-owner.ts';
import { streamPolicy, type StreamPolicy } from './streaming-type.ts';
import type { TrackSet } from './frames/tracks.ts';

/** Queue lengths of `acks()` and `events()`: minutes of a busy stream. */
const ACK_QUEUE_ITEMS = 1024;
const EVENT_QUEUE_ITEMS = 256;

export interface StreamParts {
  readonly store: ContentStore;
  readonly policy: StreamPolicy;
  readonly stream: CoreStream;
  readonly intake: FrameIntake;
  readonly admission: FrameAdmission;
  /** Undefined where frames stay as they are put. */
  readonly order: FrameOrder | undefined;
  readonly ledger: FragmentLedger;
  readonly counters: StreamCounters;
  readonly delivery: Delivery;
  readonly engine: SessionEngine;
  readonly acks: Broadcast<FragmentAck>;
  readonly events: Broadcast<StreamEvent>;
}

/** What the parts tell the stream. */
export interface StreamSignals {
  /** Store memory was freed by an ack. */
  readonly onFreed: () => void;
  /** The read position moved on, which frees a persisted fragment that it left. */
  readonly onRead: () => void;
  /** The service has told where to send media. */
  readonly onReady: () => void;
}

/** Makes the parts of a stream. Throws `KvsError` with the status of a setting that the core refuses. */
export function assembleStream(
  owner: Pick<StreamOwner, 'platform' | 'store' | 'FrameOrder'>,
  engineOptions: EngineOptions,
  tracks: TrackSet,
  options: StreamOptions,
  signals: StreamSignals,
  notifier?: StreamNotifier,
): StreamParts {
  const { platform, store } = owner;
  const { segmentUuid = platform.randomBytes(16) } = options;
  const policy = streamPolicy(options);
  const stream = openCoreStream(store, tracks, { ...options, segmentUuid, clientId: engineOptions.clientId });
  watchPressure(stream, policy);
  const acks = new Broadcast<FragmentAck>(ACK_QUEUE_ITEMS, notifier && ((ack) => notifier.onAck(ack)));
  const events = new Broadcast<StreamEvent>(EVENT_QUEUE_ITEMS, notifier && ((event) => notifier.onEvent(event)));
  const ledger = new FragmentLedger();
  const counters = createCounters();
  const order = createOrder(owner, stream, tracks, options, {
    commit: (frame): number => admission.commit(frame),
    onSilent: (event) => events.publish(event),
  });
  const intake = new FrameIntake(stream, tracks, order ?? stream);
  const admission: FrameAdmission = new FrameAdmission({
    platform,
    intake,
    order,
    stream,
    store,
    ledger,
    counters,
    dropsOldest: policy.whenFull === 'drop-oldest',
    keepsAll: policy.keepsAll,
    bufferDurationUs: policy.bufferDurationUs,
    onEvent: (event) => events.publish(event),
    onEnded: () => engine.wake(),
    onLate: watchLatency(platform, options, {
      unsentUs: () => stream.stats.unsentDurationUs,
      // Later, as the application may be in the middle of a series of puts.
      onReset: () => void Promise.resolve().then(() => engine.resetConnection('latency')),
      onThrottle: (unsentUs) => events.publish({ type: 'throttle-wanted', unsentUs }),
    }),
  });
  const { connectionStalenessMs } = policy;
  const { whenStale = 'recover' } = options;
  const onStale = (unacknowledgedMs: number, isNew: boolean): void => {
    events.publish({ type: 'connection-stale', session: engine.sessions, unacknowledgedMs });
    if (!isNew || whenStale === 'tell') return;
    counters.staleConnections++;
    const reason = `no ack for ${unacknowledgedMs} ms of media`;
    const error = new ServiceCallError({ operation: 'PutMedia', result: SERVICE_RESULT.NETWORK_READ_TIMEOUT, reason });
    // Not from inside a read: the bytes that were read are still to be handed to the connection.
    void Promise.resolve().then(() => engine.resetConnection('stale', error));
  };
  const delivery = new Delivery({
    ...signals,
    platform,
    streamName: engineOptions.streamName,
    stream,
    ledger,
    counters,
    acks,
    events,
    ...(connectionStalenessMs > 0
      ? { staleness: new StalenessWatch({ platform, ledger, stalenessMs: connectionStalenessMs, onStale }) }
      : {}),
    isAbsolute: engineOptions.timecodeType === 'absolute',
    retentionHours: engineOptions.retentionHours,
    expectsAcks: policy.fragmentAcks,
    replayUs: policy.replayUs,
    tracksWithoutPrivateData: () => intake.tracksWithoutPrivateData(),
  });
  const engine = new SessionEngine({ ...engineOptions, fragmentAcks: policy.fragmentAcks }, delivery);
  const parts = { store, policy, stream, intake, admission, order, ledger, counters, delivery, engine, acks, events };
  notifier?.attach(parts);
  return parts;
}

/** What each late frame is told to; undefined where nothing is done about it. */
function watchLatency(
  platform: Platform,
  { whenLate, continuousRetry }: StreamOptions,
  { unsentUs, ...actions }: Omit<LatencyWatchOptions, 'platform'> & { readonly unsentUs: () => number },
): (() => void) | undefined {
  if ((whenLate ?? (continuousRetry === false ? 'tell' : 'recover')) === 'tell') return undefined;
  const watch = new LatencyWatch({ platform, ...actions });
  return () => watch.report(unsentUs);
}

function watchPressure(stream: CoreStream, policy: StreamPolicy): void {
  const { bufferDurationUs: bufferUs, maxLatencyUs: latencyUs, keepsAll } = policy;
  const status = stream.watchPressure({ bufferUs, latencyUs, store: !keepsAll });
  if (status >= 0) return;
  stream.dispose();
  throw coreError(-status, 'set the limits of the stream');
}

/** The end of the media: frames that wait go on, and no more will come. False while the store has no room for the mark. Throws `KvsError`. */
export function endMedia({ order, stream, ledger, delivery }: StreamParts, streamName: string): boolean {
  order?.releaseAll();
  const status = -stream.stop();
  if (status === STATUS.STATUS_STORE_OUT_OF_MEMORY) return false;
  if (status > 0) throw coreError(status, `stop the stream ${streamName}`);
  ledger.close();
  delivery.isStopped = true;
  return true;
}
