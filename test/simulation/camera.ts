/** A camera: frames of all tracks in the order of their times, with jitter, bursts and pauses, as the faults that are on say. */
import type { Frame } from '../../sdk/producer/index.ts';
import { cameraBytes, type FrameContent, PICTURES } from './frame-content.ts';
import type { Random } from './random.ts';
import type { StreamPlan } from './stream-plan.ts';
import { EPOCH_MS, type World } from './world.ts';

export interface CameraFrame {
  readonly frame: Frame;
  readonly content: FrameContent;
  /** A fragment may begin with it. */
  readonly isKey: boolean;
}

/** After a pause of this length the next picture is a key frame: a fragment cannot be that long. */
const LONG_PAUSE_MS = 15_000;
const BURST_FACTOR = 8;
const LARGE_FACTOR = 60;
const MIN_STEP_US = 2_000;

export class Camera {
  /** Index of the parameter sets that its pictures have. */
  picture = 0;
  readonly #world: World;
  readonly #plan: StreamPlan;
  readonly #random: Random;
  readonly #onFrame: (frame: CameraFrame) => void;
  #index = 0;
  #lastUs = 0;
  #keyDueMs: number;
  #lastMs = 0;
  #isOn = true;

  constructor(world: World, plan: StreamPlan, random: Random, onFrame: (frame: CameraFrame) => void) {
    this.#world = world;
    this.#plan = plan;
    this.#random = random;
    this.#onFrame = onFrame;
    // Some are switched on between two key frames.
    this.#keyDueMs = random.chance(0.5) ? 0 : plan.keySeconds * 500;
    this.#tick();
  }

  /** The next picture is a key frame. */
  askForKey(): void {
    this.#keyDueMs = 0;
  }

  switchOff(): void {
    this.#isOn = false;
  }

  #tick(): void {
    const intervalMs = 1000 / this.#plan.framesASecond / (this.#world.isOn('burst') ? BURST_FACTOR : 1);
    this.#world.time.after(intervalMs * this.#random.between(0.7, 1.3), () => {
      if (!this.#isOn) return;
      if (!this.#world.isOn('pause')) this.#shoot();
      this.#tick();
    });
  }

  #shoot(): void {
    const { nowMs } = this.#world.time;
    const { tracks } = this.#plan;
    tracks.forEach((kind, index) => {
      if (kind !== 'video') {
        if (kind === 'audio' || this.#random.chance(0.3)) this.#give(index + 1, 'plain', true, tracks[0] !== 'video');
        return;
      }
      const isKey = nowMs >= this.#keyDueMs || nowMs - this.#lastMs > LONG_PAUSE_MS;
      if (isKey) this.#keyDueMs = nowMs + this.#plan.keySeconds * 1000;
      this.#give(index + 1, this.#plan.form, isKey, isKey);
    });
    this.#lastMs = nowMs;
  }

  #give(trackNumber: number, form: FrameContent['form'], isKey: boolean, canBegin: boolean): void {
    const large = this.#world.isOn('large-frames') && this.#random.chance(0.3) ? LARGE_FACTOR : 1;
    const sizeBytes = Math.ceil(16 + this.#plan.usualFrameBytes * this.#random.between(0.2, 1.8) * large);
    const content: FrameContent = {
      index: ++this.#index,
      sizeBytes: form !== 'plain' && isKey ? sizeBytes * 3 : sizeBytes,
      isKey: form === 'plain' ? canBegin : isKey,
      form,
      sets: form !== 'plain' && isKey ? PICTURES[this.picture] : undefined,
    };
    this.#lastUs = Math.max(this.#lastUs + MIN_STEP_US, Math.floor((EPOCH_MS + this.#world.time.nowMs) * 1000));
    const frame: Frame = { data: cameraBytes(content), timestampUs: this.#lastUs, isKey, trackNumber };
    this.#onFrame({ frame, content, isKey: canBegin });
  }
}
