/** A thread that puts one track of the load, in Node, Deno and Bun. */
import { attachStream } from '../../sdk/threads/attached-stream.ts';
import { FRAMES, loadFrame, type LoadOrder, START_US } from './load-plan.ts';

interface Port {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (data: LoadOrder) => void): void;
}

/** Frames on their way at once. */
const WINDOW = 16;

/** Ahead of the other track, at most, milliseconds: frames that wait for it are no more than 61. */
const AHEAD_MS = 400;
const DONE_MS = 1_000_000_000;

/** Blocks this thread until the other track has come near. */
function keepPace(words: Int32Array, trackNumber: number, ms: number): void {
  const other = 3 - trackNumber;
  Atomics.store(words, trackNumber, ms);
  Atomics.notify(words, trackNumber);
  for (let at = Atomics.load(words, other); at + AHEAD_MS < ms; at = Atomics.load(words, other))
    if (Atomics.wait(words, other, at, 60_000) === 'timed-out') throw new Error('The other track stands still');
}

async function put({ token, trackNumber, progress }: LoadOrder): Promise<number> {
  const words = new Int32Array(progress);
  const stream = attachStream(token);
  const frames = FRAMES[trackNumber] ?? 0;
  const onTheirWay: Array<Promise<void>> = [];
  for (let number = 0; number < frames; number++) {
    const frame = loadFrame(trackNumber, number);
    onTheirWay.push(stream.putFrame(frame));
    keepPace(words, trackNumber, Math.floor((frame.timestampUs - START_US) / 1000));
    if (onTheirWay.length >= WINDOW) await onTheirWay.shift();
  }
  Atomics.store(words, trackNumber, DONE_MS);
  Atomics.notify(words, trackNumber);
  await Promise.all(onTheirWay);
  await stream.close();
  return frames;
}

/** Where a worker hears its thread's owner: on a port in Node, in its global scope elsewhere. */
async function ownPort(): Promise<Port> {
  const scope = globalThis as unknown as {
    readonly Deno?: unknown;
    readonly process?: unknown;
    onmessage: ((event: { readonly data: LoadOrder }) => void) | null;
    postMessage(message: unknown): void;
  };
  if (scope.Deno === undefined) {
    const { parentPort } = await import('node:worker_threads');
    if (parentPort !== null) return parentPort;
  }
  return {
    postMessage: (message) => scope.postMessage(message),
    on: (_event, listener) => (scope.onmessage = ({ data }) => listener(data)),
  };
}

const port = await ownPort();
port.on('message', (order) => {
  put(order).then(
    (frames) => port.postMessage({ frames }),
    (error: unknown) => port.postMessage({ failure: String((error as Error).stack) }),
  );
});
port.postMessage({ ready: true });
