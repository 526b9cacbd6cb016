import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ExponentialAverage, FrameRate, TransferRate } from '../../../../sdk/producer/metrics/rates.ts';

const it = suite('rates');

it('an average begins with its first sample and takes a twentieth of each later one', () => {
  const average = new ExponentialAverage();
  assert.ok(Number.isNaN(average.value));
  average.record(100);
  assert.is(average.value, 100);
  average.record(200);
  assert.is(average.value, 105);
});

it('frames 40 ms apart come to 25 a second, by the clock and by their timestamps', () => {
  const rate = new FrameRate();
  assert.equal([rate.framesPerSecond, rate.elementaryFramesPerSecond], [0, 0]);
  for (let i = 0; i < 3; i++) rate.record(1_000 + i * 40, i * 40_000);
  assert.equal([rate.framesPerSecond, rate.elementaryFramesPerSecond], [25, 25]);
});

it('the rate by the clock follows slowly, the one by timestamps at once', () => {
  const rate = new FrameRate();
  rate.record(0, 0);
  rate.record(100, 100_000);
  rate.record(120, 120_000);
  assert.equal([rate.framesPerSecond, rate.elementaryFramesPerSecond], [0.95 * 10 + 0.05 * 50, 50]);
});

it('a clock that stands still or is set back, and equal timestamps, are no rate', () => {
  const rate = new FrameRate();
  rate.record(1_000, 0);
  rate.record(1_000, 0);
  rate.record(500, 0);
  assert.equal([rate.framesPerSecond, rate.elementaryFramesPerSecond], [0, 0]);
  rate.record(540, 40_000);
  assert.equal([rate.framesPerSecond, rate.elementaryFramesPerSecond], [25, 25]);
});

it('timestamps of reordered frames count by their distance', () => {
  const rate = new FrameRate();
  for (const ptsUs of [0, 120_000, 40_000, 80_000]) rate.record(0, ptsUs);
  assert.is(rate.elementaryFramesPerSecond, 25);
});

it('the transfer rate takes a sample when more than 200 ms have passed', () => {
  const rate = new TransferRate();
  rate.record(1e9, 0);
  rate.record(1_000, 100);
  rate.record(1_000, 200);
  assert.is(rate.bytesPerSecond, 0);
  rate.record(2_000, 400);
  assert.is(rate.bytesPerSecond, 10_000, 'without the bytes before the first reading of the clock');
  rate.record(8_000, 800);
  assert.is(rate.bytesPerSecond, 0.95 * 10_000 + 0.05 * 20_000);
});

it('neither the pause before a connection nor a clock that is set back counts', () => {
  const rate = new TransferRate();
  rate.record(0, 0);
  rate.record(500, 500);
  rate.restart();
  rate.record(1e9, 60_000);
  rate.record(1e9, 10_000);
  assert.is(rate.bytesPerSecond, 1_000);
});

it.run();
