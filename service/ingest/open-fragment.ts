/**
 * The fragment under way: its times, its frames, and the rules that it must keep. Source: service-api §3.1.
 *
 * Times are in two units: timecodes as the producer wrote them (integers, in units of the segment's timecode scale), and
 * milliseconds, which is what the index keeps.
 */
import { join } from '../../sdk/core/held-bytes.ts';
import type { ServiceLimits } from '../limits.ts';
import type { FragmentFacts } from '../live/live-buffer.ts';
import type { AckedFragment } from './acks.ts';
import type { BoundTags } from './fragment-tags.ts';
import { IngestError } from './ingest-error.ts';

/** What the header of the upload says. */
export interface StreamHeader {
  /** EBML header, Segment, Info, Tracks, and what stood beside them in front of the first cluster; without fragment tags. */
  readonly bytes: Uint8Array;
  readonly trackNumbers: readonly number[];
  /** Nanoseconds a timecode unit. */
  readonly timecodeScaleNs: number;
}

/** How the producer tells the time, from the request's headers. */
export interface ProducerClock {
  readonly timecodeType: 'ABSOLUTE' | 'RELATIVE';
  /** Milliseconds since the epoch. */
  readonly startTimestampMs: number;
}

export type FragmentLimits = Pick<
  ServiceLimits,
  | 'maxFragmentBytes'
  | 'maxFragmentDurationMs'
  | 'maxProducerClockAheadMs'
  | 'maxTagsPerFragment'
  | 'minProducerTimestampMs'
>;

const NS_PER_MS = 1e6;

interface TrackSpan {
  frameCount: number;
  firstTimecode: number;
  lastTimecode: number;
}

export class OpenFragment implements AckedFragment {
  readonly timecode: number;
  readonly sequence: number;
  readonly fragmentNumber: string;
  readonly serverTimestampMs: number;
  readonly #header: StreamHeader;
  readonly #limits: FragmentLimits;
  readonly #spans = new Map<number, TrackSpan>();
  #tags: Uint8Array = new Uint8Array();
  #tagCount = 0;
  #producerTimestampMs = 0;
  #mediaSizeBytes = 0;
  #frameCount = 0;
  #firstTimecode = Infinity;
  #lastTimecode = -Infinity;

  constructor(
    facts: AckedFragment & { readonly sequence: number; readonly serverTimestampMs: number },
    header: StreamHeader,
    limits: FragmentLimits,
  ) {
    this.timecode = facts.timecode;
    this.sequence = facts.sequence;
    this.fragmentNumber = facts.fragmentNumber;
    this.serverTimestampMs = facts.serverTimestampMs;
    this.#header = header;
    this.#limits = limits;
  }

  /** Timecode of the latest frame; −Infinity while there is none. */
  get lastTimecode(): number {
    return this.#lastTimecode;
  }

  /**
   * Works out when the producer began to record this fragment.
   * @param nowMs  of the service, milliseconds since the epoch
   * @throws IngestError 4007 when that is absurd
   */
  setProducerClock(clock: ProducerClock, nowMs: number): void {
    const isAbsolute = clock.timecodeType === 'ABSOLUTE';
    const timestampMs = Math.round(this.#toMs(this.timecode) + (isAbsolute ? 0 : clock.startTimestampMs));
    // A relative start of 0 is what producers without a clock send; an absolute 0 is a file with the wrong timecode type.
    const earliestMs = isAbsolute ? this.#limits.minProducerTimestampMs : 0;
    if (timestampMs < earliestMs || timestampMs > nowMs + this.#limits.maxProducerClockAheadMs) {
      throw new IngestError(4007, `Producer timestamp ${timestampMs} ms (${clock.timecodeType}) is not plausible`);
    }
    this.#producerTimestampMs = timestampMs;
  }

  /**
   * Takes a frame of one of the header's tracks into account.
   * @param relativeTimecode  to the cluster's timecode
   * @param previousLastTimecode  of the fragment before on this connection, −Infinity for none
   * @throws IngestError 4004 (not after the fragment before), 4002 (too long)
   */
  addFrame(trackNumber: number, relativeTimecode: number, previousLastTimecode: number): void {
    const timecode = this.timecode + relativeTimecode;
    if (this.#frameCount === 0 && timecode <= previousLastTimecode) {
      throw new IngestError(
        4004,
        `First frame at ${timecode}, last frame of the fragment before at ${previousLastTimecode}`,
      );
    }
    this.#frameCount += 1;
    this.#firstTimecode = Math.min(this.#firstTimecode, timecode);
    this.#lastTimecode = Math.max(this.#lastTimecode, timecode);
    const spanMs = this.#toMs(this.#lastTimecode - this.#firstTimecode);
    if (spanMs > this.#limits.maxFragmentDurationMs) {
      throw new IngestError(
        4002,
        `Fragment spans ${spanMs} ms, at most ${this.#limits.maxFragmentDurationMs} are allowed`,
      );
    }
    this.#extendSpan(trackNumber, timecode);
  }

  /** @throws IngestError 4009 (more or longer items than a fragment may have) */
  addTags(bound: BoundTags): void {
    this.#tags = join([this.#tags, bound.bytes]);
    this.#tagCount += bound.itemCount;
    const isOver = this.#tagCount > this.#limits.maxTagsPerFragment;
    const violation = bound.violation ?? (isOver ? `${this.#tagCount} items` : null);
    if (violation !== null) throw new IngestError(4009, `Tags of the fragment have ${violation}`);
  }

  /** @throws IngestError 4001 (too large) */
  addMedia(sizeBytes: number): void {
    this.#mediaSizeBytes += sizeBytes;
    if (this.#mediaSizeBytes > this.#limits.maxFragmentBytes) {
      throw new IngestError(4001, `Fragment is larger than ${this.#limits.maxFragmentBytes} bytes`);
    }
  }

  /** @throws IngestError 4011 (a track of the header has no frame) */
  checkComplete(): void {
    const missing = this.#header.trackNumbers.filter((trackNumber) => !this.#spans.has(trackNumber));
    if (missing.length > 0) throw new IngestError(4011, `No frame for track ${missing.join(', ')}`);
  }

  /**
   * How long the fragment plays, integer milliseconds. Frames carry no duration, so the first track's last frame is taken
   * to last as long as its frames do on average. Never shorter than the distance of any two frames.
   */
  get durationMs(): number {
    if (this.#frameCount === 0) return 0;
    const spanMs = this.#toMs(this.#lastTimecode - this.#firstTimecode);
    const track = this.#spans.get(this.#header.trackNumbers[0] ?? 0);
    if (track === undefined || track.frameCount < 2) return Math.round(spanMs);
    const trackSpanMs = this.#toMs(track.lastTimecode - track.firstTimecode);
    return Math.round(Math.max(spanMs, (trackSpanMs * track.frameCount) / (track.frameCount - 1)));
  }

  /** What the index keeps of the fragment once it is whole. */
  facts(streamId: string): FragmentFacts {
    return {
      streamId,
      sequence: this.sequence,
      fragmentNumber: this.fragmentNumber,
      producerTimestampMs: this.#producerTimestampMs,
      serverTimestampMs: this.serverTimestampMs,
      durationMs: this.durationMs,
      frameCount: this.#frameCount,
      mediaSizeBytes: this.#mediaSizeBytes,
      headerSizeBytes: this.#header.bytes.length,
      tags: this.#tags,
    };
  }

  #extendSpan(trackNumber: number, timecode: number): void {
    const span = this.#spans.get(trackNumber);
    if (span === undefined) {
      this.#spans.set(trackNumber, { frameCount: 1, firstTimecode: timecode, lastTimecode: timecode });
      return;
    }
    span.frameCount += 1;
    span.firstTimecode = Math.min(span.firstTimecode, timecode);
    span.lastTimecode = Math.max(span.lastTimecode, timecode);
  }

  #toMs(timecode: number): number {
    return (timecode * this.#header.timecodeScaleNs) / NS_PER_MS;
  }
}
