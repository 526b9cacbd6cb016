/** A stream's settings as they hold, defaults filled in: what kinesisVideoStreamGetStreamInfo gives. */
import { FRAGMENT_DURATION_MS } from './frames/frame-intake.ts';
import { IDLE_FRAGMENT_MS } from './frames/idle-fragments.ts';
import type { FragmentationOptions, StreamOptions, TrackOptions } from './options.ts';
import type { EngineOptions } from './engine-options.ts';
import { TIMECODE_SCALE_US } from './timecodes.ts';
import { type StreamPolicy, streamPolicy } from './streaming-type.ts';
import type { TrackSet } from './frames/tracks.ts';

/** A track as its header has it. */
export interface TrackInfo {
  readonly trackNumber: number;
  readonly trackId: number | bigint;
  readonly kind: TrackOptions['kind'];
  readonly codecId: string;
  readonly name: string;
}

export interface StreamInfo {
  readonly streamName: string;
  /** Media types of the tracks, comma-separated. */
  readonly contentType: string;
  readonly tracks: readonly TrackInfo[];
  readonly createIfMissing: boolean;
  /** As it was asked for; an existing stream keeps its own. */
  readonly retentionHours: number;
  /** Undefined: the service's own key. */
  readonly kmsKeyId: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly timecodeType: 'absolute' | 'relative';
  /** Unit of timecodes, microseconds. */
  readonly timecodeScaleUs: number;
  readonly fragmentation: Required<FragmentationOptions>;
  readonly streamingType: StreamPolicy['streamingType'];
  readonly whenFull: StreamPolicy['whenFull'];
  /** Microseconds; 0 for no limit but the store. */
  readonly bufferDurationUs: number;
  /** Microseconds; 0 is never told. */
  readonly maxLatencyUs: number;
  readonly rollBack: NonNullable<StreamOptions['rollBack']>;
  /** Milliseconds. */
  readonly stallTimeoutMs: number;
  readonly stopTimeoutMs: number;
  /** Milliseconds; 0 for never. */
  readonly endIdleFragmentsAfterMs: number;
}

/** Native default for a stopping stream, milliseconds. Source: producer-core §20. */
const STOP_TIMEOUT_MS = 120_000;

export function streamInfo(engine: EngineOptions, tracks: TrackSet, options: StreamOptions): StreamInfo {
  const policy = streamPolicy(options);
  const { mode = tracks.hasVideo ? 'key-frame' : 'duration', durationMs = FRAGMENT_DURATION_MS } =
    options.fragmentation ?? {};
  return Object.freeze({
    streamName: engine.streamName,
    contentType: tracks.contentType,
    tracks: tracks.tracks.map(({ number: trackNumber, kind, core: { trackId, codecId, name = '' } }) =>
      Object.freeze({ trackNumber, trackId, kind, codecId, name }),
    ),
    createIfMissing: engine.createIfMissing,
    retentionHours: engine.retentionHours,
    kmsKeyId: engine.kmsKeyId,
    tags: Object.freeze({ ...engine.tags }),
    timecodeType: engine.timecodeType,
    timecodeScaleUs: TIMECODE_SCALE_US,
    fragmentation: Object.freeze({ mode, durationMs }),
    streamingType: policy.streamingType,
    whenFull: policy.whenFull,
    bufferDurationUs: policy.bufferDurationUs,
    maxLatencyUs: policy.maxLatencyUs,
    rollBack: policy.replayUs === undefined ? 'unpersisted' : 'native',
    stallTimeoutMs: engine.stallTimeoutMs,
    stopTimeoutMs: options.stopTimeoutMs ?? STOP_TIMEOUT_MS,
    endIdleFragmentsAfterMs: options.endIdleFragmentsAfterMs ?? IDLE_FRAGMENT_MS,
  });
}
