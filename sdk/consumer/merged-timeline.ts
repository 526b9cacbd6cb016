/** A cluster as the timeline sees it. */
export interface TimelineCluster {
  /** In timecode-scale units. */
  readonly timecode: number;
  readonly timecodeScaleNs: number;
  /** Of its fragment; absent or 0 when the service does not know, or when it goes on with the fragment before. */
  readonly producerTimestampMs?: number;
  /** Whether it goes on with the fragment of the cluster before. */
  readonly isSameFragment: boolean;
}

/**
 * Decides which clusters go into the merged file, and at which timecode.
 *
 * After a reconnect a producer sends fragments again that the service already had: they come back under a new, larger number,
 * but with the producer timestamp of the first copy, and are left out. Without producer timestamps a cluster whose timecode is not
 * later than that of the cluster before counts as such a copy. Where relative timecodes begin again at zero although time
 * went on, the cluster is moved to where its producer timestamp puts it.
 */
export class MergedTimeline {
  readonly #rebase: boolean;
  readonly #keepReplays: boolean;
  /** Added to timecodes, in timecode-scale units. */
  #shift = 0;
  #last: { readonly source: number; readonly merged: number; readonly producerTimestampMs: number | undefined } | null =
    null;
  #lastIsReplay = false;

  constructor(rebase: boolean, keepReplays: boolean) {
    this.#rebase = rebase;
    this.#keepReplays = keepReplays;
  }

  /** The timecode at which the cluster goes into the file; null when it is to be left out. */
  place(cluster: TimelineCluster): number | null {
    if (this.#last === null && this.#rebase) this.#shift = -cluster.timecode;
    if (!cluster.isSameFragment) this.#lastIsReplay = !this.#keepReplays && this.#isReplay(cluster);
    if (this.#lastIsReplay) return null;
    const producerTimestampMs = cluster.producerTimestampMs || undefined;
    if (!this.#keepReplays) this.#moveOn(cluster, producerTimestampMs);
    const merged = Math.max(0, cluster.timecode + this.#shift);
    this.#last = {
      source: cluster.timecode,
      merged,
      producerTimestampMs: producerTimestampMs ?? this.#last?.producerTimestampMs,
    };
    return merged;
  }

  #isReplay({ timecode, producerTimestampMs }: TimelineCluster): boolean {
    const last = this.#last;
    if (last === null) return false;
    if (producerTimestampMs && last.producerTimestampMs !== undefined)
      return producerTimestampMs <= last.producerTimestampMs;
    return timecode <= last.source;
  }

  #moveOn({ timecode, timecodeScaleNs }: TimelineCluster, producerTimestampMs: number | undefined): void {
    const last = this.#last;
    if (last === null || timecode + this.#shift > last.merged) return;
    const elapsedMs = (producerTimestampMs ?? 0) - (last.producerTimestampMs ?? 0);
    const elapsed = Math.max(1, Math.round((elapsedMs * 1e6) / timecodeScaleNs));
    this.#shift = last.merged + elapsed - timecode;
  }
}
