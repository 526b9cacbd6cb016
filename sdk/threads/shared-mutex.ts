/** The port's mutex across threads: sections that await, over a lock in shared memory. */
import type { Mutex, Platform } from '../platform.ts';
import { LOCK_WORDS, SharedLock } from './shared-lock.ts';

export interface SharedMutexOptions {
  /**
   * A holder shows every quarter of this time that its thread is alive; one that does not for this long has ended, and its turn goes to the
   * next, milliseconds. A section must not block its thread for as long. @default 10 000
   */
  readonly leaseMs?: number;
  /** A turn was taken over: what the section guards may be half done. */
  readonly onTakenOver?: () => void;
}

const LEASE_MS = 10_000;

/** Memory for a mutex that threads share: hand it to each of them. */
export function sharedMutexMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(LOCK_WORDS * Int32Array.BYTES_PER_ELEMENT);
}

/**
 * A mutex over memory of {@link sharedMutexMemory}. Sections of one object keep the order of their calls; those of different threads exclude each
 * other, and none waits for ever while others take turns.
 */
export function createSharedMutex(
  platform: Pick<Platform, 'setTimer'>,
  memory: SharedArrayBuffer,
  { leaseMs = LEASE_MS, onTakenOver }: SharedMutexOptions = {},
): Mutex {
  const lock = new SharedLock(new Int32Array(memory));
  let last: Promise<unknown> = Promise.resolve();
  const guarded = async <T>(section: () => Promise<T> | T): Promise<T> => {
    if (await lock.lockAsync(platform, leaseMs)) onTakenOver?.();
    const beating = keepBeating(platform, lock, leaseMs / 4);
    try {
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
