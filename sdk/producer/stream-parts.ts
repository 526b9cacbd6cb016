/** What a stream is made of, and how its parts hang together: frames go down this list, acks and events come back up. */
import type { ContentStore } from '../core/content-store.ts';
import type { CoreStream } from '../core/core-stream.ts';
import { coreError, ServiceCallError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import { SERVICE_RESULT } from '../status.ts';
import type { FragmentAck } from './acks.ts';
import { Broadcast } from './broadcast.ts';
import type { StreamNotifier } from './callbacks/stream-notifier.ts';
import { Delivery } from './delivery.ts';
import type { StreamEvent } from './events.ts';
import { FragmentLedger } from './fragment-ledger.ts';
import { FrameAdmission } from './frame-admission.ts';
import { FrameIntake, openCoreStream } from './frame-intake.ts';
import { createCounters, type StreamCounters } from './metrics.ts';
import type { StreamOptions } from './options.ts';
import { type EngineOptions, SessionEngine } from './session-engine.ts';
import { StalenessWatch } from './staleness-watch.ts';
import type { TrackSet } from './tracks.ts';

/** Queue lengths of `acks()` and `events()`: minutes of a busy stream. */
const ACK_QUEUE_ITEMS = 1024;
const EVENT_QUEUE_ITEMS = 256;

/** Native default without a buffer duration of our own: half of 120 s. Source: c-producer §2.2. */
const REPLAY_DURATION_US = 60_000_000;

export interface StreamParts {
  readonly store: ContentStore;
  readonly stream: CoreStream;
  readonly intake: FrameIntake;
  readonly admission: FrameAdmission;
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
  platform: Platform,
  store: ContentStore,
  engineOptions: EngineOptions,
  tracks: TrackSet,
  options: StreamOptions,
  signals: StreamSignals,
  notifier?: StreamNotifier,
): StreamParts {
  const stream = openCoreStream(store, tracks, platform.randomBytes(16), options);
  watchPressure(stream, options);
  const acks = new Broadcast<FragmentAck>(ACK_QUEUE_ITEMS, notifier && ((ack) => notifier.onAck(ack)));
  const events = new Broadcast<StreamEvent>(EVENT_QUEUE_ITEMS, notifier && ((event) => notifier.onEvent(event)));
  const ledger = new FragmentLedger();
  const counters = createCounters();
  const intake = new FrameIntake(stream, tracks);
  const admission = new FrameAdmission({
    platform,
    intake,
    stream,
    store,
    ledger,
    counters,
    dropsOldest: options.whenFull === 'drop-oldest',
    onEvent: (event) => events.publish(event),
  });
  const { connectionStalenessMs = 0, fragmentAcks = true } = options;
  const onStale = (unacknowledgedMs: number): void => {
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
    ...(connectionStalenessMs > 0 && fragmentAcks
      ? { staleness: new StalenessWatch({ platform, ledger, stalenessMs: connectionStalenessMs, onStale }) }
      : {}),
    isAbsolute: engineOptions.timecodeType === 'absolute',
    retentionHours: engineOptions.retentionHours,
    expectsAcks: fragmentAcks,
    // Without acks there is nothing left to go back to but the fragment that was begun.
    replayUs: options.rollBack === 'native' && fragmentAcks ? replayUs(options) : undefined,
    tracksWithoutPrivateData: () => intake.tracksWithoutPrivateData(),
  });
  const engine = new SessionEngine({ ...engineOptions, fragmentAcks }, delivery);
  const parts = { store, stream, intake, admission, ledger, counters, delivery, engine, acks, events };
  notifier?.attach(parts);
  return parts;
}

/** Native defaults: 0.5 and 0.85 of the buffer duration. Source: c-producer §2.2. */
function replayUs({ replayDurationUs, bufferDurationUs }: StreamOptions): number {
  return replayDurationUs ?? (bufferDurationUs === undefined ? REPLAY_DURATION_US : Math.floor(bufferDurationUs / 2));
}

function watchPressure(stream: CoreStream, { bufferDurationUs = 0, maxLatencyUs }: StreamOptions): void {
  const latencyUs = maxLatencyUs ?? Math.floor(bufferDurationUs * 0.85);
  const status = stream.watchPressure({ bufferUs: bufferDurationUs, latencyUs, store: true });
  if (status < 0) throw coreError(-status, 'set the limits of the stream');
}
