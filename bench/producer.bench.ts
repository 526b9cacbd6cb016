/** The whole producer: tryPutFrame, the upload session over web streams, acks and trimming, with a service that costs next to nothing. */
import { openModelledProducer, openVideoStream, StreamCamera } from './modelled-producer.ts';
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
  const producer = await openModelledProducer(service, { storeBytes: STORE_BYTES, maxStreams: 1 });
  const camera = new StreamCamera(await openVideoStream(producer, 'bench'));
  const group = annexBGroup(GROUP_FRAMES, frameBytes);
  let unpersistedMs: number | undefined;
  return {
    amount: GROUPS * GROUP_FRAMES,
    async run() {
      let startMs = 0;
      for (let round = 0; round < GROUPS; round++) startMs = camera.putGroup(group);
      await service.received(camera.putFrames);
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
