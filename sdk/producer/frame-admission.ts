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
import { coreError, InvalidFrameError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import { STATUS } from '../status-codes.ts';
import type { FramesDroppedEvent, StreamEvent } from './events.ts';
import type { FragmentLedger, LedgerEntry } from './fragment-ledger.ts';
import type { FrameIntake } from './frame-intake.ts';
import type { FrameOrder } from './frame-order.ts';
import type { StreamCounters } from './metrics.ts';
import type { FrameInput, PutResult } from './options.ts';
import { FrameRate } from './rates.ts';
import type { WaitingFrame } from './track-queue.ts';

const NO_ROOM = -STATUS.STATUS_STORE_OUT_OF_MEMORY;

/** Frames that were given up. */
type GivenUpFrames = Pick<RemovedFrames, 'frames' | 'bytes' | 'firstPtsUs' | 'lastPtsUs'>;

export interface FrameAdmissionOptions {
  readonly platform: Pick<Platform, 'now'>;
  readonly intake: FrameIntake;
  /** Puts the frames of several tracks in order; undefined where they stay as they are put. */
  readonly order: FrameOrder | undefined;
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

const NOTHING_WAITS = { frames: 0, bytes: 0, firstTimestampUs: NaN, lastTimestampUs: NaN } as const;

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
      // Frames that wait may close a fragment, which can go then.
      if (!this.#dropOldest() && this.#options.order?.releaseFragment() !== true) {
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
    const { intake, platform, store } = this.#options;
    if (this.#isFullTold) this.#isFullTold = store.usedBytes > store.capacityBytes / 2;
    const result = intake.put(frame);
    if (result < 0) return result;
    if (this.#options.order !== undefined) return this.#accept(result);
    const answer = this.#heed(result, intake.lastTrackNumber, intake.lastTimestampUs);
    if (answer === FRAME_SKIPPED) return answer;
    const nowMs = platform.now();
    this.#count(nowMs);
    this.#enter(answer, intake.lastTimestampUs, nowMs);
    return answer;
  }

  /** Counts a frame that waits for its turn, or has had it already. */
  #accept(answer: number): number {
    const { intake, platform } = this.#options;
    if (answer === FRAME_SKIPPED) this.#skip(intake.lastTrackNumber, intake.lastTimestampUs);
    else this.#count(platform.now());
    return answer;
  }

  /** Packages a frame whose turn it is; gives the core's answer. */
  commit({ trackNumber, timestampUs, ptsUs, dtsUs, durationUs, putMs }: WaitingFrame): number {
    if (this.#isOverdue) this.#dropOverdue();
    const result = this.#options.stream.releaseFrame(trackNumber, ptsUs, dtsUs, durationUs);
    if (result < 0) throw coreError(-result, `package a frame of track ${trackNumber} that was accepted`);
    const answer = this.#heed(result, trackNumber, timestampUs);
    // Acks name fragments by the times that were written.
    if (answer !== FRAME_SKIPPED) this.#enter(answer, ptsUs, putMs);
    return answer;
  }

  /** Takes in what the core answered to a frame; gives the answer without the bits of pressure. */
  #heed(result: number, trackNumber: number, timestampUs: number): number {
    const answer = result & FRAME_RESULT_MASK;
    if (answer === FRAME_SKIPPED) {
      this.#skip(trackNumber, timestampUs);
      return answer;
    }
    // First of all: what is asked about pressure takes the place of what changed.
    if (answer === FRAME_BEGAN_GENERATION) this.#tellChanged(timestampUs);
    const pressure = result & ~FRAME_RESULT_MASK;
    this.#isOverdue = (pressure & FRAME_PRESSURE.buffer) !== 0;
    if (pressure !== this.#pressure) this.#takePressure(pressure);
    this.#isSkipping = false;
    return answer;
  }

  #skip(trackNumber: number, timestampUs: number): void {
    this.#options.counters.framesSkipped++;
    if (this.#isSkipping) return;
    this.#isSkipping = true;
    this.#options.onEvent({ type: 'frames-skipped', trackNumber, firstTimestampUs: timestampUs });
  }

  #count(nowMs: number): void {
    const { counters, intake } = this.#options;
    counters.framesPut++;
    counters.bytesPut += intake.lastSizeBytes;
    if (intake.lastIsVideo) this.rate.record(nowMs, intake.lastTimestampUs);
  }

  /** Enters a frame that the view holds now. */
  #enter(answer: number, timestampUs: number, putMs: number): void {
    const { counters, ledger } = this.#options;
    if (answer === FRAME_BEGAN_FRAGMENT || answer === FRAME_BEGAN_GENERATION) {
      counters.fragmentsPut++;
      ledger.begin(timestampUs, putMs);
    } else ledger.extend(timestampUs, putMs);
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

  /** Gives up the frames that wait for their turn: the stream begins anew. */
  discardWaiting(): void {
    const { order, counters, onEvent } = this.#options;
    const { frames, bytes, firstTimestampUs, lastTimestampUs } = order?.discard() ?? NOTHING_WAITS;
    if (frames === 0) return;
    counters.framesDropped += frames;
    onEvent({
      type: 'frames-dropped',
      reason: 'reset',
      frames,
      bytes,
      firstTimestampUs,
      lastTimestampUs,
      isFragment: false,
    });
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
    if ((began & FRAME_PRESSURE.latency) !== 0)
      onEvent({ type: 'latency-pressure', unsentUs: stream.stats.unsentDurationUs });
    if ((began & FRAME_PRESSURE.store) === 0) return;
    counters.storePressures++;
    onEvent({
      type: 'store-pressure',
      storeUsedBytes: store.usedBytes,
      storeCapacityBytes: store.capacityBytes,
      ownBytes: stream.stats.bytes,
    });
  }

  #tellChanged(timestampUs: number): void {
    const { stream, counters, onEvent } = this.#options;
    for (const changed of stream.changedTracks()) {
      counters.codecPrivateDataChanges++;
      onEvent({ type: 'codec-private-data-changed', timestampUs, ...changed });
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
}
