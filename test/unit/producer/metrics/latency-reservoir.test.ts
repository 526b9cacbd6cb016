import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LatencyReservoir } from '../../../../sdk/producer/metrics/latency-reservoir.ts';

const it = suite('latency');

it('summary() of nothing is not a number', () => {
  assert.equal(new LatencyReservoir().summary(), { lastMs: NaN, medianMs: NaN, worstMs: NaN, samples: 0 });
});

it('summary() gives last, median and worst', () => {
  const reservoir = new LatencyReservoir();
  for (const sample of [5, 1, 9, 3]) reservoir.record(sample);
  assert.equal(reservoir.summary(), { lastMs: 3, medianMs: 4, worstMs: 9, samples: 4 });
  reservoir.record(100);
  assert.equal(reservoir.summary(), { lastMs: 100, medianMs: 5, worstMs: 100, samples: 5 });
});

it('the median forgets, the worst does not', () => {
  const reservoir = new LatencyReservoir();
  reservoir.record(1e6);
  for (let i = 0; i < 5000; i++) reservoir.record(2);
  assert.equal(reservoir.summary(), { lastMs: 2, medianMs: 2, worstMs: 1e6, samples: 5001 });
});

it.run();
