/** A level-triggered wake-up between one waiting task and whoever has news for it. */
export class Wakeup {
  #signalled = false;
  #resolve: (() => void) | undefined;

  /** Wakes the waiting task, or lets the next wait return at once. */
  notify(): void {
    if (this.#resolve === undefined) {
      this.#signalled = true;
      return;
    }
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve();
  }

  /** Resolves at the next `notify`, or at once when there was one since the last wait. One waiter at a time. */
  wait(): Promise<void> {
    if (this.#signalled) {
      this.#signalled = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => (this.#resolve = resolve));
  }
}
