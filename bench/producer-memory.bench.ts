/** What streams and frames cost in memory, all of the SDK included, over a modelled network and service. */
import { setImmediate } from 'node:timers/promises';
import type { Producer } from '../sdk/producer/index.ts';
import { collectGarbage, javaScriptBytes, settleHeap } from './garbage.ts';
import { openModelledProducer, openVideoStream, StreamCamera } from './modelled-producer.ts';
import { ModelledService } from './modelled-service.ts';
import { annexBGroup, GROUP_FRAMES, KB } from './payload.ts';
import { coreStreamBytes } from './store.bench.ts';
import type { Effort, Measurement, Sampled, Sized } from './row.ts';

/** Room for one group of pictures of each stream. */
const STORE_BYTES = 128 << 20;
const STREAMS = 1000;
/** Opened and used before, so that what is made and compiled once does not count. */
const FIRST_STREAMS = 16;

async function closeAtOnce(producer: Producer): Promise<void> {
  producer.abort();
  await producer.close();
}

/** Heap, buffers and the core's memory beside the store, of a stream that is connected and has sent a group of pictures. */
const wholeStream: Sized = {
  name: 'stream-memory/whole-stream',
  unit: 'KiB',
  async sizeBytes({ streamShare }) {
    const count = STREAMS * streamShare;
    const service = new ModelledService('every-fragment');
    const producer = await openModelledProducer(service, {
      storeBytes: STORE_BYTES,
      maxStreams: FIRST_STREAMS + count,
    });
    const group = annexBGroup(GROUP_FRAMES, KB);
    const open = async (streams: number, name: string): Promise<StreamCamera[]> => {
      const cameras: StreamCamera[] = [];
      for (let index = 0; index < streams; index++) {
        const camera = new StreamCamera(await openVideoStream(producer, `${name}-${index}`));
        camera.putGroup(group);
        cameras.push(camera);
      }
      await service.received((streams + (name === 'first' ? 0 : FIRST_STREAMS)) * GROUP_FRAMES);
      return cameras;
    };
    const first = await open(FIRST_STREAMS, 'first');
    await settleHeap();
    const before = javaScriptBytes();
    const cameras = await open(count, 'measured');
    await settleHeap();
    const sizeBytes = javaScriptBytes() - before;
    if (cameras.length + first.length !== producer.metrics.streams) throw new Error('A stream has ended');
    await closeAtOnce(producer);
    return sizeBytes / count + (await coreStreamBytes());
  },
};

const FRAME_BYTES = KB;
/** Put before the service is waited for. */
const GROUPS = 10;
const GROWTH_WINDOWS = 5;

interface Stage {
  readonly camera: StreamCamera;
  readonly service: ModelledService;
  /** Puts about so many frames, sends them, and has them persisted. @returns the frames */
  readonly work: (frames: number) => Promise<number>;
}

async function onStage<T>(use: (stage: Stage) => Promise<T>): Promise<T> {
  const service = new ModelledService('every-fragment');
  const producer = await openModelledProducer(service, { storeBytes: STORE_BYTES, maxStreams: 1 });
  const camera = new StreamCamera(await openVideoStream(producer, 'bench'));
  const group = annexBGroup(GROUP_FRAMES, FRAME_BYTES);
  const work = async (frames: number): Promise<number> => {
    let put = 0;
    for (; put < frames; put += GROUPS * GROUP_FRAMES) {
      for (let round = 0; round < GROUPS; round++) camera.putGroup(group);
      await service.received(camera.putFrames);
      // Acks come between turns of the loop; within one the puts would run away from them.
      await setImmediate();
    }
    return put;
  };
  try {
    return await use({ camera, service, work });
  } finally {
    await closeAtOnce(producer);
  }
}

/** What stays behind of a frame that was put, sent and persisted, once everything is collected that can be. */
const growth: Sampled = {
  name: 'producer-heap/growth-per-frame',
  unit: 'B',
  sample: ({ heapFrames }) =>
    onStage(async ({ work }) => {
      await work(heapFrames);
      const samples: number[] = [];
      for (let window = 0; window < GROWTH_WINDOWS; window++) {
        await settleHeap();
        const before = javaScriptBytes();
        const frames = await work(heapFrames);
        await settleHeap();
        samples.push((javaScriptBytes() - before) / frames);
      }
      return samples;
    }),
};

/** Few enough that what they leave behind is not collected in between. */
const GARBAGE_FRAMES = 120;

/** Bytes of the heap that a frame takes on its way and gives back as garbage; its payload is not among them. */
function garbage(name: string, put: (stage: Stage, group: readonly Uint8Array[]) => Promise<void>): Sampled {
  return {
    name: `producer-heap/garbage-of-${name}`,
    unit: 'B',
    sample: ({ runs, heapFrames }: Effort) =>
      onStage(async (stage) => {
        const group = annexBGroup(GROUP_FRAMES, FRAME_BYTES);
        await stage.work(heapFrames / 2);
        for (let warm = 0; warm < heapFrames / 2; warm += GARBAGE_FRAMES) await put(stage, group);
        const samples: number[] = [];
        for (let run = 0; run < runs; run++) {
          await stage.service.received(stage.camera.putFrames);
          await setImmediate();
          collectGarbage();
          const before = process.memoryUsage().heapUsed;
          await put(stage, group);
          samples.push((process.memoryUsage().heapUsed - before) / GARBAGE_FRAMES);
        }
        return samples;
      }),
  };
}

/** Nothing of it is sent meanwhile. */
const ofPut = garbage('put', async ({ camera }, group) => {
  for (let put = 0; put < GARBAGE_FRAMES; put += GROUP_FRAMES) camera.putGroup(group);
});

/** Each frame goes out alone, as a camera's do, with its share of the acks; the service's side of them is counted too. */
const ofPutAndUpload = garbage('put-and-upload', async ({ camera, service }, group) => {
  for (let put = 0; put < GARBAGE_FRAMES; put++) {
    camera.put(group[put % GROUP_FRAMES]!, put % GROUP_FRAMES === 0);
    await service.received(camera.putFrames);
  }
});

export const producerMemoryRows: readonly Measurement[] = [wholeStream, growth, ofPut, ofPutAndUpload];
