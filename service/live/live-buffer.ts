/**
 * The live buffer of a stream without retention: its newest fragments in memory, bounded by age and by bytes
 * (service-api §2.1). Nothing here outlives the process, and nothing of it is ever acknowledged as persisted.
 */
import type { ServiceLimits } from '../limits.ts';
import type { FragmentQuery, FragmentRow } from '../storage.ts';

/** What a fragment's row says of it, less where its bytes lie. */
export type FragmentFacts = Omit<FragmentRow, 'media' | 'header'>;

/** What a fragment takes in memory beside its bytes, measured on Node 20: its facts, and three arrays. */
const FRAGMENT_OVERHEAD_BYTES = 1024;

/** One fragment in memory. Readers that hold it keep it alive past its eviction. */
export interface BufferedFragment {
  readonly facts: FragmentFacts;
  readonly header: Uint8Array;
  readonly media: Uint8Array;
}

export class LiveBuffer {
  readonly #limits: Pick<ServiceLimits, 'liveBufferBytes' | 'liveBufferMs'>;
  /** In ingest order. */
  #fragments: BufferedFragment[] = [];
  #sizeBytes = 0;

  constructor(limits: Pick<ServiceLimits, 'liveBufferBytes' | 'liveBufferMs'>) {
    this.#limits = limits;
  }

  /** In ingest order. */
  get fragments(): readonly BufferedFragment[] {
    return this.#fragments;
  }

  /** Memory that the fragments held may take. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Adds the newest fragment and evicts the oldest until the byte bound holds; one larger than the bound is not kept. */
  add(fragment: BufferedFragment): void {
    this.#fragments.push(fragment);
    this.#sizeBytes += memoryBytes(fragment);
    while (this.#sizeBytes > this.#limits.liveBufferBytes) this.#evictOldest();
  }

  /**
   * Evicts what is older than the age bound.
   * @returns milliseconds until the next fragment is due, or null when none is left
   */
  expire(nowMs: number): number | null {
    for (;;) {
      const oldest = this.#fragments[0];
      if (oldest === undefined) return null;
      const dueInMs = oldest.facts.serverTimestampMs + this.#limits.liveBufferMs - nowMs;
      if (dueInMs > 0) return dueInMs;
      this.#evictOldest();
    }
  }

  /** Up to `limit` fragments after a sequence, in ingest order. */
  after(sequence: number, limit: number): BufferedFragment[] {
    const from = this.#fragments.findIndex((fragment) => fragment.facts.sequence > sequence);
    return from < 0 ? [] : this.#fragments.slice(from, from + limit);
  }

  /** The fragment that `StreamIndex.firstFragment` would choose, were it one of these. */
  first(query: Exclude<FragmentQuery, { readonly kind: 'after' }>): BufferedFragment | null {
    switch (query.kind) {
      case 'earliest':
        return this.#fragments[0] ?? null;
      case 'latest':
        return this.#fragments.at(-1) ?? null;
      case 'at':
        return this.#at(query.clock === 'server' ? 'serverTimestampMs' : 'producerTimestampMs', query.timestampMs);
    }
  }

  clear(): void {
    this.#fragments = [];
    this.#sizeBytes = 0;
  }

  #at(clock: 'serverTimestampMs' | 'producerTimestampMs', timestampMs: number): BufferedFragment | null {
    // A stable sort: of fragments that start together, the first ingested stays first.
    const byStart = this.#fragments.toSorted((a, b) => a.facts[clock] - b.facts[clock]);
    const lastStartMs = byStart.findLast(({ facts }) => facts[clock] <= timestampMs)?.facts[clock];
    const containing = byStart.find(
      ({ facts }) => facts[clock] === lastStartMs && timestampMs < facts[clock] + Math.max(facts.durationMs, 1),
    );
    return containing ?? byStart.find(({ facts }) => facts[clock] > timestampMs) ?? null;
  }

  #evictOldest(): void {
    const oldest = this.#fragments.shift();
    if (oldest !== undefined) this.#sizeBytes -= memoryBytes(oldest);
  }
}

/** Counts the header with every fragment, although those of one upload share it: the bound must hold for any of them. */
function memoryBytes({ facts, header, media }: BufferedFragment): number {
  return FRAGMENT_OVERHEAD_BYTES + header.length + facts.tags.length + media.length;
}
