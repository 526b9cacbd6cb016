/** What a stream hears of its puts, counted as it is told: pressure, a full store, lost frames, changed parameter sets. */
import type { ContentStore } from '../../core/content-store.ts';
import type { CoreStream } from '../../core/core-stream.ts';
import { FRAME_PRESSURE, type LostFrame, type RemovedFrames } from '../../core/core-stream-types.ts';
import type { FramesDroppedEvent, StreamEvent } from '../events.ts';
import type { LedgerEntry } from '../fragment-ledger.ts';
import type { StreamCounters } from '../metrics/stream-metrics.ts';

/** Frames that were given up. */
export type GivenUpFrames = Pick<RemovedFrames, 'frames' | 'bytes' | 'firstPtsUs' | 'lastPtsUs'>;

export interface AdmissionEventsOptions {
  readonly stream: CoreStream;
  readonly store: Pick<ContentStore, 'usedBytes' | 'capacityBytes'>;
  readonly counters: StreamCounters;
  /** Media that the stream keeps at most, microseconds; 0 for no limit. */
  readonly bufferDurationUs: number;
  readonly onEvent: (event: StreamEvent) => void;
}

export class AdmissionEvents {
  readonly #options: AdmissionEventsOptions;

  constructor(options: AdmissionEventsOptions) {
    this.#options = options;
  }

  /** Media that still fits into the buffer duration, microseconds, at least 0. */
  get remainingBufferUs(): number {
    return Math.max(0, this.#options.bufferDurationUs - this.#options.stream.stats.durationUs);
  }

  /** Kinds of pressure, FRAME_PRESSURE bits, that have begun. */
  tellPressure(began: number): void {
    const { stream, counters, bufferDurationUs, onEvent } = this.#options;
    if ((began & FRAME_PRESSURE.latency) !== 0) {
      counters.latencyPressures++;
      onEvent({ type: 'latency-pressure', unsentUs: stream.stats.unsentDurationUs });
    }
    if ((began & FRAME_PRESSURE.bufferLow) !== 0) {
      counters.bufferPressures++;
      onEvent({ type: 'buffer-pressure', remainingUs: this.remainingBufferUs, bufferDurationUs });
    }
    if ((began & FRAME_PRESSURE.store) !== 0) this.#tellStore('store-pressure');
  }

  tellFull(): void {
    this.#tellStore('store-full');
  }

  tellChanged(timestampUs: number): void {
    const { stream, counters, onEvent } = this.#options;
    for (const changed of stream.changedTracks()) {
      counters.codecPrivateDataChanges++;
      onEvent({ type: 'codec-private-data-changed', timestampUs, ...changed });
    }
  }

  /** A fragment with all its frames. `entry`: what the ledger knew of it. */
  tellDroppedFragment(
    reason: FramesDroppedEvent['reason'],
    entry: LedgerEntry | undefined,
    { frames, bytes, firstPtsUs, lastPtsUs }: GivenUpFrames,
    lostFrames: readonly LostFrame[],
  ): void {
    this.#options.counters.fragmentsDropped++;
    // The core keeps times as timecodes, rounded down; the ledger has them as they were given.
    const times = {
      firstPtsUs: entry?.lowestTimestampUs ?? firstPtsUs,
      lastPtsUs: entry?.highestTimestampUs ?? lastPtsUs,
    };
    this.#tellDropped(reason, { frames, bytes, ...times }, lostFrames, true);
  }

  /** Frames that had not got into any fragment. */
  tellDroppedFrames(
    reason: FramesDroppedEvent['reason'],
    given: GivenUpFrames,
    lostFrames: readonly LostFrame[],
  ): void {
    this.#tellDropped(reason, given, lostFrames, false);
  }

  #tellDropped(
    reason: FramesDroppedEvent['reason'],
    { frames, bytes, firstPtsUs, lastPtsUs }: GivenUpFrames,
    lostFrames: readonly LostFrame[],
    isFragment: boolean,
  ): void {
    this.#options.counters.framesDropped += frames;
    this.#options.onEvent({
      type: 'frames-dropped',
      reason,
      fragments: isFragment ? 1 : 0,
      frames,
      bytes,
      firstTimestampUs: firstPtsUs,
      lastTimestampUs: lastPtsUs,
      isFragment,
      lostFrames,
    });
  }

  #tellStore(type: 'store-pressure' | 'store-full'): void {
    const { store, stream, counters, onEvent } = this.#options;
    counters.storePressures++;
    onEvent({
      type,
      storeUsedBytes: store.usedBytes,
      storeCapacityBytes: store.capacityBytes,
      ownBytes: stream.stats.bytes,
    });
  }
}
