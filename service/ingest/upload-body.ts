/**
 * The body of one upload as a sequence of things that can happen to it: bytes, silence, its end, or a request from outside
 * to stop. One read of the body is under way at a time, and none before it is asked for: back-pressure reaches the producer.
 * Whatever an upload may have to wait for on the producer's account, it waits for in here, where it can be told to stop.
 */
import type { Timer } from '../../sdk/platform.ts';
import type { ServicePlatform } from '../context.ts';
import type { ServiceLimits } from '../limits.ts';
import type { UploadEnd } from '../live/live-hub.ts';
import { IngestError } from './ingest-error.ts';

export type BodyEvent =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** No data for one interval: the producer is told that the connection is alive. */
  | { readonly kind: 'idle' }
  /** The producer ended the body. */
  | { readonly kind: 'end' }
  /** No data for the longest time allowed. */
  | { readonly kind: 'idle-timeout' }
  | { readonly kind: 'stop'; readonly reason: UploadEnd };

export type BodyLimits = Pick<ServiceLimits, 'idleAckIntervalMs' | 'idleTimeoutMs' | 'maxConnectionDurationMs'>;

/** How an event comes out of `next`; a failed read and the end of the connection's time come as errors. */
type Outcome = BodyEvent | { readonly kind: 'failed'; readonly error: IngestError };

export class UploadBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | null;
  readonly #platform: ServicePlatform;
  readonly #limits: BodyLimits;
  /** Outcomes nobody has asked for yet: at most a read, a tick, a stop and the session's end. */
  readonly #outcomes: Outcome[] = [];
  #waiter: ((outcome: Outcome) => void) | null = null;
  #isReading = false;
  /** How long the read under way has brought nothing. */
  #silentMs = 0;
  #idleTimer: Timer | null = null;
  readonly #sessionTimer: Timer;

  constructor(body: ReadableStream<Uint8Array> | null, platform: ServicePlatform, limits: BodyLimits) {
    this.#reader = body?.getReader() ?? null;
    this.#platform = platform;
    this.#limits = limits;
    this.#sessionTimer = platform.setTimer(limits.maxConnectionDurationMs, () => {
      const error = new IngestError(4003, `Connection is older than ${limits.maxConnectionDurationMs} ms`);
      this.#interrupt({ kind: 'failed', error });
    });
  }

  /**
   * The next thing that happens.
   * @param mayRead  no more of the body is read before this has resolved
   * @throws IngestError 4000 when the body cannot be read to its end, 4003 when the connection has lasted too long
   */
  async next(mayRead: Promise<void>): Promise<BodyEvent> {
    if (this.#outcomes.length === 0) void mayRead.then(() => this.#read());
    const outcome =
      this.#outcomes.shift() ??
      (await new Promise<Outcome>((resolve) => {
        this.#waiter = resolve;
      }));
    if (outcome.kind === 'failed') throw outcome.error;
    return outcome;
  }

  /** Makes the next event a stop, ahead of whatever waits. */
  stop(reason: UploadEnd): void {
    this.#interrupt({ kind: 'stop', reason });
  }

  /** Makes `next` throw this, ahead of whatever waits. */
  fail(error: IngestError): void {
    this.#interrupt({ kind: 'failed', error });
  }

  /** Stops the timers and gives up the rest of the body. Never rejects. */
  async close(): Promise<void> {
    this.#sessionTimer.cancel();
    this.#idleTimer?.cancel();
    await this.#reader?.cancel().catch(() => undefined);
  }

  #read(): void {
    // Whoever waited may have been told of something else meanwhile.
    if (this.#isReading || this.#waiter === null) return;
    if (this.#reader === null) {
      this.#post({ kind: 'end' });
      return;
    }
    this.#isReading = true;
    this.#silentMs = 0;
    this.#armIdleTimer();
    this.#reader.read().then(
      (result) => this.#received(result.done ? { kind: 'end' } : { kind: 'bytes', bytes: result.value }),
      (cause: unknown) =>
        this.#received({
          kind: 'failed',
          error: new IngestError(4000, 'Body could not be read to its end', { cause }),
        }),
    );
  }

  #received(outcome: Outcome): void {
    this.#isReading = false;
    this.#idleTimer?.cancel();
    this.#post(outcome);
  }

  /** Runs only while a read is under way: a slow disk is no silence of the producer's. */
  #armIdleTimer(): void {
    const { idleAckIntervalMs, idleTimeoutMs } = this.#limits;
    this.#idleTimer = this.#platform.setTimer(idleAckIntervalMs, () => {
      this.#silentMs += idleAckIntervalMs;
      this.#armIdleTimer();
      this.#post({ kind: this.#silentMs >= idleTimeoutMs ? 'idle-timeout' : 'idle' });
    });
  }

  #post(outcome: Outcome): void {
    if (this.#waiter === null) this.#outcomes.push(outcome);
    else this.#hand(outcome);
  }

  #interrupt(outcome: Outcome): void {
    if (this.#waiter === null) this.#outcomes.unshift(outcome);
    else this.#hand(outcome);
  }

  #hand(outcome: Outcome): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    waiter?.(outcome);
  }
}
