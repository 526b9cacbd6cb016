import type { Mutex } from '../platform.ts';

/** A mutex for one thread: sections run one after the other, in the order of their `run` calls; a failing one frees the next. */
export function createSerialMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run<T>(section: () => Promise<T> | T): Promise<T> {
      const turn = last.then(section);
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
