/** Waiting: exponential back-off with jitter, a cancellable delay, and a deadline. All time comes from the platform. */
import type { Platform, Timer } from '../platform.ts';

/** What is added to a wait, by chance. `full`: up to as much again; `fixed`: up to `jitterFactorMs`; `none`: nothing. */
export type JitterKind = 'full' | 'fixed' | 'none';

export interface BackoffOptions {
  /** First wait before jitter, milliseconds. */
  readonly factorMs: number;
  /** Longest wait before jitter, milliseconds. */
  readonly maxMs: number;
  /** A pause longer than this since the last wait was taken starts over with the first, milliseconds. */
  readonly quietMs: number;
  /** @default 'full' */
  readonly jitter?: JitterKind;
  /** Of the jitter `fixed`, milliseconds. @default 300 */
  readonly jitterFactorMs?: number;
}

/** Source: producer-core §5.3. */
const JITTER_FACTOR_MS = 300;

/** The waits of the native state machines. Source: producer-core §5.3. */
export const STATE_BACKOFF: BackoffOptions = { factorMs: 100, maxMs: 10_000, quietMs: 90_000 };

/** Exponential waits. Each is `factor · 2ⁿ`, capped, plus jitter, so that a fleet does not retry in step. */
export class Backoff {
  readonly #platform: Pick<Platform, 'now' | 'randomBytes'>;
  readonly #options: BackoffOptions;
  #count = 0;
  #lastMs = 0;

  constructor(platform: Pick<Platform, 'now' | 'randomBytes'>, options: BackoffOptions = STATE_BACKOFF) {
    this.#platform = platform;
    this.#options = options;
  }

  /** Waits taken since the start or the last reset. */
  get count(): number {
    return this.#count;
  }

  /** The next wait in milliseconds: `base`, and with full jitter up to, not including, `2 · base`. */
  nextMs(): number {
    const now = this.#platform.now();
    if (this.#count !== 0 && now - this.#lastMs > this.#options.quietMs) this.#count = 0;
    // 2^30 is far beyond every cap; it keeps the exponent from overflowing in a long outage.
    const baseMs = Math.min(this.#options.maxMs, this.#options.factorMs * 2 ** Math.min(this.#count, 30));
    this.#count++;
    this.#lastMs = now;
    return baseMs + this.#jitterMs(baseMs);
  }

  /** Starts over: the next wait is the first again. */
  reset(): void {
    this.#count = 0;
  }

  #jitterMs(baseMs: number): number {
    const { jitter = 'full', jitterFactorMs = JITTER_FACTOR_MS } = this.#options;
    if (jitter === 'none') return 0;
    return this.#random() * (jitter === 'full' ? baseMs : jitterFactorMs);
  }

  #random(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#platform.randomBytes(4);
    return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / 2 ** 32;
  }
}

/** Resolves after `delayMs` milliseconds; rejects with the signal's reason as soon as it is aborted. */
export function delay(platform: Pick<Platform, 'setTimer'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = platform.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * An abort signal that fires after a time, or together with an outer signal. When the work is over `clear` must be called;
 * `disarm` lifts only the time limit.
 */
export class Deadline {
  /** True once the time ran out; false when the outer signal was the cause. */
  expired = false;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: Timer;

  constructor(platform: Pick<Platform, 'setTimer'>, timeoutMs: number, outer?: AbortSignal) {
    this.#outer = outer;
    this.#timer = platform.setTimer(timeoutMs, () => {
      this.expired = true;
      this.#controller.abort(new DOMException(`No answer within ${timeoutMs} ms`, 'TimeoutError'));
    });
    if (outer?.aborted) this.#onOuterAbort();
    else outer?.addEventListener('abort', this.#onOuterAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  disarm(): void {
    this.#timer.cancel();
  }

  clear(): void {
    this.disarm();
    this.#outer?.removeEventListener('abort', this.#onOuterAbort);
  }

  readonly #onOuterAbort = (): void => {
    this.#timer.cancel();
    this.#controller.abort(this.#outer?.reason);
  };
}
