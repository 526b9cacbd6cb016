/**
 * A stream of chunks that is read by one reader. Source: Streams §4, of which this has default controllers and readers; bytes streams
 * that fill a reader's own buffer, `tee` and pipes are not here.
 */

interface Source<T> {
  start?(controller: ReadableStreamDefaultController<T>): unknown;
  pull?(controller: ReadableStreamDefaultController<T>): unknown;
  cancel?(reason: unknown): unknown;
}

interface Reading<T> {
  resolve(result: ReadResult<T>): void;
  reject(reason: unknown): void;
}

type ReadResult<T> = { done: false; value: T } | { done: true; value: undefined };

/** What a stream shares with its controller and its reader. */
class State<T> {
  readonly queue: T[] = [];
  readonly readings: Reading<T>[] = [];
  phase: 'readable' | 'closed' | 'errored' = 'readable';
  error: unknown;
  closeRequested = false;
  isStarted = false;
  isPulling = false;
  pullAgain = false;
  source: Source<T> | undefined;
  readonly highWaterMark: number;
  reader: ReadableStreamDefaultReader<T> | undefined;
  readonly closed: Promise<undefined>;
  resolveClosed!: (value: undefined) => void;
  rejectClosed!: (reason: unknown) => void;

  constructor(source: Source<T>, highWaterMark: number) {
    this.source = source;
    this.highWaterMark = highWaterMark;
    this.closed = new Promise((resolve, reject) => {
      this.resolveClosed = resolve;
      this.rejectClosed = reject;
    });
    this.closed.catch(() => undefined);
  }

  get desiredSize(): number | null {
    if (this.phase === 'errored') return null;
    return this.phase === 'closed' ? 0 : this.highWaterMark - this.queue.length;
  }

  close(): void {
    this.phase = 'closed';
    this.source = undefined;
    for (const reading of this.readings.splice(0)) reading.resolve({ done: true, value: undefined });
    this.resolveClosed(undefined);
  }

  fail(error: unknown): void {
    if (this.phase !== 'readable') return;
    this.phase = 'errored';
    this.error = error;
    this.queue.length = 0;
    this.source = undefined;
    for (const reading of this.readings.splice(0)) reading.reject(error);
    this.rejectClosed(error);
  }

  /** Asks the source for more where somebody waits, or the queue is to be filled. One question at a time. */
  pull(controller: ReadableStreamDefaultController<T>): void {
    if (this.phase !== 'readable' || this.closeRequested || !this.isStarted) return;
    if (this.readings.length === 0 && (this.desiredSize ?? 0) <= 0) return;
    if (this.isPulling) {
      this.pullAgain = true;
      return;
    }
    this.isPulling = true;
    promiseOf(() => this.source?.pull?.(controller)).then(
      () => {
        this.isPulling = false;
        if (!this.pullAgain) return;
        this.pullAgain = false;
        this.pull(controller);
      },
      (error: unknown) => this.fail(error),
    );
  }

  async cancel(reason: unknown): Promise<void> {
    if (this.phase === 'errored') throw this.error;
    if (this.phase === 'closed') return;
    const { source } = this;
    this.queue.length = 0;
    this.close();
    await source?.cancel?.(reason);
  }
}

export class ReadableStreamDefaultController<T> {
  readonly #state: State<T>;

  constructor(state: State<T>) {
    this.#state = state;
  }

  get desiredSize(): number | null {
    return this.#state.desiredSize;
  }

  /** Throws `TypeError` once the stream has ended. */
  enqueue(chunk: T): void {
    const state = this.#state;
    if (state.closeRequested || state.phase !== 'readable') throw new TypeError('The stream has ended');
    const reading = state.readings.shift();
    if (reading === undefined) state.queue.push(chunk);
    else reading.resolve({ done: false, value: chunk });
    state.pull(this);
  }

  /** What is queued can still be read. Throws `TypeError` once the stream has ended. */
  close(): void {
    const state = this.#state;
    if (state.closeRequested || state.phase !== 'readable') throw new TypeError('The stream has ended');
    state.closeRequested = true;
    if (state.queue.length === 0) state.close();
  }

  error(reason?: unknown): void {
    this.#state.fail(reason);
  }
}

export class ReadableStreamDefaultReader<T> {
  readonly #state: State<T>;
  readonly #controller: ReadableStreamDefaultController<T>;
  #isReleased = false;

  constructor(state: State<T>, controller: ReadableStreamDefaultController<T>) {
    this.#state = state;
    this.#controller = controller;
  }

  get closed(): Promise<undefined> {
    return this.#state.closed;
  }

  read(): Promise<ReadResult<T>> {
    const state = this.#state;
    if (this.#isReleased) return Promise.reject(new TypeError('The reader was released'));
    if (state.phase === 'errored') return Promise.reject(state.error);
    if (state.queue.length > 0) {
      const value = state.queue.shift() as T;
      if (state.closeRequested && state.queue.length === 0) state.close();
      else state.pull(this.#controller);
      return Promise.resolve({ done: false, value });
    }
    if (state.phase === 'closed') return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      state.readings.push({ resolve, reject });
      state.pull(this.#controller);
    });
  }

  cancel(reason?: unknown): Promise<void> {
    if (this.#isReleased) return Promise.reject(new TypeError('The reader was released'));
    return this.#state.cancel(reason);
  }

  /** Reads that wait are rejected. */
  releaseLock(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#state.reader = undefined;
    for (const reading of this.#state.readings.splice(0)) reading.reject(new TypeError('The reader was released'));
  }
}

export class ReadableStream<T> {
  readonly #state: State<T>;
  readonly #controller: ReadableStreamDefaultController<T>;

  /** `highWaterMark` counts chunks. */
  constructor(source: Source<T> = {}, { highWaterMark = 1 }: { readonly highWaterMark?: number } = {}) {
    const state = new State(source, highWaterMark);
    this.#state = state;
    this.#controller = new ReadableStreamDefaultController(state);
    // What `start` throws at once is the constructor's to throw.
    const started: unknown = source.start?.(this.#controller);
    Promise.resolve(started).then(
      () => {
        state.isStarted = true;
        state.pull(this.#controller);
      },
      (error: unknown) => state.fail(error),
    );
  }

  get locked(): boolean {
    return this.#state.reader !== undefined;
  }

  /** Throws `TypeError` while another reader has the stream. */
  getReader(): ReadableStreamDefaultReader<T> {
    if (this.locked) throw new TypeError('The stream has a reader already');
    this.#state.reader = new ReadableStreamDefaultReader(this.#state, this.#controller);
    return this.#state.reader;
  }

  cancel(reason?: unknown): Promise<void> {
    if (this.locked) return Promise.reject(new TypeError('The stream has a reader'));
    return this.#state.cancel(reason);
  }

  /** Leaving the loop early cancels the stream. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const reader = this.getReader();
    let isOver = false;
    try {
      for (;;) {
        // Set before the await too: a read that rejects has ended the stream.
        isOver = true;
        const result = await reader.read();
        if (result.done) return;
        isOver = false;
        yield result.value;
      }
    } finally {
      if (!isOver) await reader.cancel();
      reader.releaseLock();
    }
  }
}

/** What a callback gives or throws, as a promise. */
async function promiseOf(callback: () => unknown): Promise<unknown> {
  return callback();
}
