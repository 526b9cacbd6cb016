/**
 * Frames that were accepted and wait for those of other tracks. Says whose turn is next, as `frameOrder` promises it; how many have had theirs
 * the stream's figures tell.
 */
import type { StreamMetrics } from '../../sdk/producer/index.ts';
import type { CameraFrame } from './camera.ts';
import type { FrameBook } from './frame-book.ts';
import type { StreamPlan } from './stream-plan.ts';
import type { World } from './world.ts';

/** Frames of one track that wait, at most, before the others go on without the track that they wait for. */
const MAX_WAITING_FRAMES = 61;

interface Waiting {
  readonly frame: CameraFrame;
  /** Milliseconds. */
  readonly position: number;
  readonly decodeUs: number;
}

/** Of the newest frame. */
interface Newest {
  position: number;
  decodeUs: number;
}

export class OrderedFrames {
  readonly #world: World;
  readonly #plan: StreamPlan;
  readonly #book: FrameBook;
  readonly #place: (frame: CameraFrame) => void;
  /** In the order of their turns. */
  #waiting: Waiting[] = [];
  #newest: Newest[] = [];
  #released: Newest = { position: 0, decodeUs: 0 };
  /** Frames that have left: had their turn, or were given up. */
  #gone = 0;

  /** `place`: enters a frame whose turn it is. */
  constructor(world: World, plan: StreamPlan, book: FrameBook, place: (frame: CameraFrame) => void) {
    this.#world = world;
    this.#plan = plan;
    this.#book = book;
    this.#place = place;
  }

  get count(): number {
    return this.#waiting.length;
  }

  /** A new producer stream begins. */
  begin(): void {
    this.#waiting = [];
    this.#newest = this.#plan.tracks.map(() => ({ position: 0, decodeUs: 0 }));
    this.#released = { position: 0, decodeUs: 0 };
    this.#gone = 0;
  }

  accept(frame: CameraFrame): void {
    this.#book.countAccepted();
    const newest = this.#newest[frame.trackNumber - 1] as Newest;
    const { timestampUs, canBegin } = frame;
    const decodeUs = frame.decodeTimestampUs ?? Math.max(newest.decodeUs, timestampUs);
    const timeUs = this.#plan.frameOrder === 'decode-time' ? decodeUs : timestampUs;
    const ownMs = Math.floor(Math.max(timeUs, canBegin ? timestampUs : 0) / 1000);
    const position = Math.max(newest.position, ownMs);
    newest.position = position;
    newest.decodeUs = decodeUs;
    let at = this.#waiting.length;
    while (at > 0 && (this.#waiting[at - 1] as Waiting).position > position) at--;
    this.#waiting.splice(at, 0, { frame, position, decodeUs });
  }

  /** Enters those that have had their turn. `waits`: nothing but a frame of every track, or too many of one, lets any go on. */
  follow({ framesPut, framesWaiting, framesSkipped }: StreamMetrics, waits: boolean): void {
    // A put that has just got room is not known yet.
    if (framesPut !== this.#book.accepted) return;
    const left = framesPut - framesWaiting - this.#gone;
    const isSkipped = this.#skippedOf(this.#waiting.slice(0, left), framesSkipped - this.#book.skipped);
    for (let turn = 0; turn < left; turn++) {
      const isDue = !waits || this.#isDue();
      this.#world.check(isDue, 'frames wait for every track', () => `${this.#plan.name}: one went on too soon`);
      const next = this.#waiting.shift();
      if (next === undefined)
        return this.#world.fail('frames wait once', `${this.#plan.name}: more went on than waited`);
      this.#gone++;
      this.#released.position = Math.max(this.#released.position, next.position);
      if (isSkipped(turn)) {
        this.#book.countSkipped();
        continue;
      }
      this.#released.decodeUs = Math.max(this.#released.decodeUs, next.decodeUs);
      this.#place(next.frame);
    }
  }

  /**
   * Which of those that had their turn were skipped. Behind the end of a fragment all are until the next key frame: so the first, where it was
   * ended before; and the last, where it was ended in between, which lets go on all that wait.
   */
  #skippedOf(turns: readonly Waiting[], count: number): (turn: number) => boolean {
    const key = turns.findIndex(({ frame }) => frame.canBegin);
    const untilKey = key < 0 ? turns.length : key;
    const first = untilKey <= count ? untilKey : 0;
    const last = turns.length - (count - first);
    return (turn) => (turn < first || turn >= last) && turns[turn]?.frame.canBegin === false;
  }

  /** A reset gives up what waits; an event has to tell so. */
  discard(): void {
    this.#book.discard(this.#waiting.map(({ frame }) => frame.timestampUs));
    this.#gone += this.#waiting.length;
    this.#waiting = [];
    for (const newest of this.#newest) {
      newest.position = Math.min(newest.position, this.#released.position);
      newest.decodeUs = Math.min(newest.decodeUs, this.#released.decodeUs);
    }
  }

  /** The stream ended, and said that it lost what it held. */
  lose(): void {
    this.#world.tally.framesLost += this.#waiting.length;
    this.#waiting = [];
  }

  #isDue(): boolean {
    const counts = this.#plan.tracks.map(
      (_, index) => this.#waiting.filter(({ frame }) => frame.trackNumber === index + 1).length,
    );
    return counts.every((count) => count > 0) || counts.some((count) => count > MAX_WAITING_FRAMES);
  }
}
