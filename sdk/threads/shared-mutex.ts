/** The port's mutex across threads: sections that await, over a lock in shared memory. */
import { KvsError } from '../errors.ts';
import type { Mutex, Platform } from '../platform.ts';
import * as STATUS from '../status-codes.ts';
import { LOCK_WORDS, SharedLock } from './shared-lock.ts';

export interface SharedMutexOptions {
  /**
   * A holder shows every quarter of this time that its thread is alive; one that does not for this long has ended, and its turn goes to the
   * next, milliseconds. A section must not block its thread for as long. @default 10 000
   */
  readonly leaseMs?: number;
  /** A turn was taken over: what the section guards may be half done. Where it throws, the section is not run, and its promise rejects. */
  readonly onTakenOver?: () => void;
}

const LEASE_MS = 10_000;
const MEMORY_BYTES = LOCK_WORDS * Int32Array.BYTES_PER_ELEMENT;

/** Memory for a mutex that threads share: hand it to each of them. */
export function sharedMutexMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(MEMORY_BYTES);
}

/**
 * A mutex over memory of {@link sharedMutexMemory}. Sections of one object keep the order of their calls; those of different threads exclude each
 * other, and none waits for ever while others take turns. Throws `KvsError` of status STATUS_INVALID_ARG for memory or a lease that cannot be.
 */
export function createSharedMutex(
  platform: Pick<Platform, 'setTimer'>,
  memory: SharedArrayBuffer,
  { leaseMs = LEASE_MS, onTakenOver }: SharedMutexOptions = {},
): Mutex {
  if (!(memory instanceof SharedArrayBuffer) || memory.byteLength < MEMORY_BYTES)
    throw new KvsError(STATUS.STATUS_INVALID_ARG, 'The memory of a shared mutex is that of sharedMutexMemory()');
  if (!Number.isFinite(leaseMs) || leaseMs <= 0)
    throw new KvsError(STATUS.STATUS_INVALID_ARG, `Option leaseMs: ${leaseMs} is no number of milliseconds above 0`);
  const lock = new SharedLock(new Int32Array(memory));
  let last: Promise<unknown> = Promise.resolve();
  const guarded = async <T>(section: () => Promise<T> | T): Promise<T> => {
    const isTakenOver = await lock.lockAsync(platform, leaseMs);
    const beating = keepBeating(platform, lock, leaseMs / 4);
    try {
      if (isTakenOver) onTakenOver?.();
      return await section();
    } finally {
      beating.cancel();
      lock.unlock();
    }
  };
  return {
    run<T>(section: () => Promise<T> | T): Promise<T> {
      const turn = last.then(() => guarded(section));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

function keepBeating(
  platform: Pick<Platform, 'setTimer'>,
  lock: SharedLock,
  everyMs: number,
): { readonly cancel: () => void } {
  let timer = platform.setTimer(everyMs, beat);
  function beat(): void {
    lock.beat();
    timer = platform.setTimer(everyMs, beat);
  }
  return { cancel: () => timer.cancel() };
}
