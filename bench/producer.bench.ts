/** The whole producer: tryPutFrame, the upload session over web streams, acks and trimming, with a service that costs next to nothing. */
import { createNodePlatform } from '../bindings/node/platform.ts';
import { createProducerWith } from '../sdk/producer/index.ts';
import { DEVELOPMENT_CREDENTIALS } from '../service/credentials.ts';
import { ModelledService } from './modelled-service.ts';
import { annexBGroup, frameSizeLabel, GROUP_FRAMES } from './payload.ts';
import type { Measurement } from './row.ts';

const FRAME_US = 33_333;
const STORE_BYTES = 128 << 20;
/** Put before the service is waited for: a hot loop runs ahead of the network. */
const GROUPS = 10;

/** Puts a run's groups of pictures, waits until the service has them, and acknowledges those of the run before. */
async function* tryPutFrame(frameBytes: number): AsyncGenerator<Measurement> {
  const service = new ModelledService();
  const producer = await createProducerWith(service.attach(createNodePlatform()), {
    credentials: DEVELOPMENT_CREDENTIALS,
    storeBytes: STORE_BYTES,
  });
  const stream = await producer.openStream('bench', { tracks: [{ kind: 'video', codec: 'h264', framing: 'annexb' }] });
  const group = annexBGroup(GROUP_FRAMES, frameBytes);
  let timestampUs = 0;
  let sentBytes = 0;
  let unpersistedMs: number | undefined;
  const putGroup = (): number => {
    const startMs = Math.floor(timestampUs / 1000);
    for (const [index, data] of group.entries()) {
      const result = stream.tryPutFrame({ data, timestampUs, durationUs: FRAME_US, isKey: index === 0 });
      if (result !== 'stored') throw new Error(`tryPutFrame gave ${result}`);
      timestampUs += FRAME_US;
      sentBytes += data.length;
    }
    return startMs;
  };
  yield {
    name: `try-put-frame/annexb-to-avcc/${frameSizeLabel(frameBytes)}`,
    unit: 'frames/s',
    amount: GROUPS * GROUP_FRAMES,
    async run() {
      let startMs = 0;
      for (let round = 0; round < GROUPS; round++) startMs = putGroup();
      await service.received(sentBytes);
      // Persisted acks release the named fragment and all older ones.
      if (unpersistedMs !== undefined) service.acknowledge(unpersistedMs);
      unpersistedMs = startMs;
    },
  };
  producer.abort();
  await producer.close();
}

export async function* producerMeasurements(): AsyncGenerator<Measurement> {
  for (const frameBytes of [1000, 10_000, 100_000]) yield* tryPutFrame(frameBytes);
}
