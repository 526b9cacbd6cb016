/**
 * Notices a connection whose acks have stopped although media goes out over it: more media time was sent behind the last fragment that
 * was acknowledged than is allowed. Source: producer-core §18.3; what is done about it, and how often: c-producer §7.2.
 */
import type { Platform } from '../../platform.ts';
import type { FragmentLedger, LedgerEntry } from '../fragment-ledger.ts';
import { RecoveryLadder, STALENESS_TABLE } from './recovery-ladder.ts';

export interface StalenessWatchOptions {
  readonly platform: Pick<Platform, 'now'>;
  readonly ledger: FragmentLedger;
  /** Media time that may be sent without an ack, milliseconds. */
  readonly stalenessMs: number;
  /**
   * `unacknowledgedMs`: media time sent since the last ack. `isNew`: the connection is to be made anew; otherwise that was done, and it is
   * still so.
   */
  readonly onStale: (unacknowledgedMs: number, isNew: boolean) => void;
}

export class StalenessWatch {
  readonly #options: StalenessWatchOptions;
  readonly #ladder: RecoveryLadder;

  constructor(options: StalenessWatchOptions) {
    this.#options = options;
    this.#ladder = new RecoveryLadder(options.platform, STALENESS_TABLE);
  }

  /** Bytes were read over a session. `fragmentsRead`: sequence of the last fragment that was read to its end. */
  check(session: number, fragmentsRead: number): void {
    const { ledger, stalenessMs, onStale } = this.#options;
    if (this.#ladder.isQuiet) return;
    let firstUnheard: LedgerEntry | undefined;
    let sentUs = NaN;
    ledger.find((entry) => {
      if (entry.sequence > fragmentsRead + 1) return true;
      if (entry.heardInSession === session) firstUnheard = undefined;
      else firstUnheard ??= entry;
      // Of a fragment that is being read no more is known than that it was begun.
      sentUs = entry.sequence <= fragmentsRead ? entry.highestTimestampUs : entry.firstTimestampUs;
      return false;
    });
    if (firstUnheard === undefined) return;
    const unacknowledgedMs = (sentUs - firstUnheard.firstTimestampUs) / 1000;
    if (unacknowledgedMs <= stalenessMs) return;
    const step = this.#ladder.report();
    if (step !== undefined) onStale(unacknowledgedMs, step === 'reset');
  }
}
