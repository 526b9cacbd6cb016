/**
 * A camera: frames of all tracks with jitter, bursts and pauses, as the faults that are on say. Pictures may be told out of order, as an
 * encoder does that looks ahead: each group ends with the picture that those in front of it refer to.
 */
import { FrameWriter, type FrameContent, PICTURES } from './frame-content.ts';
import type { Random } from './random.ts';
import type { StreamPlan } from './stream-plan.ts';
import { UnevenTracks } from './uneven-tracks.ts';
import { EPOCH_MS, type World } from './world.ts';

export interface CameraFrame {
  readonly trackNumber: number;
  readonly timestampUs: number;
  readonly decodeTimestampUs: number | undefined;
  readonly content: FrameContent;
  /** As the application gives it; holds until the next frame. */
  readonly data: Uint8Array;
  readonly isKey: boolean;
  /** A fragment may begin with it. */
  readonly canBegin: boolean;
  /** Index of the parameter sets that it was made with. */
  readonly picture: number;
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
  readonly #writer = new FrameWriter();
  #index = 0;
  #lastUs = 0;
  /** Times of pictures that were taken and not yet told, in the order of their taking. */
  #pending: number[] = [];
  #lastDecodeUs = 0;
  /** Parameter sets of the last key frame: what follows refers to it. */
  #keyPicture = 0;
  #keyDueMs: number;
  #lastMs = 0;
  #isOn = true;
  /** Undefined where frames come as they are taken. */
  readonly #uneven: UnevenTracks | undefined;

  constructor(world: World, plan: StreamPlan, random: Random, onFrame: (frame: CameraFrame) => void) {
    this.#world = world;
    this.#plan = plan;
    this.#random = random;
    this.#onFrame = onFrame;
    if (plan.frameOrder !== 'as-put') this.#uneven = new UnevenTracks(world, random.fork('uneven tracks'));
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
      if (this.#uneven?.isSilent(index + 1) === true) return;
      if (kind === 'video') this.#film(index + 1);
      else if (kind === 'audio' || this.#random.chance(0.3))
        this.#give(index + 1, this.#takeTimeUs(), tracks[0] !== 'video');
    });
    this.#lastMs = nowMs;
  }

  #film(trackNumber: number): void {
    const { nowMs } = this.#world.time;
    const { keySeconds, reordered } = this.#plan;
    const isKey = nowMs >= this.#keyDueMs || nowMs - this.#lastMs > LONG_PAUSE_MS;
    if (!isKey) {
      this.#pending.push(this.#takeTimeUs());
      if (this.#pending.length > reordered) this.#giveGroup(trackNumber);
      return;
    }
    // What refers to the key frame would come behind it: the group before is closed.
    this.#giveGroup(trackNumber);
    this.#keyDueMs = nowMs + keySeconds * 1000;
    this.#give(trackNumber, this.#takeTimeUs(), true);
  }

  /** The last picture first: the others refer to it. */
  #giveGroup(trackNumber: number): void {
    const times = this.#pending;
    this.#pending = [];
    const last = times.pop();
    if (last === undefined) return;
    this.#give(trackNumber, last, false);
    for (const timeUs of times) this.#give(trackNumber, timeUs, false);
  }

  #takeTimeUs(): number {
    const nowUs = Math.floor((EPOCH_MS + this.#world.time.nowMs) * 1000);
    this.#lastUs = Math.max(this.#lastUs + MIN_STEP_US, nowUs);
    if (this.#uneven !== undefined) this.#lastUs = Math.ceil(this.#lastUs / MIN_STEP_US) * MIN_STEP_US;
    return this.#lastUs;
  }

  /** Decode times rise from picture to picture, each no later than its showing where nothing was told late. */
  #takeDecodeTimeUs(timestampUs: number, isVideo: boolean): number | undefined {
    if (!this.#plan.hasDecodeTimes || (this.#uneven !== undefined && !isVideo)) return undefined;
    const earlierUs = timestampUs - (this.#plan.reordered * 1_000_000) / this.#plan.framesASecond;
    this.#lastDecodeUs = Math.max(this.#lastDecodeUs, Math.floor(earlierUs));
    // Never the presentation time of another track's: which of them is first would be the stream's to decide.
    if (this.#uneven !== undefined)
      this.#lastDecodeUs = Math.floor(this.#lastDecodeUs / MIN_STEP_US) * MIN_STEP_US + 1000;
    return this.#lastDecodeUs;
  }

  #give(trackNumber: number, timestampUs: number, isKey: boolean): void {
    const { tracks, form, codec, input, usualFrameBytes } = this.#plan;
    const isVideo = tracks[trackNumber - 1] === 'video';
    if (isVideo && isKey) this.#keyPicture = this.picture;
    const large = this.#world.isOn('large-frames') && this.#random.chance(0.3) ? LARGE_FACTOR : 1;
    const sizeBytes = Math.ceil(16 + usualFrameBytes * this.#random.between(0.2, 1.8) * large);
    const content: FrameContent = {
      index: ++this.#index,
      sizeBytes: isVideo && isKey ? sizeBytes * 3 : sizeBytes,
      isKey,
      form: isVideo ? form : 'plain',
      codec,
      // An encoder that describes its configuration beside the chunks leaves the sets out of them.
      sets: isVideo && isKey && input !== 'described-chunks' ? PICTURES[codec][this.#keyPicture] : undefined,
    };
    const frame = {
      trackNumber,
      timestampUs,
      decodeTimestampUs: this.#takeDecodeTimeUs(timestampUs, isVideo),
      content,
      // Every packet of sound can be decoded by itself.
      isKey: isKey || !isVideo,
      canBegin: isKey,
      picture: this.#keyPicture,
    };
    const give = (): void => this.#onFrame({ ...frame, data: this.#writer.cameraBytes(content) });
    if (this.#uneven === undefined) give();
    else this.#uneven.bring(trackNumber, () => this.#isOn && give());
  }
}
