/** The whole producer: tryPutFrame, the upload session over web streams, acks and trimming, with a service that costs next to nothing. */
import { createNodePlatform } from '../bindings/node/platform.ts';
import { createProducerWith } from '../sdk/producer/index.ts';
import { DEVELOPMENT_CREDENTIALS } from '../service/credentials.ts';
import { FRAME_US, WALL_CLOCK_US } from './core-stream.ts';
import { ModelledService } from './modelled-service.ts';
import { annexBGroup, frameSizeLabel, GROUP_FRAMES, KB } from './payload.ts';
import type { Opened, Timed } from './row.ts';

const STORE_BYTES = 128 << 20;
/** Put before the service is waited for: a hot loop runs ahead of the network. */
const GROUPS = 10;

/** Puts a run's groups of pictures, waits until the service has them, and acknowledges those of the run before. */
function tryPutFrame(frameBytes: number): Timed {
  return {
    name: `try-put-frame/annexb-to-avcc/${frameSizeLabel(frameBytes)}`,
    unit: 'frames/s',
    open: () => openProducer(frameBytes),
  };
}

async function openProducer(frameBytes: number): Promise<Opened> {
  const service = new ModelledService('when-told');
  const producer = await createProducerWith(service.attach(createNodePlatform()), {
    credentials: DEVELOPMENT_CREDENTIALS,
    storeBytes: STORE_BYTES,
  });
  const stream = await producer.openStream('bench', { tracks: [{ kind: 'video', codec: 'h264', framing: 'annexb' }] });
  const group = annexBGroup(GROUP_FRAMES, frameBytes);
  let timestampUs = WALL_CLOCK_US;
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
  return {
    amount: GROUPS * GROUP_FRAMES,
    async run() {
      let startMs = 0;
      for (let round = 0; round < GROUPS; round++) startMs = putGroup();
      await service.received(sentBytes);
      // Persisted acks release the named fragment and all older ones.
      if (unpersistedMs !== undefined) service.acknowledge(unpersistedMs);
      unpersistedMs = startMs;
    },
    async close() {
      producer.abort();
      await producer.close();
    },
  };
}

export const producerRows: readonly Timed[] = [KB, 10 * KB, 100 * KB].map(tryPutFrame);
