/** What the soak judges by: the books of frames, the bytes that belong to a number, and the trend of memory. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { annexBToAvcc } from '../../sdk/core/nal.ts';
import { loadCore } from '../support/load-core.ts';
import { FrameLedger } from './frame-ledger.ts';
import { MarkedFrames } from './marked-frames.ts';
import { slope } from './memory-watch.ts';

const it = suite('parts of the soak');

const open = (problems: string[]): FrameLedger => {
  const ledger = new FrameLedger(1_000_000, 40_000, 100, problems);
  for (let index = 0; index < 10; index++) ledger.stored();
  return ledger;
};

it('a frame that does not come back and was not told is found', () => {
  const problems: string[] = [];
  const ledger = open(problems);
  for (let index = 0; index < 10; index++) if (index !== 6) ledger.readBack(ledger.timestampUs(index));
  assert.equal(ledger.settle('front'), { put: 10, readBack: 9, told: 0, notTaken: 0, repeated: 0 });
  assert.equal(problems, ['front: 1 frames are lost without a word, the first is 6']);
});

it('frames that were told, not taken or read back twice are counted, and nothing is wrong with them', () => {
  const problems: string[] = [];
  const ledger = open(problems);
  ledger.notTaken();
  ledger.told(ledger.timestampUs(3), ledger.timestampUs(5));
  for (const index of [0, 1, 2, 5, 6, 6, 7, 8, 9]) ledger.readBack(ledger.timestampUs(index));
  assert.equal(ledger.settle('front'), { put: 10, readBack: 8, told: 2, notTaken: 1, repeated: 1 });
  assert.equal(problems, []);
});

it('a frame at a time that was never put is found', () => {
  const problems: string[] = [];
  const ledger = open(problems);
  ledger.notTaken();
  for (const timestampUs of [ledger.timestampUs(10), ledger.timestampUs(11), ledger.timestampUs(2) + 1_000])
    assert.is(ledger.readBack(timestampUs), -1);
  assert.is(problems.length, 3);
});

it('the bytes of a frame tell its number, and any byte that changes is seen', () => {
  const core = loadCore('simd');
  const frames = new MarkedFrames(core, 400, 25);
  for (const index of [0, 1, 24, 25, 123_456_789]) {
    const received = annexBToAvcc(core, frames.frame(index).slice());
    assert.ok(frames.isSame(index, received), `${index}`);
    assert.not(frames.isSame(index + 200, received));
    received[40] = (received[40] as number) ^ 1;
    assert.not(frames.isSame(index, received));
  }
});

it('the slope of a line, and of one with outliers', () => {
  const x = [0, 1, 2, 3, 4, 5, 6, 7];
  assert.is(
    slope(
      x,
      x.map((at) => 5 + 2 * at),
    ),
    2,
  );
  assert.is(slope(x, [5, 5, 5, 60, 5, 5, 5, 70]), 0);
});

it.run();
