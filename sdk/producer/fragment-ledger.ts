/**
 * What the producer still owes: one entry for every fragment that was put and is neither persisted nor given up.
 *
 * The core keeps the bytes and knows the exact truth; the ledger keeps what the core has no clock for (when frames were put)
 * and what a person wants to be told (which frames a lost fragment held).
 */
import type { UnpersistedMedia } from '../errors.ts';

export interface LedgerEntry {
  /** Rises by one a fragment, as the core's own count of fragments begun does. */
  readonly sequence: number;
  /** Presentation time of the fragment's first frame, microseconds. */
  readonly firstTimestampUs: number;
  /** Lowest and highest presentation time of its frames, microseconds; frames may be reordered. */
  lowestTimestampUs: number;
  highestTimestampUs: number;
  frames: number;
  /** Wall clock at the put of the first and the last frame, milliseconds. */
  readonly firstPutMs: number;
  lastPutMs: number;
  /** No more frames will join. */
  isClosed: boolean;
  /** Acknowledged for good as far as it was put: it is settled when it is closed without another frame. */
  isCovered: boolean;
  /** Number of the last session that acknowledged anything of it; 0 for none. */
  heardInSession: number;
  /** Number of the last session that acknowledged it as RECEIVED; 0 for none. */
  receivedInSession: number;
}

/** Someone waits for everything up to a sequence. */
interface Settlement {
  readonly throughSequence: number;
  /** What of it was lost since. */
  readonly lost: LedgerEntry[];
  readonly resolve: (lost: UnpersistedMedia) => void;
}

/** In put order; the oldest first. */
export class FragmentLedger {
  /** A fragment was closed that is covered by an ack already: {@link persistThrough} it. */
  onCoveredClosed: (entry: LedgerEntry) => void = () => undefined;
  #entries: LedgerEntry[] = [];
  #sequence = 0;
  #settlements: Settlement[] = [];

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** What is owed; the list changes with every call that gives or takes something. */
  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  get oldest(): LedgerEntry | undefined {
    return this.#entries[0];
  }

  get newest(): LedgerEntry | undefined {
    return this.#entries.at(-1);
  }

  /** Only the fragment that is still being put is left: nothing in the store can be freed by waiting. */
  get holdsOnlyOpenFragment(): boolean {
    return this.#entries.every((entry) => !entry.isClosed);
  }

  begin(timestampUs: number, nowMs: number): void {
    this.close();
    this.#entries.push({
      sequence: ++this.#sequence,
      firstTimestampUs: timestampUs,
      lowestTimestampUs: timestampUs,
      highestTimestampUs: timestampUs,
      frames: 1,
      firstPutMs: nowMs,
      lastPutMs: nowMs,
      isClosed: false,
      isCovered: false,
      heardInSession: 0,
      receivedInSession: 0,
    });
  }

  extend(timestampUs: number, nowMs: number): void {
    const entry = this.#entries[this.#entries.length - 1];
    if (entry === undefined) return;
    entry.frames++;
    entry.isCovered = false;
    entry.lastPutMs = nowMs;
    if (timestampUs > entry.highestTimestampUs) entry.highestTimestampUs = timestampUs;
    else if (timestampUs < entry.lowestTimestampUs) entry.lowestTimestampUs = timestampUs;
  }

  /** The newest fragment is complete. */
  close(): void {
    const entry = this.newest;
    if (entry === undefined || entry.isClosed) return;
    entry.isClosed = true;
    if (entry.isCovered) this.onCoveredClosed(entry);
  }

  find(matches: (entry: LedgerEntry) => boolean): LedgerEntry | undefined {
    return this.#entries.find(matches);
  }

  /** The newest entry up to a sequence that is complete. */
  lastClosedThrough(sequence: number): LedgerEntry | undefined {
    let last: LedgerEntry | undefined;
    // From the oldest on: after an outage there may be thousands, and acks come for the first.
    for (const entry of this.#entries) {
      if (!entry.isClosed || entry.sequence > sequence) break;
      last = entry;
    }
    return last;
  }

  /**
   * Removes everything up to the entry: a PERSISTED ack holds for all before it. The entry itself stays while it is open, since
   * frames that are still to come are not persisted.
   */
  persistThrough(entry: LedgerEntry): LedgerEntry[] {
    const persisted = this.#entries.splice(0, this.#entries.indexOf(entry) + (entry.isClosed ? 1 : 0));
    this.#settle();
    return persisted;
  }

  /** Removes an entry that will never be persisted. */
  lose(entry: LedgerEntry): void {
    const index = this.#entries.indexOf(entry);
    if (index < 0) return;
    this.#entries.splice(index, 1);
    for (const settlement of this.#settlements) {
      if (entry.sequence <= settlement.throughSequence) settlement.lost.push(entry);
    }
    this.#settle();
  }

  /** Removes those of the entries from one sequence to another that are still owed: they will never be persisted. */
  loseRange(first: number, last: number): LedgerEntry[] {
    const lost = this.#entries.filter(({ sequence }) => sequence >= first && sequence <= last);
    for (const entry of lost) this.lose(entry);
    return lost;
  }

  /** Someone waits until what was put is settled. */
  get isAwaited(): boolean {
    return this.#settlements.length > 0;
  }

  /** Resolves, when nothing that was put until now is owed any more, with what of it was lost meanwhile. */
  settled(): Promise<UnpersistedMedia> {
    return new Promise((resolve) => {
      this.#settlements.push({ throughSequence: this.#sequence, lost: [], resolve });
      this.#settle();
    });
  }

  /** What is still owed. */
  owed(): UnpersistedMedia {
    return summarize(this.#entries);
  }

  #settle(): void {
    const oldest = this.#entries[0]?.sequence ?? Infinity;
    const waiting = this.#settlements;
    this.#settlements = [];
    for (const settlement of waiting) {
      if (oldest <= settlement.throughSequence) this.#settlements.push(settlement);
      else settlement.resolve(summarize(settlement.lost));
    }
  }
}

function summarize(entries: readonly LedgerEntry[]): UnpersistedMedia {
  if (entries.length === 0) return { fragments: 0, frames: 0, firstTimestampUs: NaN, lastTimestampUs: NaN };
  return {
    fragments: entries.length,
    frames: entries.reduce((sum, entry) => sum + entry.frames, 0),
    firstTimestampUs: Math.min(...entries.map((entry) => entry.lowestTimestampUs)),
    lastTimestampUs: Math.max(...entries.map((entry) => entry.highestTimestampUs)),
  };
}
