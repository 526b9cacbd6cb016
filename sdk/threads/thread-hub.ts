/** What the threads of a producer share beside the store: the lock of the core, and what stands around each call into it. */
import type { CoreSharing } from '../core/core.ts';
import type { CoreExports } from '../core/exports.ts';
import { SharedCoreStream } from '../core/shared-core-stream.ts';
import { type CallGuard, guardExports } from '../core/shared-exports.ts';
import type { SharedCore, ThreadPort, ThreadSupport } from '../platform.ts';
import { sharedMutexMemory } from './shared-mutex.ts';
import { SharedLock } from './shared-lock.ts';
import { StreamShares, type StreamSharesOptions } from './stream-shares.ts';

export class ThreadHub implements CallGuard, CoreSharing {
  readonly Stream = SharedCoreStream;
  readonly module: WebAssembly.Module;
  readonly lockMemory: SharedArrayBuffer = sharedMutexMemory();
  readonly #support: ThreadSupport;
  readonly #lock = new SharedLock(new Int32Array(this.lockMemory));
  readonly #listeners = new Set<(waiting: number) => void>();
  /** Another thread may be in the core. */
  #isShared = false;
  #failure: unknown;
  #waiting = 0;

  constructor(support: ThreadSupport, { module }: SharedCore) {
    this.#support = support;
    this.module = module;
  }

  /** What the threads are that put frames into a stream. */
  sharesOf(options: Omit<StreamSharesOptions, 'hub'>): StreamShares {
    return new StreamShares({ ...options, hub: this });
  }

  /** Whether a port that is closed means that its thread runs no more. */
  get tellsOfEnds(): boolean {
    return this.#support.tellsOfEnds;
  }

  /** From now on every call into the core takes the lock. */
  createChannel(): readonly [ThreadPort, ThreadPort] {
    this.#isShared = true;
    return this.#support.createChannel();
  }

  /** Calls back behind what this thread has to do already: a timer would come a millisecond late. */
  later(callback: () => void): void {
    const [here, there] = this.#support.createChannel();
    here.onmessage = () => {
      here.close();
      callback();
    };
    there.postMessage(null);
  }

  guardExports(exports: CoreExports): CoreExports {
    return guardExports(exports, this);
  }

  enter(): void {
    if (!this.#isShared) return;
    if (this.#failure !== undefined) throw new Error('A thread has failed in the core', { cause: this.#failure });
    try {
      this.#lock.lock();
    } catch (cause) {
      this.fail(cause);
      // No error of the SDK: it is a trap to the core, whose memory cannot be trusted.
      throw new Error('The lock of the core is not given back', { cause });
    }
  }

  leave(): void {
    if (this.#lock.isHeld) this.#lock.unlock();
  }

  /** True while this user holds the lock: when its thread has ended, in the middle of a call. */
  isHeldBy(lockId: number): boolean {
    return lockId !== 0 && this.#lock.holder === lockId;
  }

  /** The next call into the core, and every one after it, fails with this cause. */
  fail(cause: unknown): void {
    this.#failure ??= cause;
  }

  /** Puts of the producer that wait for room; told to those who put from other threads. */
  setWaiting(waiting: number): void {
    this.#waiting = waiting;
    for (const tell of this.#listeners) tell(waiting);
  }

  /** @returns to hear no more */
  onWaiting(tell: (waiting: number) => void): () => void {
    this.#listeners.add(tell);
    tell(this.#waiting);
    return () => this.#listeners.delete(tell);
  }
}
