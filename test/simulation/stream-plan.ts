/** What a simulated application and its camera are like; the seed decides. */
import type { StreamOptions, TrackOptions } from '../../sdk/producer/index.ts';
import { type Form, PICTURES, type VideoCodec } from './frame-content.ts';
import type { Random } from './random.ts';

export interface StreamPlan {
  readonly name: string;
  readonly tracks: readonly TrackKind[];
  readonly form: Form;
  readonly codec: VideoCodec;
  /** Pictures that are told behind the one that they refer to. */
  readonly reordered: number;
  readonly hasDecodeTimes: boolean;
  /** What frames are put as; `described-chunks`: their parameter sets come beside them. */
  readonly input: 'frames' | 'chunks' | 'described-chunks';
  readonly framesASecond: number;
  /** From one key frame to the next, seconds. */
  readonly keySeconds: number;
  readonly usualFrameBytes: number;
  /** Parameter sets stand in every key frame; otherwise they are given to the stream. */
  readonly hasSetsInKeys: boolean;
  readonly fragmentation: StreamOptions['fragmentation'];
  readonly whenFull: NonNullable<StreamOptions['whenFull']>;
  readonly streamingType: NonNullable<StreamOptions['streamingType']>;
  /** Otherwise than as they are put: tracks are then put unevenly. */
  readonly frameOrder: NonNullable<StreamOptions['frameOrder']>;
  /** Policies and limits, as the application states them. */
  readonly limits: Pick<
    StreamOptions,
    | 'bufferDurationUs'
    | 'rollBack'
    | 'replayDurationUs'
    | 'sessionDurationMs'
    | 'connectionStalenessMs'
    | 'callCaching'
    | 'endpointCacheMs'
    | 'endIdleFragmentsAfterMs'
  >;
  readonly timecodeType: 'absolute' | 'relative';
  readonly retentionHours: number;
  /** What the service says where it knows the stream already. */
  readonly knownRetentionHours: number;
  /** The service knows the stream from the beginning. */
  readonly isKnown: boolean;
  readonly waitsUntilReady: boolean;
  readonly hasTags: boolean;
}

export type TrackKind = 'video' | 'audio' | 'data';

export interface ProducerPlan {
  readonly storeBytes: number;
  /** Service calls and notifications go through a provider of callbacks. */
  readonly hasCallbacks: boolean;
  readonly streams: readonly StreamPlan[];
}

export function planProducer(random: Random): ProducerPlan {
  const policies = random.fork('policies');
  const orders = random.fork('orders');
  const count = random.pick([1, 1, 1, 2, 3]);
  const storeBytes = random.pick([64, 96, 128, 256, 1024]) * 1024;
  return {
    storeBytes,
    hasCallbacks: random.chance(0.2),
    streams: Array.from({ length: count }, (_, index) => {
      const plan = planStream(random, `camera-${index}`, storeBytes / count);
      return planOrder(orders, planPolicy(policies, plan));
    }),
  };
}

/** Some fragments in the share of the store that a stream has; now and then it is too small for one. */
const FRAGMENTS_IN_STORE = 6;
const SMALL_STORE_CHANCE = 0.03;

function planStream(random: Random, name: string, shareBytes: number): StreamPlan {
  const tracks: readonly TrackKind[] = random.pick<readonly TrackKind[]>([
    ['video'],
    ['video'],
    ['video', 'audio'],
    ['video', 'audio', 'data'],
    ['audio'],
  ]);
  const framesASecond = random.pick([0.5, 0.5, 1, 1, 1, 2, 2, 2, 5, 12]);
  const keySeconds = random.whole(1, 8);
  const fittingBytes = shareBytes / FRAGMENTS_IN_STORE / (Math.max(1, framesASecond * keySeconds) * tracks.length);
  const usualFrameBytes = random.pick([60, 200, 600, 2_000]);
  const isSmallStore = random.chance(SMALL_STORE_CHANCE);
  const input = random.pick<StreamPlan['input']>(['frames', 'frames', 'chunks', 'described-chunks']);
  return {
    name,
    tracks,
    form: input === 'described-chunks' ? 'avcc' : random.pick<Form>(['annexb', 'avcc']),
    codec: random.pick<VideoCodec>(['h264', 'h264', 'h265']),
    reordered: random.pick([0, 0, 1, 2]),
    // Beside other tracks a decode time would lie before theirs.
    hasDecodeTimes: tracks.length === 1 && input === 'frames' && random.chance(0.5),
    input,
    framesASecond,
    keySeconds,
    usualFrameBytes: isSmallStore ? usualFrameBytes : Math.min(usualFrameBytes, fittingBytes),
    hasSetsInKeys: random.chance(0.5),
    fragmentation: random.chance(0.25) ? { mode: 'duration', durationMs: random.whole(1, 6) * 1000 } : undefined,
    whenFull: random.pick(['wait', 'drop-oldest']),
    streamingType: 'realtime',
    frameOrder: 'as-put',
    limits: planLimits(random),
    timecodeType: random.pick(['absolute', 'relative']),
    retentionHours: random.chance(0.15) ? 0 : 24,
    knownRetentionHours: random.chance(0.25) ? 0 : 24,
    isKnown: random.chance(0.5),
    waitsUntilReady: random.chance(0.5),
    hasTags: random.chance(0.3),
  };
}

function planPolicy(random: Random, plan: StreamPlan): StreamPlan {
  const streamingType = random.pick<StreamPlan['streamingType']>(['realtime', 'realtime', 'near-realtime', 'offline']);
  return {
    ...plan,
    streamingType,
    whenFull: random.chance(0.2) ? 'reject' : plan.whenFull,
    // What was not kept could not be sent again.
    retentionHours: streamingType === 'offline' ? 24 : plan.retentionHours,
  };
}

/** Where video goes beside other tracks its frames may be put in order, fragments beginning with key frames. */
function planOrder(random: Random, plan: StreamPlan): StreamPlan {
  const frameOrder = random.pick<StreamPlan['frameOrder']>(['as-put', 'decode-time', 'presentation-time']);
  const hasDecodeTimes = random.chance(0.5);
  if (plan.tracks.length === 1 || frameOrder === 'as-put') return plan;
  return {
    ...plan,
    frameOrder,
    fragmentation: undefined,
    hasDecodeTimes: plan.input === 'frames' && frameOrder === 'decode-time' && hasDecodeTimes,
  };
}

/** Nothing that was put may be lost to make room. */
export const keepsAll = ({ streamingType }: StreamPlan): boolean => streamingType === 'offline';

/** What an application may say beside; mostly little. */
function planLimits(random: Random): StreamPlan['limits'] {
  const sometimes = <T extends object>(probability: number, limits: T): T | object =>
    random.chance(probability) ? limits : {};
  return {
    ...sometimes(0.25, { bufferDurationUs: random.whole(5, 60) * 1_000_000 }),
    ...sometimes(0.2, { rollBack: 'native', replayDurationUs: random.whole(0, 40) * 500_000 }),
    ...sometimes(0.3, { sessionDurationMs: random.whole(10, 120) * 1000 }),
    ...sometimes(0.1, { connectionStalenessMs: random.whole(10, 30) * 1000 }),
    ...sometimes(0.2, { callCaching: 'none' }),
    // What is used while it is fresh, whatever fails, must not be fresh for longer than recovery may take.
    ...sometimes(0.1, { callCaching: 'all', endpointCacheMs: 20_000 }),
    ...sometimes(0.2, { endIdleFragmentsAfterMs: random.pick([0, 4_000, 12_000]) }),
  };
}

/** Options of the producer's stream. `picture`: index of the parameter sets that hold. */
export function streamOptions(plan: StreamPlan, picture: number): StreamOptions {
  const isDescribed = plan.input === 'described-chunks';
  const codecPrivateData = plan.hasSetsInKeys || isDescribed ? undefined : PICTURES[plan.codec][picture]?.record;
  const tracks: Record<TrackKind, TrackOptions> = {
    video: {
      kind: 'video',
      codec: plan.codec,
      ...(isDescribed ? {} : { framing: plan.form === 'annexb' ? 'annexb' : 'avcc' }),
      ...(codecPrivateData === undefined ? {} : { codecPrivateData }),
    },
    audio: { kind: 'audio', codec: 'aac', sampleRate: 16_000, channels: 1 },
    data: { kind: 'data', codec: 'json', codecId: 'D_JSON', contentType: 'application/json' },
  };
  return {
    tracks: plan.tracks.map((kind) => tracks[kind]),
    retentionHours: plan.retentionHours,
    whenFull: plan.whenFull,
    streamingType: plan.streamingType,
    frameOrder: plan.frameOrder,
    timecodeType: plan.timecodeType,
    waitUntilReady: plan.waitsUntilReady,
    ...plan.limits,
    ...(plan.fragmentation === undefined ? {} : { fragmentation: plan.fragmentation }),
    ...(plan.hasTags ? { tags: { place: 'yard' } } : {}),
  };
}
