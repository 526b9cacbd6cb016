/**
 * Notices a connection whose acks have stopped although media goes out over it: more media time was sent behind the last fragment that
 * was acknowledged than is allowed. Source: producer-core §18.3; what is done about it, and how often: c-producer §7.2.
 */
import type { Platform } from '../platform.ts';
import type { FragmentLedger, LedgerEntry } from './fragment-ledger.ts';

/** After a stale connection was told no other is for this long, milliseconds: the next one has to send again what this one owed. */
const QUIET_MS = 30_000;

export interface StalenessWatchOptions {
  readonly platform: Pick<Platform, 'now'>;
  readonly ledger: FragmentLedger;
  /** Media time that may be sent without an ack, milliseconds. */
  readonly stalenessMs: number;
  /** `unacknowledgedMs`: media time sent since the last ack. */
  readonly onStale: (unacknowledgedMs: number) => void;
}

export class StalenessWatch {
  readonly #options: StalenessWatchOptions;
  #quietUntilMs = -Infinity;

  constructor(options: StalenessWatchOptions) {
    this.#options = options;
  }

  /** Bytes were read over a session. `fragmentsRead`: sequence of the last fragment that was read to its end. */
  check(session: number, fragmentsRead: number): void {
    const { platform, ledger, stalenessMs, onStale } = this.#options;
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
    const nowMs = platform.now();
    if (unacknowledgedMs <= stalenessMs || nowMs < this.#quietUntilMs) return;
    this.#quietUntilMs = nowMs + QUIET_MS;
    onStale(unacknowledgedMs);
  }
}
