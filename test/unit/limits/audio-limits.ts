/** Codec private data of sound, read and written; and numbers of EBML. */
import * as assert from 'uvu/assert';
import type { Core } from '../../../sdk/core/core.ts';
import { fromHex, toHex } from '../../support/core-fixture.ts';
import type { LimitRow } from './limit-row.ts';

/** Numbers that a parser leaves, or minus a status. */
const reads =
  (parser: 'aacConfigRead' | 'waveFormatRead', bytes: string, count: number) =>
  (core: Core): number | number[] => {
    const data = fromHex(bytes);
    const at = core.scratch(new Uint8Array(16), data);
    const status = core.exports[parser](at + 16, data.length, at);
    return status < 0 ? status : [...core.words.subarray(at >>> 2, (at >>> 2) + count)];
  };
const aac = (bytes: string): ((core: Core) => number | number[]) => reads('aacConfigRead', bytes, 2);
const wave = (bytes: string): ((core: Core) => number | number[]) => reads('waveFormatRead', bytes, 3);

const writes =
  (writer: 'aacConfigWrite' | 'waveFormatWrite', kind: number, frequencyHz: number, channels: number) =>
  (core: Core): number | string => {
    const at = core.scratch(new Uint8Array(18));
    const length = core.exports[writer](at, kind, frequencyHz, channels);
    return length < 0 ? length : toHex(core.bytes.slice(at, at + length));
  };

const is =
  <T>(call: (core: Core) => T, expected: T) =>
  (core: Core): void =>
    assert.equal(call(core), expected);

/** AAC-LC with this frequency index and channel configuration. */
const config = (index: number, channels: number): string =>
  ((2 << 11) | (index << 7) | (channels << 3)).toString(16).padStart(4, '0');
const WAVE = '0600010040 1f0000 401f0000 0100 0800'.replaceAll(' ', '');

const ebml =
  (value: bigint) =>
  (core: Core): number | string => {
    const at = core.scratch(new Uint8Array(8));
    const length = core.exports.ebmlWriteSize(at, Number(value & 0xffff_ffffn), Number(value >> 32n));
    return length < 0 ? length : toHex(core.bytes.slice(at, at + length));
  };

/** The last number of each width, and the first of the next; all ones stay reserved. */
const widths = (): Record<string, (core: Core) => void> => {
  const rows: Record<string, (core: Core) => void> = {
    '0': is(ebml(0n), '80'),
    '2^64 − 1, "unknown"': is(ebml(2n ** 64n - 1n), 'ff'),
  };
  for (let octets = 1n; octets <= 8n; octets++) {
    const last = 2n ** (7n * octets) - 2n;
    const hex = (value: bigint, width: bigint): string =>
      (value | (1n << (7n * width))).toString(16).padStart(Number(width) * 2, '0');
    rows[`2^${7n * octets} − 2`] = is(ebml(last), hex(last, octets));
    if (octets < 8n) rows[`2^${7n * octets} − 1`] = is(ebml(last + 1n), hex(last + 1n, octets + 1n));
  }
  return rows;
};

export const AUDIO_LIMITS: readonly LimitRow[] = [
  {
    limit: 'AudioSpecificConfig',
    value: 'at least 2 bytes',
    status: 'STATUS_MKV_INVALID_AAC_CPD',
    number: 0x32000025,
    inside: { '2': is(aac('1190'), [48_000, 2]) },
    outside: { '1': aac('11'), '0': aac('') },
  },
  {
    limit: 'frequency index of AAC',
    value: '0…12',
    status: 'STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX',
    number: 0x32000023,
    inside: { '0': is(aac(config(0, 2)), [96_000, 2]), '12': is(aac(config(12, 2)), [7350, 2]) },
    outside: { '13': aac(config(13, 2)), '15, a frequency of its own': aac(config(15, 2)) },
  },
  {
    limit: 'channel configuration of AAC',
    value: '0…7',
    status: 'STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG',
    number: 0x32000024,
    inside: { '0': is(aac(config(3, 0)), [48_000, 0]), '7': is(aac(config(3, 7)), [48_000, 7]) },
    outside: { '8': aac(config(3, 8)), '8 and a bad frequency': aac(config(13, 8)) },
  },
  {
    limit: 'AudioSpecificConfig to be written',
    value: 'object type 1…6, frequency of the table, channels 1…7',
    status: 'STATUS_INVALID_ARG',
    number: 0x00000002,
    inside: {
      'type 1, 96000 Hz, 1 channel': is(writes('aacConfigWrite', 1, 96_000, 1), '0808'),
      'type 6, 7350 Hz, 7 channels': is(writes('aacConfigWrite', 6, 7350, 7), '3638'),
    },
    outside: {
      'type 0': writes('aacConfigWrite', 0, 48_000, 2),
      'type 7': writes('aacConfigWrite', 7, 48_000, 2),
      '48001 Hz': writes('aacConfigWrite', 2, 48_001, 2),
      '0 channels': writes('aacConfigWrite', 2, 48_000, 0),
      '8 channels': writes('aacConfigWrite', 2, 48_000, 8),
    },
  },
  {
    limit: 'WAVEFORMATEX of G.711',
    value: 'at least 16 bytes, format 6 or 7',
    status: 'STATUS_MKV_INVALID_AMS_ACM_CPD',
    number: 0x3200002a,
    inside: { '16, format 6': is(wave(WAVE), [8000, 1, 8]), 'format 7': is(wave(`07${WAVE.slice(2)}`), [8000, 1, 8]) },
    outside: {
      '15': wave(WAVE.slice(0, -2)),
      'format 5': wave(`05${WAVE.slice(2)}`),
      'format 8': wave(`08${WAVE.slice(2)}`),
      'format 262': wave(`0601${WAVE.slice(4)}`),
    },
  },
  {
    limit: 'WAVEFORMATEX of G.711 to be written',
    value: '8000…192000 Hz, channels 1…2, format 6…7',
    status: 'STATUS_INVALID_ARG',
    number: 0x00000002,
    inside: {
      '8000 Hz, 1 channel': is(writes('waveFormatWrite', 6, 8000, 1), '06000100401f0000401f0000010008000000'),
      '192000 Hz, 2 channels': is(writes('waveFormatWrite', 7, 192_000, 2), '0700020000ee020000dc0500020008000000'),
    },
    outside: {
      '7999 Hz': writes('waveFormatWrite', 6, 7999, 1),
      '192001 Hz': writes('waveFormatWrite', 6, 192_001, 1),
      '0 channels': writes('waveFormatWrite', 6, 8000, 0),
      '3 channels': writes('waveFormatWrite', 6, 8000, 3),
      'format 5': writes('waveFormatWrite', 5, 8000, 1),
      'format 8': writes('waveFormatWrite', 8, 8000, 1),
    },
  },
  {
    limit: 'EBML number',
    value: '0…2^56 − 2',
    status: 'STATUS_MKV_NUMBER_TOO_BIG',
    number: 0x32000005,
    inside: widths(),
    outside: { '2^56 − 1': ebml(2n ** 56n - 1n), '2^56': ebml(2n ** 56n), '2^64 − 2': ebml(2n ** 64n - 2n) },
  },
];
