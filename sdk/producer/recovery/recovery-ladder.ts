/**
 * What trouble that lasts leads to, step by step: the state machines that the C library hangs on its stale and latency callbacks.
 * Source: c-producer §7.2, §7.3.
 *
 * After a step there is quiet for 30 s: the new connection has to send again what the old one owed. Trouble that is reported after that
 * leads to the next step; when none was for another 60 s, all is well again. Differs from native, whose staleness machine never gets back
 * to normal, and resets one connection in a stream's life.
 */
import type { Platform } from '../../platform.ts';

export type RecoveryState = 'normal' | 'reset-connection' | 'throttle-pipeline' | 'infinite-retry';
/** What is to be done. `hold`: nothing, but it is still so. */
export type RecoveryStep = 'reset' | 'throttle' | 'hold';

/** What a report leads to, from each state. */
export type RecoveryTable = Readonly<Record<RecoveryState, readonly [next: RecoveryState, step: RecoveryStep]>>;

/** A connection whose acks are late for good is not made anew over and over: that would never get them. */
export const STALENESS_TABLE: RecoveryTable = {
  normal: ['reset-connection', 'reset'],
  'reset-connection': ['reset-connection', 'hold'],
  'throttle-pipeline': ['reset-connection', 'hold'],
  'infinite-retry': ['reset-connection', 'hold'],
};

export const LATENCY_TABLE: RecoveryTable = {
  normal: ['reset-connection', 'reset'],
  'reset-connection': ['throttle-pipeline', 'throttle'],
  'throttle-pipeline': ['infinite-retry', 'reset'],
  'infinite-retry': ['infinite-retry', 'reset'],
};

/** Quiet after a step, milliseconds. */
const QUIET_MS = 30_000;
/** Without a report for this long after the quiet all is normal again, milliseconds. */
const BACK_TO_NORMAL_MS = 60_000;

export class RecoveryLadder {
  readonly #platform: Pick<Platform, 'now'>;
  readonly #table: RecoveryTable;
  #state: RecoveryState = 'normal';
  /** When the last step was due, milliseconds; NaN before the first. */
  #steppedMs = NaN;

  constructor(platform: Pick<Platform, 'now'>, table: RecoveryTable) {
    this.#platform = platform;
    this.#table = table;
  }

  /** A report would lead to nothing now. */
  get isQuiet(): boolean {
    const elapsedMs = this.#platform.now() - this.#steppedMs;
    // A clock that was set back says nothing: quiet must not last until it has caught up.
    return elapsedMs >= 0 && elapsedMs <= QUIET_MS;
  }

  /**
   * Trouble is reported, as often as it is seen. Gives the step to take; undefined while there is quiet, and where it `isImproving`, which
   * gives what was done more time.
   */
  report(isImproving = false): RecoveryStep | undefined {
    if (this.isQuiet) return undefined;
    const nowMs = this.#platform.now();
    if (nowMs - this.#steppedMs > QUIET_MS + BACK_TO_NORMAL_MS) this.#state = 'normal';
    this.#steppedMs = nowMs;
    if (isImproving && this.#state !== 'normal') return undefined;
    const [next, step] = this.#table[this.#state];
    this.#state = next;
    return step;
  }
}
