/** Who waits until everything up to a sequence is persisted. */
export class SequenceWaits {
  #waits: Array<{ readonly through: number; readonly resolve: () => void }> = [];
  #settledThrough = 0;

  until(through: number): Promise<void> {
    if (through <= this.#settledThrough) return Promise.resolve();
    return new Promise((resolve) => this.#waits.push({ through, resolve }));
  }

  settle(through: number): void {
    this.#settledThrough = Math.max(this.#settledThrough, through);
    const due = this.#waits.filter((wait) => wait.through <= this.#settledThrough);
    this.#waits = this.#waits.filter((wait) => wait.through > this.#settledThrough);
    for (const { resolve } of due) resolve();
  }
}
