/** The queue in front of a full content store. All streams of a producer share it, as they share the store. */
import type { ContentStore } from '../core/content-store.ts';
import { StoreFullError } from '../errors.ts';

/** There is no room for what is put. `isStuck`: no ack will ever make some, because only open fragments fill the store. */
export function storeFullError(
  { capacityBytes, usedBytes }: Pick<ContentStore, 'capacityBytes' | 'usedBytes'>,
  neededBytes: number,
  isStuck: boolean,
): StoreFullError {
  const stuck = isStuck ? 'open fragments fill the store' : undefined;
  const reason = neededBytes > capacityBytes ? 'it is larger than the store' : stuck;
  return new StoreFullError(neededBytes, capacityBytes - usedBytes, capacityBytes, reason);
}

/**
 * Does a waiter's work. False when there is still no room in the store; 'not-yet' when room in the store would not help it now. May throw: then
 * the waiter is rejected.
 */
export type Attempt = () => boolean | 'not-yet';

interface Waiter {
  readonly owner: object;
  readonly attempt: Attempt;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * First come, first served: nobody overtakes, so that a small frame cannot starve a large one. Only who waits for something else than the
 * store lets other owners pass, so that nobody stalls for a reason of another's own (trap T8).
 */
export class StoreGate {
  /** Hears how many wait, when that changes. */
  onWaiting: ((waiting: number) => void) | undefined;
  readonly #waiters: Waiter[] = [];
  #isRetrying = false;

  get waiting(): number {
    return this.#waiters.length;
  }

  /** True when work of this owner is queued, so that more of it has to queue behind. */
  isWaiting(owner: object): boolean {
    return this.#waiters.some((waiter) => waiter.owner === owner);
  }

  /** Queues work; resolves when it was done, rejects with what it threw or the signal's reason. */
  enter(owner: object, attempt: Attempt, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        this.#remove(waiter);
        reject(signal?.reason);
        this.retry();
      };
      const settled = (settle: () => void): void => {
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const waiter: Waiter = {
        owner,
        attempt,
        resolve: () => settled(resolve),
        reject: (reason) => settled(() => reject(reason)),
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
      this.onWaiting?.(this.#waiters.length);
      this.retry();
    });
  }

  /** Something was freed: lets waiters through, in order, until one finds no room. */
  retry(): void {
    // An attempt may itself free or fail something and call back here; the outer loop goes on with what that changed.
    if (this.#isRetrying) return;
    this.#isRetrying = true;
    try {
      const passed = new Set<object>();
      for (let first = this.#next(passed); first !== undefined; first = this.#next(passed)) {
        try {
          const done = first.attempt();
          if (done === false) return;
          if (done === 'not-yet') {
            passed.add(first.owner);
            continue;
          }
          this.#remove(first);
          first.resolve();
        } catch (error) {
          this.#remove(first);
          first.reject(error);
        }
      }
    } finally {
      this.#isRetrying = false;
    }
  }

  /** Turns every waiter of an owner away. */
  evict(owner: object, reason: unknown): void {
    for (const waiter of this.#waiters.filter((candidate) => candidate.owner === owner)) {
      this.#remove(waiter);
      waiter.reject(reason);
    }
    this.retry();
  }

  #next(passed: ReadonlySet<object>): Waiter | undefined {
    return this.#waiters.find(({ owner }) => !passed.has(owner));
  }

  #remove(waiter: Waiter): void {
    const index = this.#waiters.indexOf(waiter);
    if (index >= 0) this.#waiters.splice(index, 1);
    this.onWaiting?.(this.#waiters.length);
  }
}
