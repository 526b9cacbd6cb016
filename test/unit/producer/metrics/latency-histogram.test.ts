import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LATENCY_BOUNDS_MS, LatencyHistogram } from '../../../../sdk/producer/metrics/latency-histogram.ts';

const it = suite('latency histogram');

it('bounds double from 5 ms to more than two minutes', () => {
  assert.equal(LATENCY_BOUNDS_MS.slice(0, 4), [5, 10, 20, 40]);
  assert.equal([LATENCY_BOUNDS_MS.length, LATENCY_BOUNDS_MS.at(-1)], [16, 163_840]);
});

it('a bound belongs to its bucket; what is above the last has its own', () => {
  const histogram = new LatencyHistogram();
  for (const latencyMs of [0, 5, 5.5, 10, 163_840, 163_841]) histogram.record(latencyMs);
  const { counts, samples, sumMs } = histogram.distribution();
  assert.equal(counts, [2, 2, ...Array.from({ length: 13 }, () => 0), 1, 1]);
  assert.equal([samples, sumMs], [6, 327_701.5]);
});

it('a latency from a clock that was set back is 0', () => {
  const histogram = new LatencyHistogram();
  histogram.record(-1_000);
  const { counts, sumMs } = histogram.distribution();
  assert.equal([counts[0], sumMs], [1, 0]);
});

it.run();
