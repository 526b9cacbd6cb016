/** A producer on a host whose clock is hours off, against the real service: its requests are accepted, its media keep the host's time. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import type { Platform } from '../../sdk/platform.ts';
import { createProducerWith, type ProducerStream } from '../../sdk/producer/index.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { ProducerStage } from '../support/producer-stage.ts';
import { TEST_TRACK } from '../support/test-stream.ts';

const it = suite('clock skew');
const HOUR_MS = 3_600_000;
const FRAME_US = 40_000;
const FRAMES = 20;

/** Node with a clock that is `aheadMs` ahead. */
function hostAhead(aheadMs: number): { platform: Platform; clock: { aheadMs: number } } {
  const clock = { aheadMs };
  const platform = { ...createNodePlatform({ logLevel: 'silent' }), now: () => Date.now() + clock.aheadMs };
  return { platform, clock };
}

async function putFrames(stream: ProducerStream, startUs: number): Promise<number[]> {
  const times = Array.from({ length: FRAMES }, (_, index) => startUs + index * FRAME_US);
  for (const [index, timestampUs] of times.entries()) {
    const data = Uint8Array.of(0, 0, 0, 3, index === 0 ? 0x65 : 0x41, index, 1);
    await stream.putFrame({ data, timestampUs, durationUs: FRAME_US, isKey: index === 0 });
  }
  return times;
}

for (const hours of [7, -7]) {
  it(`a host ${hours} h ahead, that jumps to ${-hours} h between two connections`, async () => {
    const stage = await ProducerStage.set();
    const { platform, clock } = hostAhead(hours * HOUR_MS);
    const producer = await createProducerWith(platform, {
      region: 'eu-west-1',
      endpoint: stage.service.url,
      // Temporary ones: on this host they seem to have expired hours ago, or to live for hours.
      credentials: async () => ({ ...DEVELOPMENT_CREDENTIALS, expiresAtMs: Date.now() + HOUR_MS }),
    });
    const stream = await producer.openStream('front-door', { tracks: [TEST_TRACK], stopTimeoutMs: 30_000 });
    const startUs = Math.round(platform.now()) * 1000;
    const first = await putFrames(stream, startUs);
    await stream.flush();
    clock.aheadMs = -hours * HOUR_MS;
    stream.resetConnection();
    // Times of media never fall within a stream: those of the second part go on from the first.
    const second = await putFrames(stream, startUs + 60_000_000);
    await stream.stop();
    assert.ok(stream.metrics.sessions >= 2 && stream.metrics.sessions <= 4, `${stream.metrics.sessions} connections`);
    assert.is(stream.metrics.handovers, 0, 'no connection was replaced for its credentials');
    const stored = await stage.readBack(2 * FRAMES);
    const timestamps = stored.flatMap(({ frames }) => frames.map(({ timestampUs }) => timestampUs));
    assert.equal([...new Set(timestamps)], [...first, ...second]);
    await producer.close();
    await stage.clear();
  });
}

it.run();
