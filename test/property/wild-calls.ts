/** Calls that a well-behaved engine would not make: everything that a stream can be asked, with arguments in and out of range. */
import fc from 'fast-check';
import type { AckType, NalAdaptation } from '../../sdk/core/index.ts';
import { mostlySmall } from './property.ts';
import { randomBytes } from './random-bytes.ts';

/** A call, or null for the next one of the well-behaved plan. */
export type WildCall =
  | { readonly kind: 'planned' }
  | {
      readonly kind: 'frame';
      readonly track: number;
      readonly flags: number;
      readonly data: Uint8Array;
      readonly times: readonly [ptsUs: number, dtsUs: number, durationUs: number];
    }
  | { readonly kind: 'hold'; readonly track: number; readonly flags: number; readonly data: Uint8Array }
  | { readonly kind: 'release'; readonly track: number; readonly times: readonly [ptsUs: number, dtsUs: number] }
  | { readonly kind: 'acknowledge'; readonly type: AckType; readonly timecode: number }
  | { readonly kind: 'skip'; readonly timecode: number }
  | { readonly kind: 'private'; readonly track: number; readonly data: Uint8Array }
  | { readonly kind: 'nal'; readonly nal: NalAdaptation; readonly adapt: boolean }
  | { readonly kind: 'rollBack'; readonly to: 'unpersisted' | 'received' }
  | { readonly kind: 'frames'; readonly order: number }
  | { readonly kind: 'drop' | 'dropTags' | 'end' | 'stop' | 'stats' };

const timeUs = fc.oneof(
  { weight: 6, arbitrary: mostlySmall(100_000, 2 ** 53 - 1) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 2 ** 60, 922_337_203_685_477),
  },
);
const timecode = fc.oneof(fc.nat(2_000), fc.maxSafeNat());

export const wildCall: fc.Arbitrary<WildCall> = fc.oneof(
  { weight: 20, arbitrary: fc.constant<WildCall>({ kind: 'planned' }) },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('frame'),
      track: fc.integer({ min: -1, max: 4 }),
      flags: fc.oneof(fc.nat(7), fc.integer()),
      data: randomBytes,
      times: fc.tuple(timeUs, fc.oneof(timeUs, fc.constant(Number.NaN)), timeUs),
    } as const),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('hold'),
      track: fc.integer({ min: 0, max: 4 }),
      flags: fc.nat(7),
      data: randomBytes,
    } as const),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('release'),
      track: fc.integer({ min: 0, max: 4 }),
      times: fc.tuple(timeUs, fc.oneof(timeUs, fc.constant(Number.NaN))),
    } as const),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('acknowledge'),
      type: fc.constantFrom<AckType>('buffering', 'received', 'persisted'),
      timecode,
    } as const),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('skip'), timecode } as const) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('private'), track: fc.nat(4), data: randomBytes } as const),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('nal'),
      nal: fc.constantFrom<NalAdaptation>('none', 'annexb-to-avcc', 'avcc-to-annexb'),
      adapt: fc.boolean(),
    } as const),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('rollBack'), to: fc.constantFrom('unpersisted', 'received') } as const),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('frames'), order: fc.oneof(fc.nat(9), fc.integer()) } as const),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<WildCall>(
      { kind: 'drop' },
      { kind: 'drop' },
      { kind: 'end' },
      { kind: 'dropTags' },
      { kind: 'stats' },
      { kind: 'stop' },
    ),
  },
);
