/** A stream's place in the queue in front of the store: what it does in order, and its puts that wait for room. */
import { type StoreFullError, StoreWaitTimeoutError } from '../errors.ts';
import type { FrameInput, PutResult } from './options.ts';
import { type Attempt, storeFullError } from './store-gate.ts';
import type { StreamLife } from './stream-life.ts';
import type { StreamOwner } from './stream-owner.ts';
import type { StreamParts } from './stream-parts.ts';
import { withinTime } from './timed-wait.ts';

export interface StreamQueueOptions {
  /** Whose work it is, for the gate. */
  readonly key: object;
  readonly owner: StreamOwner;
  readonly life: StreamLife;
  readonly parts: Pick<StreamParts, 'admission' | 'intake' | 'policy'>;
  readonly tryPut: (frame: FrameInput) => PutResult;
}

export class StreamQueue {
  readonly #options: StreamQueueOptions;

  constructor(options: StreamQueueOptions) {
    this.#options = options;
  }

  /** Does work behind everything queued; `attempt` gives false while there is no room for it. */
  enter(attempt: Attempt, signal?: AbortSignal): Promise<void> {
    const { key, owner, life } = this.#options;
    try {
      life.assertAlive();
    } catch (error) {
      return Promise.reject(error);
    }
    return owner.gate.enter(key, attempt, signal);
  }

  /** Puts a frame when it is its turn and has room, within the limit of the stream for that. Rejects as `ProducerStream.putFrame`. */
  put(frame: FrameInput, signal: AbortSignal | undefined): Promise<void> {
    const { owner, parts } = this.#options;
    const timeoutMs = parts.policy.bufferAvailabilityTimeoutMs;
    if (timeoutMs === undefined) return this.#putInOrder(frame, signal);
    const { platform, store } = owner;
    const tooLong = (): StoreWaitTimeoutError => {
      const { sizeBytes } = parts.intake.describe(frame);
      return new StoreWaitTimeoutError(timeoutMs, sizeBytes, store.capacityBytes - store.usedBytes);
    };
    return withinTime(platform, timeoutMs, signal, (limit) => this.#putInOrder(frame, limit), tooLong);
  }

  /** What a put is told that finds no room. */
  storeFull(frame: FrameInput): StoreFullError {
    const { owner, parts } = this.#options;
    return storeFullError(owner.store, parts.intake.describe(frame).sizeBytes, owner.isStuck());
  }

  #putInOrder(frame: FrameInput, signal: AbortSignal | undefined): Promise<void> {
    const { owner, parts, tryPut } = this.#options;
    return this.enter(() => {
      if (tryPut(frame) !== 'full') return true;
      if (parts.admission.isViewFull) return 'not-yet';
      if (owner.isStuck()) throw this.storeFull(frame);
      return false;
    }, signal);
  }
}
