/** How far the life of a stream has gone: ready, failed, ended. */
import { StreamStoppedError } from '../errors.ts';

export class StreamLife {
  /** Resolves at `markReady`; rejects when the stream ends before. */
  readonly ready: Promise<void>;
  readonly #streamName: string;
  readonly #failure = new AbortController();
  readonly #end = new AbortController();
  #markNeverReady!: (error: unknown) => void;
  #hasEnded = false;

  /** The service has told where to send media. */
  markReady!: () => void;

  constructor(streamName: string) {
    this.#streamName = streamName;
    this.ready = new Promise<void>((resolve, reject) => {
      this.markReady = resolve;
      this.#markNeverReady = reject;
    });
    this.ready.catch(() => undefined);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Aborted with the error when the stream fails. */
  get failureSignal(): AbortSignal {
    return this.#failure.signal;
  }

  /** Aborted when the stream has ended in any way: what hangs on the caller's signals lets go. */
  get endSignal(): AbortSignal {
    return this.#end.signal;
  }

  /** Throws what the stream failed with, or `StreamStoppedError`. */
  assertAlive(): void {
    if (this.#failure.signal.aborted) throw this.#failure.signal.reason;
    if (this.#hasEnded) throw new StreamStoppedError(this.#streamName);
  }

  /** Every wait on `failureSignal` rejects; `end` follows. */
  fail(error: unknown): void {
    this.#failure.abort(error);
  }

  end(reason: unknown): void {
    this.#hasEnded = true;
    this.#markNeverReady(reason);
    this.#end.abort();
  }
}
