/** Put-to-persisted latency: how long a fragment took from the put of a frame to its PERSISTED ack. */

export interface LatencySummary {
  /** Milliseconds; NaN before the first sample. */
  readonly lastMs: number;
  /** Median of the last samples kept. */
  readonly medianMs: number;
  /** Worst since the stream was opened. */
  readonly worstMs: number;
  readonly samples: number;
}

/** Samples kept for the median: a quarter of an hour of two-second fragments. */
const KEPT_SAMPLES = 512;

/** Keeps the last samples in a ring; nothing grows with time. */
export class LatencyReservoir {
  /** Single precision: there are two of these a stream, and a median needs no more. */
  readonly #ring = new Float32Array(KEPT_SAMPLES);
  #count = 0;
  #lastMs = NaN;
  #worstMs = NaN;
  /** Of the samples so far: figures are asked for more often than they change. */
  #summary: LatencySummary | undefined;

  record(latencyMs: number): void {
    this.#ring[this.#count++ % KEPT_SAMPLES] = latencyMs;
    this.#lastMs = latencyMs;
    if (!(latencyMs <= this.#worstMs)) this.#worstMs = latencyMs;
    this.#summary = undefined;
  }

  summary(): LatencySummary {
    this.#summary ??= this.#summarize();
    return this.#summary;
  }

  #summarize(): LatencySummary {
    const kept = this.#ring.slice(0, Math.min(this.#count, KEPT_SAMPLES)).sort();
    const middle = kept.length >> 1;
    const upper = kept[middle] ?? NaN;
    const medianMs = kept.length % 2 === 1 ? upper : ((kept[middle - 1] ?? NaN) + upper) / 2;
    return { lastMs: this.#lastMs, medianMs, worstMs: this.#worstMs, samples: this.#count };
  }
}
