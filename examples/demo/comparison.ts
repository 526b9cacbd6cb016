/** What went in beside what came out: every frame's bytes, timestamp, track and order. */
import type { MediaFragment, MediaFrame } from '../../sdk/consumer/media-types.ts';
import type { SourceFrame } from '../../cli/sources/media-source.ts';

/** A frame as it was put. */
export type SentFrame = Pick<SourceFrame, 'trackNumber' | 'timestampUs' | 'data' | 'isKey'>;

export interface Comparison {
  readonly framesSent: number;
  /** Distinct frames that came back, whether or not they are right. */
  readonly framesReceived: number;
  /** Same bytes, same timestamp, same track, same key flag, same place in the order of its track. */
  readonly framesIdentical: number;
  /** Distinct fragments that came back. */
  readonly fragments: number;
  /** Fragments that came back more than once: sent again after the cut although the service had them. */
  readonly fragmentsTwice: number;
  /** One line for each of the first differences. */
  readonly differences: readonly string[];
}

/** Enough to see a pattern. */
const MAX_DIFFERENCES = 5;

/** Matroska timecodes at the default scale are whole milliseconds, rounded down. */
const timecodeUs = (timestampUs: number): number => Math.floor(timestampUs / 1000) * 1000;

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Collects fragments as they are read back, and compares at the end. */
export class FrameComparison {
  readonly #sent = new Map<string, SentFrame & { readonly place: number }>();
  readonly #seen = new Set<string>();
  readonly #clusters = new Set<number>();
  readonly #lastPlace = new Map<number, number>();
  readonly #differences: string[] = [];
  #identical = 0;
  #fragmentsTwice = 0;

  constructor(sent: readonly SentFrame[]) {
    for (const [place, frame] of sent.entries()) {
      this.#sent.set(`${frame.trackNumber}:${timecodeUs(frame.timestampUs)}`, { ...frame, place });
    }
  }

  /** True once each frame that was sent has been seen. */
  get isComplete(): boolean {
    return this.#seen.size >= this.#sent.size;
  }

  add(fragment: MediaFragment): void {
    if (this.#clusters.has(fragment.clusterTimecode)) this.#fragmentsTwice++;
    this.#clusters.add(fragment.clusterTimecode);
    for (const frame of fragment.frames) this.#addFrame(frame);
  }

  result(): Comparison {
    return {
      framesSent: this.#sent.size,
      framesReceived: this.#seen.size,
      framesIdentical: this.#identical,
      fragments: this.#clusters.size,
      fragmentsTwice: this.#fragmentsTwice,
      differences: this.#differences,
    };
  }

  #addFrame(frame: MediaFrame): void {
    const name = `${frame.trackNumber}:${frame.timestampUs}`;
    const sent = this.#sent.get(name);
    const difference = this.#difference(frame, sent);
    const isNew = !this.#seen.has(name);
    this.#seen.add(name);
    if (difference !== null) {
      if (this.#differences.length < MAX_DIFFERENCES) {
        this.#differences.push(`track ${frame.trackNumber} at ${frame.timestampUs} µs: ${difference}`);
      }
      return;
    }
    if (!isNew) return; // a fragment that came twice: right both times, counted once
    if (sent!.place < (this.#lastPlace.get(frame.trackNumber) ?? -1)) {
      this.#differences.push(`track ${frame.trackNumber} at ${frame.timestampUs} µs: out of order`);
      return;
    }
    this.#lastPlace.set(frame.trackNumber, sent!.place);
    this.#identical++;
  }

  #difference(frame: MediaFrame, sent: SentFrame | undefined): string | null {
    if (sent === undefined) return 'never sent';
    if (frame.isKey !== sent.isKey) return 'other key flag';
    if (sameBytes(frame.data, sent.data)) return null;
    return `other bytes (${frame.data.length} received, ${sent.data.length} sent)`;
  }
}
