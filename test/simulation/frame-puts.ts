/** Puts the camera's frames into a stream, and keeps account of what became of each. */
import type { ProducerStream, PutResult } from '../../sdk/producer/index.ts';
import type { CameraFrame } from './camera.ts';
import type { FrameBook } from './frame-book.ts';
import { PICTURES } from './frame-content.ts';
import { frameInput } from './frame-input.ts';
import { OrderedFrames } from './ordered-frames.ts';
import type { StreamPlan } from './stream-plan.ts';
import type { World } from './world.ts';

/** A store in which a piece for a stream header is found as long as three quarters of it are free. */
const ROOMY_STORE_BYTES = 256 * 1024;

/** What putting frames needs of the application. */
export interface PuttingApplication {
  /** Undefined between two streams. */
  readonly stream: ProducerStream | undefined;
  /** Does something that the camera's frames have to stay behind. */
  exclusively(call: () => Promise<void>): Promise<void>;
  /** A put was refused. */
  refuse(error: unknown): void;
}

export class FramePuts {
  readonly #world: World;
  readonly #plan: StreamPlan;
  readonly #book: FrameBook;
  readonly #application: PuttingApplication;
  /** Frames that wait for those of other tracks; undefined where they stay as they are put. */
  readonly ordered: OrderedFrames | undefined;
  /** Parameter sets that a stored frame carried last. */
  storedPicture = 0;
  /** Is put when there is room. */
  #waitingPut: CameraFrame | undefined;
  /** A frame was dropped: nothing behind it can be decoded before the next key frame. */
  #awaitsKey = false;

  constructor(world: World, plan: StreamPlan, book: FrameBook, application: PuttingApplication) {
    this.#world = world;
    this.#plan = plan;
    this.#book = book;
    this.#application = application;
    if (plan.frameOrder !== 'as-put')
      this.ordered = new OrderedFrames(world, plan, book, (frame) => this.#place(frame, frame.canBegin));
  }

  /** A put has found no room, and waits. */
  get isWaiting(): boolean {
    return this.#waitingPut !== undefined;
  }

  /** A new producer stream begins. */
  begin(): void {
    this.ordered?.begin();
    this.#awaitsKey = false;
  }

  put(stream: ProducerStream, frame: CameraFrame): void {
    const isCounted = frame.canBegin && (this.#plan.fragmentation !== undefined || this.#plan.tracks[0] !== 'video');
    const before = isCounted ? stream.metrics.fragmentsPut : 0;
    const account = (result: PutResult): void =>
      this.#account(result, frame, isCounted ? stream.metrics.fragmentsPut > before : frame.canBegin);
    let result: PutResult;
    const usedBefore = this.ordered === undefined ? 0 : stream.metrics.storeUsedBytes;
    try {
      result = stream.tryPutFrame(frameInput(this.#plan, frame, frame.data));
    } catch (error) {
      this.follow(stream);
      return this.#application.refuse(error);
    }
    if (result !== 'full') {
      account(result);
      // While there is room nothing else lets frames go on. A key frame keeps some KiB in one piece, which a tiny store may not have; nor has
      // any store a piece for a large frame for sure, when many small ones wait all over it.
      const { storeCapacityBytes } = stream.metrics;
      const isRoomy = storeCapacityBytes >= ROOMY_STORE_BYTES && frame.data.length <= storeCapacityBytes / 64;
      const hasRoom = isRoomy && usedBefore < storeCapacityBytes / 4;
      this.follow(stream, result === 'stored' && hasRoom);
      return;
    }
    this.follow(stream);
    // The camera's memory is its own again before there is room.
    const input = frameInput(this.#plan, frame, frame.data.slice());
    void this.#application.exclusively(async () => {
      let isTaken = false;
      const { framesPut, framesSkipped } = stream.metrics;
      this.#waitingPut = frame;
      try {
        await stream.putFrame(input);
      } catch (error) {
        return this.#application.refuse(error);
      } finally {
        isTaken = this.#waitingPut === undefined;
        this.#waitingPut = undefined;
      }
      // Behind an end of fragment that waits for room even a stream that drops has to wait.
      if (isTaken) return;
      const { framesPut: put, framesSkipped: skipped } = stream.metrics;
      account(put > framesPut ? 'stored' : skipped > framesSkipped ? 'skipped' : 'dropped');
      this.follow(stream);
    });
  }

  /**
   * Takes in which of the frames that wait had their turn. `waits`: as of `OrderedFrames.follow`; `isSettled`: a put that still waits was not
   * what was skipped.
   */
  follow(stream: ProducerStream, waits = false, isSettled = false): void {
    const ordered = this.ordered;
    if (ordered === undefined) return;
    const { metrics } = stream;
    const frame = this.#waitingPut;
    // Its put has got room, and has not said so yet.
    if (frame !== undefined && metrics.framesPut > this.#book.accepted) {
      this.#waitingPut = undefined;
      this.#account('stored', frame, false);
    }
    // A put that waits may be what was skipped; it says so at once, if it was.
    if (frame !== undefined && metrics.framesSkipped > this.#book.skipped && !isSettled) {
      this.#world.time.after(0, () => stream === this.#application.stream && this.follow(stream, false, true));
      return;
    }
    ordered.follow(metrics, waits);
  }

  /** The stream ended, and said that it lost what it held. */
  lose(): void {
    this.#book.reportLost();
    this.ordered?.lose();
  }

  #account(result: PutResult, frame: CameraFrame, beginsFragment: boolean): void {
    const { timestampUs, data } = frame;
    if (result === 'dropped') {
      // What waited was put before.
      const { stream } = this.#application;
      if (stream !== undefined) this.follow(stream);
      this.#awaitsKey = true;
      this.#book.dropSingly(timestampUs, data.length);
    }
    if (result === 'skipped') this.#book.countSkipped();
    if (result !== 'stored') return;
    if (this.ordered !== undefined) return this.ordered.accept(frame);
    this.#book.countAccepted();
    this.#place(frame, beginsFragment);
  }

  /** Enters a frame into its fragment. */
  #place(frame: CameraFrame, beginsFragment: boolean): void {
    const { trackNumber, timestampUs, content } = frame;
    this.#world.check(
      frame.canBegin || !this.#awaitsKey,
      'what is stored can be decoded',
      () => `${this.#plan.name}: a frame at ${timestampUs} µs refers to one that was dropped`,
    );
    this.#awaitsKey = false;
    if (content.form !== 'plain' && frame.isKey) this.storedPicture = frame.picture;
    const { tracks, codec } = this.#plan;
    const privateData = tracks[0] === 'video' ? PICTURES[codec][this.storedPicture]?.record : undefined;
    this.#book.place(trackNumber, timestampUs, content, beginsFragment, privateData);
  }
}
