/** What the calls of a stream took. Source: producer-core §19.2. */
import type { Platform } from '../../platform.ts';
import { ExponentialAverage } from './rates.ts';

export class CallFigures {
  /** Connections that the service answered with 200. */
  sessionsConnected = 0;
  readonly #platform: Pick<Platform, 'now'>;
  readonly #control = new ExponentialAverage();
  readonly #data = new ExponentialAverage();
  readonly #sessions = new ExponentialAverage();
  #sessionBeganMs = NaN;

  constructor(platform: Pick<Platform, 'now'>) {
    this.#platform = platform;
  }

  /** Average time of DescribeStream, CreateStream, TagStream and GetDataEndpoint, failed ones too, milliseconds; NaN before the first. */
  get controlCallLatencyMs(): number {
    return this.#control.value;
  }

  /** Average time from the beginning of PutMedia to its answer, milliseconds; NaN before the first. */
  get dataCallLatencyMs(): number {
    return this.#data.value;
  }

  /** Average life of a connection that is over, milliseconds; NaN before the first. */
  get averageSessionDurationMs(): number {
    return this.#sessions.value;
  }

  /** Makes a call of the control plane. */
  async timed<T>(call: Promise<T>): Promise<T> {
    const beganMs = this.#platform.now();
    try {
      return await call;
    } finally {
      this.#control.record(this.#since(beganMs));
    }
  }

  beginSession(): void {
    this.#sessionBeganMs = this.#platform.now();
  }

  /** The service answered 200. */
  connected(): void {
    this.sessionsConnected++;
    this.#data.record(this.#since(this.#sessionBeganMs));
  }

  endSession(): void {
    this.#sessions.record(this.#since(this.#sessionBeganMs));
  }

  #since(beganMs: number): number {
    return Math.max(0, this.#platform.now() - beganMs);
  }
}
