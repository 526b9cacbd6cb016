/**
 * The right HEVCDecoderConfigurationRecord in place of the native one, which takes profile, tier and level from two bytes too early in the
 * sequence parameter set, and the type of an array from its position. A naive writer, apart from the core's. Source: ISO/IEC 14496-15
 * §8.3.3.1, ITU-T H.265 §7.3.2.2.1, §7.3.3.
 */
import { annexBUnits, unitPayloadTwin } from '../unit/nal/annexb-twin.ts';
import type { Row } from './function-sets.ts';

const HEAD_BYTES = 23;
const VPS_TYPE = 32;
const SPS_TYPE = 33;
const PPS_TYPE = 34;
const MIN_ANNEXB_BYTES = 15;
const MIN_UNITS = 2;
const SUB_LAYER_PROFILE_BITS = 88;
const SUB_LAYER_LEVEL_BITS = 8;

/** Native outcomes of data that was taken for what it is not. */
const MISREAD = new Set(['STATUS_SUCCESS', 'STATUS_BIT_READER_OUT_OF_RANGE', 'STATUS_INVALID_ARG_LEN']);

type Unit = readonly number[];

const typeOf = (unit: Unit): number => (unit[0] ?? 0) >> 1;

/** Reads from a string of binary digits; NaN from its end on. */
class Digits {
  readonly #digits: string;
  #at = 0;

  constructor(bytes: Unit) {
    this.#digits = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
  }

  bits(count: number): number {
    const digits = this.#digits.slice(this.#at, this.#at + count);
    this.#at += count;
    return count === 0 ? 0 : digits.length < count ? Number.NaN : Number.parseInt(digits, 2);
  }

  unsigned(): number {
    const zeros = this.#digits.indexOf('1', this.#at) - this.#at;
    if (zeros < 0) return Number.NaN;
    this.#at += zeros;
    return this.bits(zeros + 1) - 1;
  }
}

/** The record's bytes 1…21 of a sequence parameter set; null when the set ends before it has told. */
function recordHead(sps: Unit): number[] | null {
  const payload = unitPayloadTwin(sps).slice(2);
  const reader = new Digits(payload);
  reader.bits(4);
  const moreLayers = reader.bits(3);
  const nested = reader.bits(1);
  reader.bits(96);
  const flags = moreLayers === 0 ? [] : Array.from({ length: 8 }, () => [reader.bits(1), reader.bits(1)] as const);
  for (const [profile, level] of flags.slice(0, moreLayers)) {
    if (profile === 1) reader.bits(SUB_LAYER_PROFILE_BITS);
    if (level === 1) reader.bits(SUB_LAYER_LEVEL_BITS);
  }
  reader.unsigned();
  const chroma = reader.unsigned();
  if (chroma === 3) reader.bits(1);
  reader.unsigned();
  reader.unsigned();
  if (reader.bits(1) === 1) for (let edge = 0; edge < 4; edge++) reader.unsigned();
  const [luma, chromaDepth] = [reader.unsigned(), reader.unsigned()];
  if (Number.isNaN(luma + chromaDepth) || chroma > 3) return null;
  const layers = ((moreLayers + 1) << 3) | (nested << 2) | 3;
  return [...payload.slice(1, 13), 0xf0, 0, 0xfc, 0xfc | chroma, 0xf8 | luma, 0xf8 | chromaDepth, 0, 0, layers];
}

const twoBytes = (value: number): number[] => [value >> 8, value & 255];

/** The record of parameter sets; null when there is no readable SPS among them. */
function recordOf(units: readonly Unit[]): Buffer | null {
  const sps = units.find((unit) => typeOf(unit) === SPS_TYPE);
  const head = sps === undefined ? null : recordHead(sps);
  if (head === null) return null;
  const arrays = [VPS_TYPE, SPS_TYPE, PPS_TYPE]
    .map((type) => ({ type, own: units.filter((unit) => unit.length > 0 && typeOf(unit) === type) }))
    .filter(({ own }) => own.length > 0);
  const bodies = arrays.map(({ type, own }) => [
    type,
    ...twoBytes(own.length),
    ...own.flatMap((unit) => [...twoBytes(unit.length), ...unit]),
  ]);
  return Buffer.from([1, ...head, arrays.length, ...bodies.flat()]);
}

/** A row of `h265_cpd_annexb_to_hvcc` as it has to come out. */
export function rightHvccRow(row: Row): Row {
  const input = Buffer.from(String(row['input']), 'hex');
  const found = annexBUnits(input);
  if (found === null || input.length < MIN_ANNEXB_BYTES) return row;
  const startsWithCode = found.leading.length === 0 && found.units.length > 0;
  const isEnough = startsWithCode && found.units.length >= MIN_UNITS;
  const record = isEnough ? recordOf(found.units) : null;
  if (record !== null) return { ...row, status: 'STATUS_SUCCESS', output: record.toString('hex') };
  // Native has read something as parameter sets that is none, by its position; or units of no length out of zeros.
  const misread = MISREAD.has(String(row['status']));
  if (!misread || found.units.some((unit) => typeOf(unit) === SPS_TYPE)) return row;
  return {
    ...row,
    status: startsWithCode ? 'STATUS_MKV_HEVC_SPS_NALU_MISSING' : 'STATUS_MKV_INVALID_ANNEXB_CPD_NALUS',
  };
}

/** NAL units of a record with one unit in each array, which is all that native writes. */
function unitsOf(record: Buffer): Unit[] {
  const units: Unit[] = [];
  for (let at = HEAD_BYTES; at < record.length;) {
    const length = record.readUInt16BE(at + 3);
    units.push([...record.subarray(at + 5, at + 5 + length)]);
    at += 5 + length;
  }
  return units;
}

/** A native Matroska stream with its record put right. */
export function withRightHvcc(bytes: Buffer): Buffer {
  const at = bytes.indexOf('63a2', 0, 'hex') + 2;
  const sizeBytes = Math.clz32(bytes[at] as number) - 23;
  const record = at + sizeBytes;
  const length = bytes.readUIntBE(at, sizeBytes) & ((1 << (7 * sizeBytes)) - 1);
  const right = recordOf(unitsOf(bytes.subarray(record, record + length)));
  return right === null ? bytes : Buffer.concat([bytes.subarray(0, record), right, bytes.subarray(record + length)]);
}
