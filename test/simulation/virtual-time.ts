/**
 * The only clock of a simulation: a queue of what happens when, run one thing at a time.
 *
 * How it is reproducible. Nothing inside a simulation waits for the machine: all time is this queue, all network is memory, all
 * random numbers come from the seed. What is left are promises. After each entry of the queue `setImmediate` is awaited once: Node
 * calls it when the microtask and next-tick queues are both empty, however many turns web streams take, so every entry starts
 * from rest. Entries of the same time run in the order in which they were made.
 */

/** An entry that waits. Cancelling twice, or afterwards, does nothing. */
export interface Task {
  cancel(): void;
}

interface Entry extends Task {
  readonly atMs: number;
  readonly order: number;
  action: (() => void) | undefined;
}

const TRACE_LINES = 60;
/** Entries that one turn of the event loop runs: each is an immediate of its own. */
const BATCH_ENTRIES = 64;

export class VirtualTime {
  /** Milliseconds since the simulation began; never jumps. */
  nowMs = 0;
  steps = 0;
  /** Called after each entry, at rest. */
  onStep: () => void = () => undefined;
  readonly #heap: Entry[] = [];
  #order = 0;
  /** `onStep` has yet to be called for the last entry. */
  #isStepDue = false;
  #hashA = 0x811c9dc5;
  #hashB = 0x1b873593;
  readonly #trace: string[] = [];

  /** Runs an action at a time that is not yet over. */
  at(atMs: number, action: () => void): Task {
    const entry: Entry = {
      atMs: Math.max(atMs, this.nowMs),
      order: this.#order++,
      action,
      cancel: () => void (entry.action = undefined),
    };
    this.#push(entry);
    return entry;
  }

  after(delayMs: number, action: () => void): Task {
    return this.at(this.nowMs + delayMs, action);
  }

  /** A promise that is kept at that time. */
  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve));
  }

  /** Puts a line into the trace: what its hash is made of. */
  note(line: string): void {
    const text = `${this.nowMs.toFixed(3)} ${line}`;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      this.#hashA = Math.imul(this.#hashA ^ code, 0x01000193);
      this.#hashB = Math.imul(this.#hashB ^ code, 0x85ebca6b) + 0x27d4eb2f;
    }
    this.#trace.push(text);
    if (this.#trace.length > 2 * TRACE_LINES) this.#trace.splice(0, TRACE_LINES);
  }

  /** Equal for runs that did the same things at the same times. */
  get traceHash(): string {
    return [this.#hashA, this.#hashB].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /** The last lines of the trace. */
  get lastLines(): readonly string[] {
    return this.#trace.slice(-TRACE_LINES);
  }

  /** Runs entries until the time is over or `isDone`; false where `isDone` never came true. */
  run(untilMs: number, isDone: () => boolean = () => false): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      let left = BATCH_ENTRIES;
      const settle = (outcome: boolean): void => {
        isOver = true;
        resolve(outcome);
      };
      const turn = (): void => {
        if (--left === 0) begin();
        if (isOver) return;
        try {
          if (this.#isStepDue) this.onStep();
          this.#isStepDue = false;
          if (isDone()) return settle(true);
          if (!this.#step(untilMs)) settle(false);
        } catch (error) {
          isOver = true;
          reject(error);
        }
      };
      const begin = (): void => {
        if (isOver) return;
        left = BATCH_ENTRIES;
        for (let i = 0; i < BATCH_ENTRIES; i++) setImmediate(turn);
      };
      begin();
    });
  }

  /** Runs the next entry; false when none is due until then. */
  #step(untilMs: number): boolean {
    for (;;) {
      const entry = this.#heap[0];
      if (entry === undefined || entry.atMs > untilMs) {
        this.nowMs = Math.max(this.nowMs, untilMs);
        return false;
      }
      this.#pop();
      const { action } = entry;
      if (action === undefined) continue;
      entry.action = undefined;
      this.nowMs = entry.atMs;
      this.steps++;
      this.#isStepDue = true;
      action();
      return true;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent] as Entry)) break;
      heap[at] = heap[parent] as Entry;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
  }
}

const isBefore = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
