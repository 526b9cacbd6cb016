/** The content store's own work, and what a stream takes beside it. */
import { Camera, createCore, sharedCore, streamConfig } from './core-stream.ts';
import { annexBGroup, GROUP_FRAMES, KB, Random } from './payload.ts';
import type { Measurement, Sized, Timed } from './row.ts';

const STORE_BYTES = 128 << 20;
const LIVE = 1000;
/** Choices that a run goes through, made beforehand. */
const PAIRS = 4096;

/** One of 1000 slots of 1 to 100 KB given back, another one taken: chosen at random, so that neither order nor size helps. */
const allocateFree: Timed = {
  name: `store/allocate-free/${LIVE}-live`,
  unit: 'ns',
  async open() {
    const { exports } = await sharedCore();
    const store = exports.storeOpen(STORE_BYTES);
    const random = new Random(0x9e37_79b9);
    const randomSize = (): number => KB + random.nextBelow(99 * KB + 1);
    const take = (sizeBytes: number): number => {
      const address = exports.storeTake(store, sizeBytes);
      if (address <= 0) throw new Error(`storeTake returned ${address}`);
      return address;
    };
    const live = Int32Array.from({ length: LIVE }, () => take(randomSize()));
    const victims = Uint16Array.from({ length: PAIRS }, () => random.nextBelow(LIVE));
    const sizes = Int32Array.from({ length: PAIRS }, randomSize);
    return {
      amount: PAIRS,
      run() {
        let freedBytes = 0;
        for (let pair = 0; pair < PAIRS; pair++) {
          const victim = victims[pair]!;
          freedBytes += exports.storeGive(store, live[victim]!);
          live[victim] = take(sizes[pair]!);
        }
        if (freedBytes < PAIRS * KB) throw new Error(`Freed ${freedBytes} bytes`);
      },
      close: () => {
        exports.storeClose(store);
      },
    };
  },
};

/** Streams measured together, so that the rounding of one does not count. */
const STREAMS = 16;

/** All that a stream makes the core's memory grow by, in a session, with a group of pictures put, half of it read; bytes. */
export async function coreStreamBytes(): Promise<number> {
  // A core that nothing was closed in: a stream in the gap that another left would seem to cost nothing.
  const core = await createCore('simd');
  const store = core.openStore(STORE_BYTES);
  const before = core.exports.memoryInUse();
  const group = annexBGroup(GROUP_FRAMES, 10 * KB);
  const chunk = new Uint8Array((GROUP_FRAMES * 10 * KB) / 2);
  for (let opened = 0; opened < STREAMS; opened++) {
    const stream = store.openStream(streamConfig('annexb-to-avcc'));
    const camera = new Camera(stream);
    stream.beginSession();
    for (const [index, frame] of group.entries()) camera.put(frame, index === 0);
    if (stream.read(chunk) !== chunk.length) throw new Error('Half a fragment was not there to be read');
  }
  return (core.exports.memoryInUse() - before) / STREAMS;
}

const streamMemory: Sized = { name: 'stream-memory/in-session', unit: 'KiB', sizeBytes: coreStreamBytes };

export const storeRows: readonly Measurement[] = [allocateFree, streamMemory];
