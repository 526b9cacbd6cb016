import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GatheredBytes } from '../../../../service/ingest/gathered-bytes.ts';

const test = suite('service/ingest/gathered-bytes');

test('take() gives what was appended, in order, and empties', () => {
  const gathered = new GatheredBytes();
  const expected: number[] = [];
  for (let size = 0; size < 300; size++) {
    const piece = Uint8Array.from({ length: size }, (_, index) => size + index);
    gathered.append(piece);
    expected.push(...piece);
    assert.is(gathered.sizeBytes, expected.length);
  }
  const taken = gathered.take();
  assert.equal(taken, Uint8Array.from(expected));
  assert.is(taken.buffer.byteLength, expected.length, 'nothing is kept alive beside it');
  assert.is(gathered.sizeBytes, 0);
  assert.equal(gathered.take(), new Uint8Array());
});

test('append() copies: the piece is the caller’s again', () => {
  const gathered = new GatheredBytes();
  const piece = Uint8Array.of(1, 2);
  gathered.append(piece);
  piece.fill(9);
  assert.equal(gathered.take(), Uint8Array.of(1, 2));
});

test('clear() forgets', () => {
  const gathered = new GatheredBytes();
  gathered.append(Uint8Array.of(1));
  gathered.clear();
  gathered.append(Uint8Array.of(2));
  assert.equal(gathered.take(), Uint8Array.of(2));
});

test.run();
