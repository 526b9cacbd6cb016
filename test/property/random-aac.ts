/** Random AudioSpecificConfigs, and what they tell. Source: ISO/IEC 14496-3 §1.6.2.1 and §4.4.1.1. */
import fc from 'fast-check';
import { bytesOf } from '../support/mkv-builder.ts';
import { noise } from './property.ts';

/** Table 1.18. */
const FREQUENCIES_HZ = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];
const EXPLICIT_FREQUENCY = 15;
const ESCAPED_TYPE = 31;
const EIGHT_CHANNELS = 7;
/** Main, LC, SSR, LTP: their config goes on with what a program config element may be in. */
const GENERAL_TYPES = [1, 2, 3, 4];
/** CELP, HVXC and others that have a config of their own. */
const OTHER_TYPES = [8, 9, 12, 24, 32, 36, 42];

export interface AacConfig {
  readonly bytes: Uint8Array;
  readonly samplingFrequencyHz: number;
  /** Null where the config does not tell. */
  readonly channels: number | null;
}

const bits = (value: number, count: number): string => value.toString(2).padStart(count, '0');

function toBytes(written: string): Uint8Array {
  const whole = written.padEnd(Math.max(16, Math.ceil(written.length / 8) * 8), '0');
  return Uint8Array.from(whole.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2));
}

const frequency = fc.oneof(
  { weight: 4, arbitrary: fc.nat(FREQUENCIES_HZ.length - 1) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 0xff_ffff }).map((hz) => -hz) },
);

/** Frequencies by index, or an explicit one as a negative number. */
const frequencyBits = (one: number): string => (one < 0 ? bits(EXPLICIT_FREQUENCY, 4) + bits(-one, 24) : bits(one, 4));

const typeBits = (type: number): string =>
  type >= ESCAPED_TYPE ? bits(ESCAPED_TYPE, 5) + bits(type - 32, 6) : bits(type, 5);

/** Front, side and back elements, true for a pair; and what is of no interest beside them. */
const program = fc
  .record({
    elements: fc.tuple(...Array.from({ length: 3 }, () => fc.array(fc.boolean(), { maxLength: 15 }))),
    low: fc.nat(3),
    mixdowns: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    delay: fc.option(fc.nat(0x3fff)),
  })
  .map(({ elements, low, mixdowns, delay }) => {
    const pairs = elements.flat();
    const mixdownBits = mixdowns.map((isThere, index) => (isThere ? `1${bits(5, index === 2 ? 3 : 4)}` : '0'));
    const counts = elements.map(({ length }) => bits(length, 4)).join('');
    const written =
      `0${delay === null ? '0' : `1${bits(delay, 14)}`}0` +
      `${bits(0, 10)}${counts}${bits(low, 2)}${bits(0, 7)}${mixdownBits.join('')}` +
      pairs.map((isPair) => `${isPair ? 1 : 0}${bits(3, 4)}`).join('');
    return { written, channels: pairs.length + pairs.filter(Boolean).length + low };
  });

/** Configurations with a fixed meaning, with anything behind them. */
const fixed = fc
  .record({
    type: fc.constantFrom(...GENERAL_TYPES, ...OTHER_TYPES),
    frequency,
    configuration: fc.integer({ min: 1, max: EIGHT_CHANNELS }),
    seed: fc.integer(),
    tailBytes: fc.nat(40),
  })
  .map(({ type, frequency: one, configuration, seed, tailBytes }) => ({
    one,
    bytes: bytesOf(toBytes(typeBits(type) + frequencyBits(one) + bits(configuration, 4)), noise(seed, tailBytes)),
    channels: configuration === EIGHT_CHANNELS ? 8 : configuration,
  }));

/** Configuration 0: a program config element tells the channels; 0 of them are as good as none. */
const told = fc
  .record({ type: fc.constantFrom(...GENERAL_TYPES), frequency, program })
  .map(({ type, frequency: one, program: { written, channels } }) => ({
    one,
    bytes: toBytes(typeBits(type) + frequencyBits(one) + bits(0, 4) + written),
    channels: channels === 0 ? null : channels,
  }));

/** Configuration 0 of a kind that has no such element. */
const untold = fc
  .record({ type: fc.constantFrom(...OTHER_TYPES), frequency, seed: fc.integer(), tailBytes: fc.nat(40) })
  .map(({ type, frequency: one, seed, tailBytes }) => ({
    one,
    bytes: bytesOf(toBytes(typeBits(type) + frequencyBits(one) + bits(0, 4)), noise(seed, tailBytes)),
    channels: null,
  }));

export const aacConfig: fc.Arbitrary<AacConfig> = fc.oneof(fixed, told, untold).map(({ one, bytes, channels }) => ({
  bytes,
  samplingFrequencyHz: one < 0 ? -one : (FREQUENCIES_HZ[one] as number),
  channels,
}));
