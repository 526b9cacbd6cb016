import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FragmentLedger, type LedgerEntry } from '../../../sdk/producer/fragment-ledger.ts';

const it = suite('fragment ledger');

/** Fragments that begin at 0, 1 000, 2 000 µs… with two frames each. */
function ledgerOf(fragments: number): FragmentLedger {
  const ledger = new FragmentLedger();
  for (let i = 0; i < fragments; i++) {
    ledger.begin(i * 1000, i * 10);
    ledger.extend(i * 1000 + 500, i * 10 + 5);
  }
  return ledger;
}
const at = (ledger: FragmentLedger, timestampUs: number): LedgerEntry =>
  ledger.find((entry) => entry.firstTimestampUs === timestampUs) as LedgerEntry;
const isPending = (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => false), new Promise<boolean>((resolve) => setImmediate(() => resolve(true)))]);

it('a new fragment closes the one before it', () => {
  const ledger = ledgerOf(2);
  assert.is(at(ledger, 0).isClosed, true);
  assert.is(at(ledger, 1000).isClosed, false);
  assert.is(ledger.holdsOnlyOpenFragment, false);
  assert.is(ledgerOf(1).holdsOnlyOpenFragment, true);
});

it('persistThrough() takes everything before the fragment with it', () => {
  const ledger = ledgerOf(4);
  const persisted = ledger.persistThrough(at(ledger, 2000));
  assert.equal(
    persisted.map((entry) => [entry.firstPutMs, entry.lastPutMs]),
    [
      [0, 5],
      [10, 15],
      [20, 25],
    ],
  );
  assert.equal(ledger.owed(), { fragments: 1, frames: 2, firstTimestampUs: 3000, lastTimestampUs: 3500 });
});

it('persistThrough() leaves a fragment that is still open, and what comes after it', () => {
  const ledger = ledgerOf(3);
  assert.is(ledger.persistThrough(at(ledger, 2000)).length, 2);
  assert.is(ledger.owed().firstTimestampUs, 2000);
  ledger.close();
  assert.is(ledger.persistThrough(at(ledger, 2000)).length, 1);
});

it('lastClosedThrough() is the newest complete fragment up to a sequence', () => {
  const ledger = ledgerOf(4);
  assert.equal(
    [0, 1, 2, 3, 4, 99].map((sequence) => ledger.lastClosedThrough(sequence)?.sequence),
    [undefined, 1, 2, 3, 3, 3],
  );
  ledger.lose(at(ledger, 1000));
  assert.is(ledger.lastClosedThrough(2)?.sequence, 1);
  assert.is(new FragmentLedger().lastClosedThrough(9), undefined);
});

it('a fragment that is covered while it is open is told when it is closed, once, unless a frame joins it', () => {
  for (const joins of [false, true]) {
    const ledger = ledgerOf(2);
    const told: number[] = [];
    ledger.onCoveredClosed = ({ sequence }) => told.push(sequence);
    at(ledger, 1000).isCovered = true;
    if (joins) ledger.extend(1_700, 17);
    ledger.close();
    ledger.close();
    assert.equal(told, joins ? [] : [2]);
  }
});

it('owed() names the first and the last moment, also with reordered frames', () => {
  const ledger = new FragmentLedger();
  ledger.begin(100, 0);
  ledger.extend(300, 0);
  ledger.extend(50, 0);
  assert.equal(ledger.owed(), { fragments: 1, frames: 3, firstTimestampUs: 50, lastTimestampUs: 300 });
});

it('settled() waits for what was put until then, not for later fragments', async () => {
  const ledger = ledgerOf(2);
  const settled = ledger.settled();
  ledger.begin(2000, 20);
  assert.is(await isPending(settled), true);
  ledger.persistThrough(at(ledger, 1000));
  assert.is((await settled).fragments, 0);
  assert.is(ledger.isEmpty, false);
});

it('settled() tells what was lost of it, and nothing else', async () => {
  const ledger = ledgerOf(3);
  ledger.lose(at(ledger, 0));
  const settled = ledger.settled();
  ledger.begin(3000, 30);
  ledger.lose(at(ledger, 3000));
  ledger.lose(at(ledger, 1000));
  ledger.persistThrough(at(ledger, 2000));
  assert.equal(await settled, { fragments: 1, frames: 2, firstTimestampUs: 1000, lastTimestampUs: 1500 });
});

it('settled() resolves at once when nothing is owed', async () => {
  assert.is((await new FragmentLedger().settled()).fragments, 0);
});

it.run();
