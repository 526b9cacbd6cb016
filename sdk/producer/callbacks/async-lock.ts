/** The mutex behind the default mutex callbacks: a queue of those who wait. */
export class AsyncLock {
  #isLocked = false;
  readonly #waiting: Array<() => void> = [];

  tryLock(): boolean {
    if (this.#isLocked) return false;
    this.#isLocked = true;
    return true;
  }

  lock(): Promise<void> {
    if (this.tryLock()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Hands the lock to whoever waits longest. */
  unlock(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isLocked = false;
    else next();
  }
}
