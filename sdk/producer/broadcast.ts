/** One source, many readers: each gets every item from its subscription on, in its own bounded queue. */

/** A reader's end. Iterating to the end, `return()` or an aborted signal gives the subscription up. */
export interface Subscription<T> extends AsyncIterableIterator<T> {
  /** Items this reader lost because it was slower than its queue is long; the oldest go first. */
  readonly missed: number;
}

export interface SubscribeOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

class Reader<T> implements Subscription<T> {
  missed = 0;
  readonly #capacity: number;
  /** Called once, when no more items will come. */
  readonly #onEnd: (reader: Reader<T>) => void;
  #items: T[] = [];
  #pending: Array<(result: IteratorResult<T>) => void> = [];
  #ended = false;

  constructor(capacity: number, onEnd: (reader: Reader<T>) => void) {
    this.#capacity = capacity;
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve({ value: item, done: false });
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#pending.push(resolve));
  }

  return(): Promise<IteratorResult<T>> {
    this.#items = [];
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  push(item: T): void {
    const waiting = this.#pending.shift();
    if (waiting !== undefined) return waiting({ value: item, done: false });
    if (this.#items.length === this.#capacity) {
      this.#items.shift();
      this.missed++;
    }
    this.#items.push(item);
  }

  /** No more items; what is queued can still be read. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd(this);
    for (const resolve of this.#pending) resolve({ value: undefined, done: true });
    this.#pending = [];
  }
}

/** The writing end. Publishing never waits and, with nobody subscribed, costs nothing. */
export class Broadcast<T extends object> {
  readonly #capacity: number;
  readonly #observer: ((item: T) => void) | undefined;
  readonly #readers = new Set<Reader<T>>();
  #closed = false;

  /** `capacity`: items a reader's queue holds. `observer` sees every item while it is published, and must not throw. */
  constructor(capacity: number, observer?: (item: T) => void) {
    this.#capacity = capacity;
    this.#observer = observer;
  }

  subscribe(options: SubscribeOptions = {}): Subscription<T> {
    const { signal } = options;
    const onAbort = (): void => void reader.return();
    const reader = new Reader<T>(this.#capacity, () => {
      this.#readers.delete(reader);
      signal?.removeEventListener('abort', onAbort);
    });
    if (this.#closed || signal?.aborted) reader.end();
    else {
      this.#readers.add(reader);
      signal?.addEventListener('abort', onAbort, { once: true });
    }
    return reader;
  }

  publish(item: T): void {
    this.#observer?.(item);
    for (const reader of this.#readers) reader.push(item);
  }

  close(): void {
    this.#closed = true;
    for (const reader of this.#readers) reader.end();
  }
}
