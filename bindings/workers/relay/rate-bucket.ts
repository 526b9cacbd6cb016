/** A token bucket: so much a second, and so much at once. */
import type { Platform } from '../../../sdk/platform.ts';

export class RateBucket {
  readonly #platform: Pick<Platform, 'now'>;
  #perSecond: number;
  #capacity: number;
  #level: number;
  #lastMs: number;

  /** Begins full. `capacity` in the same unit as `perSecond`. */
  constructor(platform: Pick<Platform, 'now'>, perSecond: number, capacity: number) {
    this.#platform = platform;
    this.#perSecond = perSecond;
    this.#capacity = capacity;
    this.#level = capacity;
    this.#lastMs = platform.now();
  }

  /** As much as ever may be taken at once. */
  get isFull(): boolean {
    this.#refill();
    return this.#level >= this.#capacity;
  }

  /** Another rate from now on. */
  set(perSecond: number, capacity: number): void {
    this.#refill();
    this.#perSecond = perSecond;
    this.#capacity = capacity;
    this.#level = Math.min(this.#level, capacity);
  }

  /** Takes an amount only when it is there. */
  tryTake(amount: number): boolean {
    this.#refill();
    if (this.#level < amount) return false;
    this.#level -= amount;
    return true;
  }

  /** Takes an amount, on credit if need be; milliseconds to wait until it is paid. */
  take(amount: number): number {
    this.#refill();
    this.#level -= amount;
    return this.#level >= 0 ? 0 : Math.ceil((-this.#level / this.#perSecond) * 1000);
  }

  /** A clock that was set back gives nothing, and takes nothing away. */
  #refill(): void {
    const now = this.#platform.now();
    const elapsedMs = Math.max(0, now - this.#lastMs);
    this.#lastMs = now;
    this.#level = Math.min(this.#capacity, this.#level + (elapsedMs / 1000) * this.#perSecond);
  }
}
