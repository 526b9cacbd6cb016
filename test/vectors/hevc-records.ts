/**
 * The right HEVCDecoderConfigurationRecord in place of the native one, which takes profile, tier and level from two bytes too early in the
 * sequence parameter set, and the type of an array from its position. Source: ISO/IEC 14496-15 §8.3.3.1.
 */
import type { Row } from './function-sets.ts';

const HEAD_BYTES = 23;
const SPS_TYPE = 33;

/** The NAL unit without the 03 of each 00 00 03. */
function withoutEmulationPrevention(unit: Buffer): Buffer {
  return Buffer.from(unit.filter((byte, at) => !(byte === 3 && at >= 2 && unit[at - 1] === 0 && unit[at - 2] === 0)));
}

/** NAL units of a record with one unit in each array, which is all that native writes. */
function unitsOf(record: Buffer): Buffer[] {
  const units: Buffer[] = [];
  for (let at = HEAD_BYTES; at < record.length;) {
    const length = record.readUInt16BE(at + 3);
    units.push(record.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return units;
}

/** A native record put right; null when native took something else for the sequence parameter set. */
function repaired(record: Buffer): Buffer | null {
  const sps = unitsOf(record).find((unit) => (unit[0] as number) >> 1 === SPS_TYPE);
  if (sps === undefined) return null;
  const right = Buffer.from(record);
  // Behind two bytes of header come four bits, the sub-layers and the nesting flag; then profile, tier and level.
  withoutEmulationPrevention(sps).copy(right, 1, 3, 15);
  return right;
}

/** Rows whose native outcome rests on the position of NAL units, or on data without any, and the right outcome. */
const BY_POSITION: Readonly<Record<string, Row>> = {
  garbage_00: { status: 'STATUS_MKV_INVALID_ANNEXB_CPD_NALUS' },
  'MkvgenApiFunctionalityTest.cpp:mkvgenExtractCpd_Variations.cpdH265Aud': {
    status: 'STATUS_SUCCESS',
    output:
      '010160000000b000000000003cf000fcfdf8f800000f03200001001740010c01ffff016000000300b0000003000003003cac592100010026420101016000000300b0000003000003003ca01820287131396bb9324bb9482810101768509422000100074401c0f1800420',
  },
};

const H264_SPS = /000001(?:67|27|47)/;

/** A row of `h265_cpd_annexb_to_hvcc` as it has to come out, and whether that differs from native. */
export function rightHvccRow(row: Row): Row {
  const byPosition = BY_POSITION[String(row['name'])];
  if (byPosition !== undefined) return { ...row, ...byPosition };
  if (row['status'] === 'STATUS_SUCCESS') {
    const right = repaired(Buffer.from(String(row['output']), 'hex'));
    if (right !== null) return { ...row, output: right.toString('hex') };
  }
  // Parameter sets of H.264 hold none of H.265; native reads one of them as if they did.
  const parsed = row['status'] === 'STATUS_SUCCESS' || row['status'] === 'STATUS_BIT_READER_OUT_OF_RANGE';
  return parsed && H264_SPS.test(String(row['input'])) ? { ...row, status: 'STATUS_MKV_HEVC_SPS_NALU_MISSING' } : row;
}

/** A native Matroska stream with its record put right. */
export function withRightHvcc(bytes: Buffer): Buffer {
  const at = bytes.indexOf('63a2', 0, 'hex') + 2;
  const sizeBytes = Math.clz32(bytes[at] as number) - 23;
  const record = at + sizeBytes;
  const length = bytes.readUIntBE(at, sizeBytes) & ((1 << (7 * sizeBytes)) - 1);
  const right = repaired(bytes.subarray(record, record + length));
  return right === null ? bytes : Buffer.concat([bytes.subarray(0, record), right, bytes.subarray(record + length)]);
}
