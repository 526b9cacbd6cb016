/** Three tracks with numbers and ids of their own, from the producer through the service to the consumer. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createProducer } from '../../bindings/node/index.ts';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { staticCredentials } from '../../sdk/aws/credentials.ts';
import { type MediaFragment, readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { getMedia } from '../../sdk/consumer/get-media.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { loadCore } from '../support/load-core.ts';
import { startTestService } from '../support/service.ts';

const REGION = 'us-west-2';
const [VIDEO, AUDIO, DATA] = [126, 7, 1];
const FRAGMENTS = 3;

const it = suite('track numbers end to end');

it('come back as they were put, frame by frame', async () => {
  const service = await startTestService({ region: REGION });
  try {
    const producer = await createProducer({
      region: REGION,
      endpoint: service.url,
      credentials: DEVELOPMENT_CREDENTIALS,
      logLevel: 'silent',
    });
    const stream = await producer.openStream('numbers', {
      tracks: [
        { kind: 'video', codec: 'vp8', trackNumber: VIDEO, trackId: 2n ** 64n - 1n, width: 640, height: 480 },
        { kind: 'audio', codec: 'aac', trackNumber: AUDIO, sampleRate: 48_000, channels: 2 },
        {
          kind: 'data',
          codec: 'telemetry',
          codecId: 'X_TELEMETRY',
          contentType: 'application/json',
          trackNumber: DATA,
        },
      ],
    });
    const startUs = Math.trunc(Date.now() - 60_000) * 1000;
    const expected: string[][] = [];
    for (let fragment = 0; fragment < FRAGMENTS; fragment++) {
      const frames: string[] = [];
      for (const [trackNumber, isKey] of [
        [undefined, true], // the first track
        [AUDIO, true],
        [DATA, true],
        [VIDEO, false],
      ] as const) {
        const data = Uint8Array.of(fragment, frames.length, trackNumber ?? 0);
        const timestampUs = startUs + (fragment * 1000 + frames.length * 40) * 1000;
        await stream.putFrame({ data, timestampUs, isKey, ...(trackNumber === undefined ? {} : { trackNumber }) });
        frames.push(`${trackNumber ?? VIDEO} @${timestampUs} ${data.join()}`);
      }
      expected.push(frames);
    }
    await stream.stop();
    await producer.close();

    const target = {
      platform: createNodePlatform(),
      region: REGION,
      endpoint: service.url,
      credentials: staticCredentials(DEVELOPMENT_CREDENTIALS),
    };
    const body = await getMedia(target, 'numbers', { type: 'EARLIEST' }, { signal: AbortSignal.timeout(20_000) });
    const fragments: MediaFragment[] = [];
    for await (const fragment of readFragments(loadCore('simd'), body))
      if (fragments.push(fragment) === FRAGMENTS) break;
    assert.equal(
      fragments.map(({ frames }) =>
        frames.map((frame) => `${frame.trackNumber} @${frame.timestampUs} ${frame.data.join()}`),
      ),
      expected,
    );
    assert.equal(
      fragments[0]?.tracks.map(({ number, uid, codecId }) => [number, uid, codecId]),
      [
        [VIDEO, 2n ** 64n - 1n, 'V_VP8'],
        [AUDIO, 7n, 'A_AAC'],
        [DATA, 1n, 'X_TELEMETRY'],
      ],
    );
  } finally {
    await service.close();
  }
});

it.run();
