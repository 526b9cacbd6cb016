/** What it costs to put from another thread, and what it takes off the one that uploads. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { SharedLock } from '../sdk/threads/shared-lock.ts';
import { sharedMutexMemory } from '../sdk/threads/shared-mutex.ts';
import { FRAME_US, WALL_CLOCK_US } from './core-stream.ts';
import { openModelledProducer, openVideoStream, StreamCamera } from './modelled-producer.ts';
import { ModelledService } from './modelled-service.ts';
import { annexBGroup, frameSizeLabel, GROUP_FRAMES, KB, MB } from './payload.ts';
import type { Putting, PuttingOrder } from './putting-thread.ts';
import { type Effort, type Group, type Row, rowOf, type Timed } from './row.ts';

const STORE_BYTES = 128 << 20;
const LOCK_PAIRS = 10_000;
/** Media put in one go, at most; the service has all of it before the next. */
const MAX_BYTES = 30 * MB;
const MAX_GROUPS = 10;

/** Of the first thread of the process, on Linux: nanoseconds on a processor. */
const MAIN_THREAD_TIME = `/proc/self/task/${process.pid}/schedstat`;

/** Who puts: the thread that uploads, or another. */
type Putter = 'same-thread' | Putting;

interface Opened {
  /** Puts so many groups of pictures; resolves when the service has them. */
  put(groups: number): Promise<void>;
  close(): Promise<void>;
}

async function open(putter: Putter, frameBytes: number): Promise<Opened> {
  const service = new ModelledService('every-fragment');
  const limits = { storeBytes: STORE_BYTES, maxStreams: 1, sharedMemory: putter !== 'same-thread' };
  const producer = await openModelledProducer(service, limits);
  const stream = await openVideoStream(producer, 'bench');
  const group = annexBGroup(GROUP_FRAMES, frameBytes);
  let frames = 0;
  if (putter === 'same-thread') {
    const camera = new StreamCamera(stream);
    return {
      async put(groups) {
        for (let put = 0; put < groups * GROUP_FRAMES; put++) {
          const index = put % GROUP_FRAMES;
          camera.put(group[index]!, index === 0);
          // As a camera does, and as another thread's frames come: with turns of the event loop between.
          await turn();
        }
        await service.received(camera.putFrames);
      },
      close: () => end(),
    };
  }
  const worker = new Worker(new URL('putting-thread.js', import.meta.url));
  const { token, transfer } = stream.share();
  const order: PuttingOrder = { token, group, putting: putter, frameUs: FRAME_US, startUs: WALL_CLOCK_US };
  worker.postMessage(order, transfer as never);
  await once(worker, 'message');
  return {
    async put(groups) {
      frames += groups * GROUP_FRAMES;
      worker.postMessage(groups);
      await Promise.all([once(worker, 'message'), service.received(frames)]);
    },
    async close() {
      await worker.terminate();
      await end();
    },
  };

  async function end(): Promise<void> {
    producer.abort();
    await producer.close();
  }
}

function mainThreadNs(): number {
  return Number(readFileSync(MAIN_THREAD_TIME, 'utf8').split(' ')[0]);
}

function putFrom(putter: Putter, frameBytes: number): Group {
  const name = `threads/${putter}/${frameSizeLabel(frameBytes)}`;
  return {
    name,
    ...(existsSync(MAIN_THREAD_TIME) ? {} : { skipReason: () => 'the time of one thread is read on Linux alone' }),
    async measureAll({ runs, warmUpMs, runMs }: Effort): Promise<readonly Row[]> {
      const opened = await open(putter, frameBytes);
      const groups = Math.min(MAX_GROUPS, MAX_BYTES / GROUP_FRAMES / frameBytes);
      const rates: number[] = [];
      const costs: number[] = [];
      const shares: number[] = [];
      try {
        for (const startMs = performance.now(); performance.now() - startMs < warmUpMs;) await opened.put(groups);
        for (let run = 0; run < runs; run++) {
          const [startMs, startNs] = [performance.now(), mainThreadNs()];
          let frames = 0;
          do {
            await opened.put(groups);
            frames += groups * GROUP_FRAMES;
          } while (performance.now() - startMs < runMs);
          const [elapsedMs, busyNs] = [performance.now() - startMs, mainThreadNs() - startNs];
          rates.push((frames / elapsedMs) * 1000);
          costs.push(busyNs / frames);
          shares.push(busyNs / elapsedMs / 1e4);
        }
      } finally {
        await opened.close();
      }
      return [
        rowOf({ name, unit: 'frames/s' }, rates),
        rowOf({ name: `${name}/uploading-thread`, unit: 'ns' }, costs),
        rowOf({ name: `${name}/uploading-thread-share`, unit: '%' }, shares),
      ];
    },
  };
}

const uncontendedLock: Timed = {
  name: 'threads/lock-unlock',
  unit: 'ns',
  open() {
    const lock = new SharedLock(new Int32Array(sharedMutexMemory()));
    return {
      amount: LOCK_PAIRS,
      run() {
        for (let pair = 0; pair < LOCK_PAIRS; pair++) {
          lock.lock();
          lock.unlock();
        }
      },
    };
  },
};

export const threadRows = [
  uncontendedLock,
  ...[10 * KB, 100 * KB, MB].flatMap((frameBytes) =>
    (['same-thread', 'worker', 'blocking-worker'] as const).map((putter) => putFrom(putter, frameBytes)),
  ),
];
