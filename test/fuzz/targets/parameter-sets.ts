/** Parameter sets that the targets begin with. */
import { ANNEXB_PARAMETER_SETS, AVCC_RECORD, fromHex } from '../../support/core-fixture.ts';
import { bytesOf } from '../../support/mkv-builder.ts';
import { KNOWN_RECORDS } from '../../unit/nal/h265-records.ts';
import { writeSps } from '../../unit/nal/sps-writer.ts';

const HVCC_HEAD_BYTES = 23;
const HVCC_ARRAY_HEAD_BYTES = 5;
const CODE = [0, 0, 0, 1];
const PPS = [0x68, 0xeb, 0x8f, 0x2c];

/** NAL units of a record that has one in each array. */
function unitsOf(record: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  for (let at = HVCC_HEAD_BYTES; at < record.length;) {
    const start = at + HVCC_ARRAY_HEAD_BYTES;
    const length = ((record[start - 2] as number) << 8) | (record[start - 1] as number);
    units.push(record.slice(start, start + length));
    at = start + length;
  }
  return units;
}

const annexB = (units: readonly Uint8Array[]): Uint8Array => bytesOf(...units.flatMap((unit) => [CODE, unit]));

const H264_SPS: ReadonlyMap<string, Uint8Array> = new Map([
  ['baseline', writeSps({ profile: 66, widthMbs: 80, heightMapUnits: 45 })],
  ['main-order-1', writeSps({ profile: 77, widthMbs: 120, heightMapUnits: 68, pocType: 1, crop: [0, 0, 0, 4] })],
  ['high-scaling', writeSps({ profile: 100, widthMbs: 40, heightMapUnits: 30, scaling: true, chroma: 3 })],
  ['interlaced-zeros', writeSps({ profile: 244, widthMbs: 45, heightMapUnits: 18, interlaced: true, zeros: true })],
]);

/** H.264 codec private data in every form. */
export const H264_PRIVATE_DATA: ReadonlyMap<string, Uint8Array> = new Map([
  ['record', AVCC_RECORD],
  ['annexb', ANNEXB_PARAMETER_SETS],
  ...[...H264_SPS].flatMap(([name, sps]): Array<[string, Uint8Array]> => [
    [`sps-${name}`, sps],
    [`annexb-${name}`, bytesOf(CODE, sps, [0, 0, 1], PPS)],
  ]),
]);

/** The same for H.265. */
export const H265_PRIVATE_DATA: ReadonlyMap<string, Uint8Array> = new Map(
  KNOWN_RECORDS.slice(0, 4).flatMap(({ record }, index): Array<[string, Uint8Array]> => {
    const bytes = fromHex(record);
    const units = unitsOf(bytes);
    return [
      [`record-${index}`, bytes],
      [`annexb-${index}`, annexB(units)],
      [`sps-${index}`, units[1] ?? bytes],
    ];
  }),
);
