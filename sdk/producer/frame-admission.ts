/** Lets frames into the store, counts them, and carries out the policy for a full one. */
import type { ContentStore } from '../core/content-store.ts';
import {
  type CoreStream,
  FRAME_BEGAN_FRAGMENT,
  FRAME_BEGAN_GENERATION,
  FRAME_PRESSURE,
  FRAME_RESULT_MASK,
  FRAME_SKIPPED,
  type RemovedFrames,
} from '../core/core-stream.ts';
import { InvalidFrameError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import { STATUS } from '../status-codes.ts';
import type { FramesDroppedEvent, StreamEvent } from './events.ts';
import type { FragmentLedger, LedgerEntry } from './fragment-ledger.ts';
import type { FrameIntake } from './frame-intake.ts';
import type { StreamCounters } from './metrics.ts';
import type { FrameInput, PutResult } from './options.ts';
import { FrameRate } from './rates.ts';

const NO_ROOM = -STATUS.STATUS_STORE_OUT_OF_MEMORY;

/** Frames that were given up. */
type GivenUpFrames = Pick<RemovedFrames, 'frames' | 'bytes' | 'firstPtsUs' | 'lastPtsUs'>;

export interface FrameAdmissionOptions {
  readonly platform: Pick<Platform, 'now'>;
  readonly intake: FrameIntake;
  readonly stream: CoreStream;
  readonly ledger: FragmentLedger;
  readonly counters: StreamCounters;
  /** Whether a full store loses its oldest fragment to a new frame. */
  readonly dropsOldest: boolean;
  readonly store: Pick<ContentStore, 'usedBytes' | 'capacityBytes'>;
  readonly onEvent: (event: StreamEvent) => void;
}

/** The core keeps times as timecodes, rounded down; the ledger has them as they were given. */
function timesOf(
  entry: LedgerEntry | undefined,
  { frames, bytes, firstPtsUs, lastPtsUs }: GivenUpFrames,
): GivenUpFrames {
  return {
    frames,
    bytes,
    firstPtsUs: entry?.lowestTimestampUs ?? firstPtsUs,
    lastPtsUs: entry?.highestTimestampUs ?? lastPtsUs,
  };
}

export class FrameAdmission {
  readonly rate = new FrameRate();
  readonly #options: FrameAdmissionOptions;
  /** After a dropped frame what follows it cannot be decoded either. */
  #dropsUntilKey = false;
  #isSkipping = false;
  /** The view holds the buffer duration. */
  #isOverdue = false;
  /** FRAME_PRESSURE bits of the last frame put, of what is told once. */
  #pressure = 0;
  /** A full store was told, and half of it has not been free since. */
  #isFullTold = false;

  constructor(options: FrameAdmissionOptions) {
    this.#options = options;
  }

  /** Puts a frame. Throws `InvalidFrameError`, and what the core throws. */
  tryPut(frame: FrameInput): PutResult {
    const { intake, dropsOldest } = this.#options;
    if (this.#dropsUntilKey) {
      if (!intake.isKey(frame)) return this.#drop(frame);
      this.#dropsUntilKey = false;
    }
    if (this.#isOverdue) this.#dropOverdue();
    let answer = this.#put(frame);
    if (answer === NO_ROOM && dropsOldest) this.#options.counters.storePressures++;
    while (answer === NO_ROOM && dropsOldest) {
      if (!this.#dropOldest()) {
        this.#dropsUntilKey = true;
        return this.#drop(frame);
      }
      answer = this.#put(frame);
    }
    if (answer === FRAME_SKIPPED) return 'skipped';
    if (answer >= 0) return 'stored';
    if (answer === NO_ROOM) {
      this.#tellFull();
      return 'full';
    }
    throw new InvalidFrameError(-answer, intake.lastTrackNumber, intake.lastTimestampUs);
  }

  #put(frame: FrameInput): number {
    const { intake, counters, ledger, platform, store } = this.#options;
    if (this.#isFullTold) this.#isFullTold = store.usedBytes > store.capacityBytes / 2;
    const result = intake.put(frame);
    if (result < 0) return result;
    const answer = result & FRAME_RESULT_MASK;
    if (answer === FRAME_SKIPPED) {
      counters.framesSkipped++;
      this.#tellSkipping();
      return answer;
    }
    const pressure = result & ~FRAME_RESULT_MASK;
    this.#isOverdue = (pressure & FRAME_PRESSURE.buffer) !== 0;
    if (pressure !== this.#pressure) this.#takePressure(pressure);
    if (answer === FRAME_BEGAN_GENERATION) this.#tellChanged();
    this.#isSkipping = false;
    counters.framesPut++;
    counters.bytesPut += intake.lastSizeBytes;
    const nowMs = platform.now();
    if (intake.lastIsVideo) this.rate.record(nowMs, intake.lastTimestampUs);
    if (answer === FRAME_BEGAN_FRAGMENT || answer === FRAME_BEGAN_GENERATION) {
      counters.fragmentsPut++;
      ledger.begin(intake.lastTimestampUs, nowMs);
    } else ledger.extend(intake.lastTimestampUs, nowMs);
    return answer;
  }

  /** False when there is no fragment that may go. */
  #dropOldest(): boolean {
    const { stream, ledger } = this.#options;
    const dropped = stream.dropOldestFragment();
    if (dropped.frames === 0) return false;
    const [entry] = ledger.loseRange(dropped.firstFragment, dropped.lastFragment);
    this.#options.counters.fragmentsDropped++;
    this.#tellDropped('store-full', timesOf(entry, dropped));
    return true;
  }

  /** The oldest fragments, as long as the view holds the buffer duration; each is told. */
  #dropOverdue(): void {
    const { stream, ledger } = this.#options;
    this.#isOverdue = false;
    for (;;) {
      const dropped = stream.dropOverdueFragment();
      if (dropped.frames === 0) return;
      const [entry] = ledger.loseRange(dropped.firstFragment, dropped.lastFragment);
      this.#options.counters.fragmentsDropped++;
      this.#tellDropped('buffer-duration', timesOf(entry, dropped));
    }
  }

  #drop(frame: FrameInput): PutResult {
    const { timestampUs, sizeBytes } = this.#options.intake.describe(frame);
    const one = { frames: 1, bytes: sizeBytes, firstPtsUs: timestampUs, lastPtsUs: timestampUs };
    this.#tellDropped('store-full', one, false);
    return 'dropped';
  }

  #tellDropped(
    reason: FramesDroppedEvent['reason'],
    { frames, bytes, firstPtsUs, lastPtsUs }: GivenUpFrames,
    isFragment = true,
  ): void {
    this.#options.counters.framesDropped += frames;
    this.#options.onEvent({
      type: 'frames-dropped',
      reason,
      frames,
      bytes,
      firstTimestampUs: firstPtsUs,
      lastTimestampUs: lastPtsUs,
      isFragment,
    });
  }

  /** What the last frame put told of pressure; latency and a low store are told when they begin. */
  #takePressure(pressure: number): void {
    const { store, stream, counters, onEvent } = this.#options;
    const began = pressure & ~this.#pressure;
    this.#pressure = pressure;
    if ((began & FRAME_PRESSURE.buffer) !== 0) counters.bufferPressures++;
    if ((began & FRAME_PRESSURE.latency) !== 0) {
      counters.latencyPressures++;
      onEvent({ type: 'latency-pressure', unsentUs: stream.stats.unsentDurationUs });
    }
    if ((began & FRAME_PRESSURE.store) === 0) return;
    counters.storePressures++;
    onEvent({
      type: 'store-pressure',
      storeUsedBytes: store.usedBytes,
      storeCapacityBytes: store.capacityBytes,
      ownBytes: stream.stats.bytes,
    });
  }

  #tellChanged(): void {
    const { stream, intake, counters, onEvent } = this.#options;
    for (const changed of stream.changedTracks()) {
      counters.codecPrivateDataChanges++;
      onEvent({ type: 'codec-private-data-changed', timestampUs: intake.lastTimestampUs, ...changed });
    }
  }

  #tellFull(): void {
    if (this.#isFullTold) return;
    this.#isFullTold = true;
    const { store, stream, counters, onEvent } = this.#options;
    counters.storePressures++;
    onEvent({
      type: 'store-full',
      storeUsedBytes: store.usedBytes,
      storeCapacityBytes: store.capacityBytes,
      ownBytes: stream.stats.bytes,
    });
  }

  #tellSkipping(): void {
    if (this.#isSkipping) return;
    this.#isSkipping = true;
    const { intake, onEvent } = this.#options;
    onEvent({
      type: 'frames-skipped',
      trackNumber: intake.lastTrackNumber,
      firstTimestampUs: intake.lastTimestampUs,
    });
  }
}
