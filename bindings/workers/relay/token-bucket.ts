import { delay } from '../../../sdk/aws/backoff.ts';
import type { Platform } from '../../../sdk/platform.ts';

/** How much of the rate may be taken at once after a pause, seconds. */
const BURST_S = 2;

/** Holds a flow of bytes to a rate: what is taken beyond it is waited for afterwards. */
export class TokenBucket {
  readonly #platform: Pick<Platform, 'now' | 'setTimer'>;
  readonly #bytesPerMs: number;
  readonly #capacityBytes: number;
  #bytes: number;
  #filledMs: number;

  constructor(platform: Pick<Platform, 'now' | 'setTimer'>, maxBitrateBps: number) {
    this.#platform = platform;
    this.#bytesPerMs = maxBitrateBps / 8000;
    this.#capacityBytes = this.#bytesPerMs * 1000 * BURST_S;
    this.#bytes = this.#capacityBytes;
    this.#filledMs = platform.now();
  }

  /** Takes bytes and resolves when the rate allows them. Rejects with the signal's reason. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const nowMs = this.#platform.now();
    // A clock that was set back fills nothing.
    const gained = Math.max(nowMs - this.#filledMs, 0) * this.#bytesPerMs;
    this.#filledMs = nowMs;
    this.#bytes = Math.min(this.#bytes + gained, this.#capacityBytes) - bytes;
    if (this.#bytes < 0) await delay(this.#platform, -this.#bytes / this.#bytesPerMs, signal);
  }
}
