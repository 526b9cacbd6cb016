/** The lock that threads share: exact under contention, nobody starves, and a thread that ends with it is found out. */
// time-limit-s: 300
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KvsError, LockAbandonedError } from '../../../sdk/errors.ts';
import { STATUS } from '../../../sdk/producer/index.ts';
import { LOCK_WORDS, SharedLock } from '../../../sdk/threads/shared-lock.ts';
import { createSharedMutex, sharedMutexMemory } from '../../../sdk/threads/shared-mutex.ts';
import { createNodePlatform } from '../../../bindings/node/platform.ts';
import { typescriptWorker } from '../../support/typescript-worker.ts';
import type { LockReport, LockTask } from './lock-worker.ts';

const THREADS = 4;
const platform = createNodePlatform();
const lockTests = suite('shared lock');

const wordsOf = (memory: SharedArrayBuffer): Int32Array<SharedArrayBuffer> => new Int32Array(memory);

function startThreads(count: number, task: Pick<LockTask, 'job' | 'turns' | 'hasWaitAsync'>) {
  const lock = sharedMutexMemory();
  const words = new SharedArrayBuffer(64);
  const workers = Array.from({ length: count }, () =>
    typescriptWorker(new URL('lock-worker.ts', import.meta.url), { workerData: { ...task, lock, words } }),
  );
  const messages = workers.map(async (worker): Promise<unknown> => (await once(worker, 'message'))[0]);
  return {
    lock,
    words: wordsOf(words),
    workers,
    messages,
    /** Lets all begin when all are ready. */
    begin: async (): Promise<void> => {
      const shared = wordsOf(words);
      for (let ready = 0; ready < count; ready = Atomics.load(shared, 1)) {
        const wait = Atomics as unknown as {
          waitAsync(...args: unknown[]): { readonly async: boolean; readonly value: Promise<string> | string };
        };
        const kept = setTimeout(() => undefined, 10_000);
        await wait.waitAsync(shared, 1, ready, 10_000).value;
        clearTimeout(kept);
      }
      Atomics.store(shared, 2, 1);
      Atomics.notify(shared, 2);
    },
  };
}

lockTests('counts of four threads are exact', async () => {
  const { words, messages, begin } = startThreads(THREADS, { job: 'count', turns: 20_000 });
  await begin();
  await Promise.all(messages);
  assert.is(words[0], THREADS * 20_000);
});

lockTests('nobody starves among four threads that want it all the time', async () => {
  const total = 200_000;
  const { messages, begin } = startThreads(THREADS, { job: 'until-total', turns: total });
  await begin();
  const reports = (await Promise.all(messages)) as LockReport[];
  for (const { turns, longestWaitMs } of reports) {
    assert.ok(turns > total / 1_000, `a thread had ${turns} of ${total} turns`);
    // On a machine that does nothing else it is some milliseconds.
    assert.ok(longestWaitMs < 10_000, `a thread waited for ${longestWaitMs} ms`);
  }
});

lockTests('a thread that ends with the lock is found out, by its number', async () => {
  const { lock, workers, messages, begin } = startThreads(1, { job: 'hold', turns: 1 });
  await begin();
  const holder = (await messages[0]) as number;
  await workers[0]!.terminate();
  const mine = new SharedLock(wordsOf(lock));
  assert.is(mine.holder, holder);
  assert.is(mine.tryLock(), false);
  const startMs = performance.now();
  try {
    mine.lock(300);
    assert.unreachable('took a lock that is held');
  } catch (error) {
    assert.instance(error, LockAbandonedError);
    assert.is((error as LockAbandonedError).holder, holder);
  }
  const elapsedMs = performance.now() - startMs;
  assert.ok(elapsedMs >= 250 && elapsedMs < 5_000, `${elapsedMs} ms`);
});

lockTests('is free at first, held once, and given back by its holder alone', () => {
  const memory = new SharedArrayBuffer(LOCK_WORDS * 4);
  const [mine, other] = [new SharedLock(wordsOf(memory)), new SharedLock(wordsOf(memory))];
  assert.is.not(mine.id, other.id);
  assert.is(mine.tryLock(), true);
  assert.is(mine.tryLock(), false);
  assert.throws(
    () => other.unlock(),
    (error: unknown) => error instanceof LockAbandonedError,
  );
  assert.is(other.holder, mine.id);
  mine.unlock();
  other.lock();
  other.unlock();
  assert.is(mine.holder, 0);
});

lockTests('sections that await exclude each other across threads', async () => {
  const { words, messages, begin } = startThreads(THREADS, { job: 'count-async', turns: 50 });
  await begin();
  await Promise.all(messages);
  assert.is(words[0], THREADS * 50);
});

lockTests('and where there is no Atomics.waitAsync', async () => {
  const { words, messages, begin } = startThreads(2, { job: 'count-async', turns: 20, hasWaitAsync: false });
  await begin();
  await Promise.all(messages);
  assert.is(words[0], 2 * 20);
});

lockTests('the turn of a thread that ended in the middle of a section goes to the next', async () => {
  const { lock, workers, messages, begin } = startThreads(1, { job: 'hold-async', turns: 1 });
  await begin();
  await messages[0];
  await workers[0]!.terminate();
  let takenOver = 0;
  const mutex = createSharedMutex(platform, lock, { leaseMs: 300, onTakenOver: () => takenOver++ });
  assert.is(await mutex.run(() => 'mine'), 'mine');
  assert.is(takenOver, 1);
  assert.is(await mutex.run(() => 'again'), 'again');
  assert.is(takenOver, 1);
});

lockTests('onTakenOver that throws is told, and keeps nobody from the next turn', async () => {
  const memory = sharedMutexMemory();
  new SharedLock(wordsOf(memory)).lock();
  const onTakenOver = (): void => {
    throw new Error('half done');
  };
  const mutex = createSharedMutex(platform, memory, { leaseMs: 100, onTakenOver });
  const outcome = await mutex.run(() => 'run').catch((error: Error) => error.message);
  assert.is(outcome, 'half done');
  assert.is(new SharedLock(wordsOf(memory)).holder, 0, 'the turn was given back');
  assert.is(await mutex.run(() => 'next'), 'next');
});

lockTests('a section that is longer than the lease keeps its turn, as its thread is alive', async () => {
  const memory = sharedMutexMemory();
  const order: string[] = [];
  const mutexes = [1, 2].map(() => createSharedMutex(platform, memory, { leaseMs: 200 }));
  const long = mutexes[0]!.run(async () => {
    order.push('begins');
    await new Promise<void>((resolve) => void platform.setTimer(700, resolve));
    order.push('ends');
  });
  await mutexes[1]!.run(() => order.push('next'));
  await long;
  assert.equal(order, ['begins', 'ends', 'next']);
});

lockTests('a section that fails gives the lock back', async () => {
  const memory = sharedMutexMemory();
  const [first, second] = [platform.createMutex(memory), platform.createMutex(memory)];
  const failed = first.run(() => Promise.reject(new Error('section')));
  await failed.then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'section'),
  );
  assert.is(await second.run(() => 1), 1);
});

lockTests('what cannot be a mutex is refused', () => {
  const refused = (make: () => unknown, name: RegExp): void =>
    assert.throws(
      make,
      (error: unknown) =>
        error instanceof KvsError && error.status === STATUS.STATUS_INVALID_ARG && name.test(error.message),
    );
  for (const memory of [new ArrayBuffer(32), new SharedArrayBuffer(8), undefined])
    refused(() => createSharedMutex(platform, memory as SharedArrayBuffer), /memory/);
  for (const leaseMs of [0, -1, NaN, Infinity, '5'])
    refused(() => createSharedMutex(platform, sharedMutexMemory(), { leaseMs: leaseMs as number }), /leaseMs/);
});

lockTests.run();
