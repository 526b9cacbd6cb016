/** Lets frames into the store, counts them, and carries out the policy for a full one. */
import {
  FRAME_BEGAN_FRAGMENT,
  FRAME_BEGAN_GENERATION,
  FRAME_PRESSURE,
  FRAME_RESULT_MASK,
  FRAME_SKIPPED,
  type LostFrame,
  type RemovedFrames,
} from '../../core/core-stream-types.ts';
import { coreError, InvalidFrameError } from '../../errors.ts';
import type { Platform } from '../../platform.ts';
import * as STATUS from '../../status-codes.ts';
import type { FramesDroppedEvent } from '../events.ts';
import type { FragmentLedger } from '../fragment-ledger.ts';
import { FrameRate } from '../metrics/rates.ts';
import type { FrameInput, PutResult } from '../options.ts';
import { AdmissionEvents, type AdmissionEventsOptions } from './admission-events.ts';
import type { FrameIntake } from './frame-intake.ts';
import type { FrameOrder } from './frame-order.ts';
import type { WaitingFrame } from './track-queue.ts';

const NO_ROOM = -STATUS.STATUS_STORE_OUT_OF_MEMORY;

/** What a stored frame takes beside its bytes, at most about: item and block headers, rounding, room for a cluster header and longer NAL units. */
const SLOT_OVERHEAD_BYTES = 256;

export interface FrameAdmissionOptions extends AdmissionEventsOptions {
  readonly platform: Pick<Platform, 'now'>;
  readonly intake: FrameIntake;
  /** Puts the frames of several tracks in order; undefined where they stay as they are put. */
  readonly order: FrameOrder | undefined;
  readonly ledger: FragmentLedger;
  /** Whether a full store loses its oldest fragment to a new frame. */
  readonly dropsOldest: boolean;
  /** Whether a put waits while the view holds the buffer duration, and pressure is not told. */
  readonly keepsAll: boolean;
  /** A fragment was ended: there is a mark to send. */
  readonly onEnded: () => void;
  /** A frame was stored while more media waits than `maxLatencyUs`. */
  readonly onLate?: (() => void) | undefined;
}

export class FrameAdmission {
  readonly rate: FrameRate = new FrameRate();
  readonly #options: FrameAdmissionOptions;
  readonly #events: AdmissionEvents;
  /** After a dropped frame what follows it cannot be decoded either. */
  #dropsUntilKey = false;
  #isSkipping = false;
  /** The view holds the buffer duration. */
  #isOverdue = false;
  #pressure = 0;
  /** A full store was told, and half of it has not been free since. */
  #isFullTold = false;

  constructor(options: FrameAdmissionOptions) {
    this.#options = options;
    this.#events = new AdmissionEvents(options);
  }

  /** FRAME_PRESSURE bits of the last frame put. */
  get pressure(): number {
    return this.#pressure;
  }

  /** Media that still fits into the buffer duration, microseconds, at least 0. */
  get remainingBufferUs(): number {
    return this.#events.remainingBufferUs;
  }

  /** Puts a frame. Throws `InvalidFrameError`, and what the core throws. */
  tryPut(frame: FrameInput): PutResult {
    const { intake, dropsOldest, keepsAll } = this.#options;
    if (this.#dropsUntilKey) {
      if (!intake.isKey(frame)) return this.#drop(frame);
      this.#dropsUntilKey = false;
    }
    if (this.#isOverdue) {
      if (this.isViewFull) return 'full';
      if (!keepsAll) this.#dropOverdue();
    }
    let answer = this.#put(frame);
    if (answer === NO_ROOM && dropsOldest) {
      this.#options.counters.storePressures++;
      answer = this.#makeRoom(frame);
      if (answer === NO_ROOM) return this.#dropUntilKey(frame);
    }
    if (answer === FRAME_SKIPPED) return 'skipped';
    if (answer >= 0) return 'stored';
    if (answer === NO_ROOM) {
      // A key frame ends the open fragment in any case; ended now, the fragment can be persisted and make room for it.
      if (intake.isKey(frame) && this.#options.ledger.holdsOnlyOpenFragment) this.endFragment();
      this.#tellFull();
      return 'full';
    }
    throw new InvalidFrameError(-answer, intake.lastTrackNumber, intake.lastTimestampUs);
  }

  /** True while a put has to wait for the buffer duration, and not for the store. */
  get isViewFull(): boolean {
    const { keepsAll, bufferDurationUs, stream, ledger } = this.#options;
    // The open fragment goes on however long it is: no ack could free it.
    return keepsAll && this.#isOverdue && !ledger.holdsOnlyOpenFragment && stream.stats.durationUs >= bufferDurationUs;
  }

  /**
   * Ends the open fragment, behind the frames that wait for their turn; does nothing between fragments. False while there is no room for the
   * mark: acks of older fragments make some. Throws `KvsError`.
   */
  endFragment(): boolean {
    const { stream, order, ledger, dropsOldest, onEnded } = this.#options;
    order?.releaseAll();
    // One that was closed without a mark, when a connection was lost, gets it when it is sent again.
    if (ledger.newest?.isClosed !== true) {
      let status = -stream.endFragment();
      while (status === -NO_ROOM && dropsOldest && this.#dropOldest()) status = -stream.endFragment();
      if (status === -NO_ROOM) return false;
      const nothingOpen =
        status === STATUS.STATUS_MULTIPLE_CONSECUTIVE_EOFR || status === STATUS.STATUS_CONTENT_VIEW_NO_MORE_ITEMS;
      if (status > 0 && !nothingOpen) throw coreError(status, 'end the fragment');
    }
    order?.onFragmentEnded();
    ledger.close();
    onEnded();
    return true;
  }

  /** The stream begins anew, with a key frame; frames that wait for their turn are given up. */
  reset(): void {
    const { order } = this.#options;
    if (order !== undefined && order.waiting > 0) {
      const { frames, bytes, firstTimestampUs, lastTimestampUs } = order.summary();
      const lostFrames = order.lostFrames();
      order.discard();
      const given = { frames, bytes, firstPtsUs: firstTimestampUs, lastPtsUs: lastTimestampUs };
      this.#events.tellDroppedFrames('reset', given, lostFrames);
    }
    this.#dropsUntilKey = false;
    this.#isOverdue = false;
    this.#pressure = 0;
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
    if (this.#isOverdue && !this.#options.keepsAll) this.#dropOverdue();
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
    if (answer === FRAME_BEGAN_GENERATION) this.#events.tellChanged(timestampUs);
    const pressure = result & ~FRAME_RESULT_MASK;
    this.#isOverdue = (pressure & FRAME_PRESSURE.buffer) !== 0;
    if (pressure !== this.#pressure && !this.#options.keepsAll) this.#takePressure(pressure);
    if ((pressure & FRAME_PRESSURE.latency) !== 0) this.#options.onLate?.();
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

  /**
   * Gives up the stream's oldest fragments, in front of a key frame the open one too, until the frame is put; the core's answer. Nothing
   * goes for a frame that would not fit all the same.
   */
  #makeRoom(frame: FrameInput): number {
    const { intake, order, store, stream, ledger } = this.#options;
    const { bytes, items } = stream.stats;
    const { frames: waiting = 0, bytes: waitingBytes = 0 } = order?.summary() ?? {};
    const slotBytes = bytes + waitingBytes + (items + waiting) * SLOT_OVERHEAD_BYTES;
    const reachableBytes = store.capacityBytes - store.usedBytes + slotBytes;
    let answer = NO_ROOM;
    if (intake.describe(frame).sizeBytes > reachableBytes) return answer;
    while (answer === NO_ROOM) {
      const isOpenLeft = intake.isKey(frame) && ledger.newest?.isClosed === false;
      // Frames that wait may close a fragment, which can go then.
      const isFreed = this.#dropOldest() || order?.releaseFragment() === true;
      if (!isFreed && !(isOpenLeft && this.endFragment())) return answer;
      answer = this.#put(frame);
    }
    return answer;
  }

  /** Nothing joins the open fragment any more: it is ended, so that it can be persisted. */
  #dropUntilKey(frame: FrameInput): PutResult {
    this.#dropsUntilKey = true;
    this.endFragment();
    return this.#drop(frame);
  }

  /** False when there is no fragment that may go. */
  #dropOldest(): boolean {
    const { stream } = this.#options;
    const lostFrames = stream.framesOf('oldest');
    const dropped = stream.dropOldestFragment();
    if (dropped.frames === 0) return false;
    this.#lose('store-full', dropped, lostFrames);
    return true;
  }

  /** The oldest fragments, as long as the view holds the buffer duration; each is told. */
  #dropOverdue(): void {
    const { stream } = this.#options;
    this.#isOverdue = false;
    for (;;) {
      const lostFrames = stream.framesOf('oldest');
      const dropped = stream.dropOverdueFragment();
      if (dropped.frames === 0) return;
      this.#lose('buffer-duration', dropped, lostFrames);
    }
  }

  #drop(frame: FrameInput): PutResult {
    const { timestampUs, decodeTimestampUs, sizeBytes: bytes } = this.#options.intake.describe(frame);
    const one = { frames: 1, bytes, firstPtsUs: timestampUs, lastPtsUs: timestampUs };
    this.#events.tellDroppedFrames('store-full', one, [{ decodeTimestampUs, bytes }]);
    return 'dropped';
  }

  /** Enters a fragment that the core gave up as lost, and tells it. */
  #lose(reason: FramesDroppedEvent['reason'], dropped: RemovedFrames, lostFrames: readonly LostFrame[]): void {
    const [entry] = this.#options.ledger.loseRange(dropped.firstFragment, dropped.lastFragment);
    this.#events.tellDroppedFragment(reason, entry, dropped, lostFrames);
  }

  /** What the last frame put told of pressure; each kind is told when it begins. */
  #takePressure(pressure: number): void {
    const began = pressure & ~this.#pressure;
    this.#pressure = pressure;
    this.#events.tellPressure(began);
  }

  #tellFull(): void {
    if (this.#isFullTold || this.#options.keepsAll) return;
    this.#isFullTold = true;
    this.#events.tellFull();
  }
}
