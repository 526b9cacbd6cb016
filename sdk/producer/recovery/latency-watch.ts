/**
 * Does something about media that waits longer and longer to be sent: the stream latency machine. Source: c-producer §7.3.
 *
 * Differs from native: a stream that catches up is left alone. Native makes the connection anew every 30 s as long as the latency is above
 * its limit, even while a backlog drains over a connection that works, and has it send again what was not acknowledged.
 */
import type { Platform } from '../../platform.ts';
import { LATENCY_TABLE, RecoveryLadder } from './recovery-ladder.ts';

export interface LatencyWatchOptions {
  readonly platform: Pick<Platform, 'now'>;
  /** The connection is to be made anew. */
  readonly onReset: () => void;
  /** The application is to put less: `unsentUs` microseconds of media wait. */
  readonly onThrottle: (unsentUs: number) => void;
}

export class LatencyWatch {
  readonly #options: LatencyWatchOptions;
  readonly #ladder: RecoveryLadder;
  /** What waited when a step was last due, microseconds. */
  #unsentUs = 0;

  constructor(options: LatencyWatchOptions) {
    this.#options = options;
    this.#ladder = new RecoveryLadder(options.platform, LATENCY_TABLE);
  }

  /** A frame was put while more media waits than may; `unsentUs` tells how much, microseconds. */
  report(unsentUs: () => number): void {
    if (this.#ladder.isQuiet) return;
    const waitsUs = unsentUs();
    const step = this.#ladder.report(waitsUs < this.#unsentUs);
    this.#unsentUs = waitsUs;
    if (step === 'reset') this.#options.onReset();
    else if (step === 'throttle') this.#options.onThrottle(waitsUs);
  }
}
