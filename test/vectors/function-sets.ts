import * as assert from 'uvu/assert';
import type { Core } from '../../sdk/core/core.ts';
import {
  annexBToAvcc,
  avccToAnnexB,
  h264CodecPrivateData,
  h264PictureFormat,
  h265CodecPrivateData,
  h265PictureFormat,
} from '../../sdk/core/nal.ts';
import { KvsError } from '../../sdk/errors.ts';
import { statusName } from '../../sdk/status.ts';
import { ALL_ONES, HVCC, type OurSide, PAYLOADS, SHORT_LENGTHS, WAVE_FORMAT } from './our-side.ts';

/** A row of a function set: its function's name, input and expected outcome. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** How the rows of one function are run; throws when a row does not hold. */
export interface FunctionSet {
  readonly file: string;
  /** Name in the rows' `function` field; null when the file has only one. */
  readonly function: string | null;
  /** What native gets wrong. */
  readonly ourSide?: OurSide;
  run(core: Core, row: Row): void;
}

const RESULT_BYTES = 16;

/** Calls and compares the outcome: either the status's name or what `expected` finds in the result. */
function expectOutcome<T>(row: Row, call: () => T, compare: (result: T) => void): void {
  let result: T;
  try {
    result = call();
  } catch (error) {
    if (!(error instanceof KvsError)) throw error;
    assert.is(statusName(error.status), row['status'], 'status');
    return;
  }
  assert.is('STATUS_SUCCESS', row['status'], 'status');
  compare(result);
}

const input = (row: Row): Uint8Array => Buffer.from(String(row['input']), 'hex');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function expectBytes(row: Row, call: () => Uint8Array): void {
  expectOutcome(row, call, (bytes) => assert.is(hex(bytes), row['output'], 'output'));
}

/** Calls a parser of the ABI that leaves u32 numbers, and compares them with the row's fields. */
function expectNumbers(
  core: Core,
  row: Row,
  fields: readonly string[],
  parse: (exports: Core['exports'], address: number, sizeBytes: number, result: number) => number,
): void {
  const bytes = input(row);
  const result = core.scratch(new Uint8Array(RESULT_BYTES), bytes);
  const status = core.run((exports) => parse(exports, result + RESULT_BYTES, bytes.length, result));
  assert.is(statusName(-status), row['status'], 'status');
  if (status < 0) return;
  fields.forEach((field, index) => assert.is(core.words[(result >>> 2) + index], row[field], field));
}

/** Writes a row's number with a function of the ABI, and compares status and octets. */
function expectNumber(
  core: Core,
  row: Row,
  field: 'ebml' | 'big_endian',
  write: (exports: Core['exports'], address: number, lo: number, hi: number) => number,
): void {
  const value = BigInt(row['number'] as string | number);
  const at = core.scratch(new Uint8Array(RESULT_BYTES));
  const length = core.run((exports) => write(exports, at, Number(value & 0xffffffffn), Number(value >> 32n)));
  assert.is(statusName(length < 0 ? -length : 0), row[`${field}_status`], `${field} status`);
  if (length > 0) assert.is(hex(core.bytes.slice(at, at + length)), row[field], field);
}

export const FUNCTION_SETS: readonly FunctionSet[] = [
  {
    file: 'nal_adapters.json',
    function: 'annexb_to_avcc',
    ourSide: PAYLOADS,
    run(core, row) {
      expectBytes(row, () => annexBToAvcc(core, input(row), { removeEmulationPrevention: row['remove_epb'] === true }));
    },
  },
  {
    file: 'nal_adapters.json',
    function: 'avcc_to_annexb',
    run(core, row) {
      expectBytes(row, () => avccToAnnexB(core, input(row)));
    },
  },
  {
    file: 'cpd_adapters.json',
    function: 'h264_cpd_annexb_to_avcc',
    run(core, row) {
      expectBytes(row, () => h264CodecPrivateData(core, input(row)));
    },
  },
  {
    file: 'sps_parser.json',
    function: 'h264_cpd_resolution',
    ourSide: SHORT_LENGTHS,
    run(core, row) {
      expectOutcome(
        row,
        () => h264PictureFormat(core, input(row)),
        (size) => assert.equal([size.width, size.height], [row['width'], row['height']], 'picture size'),
      );
    },
  },
  {
    file: 'cpd_adapters.json',
    function: 'h265_cpd_annexb_to_hvcc',
    ourSide: HVCC,
    run(core, row) {
      expectBytes(row, () => h265CodecPrivateData(core, input(row)));
    },
  },
  {
    file: 'sps_parser.json',
    function: 'h265_cpd_resolution',
    run(core, row) {
      expectOutcome(
        row,
        () => h265PictureFormat(core, input(row)),
        (size) => assert.equal([size.width, size.height], [row['width'], row['height']], 'picture size'),
      );
    },
  },
  {
    file: 'sps_parser.json',
    function: 'bih_cpd_resolution',
    run(core, row) {
      expectNumbers(core, row, ['width', 'height'], (exports, ...place) => exports.bitmapPictureSize(...place));
    },
  },
  {
    file: 'audio_cpd.json',
    function: 'parse_aac_cpd',
    run(core, row) {
      expectNumbers(core, row, ['sampling_frequency', 'channels'], (exports, ...place) =>
        exports.aacConfigRead(...place),
      );
    },
  },
  {
    file: 'audio_cpd.json',
    function: 'parse_ams_acm_cpd',
    run(core, row) {
      expectNumbers(core, row, ['sampling_frequency', 'channels', 'bit_depth'], (exports, ...place) =>
        exports.waveFormatRead(...place),
      );
    },
  },
  {
    file: 'audio_cpd.json',
    function: 'generate_aac_cpd',
    run(core, row) {
      const at = core.scratch(new Uint8Array(RESULT_BYTES));
      const [objectType, frequency, channels] = ['object_type', 'sampling_frequency', 'channels'].map((field) =>
        Number(row[field]),
      );
      const result = core.run((exports) => exports.aacConfigWrite(at, objectType ?? 0, frequency ?? 0, channels ?? 0));
      assert.is(statusName(result < 0 ? -result : 0), row['status'], 'status');
      if (result > 0) assert.is(hex(core.bytes.slice(at, at + result)), row['output'], 'output');
    },
  },
  {
    file: 'audio_cpd.json',
    function: 'generate_pcm_cpd',
    ourSide: WAVE_FORMAT,
    run(core, row) {
      const at = core.scratch(new Uint8Array(RESULT_BYTES * 2));
      const [format, frequency, channels] = ['format', 'sampling_frequency', 'channels'].map((field) =>
        Number(row[field]),
      );
      const result = core.run((exports) => exports.waveFormatWrite(at, format ?? 0, frequency ?? 0, channels ?? 0));
      assert.is(statusName(result < 0 ? -result : 0), row['status'], 'status');
      if (result > 0) assert.is(hex(core.bytes.slice(at, at + result)), row['output'], 'output');
    },
  },
  {
    file: 'ebml_numbers.json',
    function: null,
    ourSide: ALL_ONES,
    run(core, row) {
      expectNumber(core, row, 'ebml', (exports, ...place) => exports.ebmlWriteSize(...place));
      expectNumber(core, row, 'big_endian', (exports, ...place) => exports.ebmlWriteNumber(...place));
    },
  },
  {
    file: 'tags.json',
    function: null,
    run(core, row) {
      const top = ['tags', 'tag', 'simple'].indexOf(String(row['top']));
      const [name, value] = ['name', 'value'].map((field) => Buffer.from(String(row[field])));
      assert.ok(name && value);
      const room = 128 + name.length + value.length;
      const at = core.scratch(new Uint8Array(room), name, value);
      const nameAt = at + room;
      const length = core.run((exports) =>
        exports.tagChainWrite(at, top, nameAt, name.length, nameAt + name.length, value.length),
      );
      assert.is(statusName(length < 0 ? -length : 0), row['status'], 'status');
      if (length > 0) assert.is(hex(core.bytes.slice(at, at + length)), row['output'], 'chain');
    },
  },
];
