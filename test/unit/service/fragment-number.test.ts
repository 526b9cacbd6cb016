import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  firstSequenceOfConnection,
  formatFragmentNumber,
  parseFragmentNumber,
} from '../../../service/fragment-number.ts';

const test = suite('service/fragment-number');

/** Numbers and server timestamps of the original service, from its recorded GetMedia response (service-api §3.2). */
const RECORDED = [
  ['91343852333181432392682062607743920146159169392', 1511852109126],
  ['91343852333181432397633822764885441725874549018', null],
  ['91343852333181432412489103236310005892133364608', null],
] as const;

test('parseFragmentNumber() reads numbers that the original service gave out', () => {
  const sequences = RECORDED.map(([number]) => parseFragmentNumber(number)?.sequence);
  assert.equal(sequences, [sequences[0], (sequences[0] as number) + 1, (sequences[0] as number) + 4]);
  for (const [number, serverTimestampMs] of RECORDED) {
    if (serverTimestampMs !== null) assert.is(parseFragmentNumber(number)?.serverTimestampMs, serverTimestampMs);
  }
});

test('formatFragmentNumber() writes what parseFragmentNumber() reads, in 47 digits', () => {
  for (const sequence of [1, 2, 1000, 1001, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
    for (const serverTimestampMs of [0, 1511852109126, 2 ** 45]) {
      const number = formatFragmentNumber(sequence, serverTimestampMs, 0xffff_ffff);
      assert.match(number, /^9[0-9]{46}$|^1[0-9]{46}$/);
      assert.equal(parseFragmentNumber(number), { sequence, serverTimestampMs });
    }
  }
});

test('formatFragmentNumber() orders by sequence whatever the time and the random part are', () => {
  const earlier = formatFragmentNumber(7, 2_000_000_000_000, 0xfff_ffff);
  const later = formatFragmentNumber(8, 1_000_000_000_000, 0);
  assert.ok(BigInt(earlier) < BigInt(later));
  assert.ok(earlier < later, 'as strings too');
});

test('parseFragmentNumber() refuses what has another layout', () => {
  const over = (1n << 157n).toString();
  const under = ((1n << 156n) - 1n).toString();
  for (const text of ['', '0', '12345', 'x'.repeat(47), over, under, `0${'9'.repeat(46)}`, '9'.repeat(128)]) {
    assert.is(parseFragmentNumber(text), null, text);
  }
});

test('firstSequenceOfConnection() is the next multiple of 1000 plus one', () => {
  const cases = [
    [0, 1],
    [1, 1001],
    [999, 1001],
    [1000, 1001],
    [1001, 2001],
    [2000, 2001],
    [2001, 3001],
  ] as const;
  for (const [last, first] of cases) assert.is(firstSequenceOfConnection(last), first, `after ${last}`);
});

test.run();
