/** A stream that is written by one writer, a chunk at a time. Source: Streams §5, with a high-water mark of one chunk and without controllers. */

interface Sink<T> {
  write?(chunk: T): unknown;
  close?(): unknown;
  abort?(reason: unknown): unknown;
}

/** What a stream shares with its writer. */
class State<T> {
  readonly sink: Sink<T>;
  /** Rejects from the first failure on. */
  last: Promise<unknown> = Promise.resolve();
  waiting = 0;
  phase: 'writable' | 'closing' | 'closed' | 'errored' = 'writable';
  error: unknown;
  writer: WritableStreamDefaultWriter<T> | undefined;
  readonly closed: Promise<undefined>;
  resolveClosed!: (value: undefined) => void;
  rejectClosed!: (reason: unknown) => void;

  constructor(sink: Sink<T>) {
    this.sink = sink;
    this.closed = new Promise((resolve, reject) => {
      this.resolveClosed = resolve;
      this.rejectClosed = reject;
    });
    this.closed.catch(() => undefined);
  }

  async write(chunk: T): Promise<void> {
    if (this.phase === 'errored') throw this.error;
    if (this.phase !== 'writable') throw new TypeError('The stream is closed');
    const begin = async (): Promise<unknown> => {
      if (this.phase === 'errored') throw this.error;
      return this.sink.write?.(chunk);
    };
    const turn = this.waiting++ === 0 ? begin() : this.last.then(begin);
    this.#follow(turn);
    try {
      await turn;
    } finally {
      this.waiting--;
    }
  }

  async close(): Promise<void> {
    if (this.phase === 'errored') throw this.error;
    if (this.phase !== 'writable') throw new TypeError('The stream is closed');
    this.phase = 'closing';
    const turn = this.last.then(() => this.sink.close?.());
    this.#follow(turn);
    await turn;
    this.phase = 'closed';
    this.resolveClosed(undefined);
  }

  async abort(reason: unknown): Promise<void> {
    if (this.phase === 'errored' || this.phase === 'closed') return;
    this.fail(reason);
    await this.last.catch(() => undefined);
    await this.sink.abort?.(reason);
  }

  fail(error: unknown): void {
    if (this.phase === 'errored') return;
    this.phase = 'errored';
    this.error = error;
    this.rejectClosed(error);
  }

  #follow(turn: Promise<unknown>): void {
    this.last = turn;
    turn.catch((error: unknown) => this.fail(error));
  }
}

export class WritableStreamDefaultWriter<T> {
  readonly #state: State<T>;
  #isReleased = false;

  constructor(state: State<T>) {
    this.#state = state;
  }

  get closed(): Promise<undefined> {
    return this.#state.closed;
  }

  /** Resolves when nothing waits to be written. */
  get ready(): Promise<undefined> {
    return this.#state.last.then(() => undefined);
  }

  get desiredSize(): number | null {
    const { phase, waiting } = this.#state;
    if (phase === 'errored') return null;
    return phase === 'closed' ? 0 : 1 - waiting;
  }

  write(chunk: T): Promise<void> {
    return this.#isReleased ? released() : this.#state.write(chunk);
  }

  close(): Promise<void> {
    return this.#isReleased ? released() : this.#state.close();
  }

  abort(reason?: unknown): Promise<void> {
    return this.#isReleased ? released() : this.#state.abort(reason);
  }

  releaseLock(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#state.writer = undefined;
  }
}

export class WritableStream<T> {
  readonly #state: State<T>;

  constructor(sink: Sink<T> = {}) {
    this.#state = new State(sink);
  }

  get locked(): boolean {
    return this.#state.writer !== undefined;
  }

  /** Throws `TypeError` while another writer has the stream. */
  getWriter(): WritableStreamDefaultWriter<T> {
    if (this.locked) throw new TypeError('The stream has a writer already');
    this.#state.writer = new WritableStreamDefaultWriter(this.#state);
    return this.#state.writer;
  }

  close(): Promise<void> {
    return this.locked ? locked() : this.#state.close();
  }

  abort(reason?: unknown): Promise<void> {
    return this.locked ? locked() : this.#state.abort(reason);
  }
}

function released(): Promise<never> {
  return Promise.reject(new TypeError('The writer was released'));
}

function locked(): Promise<never> {
  return Promise.reject(new TypeError('The stream has a writer'));
}
