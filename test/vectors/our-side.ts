/**
 * Rows where native is wrong, as they have to come out. Each rule looks at the row's input, never at its name or place, so that it holds in
 * another folder; docs/deviations.md lists them.
 */
import { annexBToAvccPayloadsTwin } from '../unit/nal/annexb-twin.ts';
import type { Row } from './function-sets.ts';
import { rightHvccRow } from './hevc-records.ts';

/** How rows of a function are put right, and what is wrong with them; a row that comes back unchanged is right as it is. */
export interface OurSide {
  readonly reason: string;
  /** @param rows all rows of the file */
  right(row: Row, rows: readonly Row[]): Row;
}

const bytesOf = (row: Row): Buffer => Buffer.from(String(row['input']), 'hex');

/** With emulation prevention taken out: what the naive twin makes of it; only where there is some may it differ. */
export const PAYLOADS: OurSide = {
  reason: 'lengths count what is left of a unit, and the 03 goes at its end and in front of any byte',
  right(row) {
    const input = bytesOf(row);
    const output = annexBToAvccPayloadsTwin(input);
    if (row['remove_epb'] !== true || row['status'] !== 'STATUS_SUCCESS' || output === null) return row;
    return input.includes('000003', 0, 'hex') ? { ...row, output: Buffer.from(output).toString('hex') } : row;
  },
};

/** A configuration record whose lengths have one or two bytes: what native makes of the SPS in it, where another row has that by itself. */
export const SHORT_LENGTHS: OurSide = {
  reason: 'a configuration record with other than four-byte lengths is read as the record that it is',
  right(row, rows) {
    const cpd = bytesOf(row);
    const isRecord = cpd.length > 8 && cpd[0] === 1 && ((cpd[4] ?? 0) & 0xfc) === 0xfc && cpd[5] === 0xe1;
    if (!isRecord || cpd[4] === 0xff) return row;
    const sps = cpd.subarray(8, 8 + cpd.readUInt16BE(6)).toString('hex');
    const bare = rows.find((other) => other['function'] === row['function'] && other['input'] === sps);
    const { status = null, width = null, height = null } = bare ?? row;
    return { ...row, status, width, height };
  },
};

export const HVCC: OurSide = {
  reason: 'hvcC with the fields of its SPS and the types of its units',
  right: rightHvccRow,
};

/** Eight bits a sample, and one byte for each. */
export const WAVE_FORMAT: OurSide = {
  reason: 'G.711 has 8 bits a sample, and frequency × channels bytes a second',
  right(row) {
    if (row['status'] !== 'STATUS_SUCCESS') return row;
    const format = Buffer.from(String(row['output']), 'hex');
    format.writeUInt32LE(format.readUInt32LE(4) * format.readUInt16LE(2), 8);
    format.writeUInt16LE(8, 14);
    return { ...row, output: format.toString('hex') };
  },
};

/** The number whose octets would be the reserved all-ones. */
export const ALL_ONES: OurSide = {
  reason: '2^56 − 1 is refused, since all ones mean "unknown"',
  right(row) {
    const isReserved = BigInt(row['number'] as string | number) === 2n ** 56n - 1n;
    return isReserved ? { ...row, ebml_status: 'STATUS_MKV_NUMBER_TOO_BIG', ebml: null } : row;
  },
};
