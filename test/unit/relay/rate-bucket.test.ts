import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RateBucket } from '../../../bindings/workers/relay/rate-bucket.ts';
import { ManualPlatform } from '../../support/manual-platform.ts';

const bucket = suite('rate bucket');

bucket('gives what it holds at once, and then so much a second', async () => {
  const platform = new ManualPlatform();
  const bits = new RateBucket(platform, 1_000, 3_000);
  assert.is(bits.tryTake(3_000), true);
  assert.is(bits.tryTake(1), false);
  await platform.advance(500);
  assert.is(bits.tryTake(501), false);
  assert.is(bits.tryTake(500), true);
  await platform.advance(60_000);
  assert.is(bits.tryTake(3_001), false, 'no more than it holds');
  assert.is(bits.tryTake(3_000), true);
});

bucket('what is taken on credit says how long until it is paid', async () => {
  const platform = new ManualPlatform();
  const bits = new RateBucket(platform, 8_000, 8_000);
  assert.is(bits.take(8_000), 0);
  assert.is(bits.take(4_000), 500);
  assert.is(bits.take(8_000), 1_500);
  await platform.advance(1_500);
  assert.is(bits.take(0), 0);
  assert.is(bits.take(8), 1);
});

bucket('over any span it lets no more through than rate and capacity allow', async () => {
  const platform = new ManualPlatform();
  const bits = new RateBucket(platform, 1_000, 2_000);
  let taken = 0;
  for (let step = 0; step < 400; step++) {
    if (bits.tryTake(90)) taken += 90;
    await platform.advance(25);
  }
  assert.ok(taken <= 2_000 + 10_000, `${taken}`);
  assert.ok(taken > 11_500, `${taken}`);
});

bucket('a clock that is set back gives nothing and takes nothing; another rate holds from then on', async () => {
  const platform = new ManualPlatform();
  const bits = new RateBucket(platform, 1_000, 1_000);
  assert.is(bits.tryTake(1_000), true);
  platform.jump(-3_600_000);
  assert.is(bits.tryTake(1), false);
  await platform.advance(1_000);
  assert.is(bits.tryTake(1_000), true);
  bits.set(10_000, 5_000);
  await platform.advance(100);
  assert.is(bits.tryTake(1_000), true);
  bits.set(1, 1);
  await platform.advance(10_000);
  assert.is(bits.tryTake(2), false);
});

bucket.run();
