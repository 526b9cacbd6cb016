import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseTimestamp } from '../../../../sdk/aws/credentials/timestamp.ts';

const it = suite('timestamps of credentials');
const NOON_MS = Date.UTC(2026, 2, 1, 12);

for (const [text, ms] of [
  ['2026-03-01T12:00:00Z', NOON_MS],
  ['2026-03-01T12:00:00.5Z', NOON_MS + 500],
  ['2026-03-01T12:00:00.123456789Z', NOON_MS + 123],
  ['2026-03-01T14:00:00+02:00', NOON_MS],
  ['2026-03-01T14:00:00+0200', NOON_MS],
  ['2026-03-01T08:30:00.250-03:30', NOON_MS + 250],
  ['2028-02-29T23:59:59Z', Date.UTC(2028, 1, 29, 23, 59, 59)],
  // Clocks are changed in this hour in the United States and in Europe: no time of the year is another by an hour.
  ['2026-03-08T02:30:00Z', Date.UTC(2026, 2, 8, 2, 30)],
  ['2026-03-29T01:30:00Z', Date.UTC(2026, 2, 29, 1, 30)],
] as const)
  it(text, () => assert.is(parseTimestamp(text), ms));

for (const text of [
  '',
  'tomorrow',
  '2026-03-01',
  '2026-03-01T12:00:00',
  '2026-03-01 12:00:00Z',
  '2026-3-01T12:00:00Z',
  ' 2026-03-01T12:00:00Z',
  '2026-03-01T12:00:00Z\n',
  '2026-03-01T12:00:00.Z',
  '2026-03-01T12:00:00.1234567890Z',
  '2026-00-01T12:00:00Z',
  '2026-13-01T12:00:00Z',
  '2026-02-30T12:00:00Z',
  '2027-02-29T12:00:00Z',
  '2026-03-01T24:00:00Z',
  '2026-03-01T12:60:00Z',
  '2026-03-01T12:00:60Z',
  '2026-03-01T12:00:00+24:00',
  '2026-03-01T12:00:00+02:60',
  '2026-03-01T12:00:00+2',
  '0026-03-01T12:00:00Z',
  '+002026-03-01T12:00:00Z',
  '1772366400',
  1_772_366_400,
  null,
  undefined,
  {},
  ['2026-03-01T12:00:00Z'],
])
  it(`refused: ${JSON.stringify(text)}`, () => assert.is.not(parseTimestamp(text), parseTimestamp(text), 'NaN'));

it.run();
