/** Latencies in buckets that double: bounded memory, and nothing is allocated to record one. */
import type { LedgerEntry } from '../fragment-ledger.ts';

const FIRST_BOUND_MS = 5;
const BOUNDS = 16;
/** Index of the sum, behind the buckets and the one above the last bound. */
const SUM = BOUNDS + 1;

/** Upper bounds of the buckets, inclusive, milliseconds: 5, 10, 20 … 163 840. */
export const LATENCY_BOUNDS_MS: readonly number[] = Array.from({ length: BOUNDS }, (_, i) => FIRST_BOUND_MS * 2 ** i);

/** A histogram at one moment. */
export interface LatencyDistribution {
  /** Upper bounds of the buckets, inclusive, milliseconds. */
  readonly boundsMs: readonly number[];
  /** Samples in each bucket, and in one more for what is above the last bound. */
  readonly counts: readonly number[];
  readonly samples: number;
  readonly sumMs: number;
}

export class LatencyHistogram {
  /** A count for each bucket, then the sum: one array, since each takes several times what is in it. */
  readonly #state = new Float64Array(SUM + 1);
  /** Of the samples so far: figures are asked for more often than they change. */
  #distribution: LatencyDistribution | undefined;

  /** Milliseconds; a negative one, from a clock that was set back, counts as 0. */
  record(latencyMs: number): void {
    const latency = Math.max(0, latencyMs);
    let bucket = 0;
    while (bucket < BOUNDS && latency > (LATENCY_BOUNDS_MS[bucket] as number)) bucket++;
    this.#state[bucket] = (this.#state[bucket] as number) + 1;
    this.#state[SUM] = (this.#state[SUM] as number) + latency;
    this.#distribution = undefined;
  }

  distribution(): LatencyDistribution {
    this.#distribution ??= this.#distribute();
    return this.#distribution;
  }

  #distribute(): LatencyDistribution {
    const counts = [...this.#state.subarray(0, SUM)];
    return {
      boundsMs: LATENCY_BOUNDS_MS,
      counts,
      samples: counts.reduce((sum, count) => sum + count, 0),
      sumMs: this.#state[SUM] as number,
    };
  }
}

/** The four ways from a put to an ack. */
export interface FragmentLatencyDistributions {
  /** From the put of a fragment's first frame, and of its last, to its first RECEIVED ack. */
  readonly firstFrameReceived: LatencyDistribution;
  readonly lastFrameReceived: LatencyDistribution;
  /** The same to its last ack: PERSISTED, or RECEIVED where the stream keeps nothing. */
  readonly firstFramePersisted: LatencyDistribution;
  readonly lastFramePersisted: LatencyDistribution;
}

/** How long fragments took from their puts to their acks. */
export class FragmentLatencies {
  readonly #firstReceived = new LatencyHistogram();
  readonly #lastReceived = new LatencyHistogram();
  readonly #firstPersisted = new LatencyHistogram();
  readonly #lastPersisted = new LatencyHistogram();

  recordReceived({ firstPutMs, lastPutMs }: LedgerEntry, nowMs: number): void {
    this.#firstReceived.record(nowMs - firstPutMs);
    this.#lastReceived.record(nowMs - lastPutMs);
  }

  recordPersisted({ firstPutMs, lastPutMs }: LedgerEntry, nowMs: number): void {
    this.#firstPersisted.record(nowMs - firstPutMs);
    this.#lastPersisted.record(nowMs - lastPutMs);
  }

  distributions(): FragmentLatencyDistributions {
    return {
      firstFrameReceived: this.#firstReceived.distribution(),
      lastFrameReceived: this.#lastReceived.distribution(),
      firstFramePersisted: this.#firstPersisted.distribution(),
      lastFramePersisted: this.#lastPersisted.distribution(),
    };
  }
}
