/** A thread that does as it is told with a lock in shared memory. */
import { parentPort, workerData } from 'node:worker_threads';
import { SharedLock } from '../../../sdk/threads/shared-lock.ts';
import { createSharedMutex } from '../../../sdk/threads/shared-mutex.ts';

export interface LockTask {
  readonly lock: SharedArrayBuffer;
  /** Word 0: a count that only the lock guards; 1: threads that are ready; 2: not 0 when all may begin. */
  readonly words: SharedArrayBuffer;
  readonly job: 'count' | 'until-total' | 'hold' | 'count-async' | 'hold-async';
  /** Turns to take, or the total to reach. */
  readonly turns: number;
  /** False: as in a runtime that lacks `Atomics.waitAsync`. @default true */
  readonly hasWaitAsync?: boolean;
}

/** What a thread says when it is done. */
export interface LockReport {
  readonly turns: number;
  /** Milliseconds. */
  readonly longestWaitMs: number;
}

const { lock: memory, words: counts, job, turns, hasWaitAsync = true } = workerData as LockTask;
if (!hasWaitAsync) Reflect.deleteProperty(Atomics, 'waitAsync');
const words = new Int32Array(counts);
const timers = {
  setTimer(delayMs: number, callback: () => void) {
    const id = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(id) };
  },
};

Atomics.add(words, 1, 1);
Atomics.notify(words, 1);
Atomics.wait(words, 2, 0, 10_000);
if (job === 'count-async' || job === 'hold-async') await runAsync();
else runBlocking();

function runBlocking(): void {
  const lock = new SharedLock(new Int32Array(memory));
  let taken = 0;
  let longestWaitMs = 0;
  for (let isDone = false; !isDone;) {
    const askedMs = performance.now();
    lock.lock();
    longestWaitMs = Math.max(longestWaitMs, performance.now() - askedMs);
    if (job === 'hold') {
      parentPort?.postMessage(lock.id);
      Atomics.wait(words, 3, 0);
    }
    // Not atomic: two threads at once would lose a count.
    words[0] = words[0]! + 1;
    taken++;
    isDone = job === 'count' ? taken === turns : words[0] >= turns;
    lock.unlock();
  }
  parentPort?.postMessage({ turns: taken, longestWaitMs } satisfies LockReport);
}

async function runAsync(): Promise<void> {
  const mutex = createSharedMutex(timers, memory, { leaseMs: 400 });
  const sections = Array.from({ length: turns }, () =>
    mutex.run(async () => {
      const before = words[0]!;
      await new Promise((resolve) => setImmediate(resolve));
      words[0] = before + 1;
      if (job !== 'hold-async') return;
      parentPort?.postMessage('held');
      await new Promise(() => undefined);
    }),
  );
  await Promise.all(sections);
  parentPort?.postMessage({ turns, longestWaitMs: 0 } satisfies LockReport);
}
