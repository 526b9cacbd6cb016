/** Random input for what parses bytes: noise, and the tokens that parsers look for. */
import fc from 'fast-check';
import { ANNEXB_PARAMETER_SETS, AVCC_RECORD, fromHex } from '../support/core-fixture.ts';
import { bytesOf, plainFragment, streamHeader, tags } from '../support/mkv-builder.ts';
import { KNOWN_RECORDS } from '../unit/nal/h265-records.ts';
import { noise } from './property.ts';

const WELL_FORMED = [
  ANNEXB_PARAMETER_SETS,
  AVCC_RECORD,
  ...KNOWN_RECORDS.slice(0, 3).map(({ record }) => fromHex(record)),
  bytesOf(streamHeader(), plainFragment(0), tags(['a', 'b']), plainFragment(1000)),
  Uint8Array.of(0x12, 0x10),
];
const TOKENS = [
  '000001',
  '00000001',
  '0000',
  '000003',
  '0000000001',
  '67640034',
  '68ee',
  '6588',
  '4201',
  '4001',
  '4401',
  '2601',
  '1a45dfa3',
  '18538067ff',
  '1f43b675ff',
  'e78400000000',
  'a3',
  'a38581000080aa',
  '1254c367',
  '01ffffffffffffff',
  '80',
  'ff',
].map(fromHex);

const token: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TOKENS) },
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 24 }) },
  { weight: 1, arbitrary: fc.tuple(fc.integer(), fc.nat(700)).map(([seed, length]) => noise(seed, length)) },
  { weight: 1, arbitrary: fc.nat(300).map((length) => new Uint8Array(length).fill(0xa5)) },
  { weight: 2, arbitrary: fc.constantFrom(...WELL_FORMED) },
);

/** Well-formed input with some bytes changed, or tokens and noise in a row. */
export const randomBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.array(token, { maxLength: 12 }).map((parts) => bytesOf(...parts)),
  fc
    .tuple(
      fc.constantFrom(...WELL_FORMED),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 }),
    )
    .map(([bytes, changes]) => {
      const changed = bytes.slice();
      for (const [at, byte] of changes) changed[at % changed.length] = byte;
      return changed;
    }),
);
