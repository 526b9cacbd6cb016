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
import { rightHvccRow } from './hevc-records.ts';

/** A row of a function set: its function's name, input and expected outcome. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** How the rows of one function are run; throws when a row does not hold. */
export interface FunctionSet {
  readonly file: string;
  /** Name in the rows' `function` field; null when the file has only one. */
  readonly function: string | null;
  /** Why a row is left out; null when it runs. */
  leaveOut?(row: Row): string | null;
  run(core: Core, row: Row): void;
}

const RESULT_BYTES = 16;

/** An AVCDecoderConfigurationRecord whose lengthSizeMinusOne is not 3. */
function isRecordWithShortLengths(cpd: Uint8Array): boolean {
  return cpd.length > 8 && cpd[0] === 1 && ((cpd[4] ?? 0) & 0xfc) === 0xfc && cpd[4] !== 0xff && cpd[5] === 0xe1;
}

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

/** The row's WAVEFORMATEX with eight bits a sample, and an eighth of the native bytes a second no more. */
function rightWaveFormat(row: Row): string {
  const format = Buffer.from(String(row['output']), 'hex');
  format.writeUInt32LE(format.readUInt32LE(4) * format.readUInt16LE(2), 8);
  format.writeUInt16LE(8, 14);
  return hex(format);
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

export const FUNCTION_SETS: readonly FunctionSet[] = [
  {
    file: 'nal_adapters.json',
    function: 'annexb_to_avcc',
    leaveOut: (row) =>
      row['remove_epb'] === true
        ? 'emulation prevention is never removed from media, and the native result has wrong lengths'
        : null,
    run(core, row) {
      expectBytes(row, () => annexBToAvcc(core, input(row)));
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
    leaveOut: (row) =>
      isRecordWithShortLengths(input(row))
        ? 'native takes a configuration record with other than four-byte lengths for a bare SPS'
        : null,
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
    run(core, row) {
      expectBytes(rightHvccRow(row), () => h265CodecPrivateData(core, input(row)));
    },
  },
  {
    file: 'sps_parser.json',
    function: 'h265_cpd_resolution',
    leaveOut: (row) =>
      /^0+$/.test(String(row['input'])) && row['status'] === 'STATUS_MKV_HEVC_SPS_NALU_MISSING'
        ? 'native walks data that is no configuration record as if it were the arrays of one'
        : null,
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
    run(core, row) {
      const at = core.scratch(new Uint8Array(RESULT_BYTES * 2));
      const [format, frequency, channels] = ['format', 'sampling_frequency', 'channels'].map((field) =>
        Number(row[field]),
      );
      const result = core.run((exports) => exports.waveFormatWrite(at, format ?? 0, frequency ?? 0, channels ?? 0));
      assert.is(statusName(result < 0 ? -result : 0), row['status'], 'status');
      if (result > 0) assert.is(hex(core.bytes.slice(at, at + result)), rightWaveFormat(row), 'output');
    },
  },
  {
    file: 'ebml_numbers.json',
    function: null,
    leaveOut: (row) =>
      row['ebml'] === '' ? 'native writes no bytes at all for 2^56 - 1; ours refuses the number' : null,
    run(core, row) {
      const value = BigInt(row['number'] as string | number);
      const at = core.scratch(new Uint8Array(RESULT_BYTES));
      const length = core.run((exports) =>
        exports.ebmlWriteSize(at, Number(value & 0xffffffffn), Number(value >> 32n)),
      );
      assert.is(statusName(length < 0 ? -length : 0), row['ebml_status'], 'status');
      if (length > 0) assert.is(hex(core.bytes.slice(at, at + length)), row['ebml'], 'octets');
    },
  },
  {
    file: 'tags.json',
    function: null,
    leaveOut: (row) => (row['status'] === 'STATUS_SUCCESS' ? null : 'lengths are checked where tags are queued'),
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
      assert.is(hex(core.bytes.slice(at, at + length)), row['output'], 'chain');
    },
  },
];
