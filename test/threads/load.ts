/** The load: two threads put a track each into one stream while the thread that owns it uploads. For every runtime. */
import type { Credentials } from '../../sdk/platform.ts';
import type { Producer, ProducerOptions } from '../../sdk/producer/index.ts';
import { FRAMES, type LoadOrder, TRACKS } from './load-plan.ts';

export interface LoadTask {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly streamName: string;
}

/** A thread that runs `load-worker.ts`. */
export interface LoadThread {
  onMessage(listener: (message: LoadMessage) => void): void;
  send(order: LoadOrder, transfer: Transferable[]): void;
  end(): void | Promise<unknown>;
}

export interface LoadMessage {
  readonly ready?: boolean;
  readonly frames?: number;
  readonly failure?: string;
}

/** What came of it, as figures of the owner. */
export interface LoadResult {
  readonly putFrames: number;
  readonly framesPut: number;
  readonly framesDropped: number;
  readonly connections: number;
}

/** Smaller than what is put, so that puts wait for acks. */
const STORE_BYTES = 3 << 20;

export async function runLoad(
  { streamName, ...service }: LoadTask,
  createProducer: (options: ProducerOptions) => Promise<Producer>,
  startThread: () => LoadThread,
): Promise<LoadResult> {
  const producer = await createProducer({ ...service, sharedMemory: true, storeBytes: STORE_BYTES });
  const stream = await producer.openStream(streamName, { tracks: TRACKS, frameOrder: 'decode-time' });
  const progress = new SharedArrayBuffer(16);
  const threads = [1, 2].map((trackNumber) => ({ thread: startThread(), trackNumber }));
  const done = threads.map(
    ({ thread, trackNumber }) =>
      new Promise<number>((resolve, reject) => {
        thread.onMessage(({ ready, frames, failure }) => {
          if (ready === true) {
            const { token, transfer } = stream.share();
            thread.send({ token, trackNumber, progress }, transfer);
          } else if (frames === undefined) reject(new Error(failure));
          else resolve(frames);
        });
      }),
  );
  try {
    const putFrames = (await Promise.all(done)).reduce((sum, frames) => sum + frames, 0);
    await stream.stop();
    const { framesPut, framesDropped, sessions } = stream.metrics;
    return { putFrames, framesPut, framesDropped, connections: sessions };
  } finally {
    for (const { thread } of threads) await thread.end();
    await producer.close().catch(() => undefined);
  }
}

/** Frames that are put altogether. */
export const ALL_FRAMES = FRAMES.reduce((sum, frames) => sum + frames, 0);
