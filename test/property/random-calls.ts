/** Random streams: settings, and calls in a row. */
import fc from 'fast-check';
import type { CoreStreamConfig, EventMetadata, NalAdaptation, StreamEventType } from '../../sdk/core/index.ts';
import { text } from './property.ts';
import { type FrameContent, frameContent, type FrameSettings } from './random-frame.ts';
import { type RandomTrack, randomTracks } from './random-track.ts';

/** Milliseconds since 1970, in microseconds, of the year 2023. */
const NOW_US = 1_700_000_000_000_000;
const FRAGMENT_US = { min: 1_000_000, max: 30_000_000 };
const MAX_SCALE_TICKS = 10_000_000;

/** A call; numbers are reduced to what makes sense at that moment. */
export type Call =
  | { readonly kind: 'frame'; readonly frame: FramePlan }
  | { readonly kind: 'tag'; readonly name: string; readonly value: string; readonly persistent: boolean }
  | { readonly kind: 'events'; readonly events: readonly StreamEventType[]; readonly metadata: EventMetadata }
  | { readonly kind: 'end' | 'endSession' | 'rollBack' | 'begin' }
  | { readonly kind: 'read'; readonly bytes: number };

export interface FramePlan {
  readonly track: number;
  readonly isKey: boolean;
  readonly discardable: boolean;
  readonly invisible: boolean;
  readonly isEmpty: boolean;
  readonly content: FrameContent;
  /** How far decoding time goes on, in units of the timecode scale and microseconds. */
  readonly step: { readonly units: number; readonly us: number };
  /** How much later, in units, the frame is shown than decoded; B-frames make it vary, and key frames hardly ever have it. */
  readonly shownLater: number;
  /** Where the stream's frames differ in that. */
  readonly knowsDts: boolean;
  readonly durationUs: number;
}

export interface StreamPlan {
  readonly tracks: readonly RandomTrack[];
  readonly nal: NalAdaptation;
  readonly adapt: boolean;
  readonly scaleTicks: number;
  readonly isAbsolute: boolean;
  readonly fragmentDurationUs: number | null;
  readonly endsDurationFragments: boolean;
  readonly startsAtKeyFrame: boolean;
  readonly startUs: number;
  /** Decoding times: given with every frame, with none, or as each frame says. */
  readonly dts: 'known' | 'unknown' | 'mixed';
  readonly calls: readonly Call[];
}

const framePlan: fc.Arbitrary<FramePlan> = fc.record({
  // The fourth track is none.
  track: fc.oneof({ weight: 30, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.constant(3) }),
  isKey: fc.integer({ min: 0, max: 2 }).map((one) => one === 0),
  discardable: fc.boolean(),
  invisible: fc.boolean(),
  isEmpty: fc.integer({ min: 0, max: 39 }).map((one) => one === 0),
  content: frameContent,
  step: fc.record({
    units: fc.oneof(
      { weight: 12, arbitrary: fc.nat(400) },
      { weight: 2, arbitrary: fc.nat(3_000) },
      { weight: 1, arbitrary: fc.nat(40_000) },
    ),
    us: fc.nat(999),
  }),
  shownLater: fc.oneof(
    { weight: 15, arbitrary: fc.nat(900) },
    { weight: 1, arbitrary: fc.integer({ min: -900, max: 900 }) },
  ),
  knowsDts: fc.boolean(),
  durationUs: fc.oneof(fc.constant(0), fc.nat(5_000_000)),
});

const tagName = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('speed', 'place', 'a', '\u{feff}mark') },
  { weight: 6, arbitrary: text(128, 1) },
  { weight: 1, arbitrary: fc.constantFrom('', 'AWS', 'AWS_KINESISVIDEO_NOTIFICATION', 'é'.repeat(65)) },
);
const tagValue = fc.oneof({ weight: 12, arbitrary: text(256) }, { weight: 1, arbitrary: fc.constant('é'.repeat(129)) });

const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 30, arbitrary: framePlan.map((frame): Call => ({ kind: 'frame', frame })) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('tag'),
      name: tagName,
      value: tagValue,
      persistent: fc.boolean(),
    } as const),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('events'),
      events: fc.subarray<StreamEventType>(['notification', 'image-generation']),
      metadata: fc.record({
        imagePrefix: fc.oneof(fc.constant(''), tagValue, fc.constant('AWS/')),
        pairs: fc.array(fc.tuple(tagName, tagValue), { maxLength: 4 }),
      }),
    } as const),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('read'), bytes: fc.integer({ min: 1, max: 30_000 }) } as const),
  },
  { weight: 2, arbitrary: fc.constant<Call>({ kind: 'end' }) },
  { weight: 1, arbitrary: fc.constantFrom<Call>({ kind: 'endSession' }, { kind: 'rollBack' }, { kind: 'begin' }) },
);

/** Whatever the scale, the start in its units stays below 2^53: what reads timecodes as numbers reads them exactly. */
function startOf(kind: 'zero' | 'soon' | 'now', scaleTicks: number): number {
  if (kind === 'zero') return 0;
  return kind === 'soon' ? 12_345_678 : Math.min(NOW_US, Math.floor((2 ** 52 / 10) * scaleTicks));
}

/** @param maxCalls in a row */
export function streamPlan(maxCalls: number): fc.Arbitrary<StreamPlan> {
  return fc
    .tuple(fc.constantFrom<NalAdaptation>('none', 'annexb-to-avcc', 'avcc-to-annexb'), fc.boolean())
    .chain(([nal, adapt]) =>
      fc.record({
        tracks: randomTracks(adapt),
        nal: fc.constant(nal),
        adapt: fc.constant(adapt),
        scaleTicks: fc.oneof(
          { weight: 3, arbitrary: fc.constant(10_000) },
          { weight: 1, arbitrary: fc.constantFrom(1, MAX_SCALE_TICKS) },
          { weight: 2, arbitrary: fc.integer({ min: 1, max: MAX_SCALE_TICKS }) },
        ),
        isAbsolute: fc.boolean(),
        fragmentDurationUs: fc.option(fc.integer(FRAGMENT_US)),
        endsDurationFragments: fc.boolean(),
        startsAtKeyFrame: fc.boolean(),
        start: fc.constantFrom('zero', 'soon', 'now'),
        dts: fc.constantFrom('known', 'known', 'unknown', 'mixed'),
        calls: fc
          .tuple(fc.array(call, { maxLength: 4 }), framePlan, fc.array(call, { maxLength: maxCalls, size: 'max' }))
          .map(([before, frame, after]): Call[] => [
            ...before,
            { kind: 'frame', frame: { ...frame, track: frame.track % 3, isKey: true } },
            ...after,
          ]),
      }),
    )
    .map(({ start, ...plan }) => ({ ...plan, startUs: startOf(start, plan.scaleTicks) }));
}

/** How the frames of a track are made. */
export function frameSettingsOf(plan: StreamPlan, track: RandomTrack | undefined): FrameSettings {
  return { nal: track?.kind === 'video' ? plan.nal : 'none', codec: track?.codec };
}

/** A number that no track has. */
export function freeTrackNumber({ tracks }: StreamPlan): number {
  let number = 1;
  while (tracks.some((track) => track.number === number)) number++;
  return number;
}

/** The plan as settings of the core. */
export function settingsOf(plan: StreamPlan): CoreStreamConfig {
  return {
    tracks: plan.tracks.map(({ settings }) => settings),
    nal: plan.nal,
    adaptCodecPrivateData: plan.adapt,
    contentType: 'application/x-none',
    timecodeScaleNs: plan.scaleTicks * 100,
    absoluteTimecodes: plan.isAbsolute,
    keyFrameFragmentation: plan.fragmentDurationUs === null,
    endsDurationFragments: plan.endsDurationFragments,
    startsAtKeyFrame: plan.startsAtKeyFrame,
    ...(plan.fragmentDurationUs === null ? {} : { fragmentDurationUs: plan.fragmentDurationUs }),
    segmentUuid: new Uint8Array(16).fill(0x55),
    expectsPersistedAck: true,
  };
}

/** Of a scale, one unit in microseconds, whole ones where it is longer than one. */
export const unitUs = (scaleTicks: number): number => (scaleTicks < 10 ? scaleTicks / 10 : Math.floor(scaleTicks / 10));
