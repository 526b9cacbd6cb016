/** An application with one camera: opens its stream, puts frames, uses every call in odd moments, and holds the stream to its word. */
import { KvsError, NotPersistedError } from '../../sdk/errors.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import type { Producer, ProducerStream, PutResult, StreamEvent } from '../../sdk/producer/index.ts';
import { Camera, type CameraFrame } from './camera.ts';
import type { ControlPlane } from './control-plane.ts';
import type { FrameBook } from './frame-book.ts';
import { PICTURES } from './frame-content.ts';
import { frameInput } from './frame-input.ts';
import { OrderedFrames } from './ordered-frames.ts';
import type { Random } from './random.ts';
import { type StreamPlan, streamOptions } from './stream-plan.ts';
import type { World } from './world.ts';

const STOP_WHEN_FULL_CHANCE = 0.1;
/** A store in which a piece for a stream header is found as long as three quarters of it are free. */
const ROOMY_STORE_BYTES = 256 * 1024;
const REOPEN_MS: readonly [number, number] = [200, 5_000];
/** After this long the application has enough of a stop in the middle of a run, milliseconds. */
const STOP_PATIENCE_MS: readonly [number, number] = [500, 90_000];

interface Tag {
  readonly value: string;
  /** The newest fragment when it was queued. */
  readonly afterNumber: number;
}

export class StreamDriver {
  readonly book: FrameBook;
  readonly #world: World;
  readonly #plan: StreamPlan;
  readonly #control: ControlPlane;
  readonly #random: Random;
  readonly #camera: Camera;
  #stream: ProducerStream | undefined;
  /** A call that the camera's frames have to stay behind is going on. */
  #isBusy = false;
  #isEnding = false;
  /** Frames that wait for those of other tracks; undefined where they stay as they are put. */
  readonly #ordered: OrderedFrames | undefined;
  /** Is put when there is room. */
  #waitingPut: CameraFrame | undefined;
  /** Parameter sets that a stored frame carried last. */
  #storedPicture = 0;
  #tags: Tag[] = [];
  #tagCount = 0;
  #hasLost = false;
  /** The last connection that was answered, and what was persisted when it was. */
  #connected = { session: 0, persisted: 0 };
  /** A frame was dropped: nothing behind it can be decoded before the next key frame. */
  #awaitsKey = false;

  constructor(world: World, plan: StreamPlan, book: FrameBook, control: ControlPlane) {
    this.#world = world;
    this.#plan = plan;
    this.book = book;
    this.#control = control;
    this.#random = world.random.fork(`driver ${plan.name}`);
    if (plan.frameOrder !== 'as-put')
      this.#ordered = new OrderedFrames(world, plan, book, (frame) => this.#place(frame, frame.canBegin));
    this.#camera = new Camera(world, plan, this.#random.fork('camera'), (frame) => this.#put(frame));
  }

  get isOpen(): boolean {
    return this.#stream !== undefined && !this.#isEnding;
  }

  /** Opens the stream; tries again until it succeeds or `isWanted` says no more. */
  async open(producer: Producer, isWanted: () => boolean): Promise<void> {
    const { name } = this.#plan;
    while (isWanted()) {
      try {
        this.#control.givenUp.delete(name);
        const stream = await producer.openStream(name, streamOptions(this.#plan, this.#storedPicture));
        if (!isWanted()) return stream.abort();
        this.#begin(producer, stream, isWanted);
        return;
      } catch (error) {
        if (!(error instanceof KvsError)) throw error;
        this.#world.time.note(`open ${name}: ${error.code}`);
        await this.#world.time.wait(this.#random.between(...REOPEN_MS));
      }
    }
  }

  /** Stops the stream and holds it to what that means. `isHealthy`: nothing is wrong that could excuse a failure. */
  async stop(isHealthy: boolean): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined || this.#isEnding) return;
    this.#isEnding = true;
    const { book } = this;
    const toldBefore = book.rejected + book.dropped;
    const giveUp = new AbortController();
    const patienceMs = this.#random.between(...STOP_PATIENCE_MS);
    const task = isHealthy ? undefined : this.#world.time.after(patienceMs, () => giveUp.abort(new Error('Too late')));
    try {
      const stopping = stream.stop({ signal: giveUp.signal });
      this.#follow(stream);
      await stopping;
      this.#follow(stream);
      this.#world.check(!this.#ordered?.count, 'stop means persisted', () => `${book.streamName}: frames wait`);
      this.#checkSettled('stop means persisted', book.newestNumber);
      this.#checkTags();
    } catch (error) {
      this.#follow(stream);
      const left = this.#unsettledFrames();
      const isTold = error instanceof NotPersistedError && error.frames >= left;
      const isGivenUp = this.#control.givenUp.has(this.#plan.name);
      const isKnown = isTold || isGivenUp || left === 0;
      this.#world.check(
        isKnown,
        'stop tells what is lost',
        () => `${book.streamName}: ${left} frames, ${describe(error)}`,
      );
      const isRefused = book.rejected + book.dropped > toldBefore && left === 0;
      this.#world.check(
        !isHealthy || isRefused || isGivenUp,
        'nothing hangs',
        () => `${book.streamName}: stop failed, ${describe(error)}`,
      );
      this.#loseLeft();
    } finally {
      task?.cancel();
    }
    this.#checkFigures(stream);
    this.#stream = undefined;
  }

  /** The camera is done. */
  switchOff(): void {
    this.#camera.switchOff();
  }

  abort(): void {
    const stream = this.#stream;
    if (stream === undefined || this.#isEnding) return;
    this.#isEnding = true;
    stream.abort();
    this.#follow(stream);
    this.#checkFigures(stream);
    this.#loseLeft();
    this.#stream = undefined;
  }

  /** What must hold at rest, whatever goes on. */
  checkStep(): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    if (this.#ordered?.count) this.#follow(stream);
    if (!this.book.isDirty) return;
    this.book.isDirty = false;
    const held = stream.metrics.fragmentsUnpersisted;
    this.#world.check(
      held >= this.book.unsettled,
      'nothing is lost silently',
      () =>
        `${this.book.streamName} holds ${held} fragments, but ${this.book.unsettled} are neither persisted nor told`,
    );
    this.book.checkDropsTold();
  }

  changePicture(): void {
    if (this.#plan.tracks[0] !== 'video') return;
    this.#camera.picture = (this.#camera.picture + 1) % PICTURES[this.#plan.codec].length;
    this.#camera.askForKey();
  }

  /** What is not persisted is told as dropped by the events that come of it. */
  resetStream(): void {
    const stream = this.#stream;
    if (stream === undefined || this.#isEnding) return;
    this.#follow(stream);
    const { fragmentsPut } = stream.metrics;
    stream.resetStream();
    // Metadata that wait go, too.
    this.#hasLost = true;
    this.#ordered?.discard();
    const { fragmentsUnpersisted, fragmentsPut: after } = stream.metrics;
    // A put that waited for room may have got it.
    const isEmpty = fragmentsUnpersisted <= after - fragmentsPut;
    this.#world.check(isEmpty, 'a reset drops everything', () => `${this.#plan.name} holds ${fragmentsUnpersisted}`);
    this.#world.time.after(0, () => {
      const isLeft = this.#waitingPut !== undefined && stream === this.#stream && stream.metrics.storeUsedBytes === 0;
      this.#world.check(!isLeft, 'puts that wait get in', () => `${this.#plan.name}: one waits, and nothing is stored`);
    });
  }

  resetConnection(): void {
    this.#stream?.resetConnection();
  }

  putBadFrame(): void {
    const stream = this.#stream;
    if (!this.isOpen || this.#isBusy || stream === undefined) return;
    for (const bad of [{ trackNumber: 9 }, { timestampUs: -1 }]) {
      const frame = { data: Uint8Array.of(1, 2, 3), timestampUs: 0, isKey: false, ...bad };
      try {
        const result = stream.tryPutFrame(frame);
        // Where what comes before a key frame is dropped unseen.
        if (result === 'dropped') this.book.dropSingly(frame.timestampUs, frame.data.length);
        this.#world.check(result !== 'stored' && result !== 'skipped', 'bad frames are refused', () =>
          JSON.stringify(bad),
        );
      } catch (error) {
        this.#refuse(error);
      }
    }
  }

  async endFragment(): Promise<void> {
    await this.#exclusively(async (stream) => {
      await stream.endFragment();
      this.#follow(stream);
      this.book.closeFragment();
    });
  }

  async flush(): Promise<void> {
    await this.#exclusively(async (stream) => {
      await stream.endFragment();
      this.#follow(stream);
      this.book.closeFragment();
      const through = this.book.newestNumber;
      const giveUp = new AbortController();
      const task = this.#world.time.after(this.#random.between(500, 60_000), () => giveUp.abort(new Error('Too late')));
      try {
        await stream.flush({ signal: giveUp.signal });
        this.#checkSettled('flush means persisted', through);
      } finally {
        task.cancel();
      }
    });
  }

  async putMetadata(isPersistent: boolean): Promise<void> {
    await this.#exclusively(async (stream) => {
      const value = `${this.#plan.name} ${++this.#tagCount}`;
      await stream.putFragmentMetadata(isPersistent ? 'place' : 'note', value, { persistent: isPersistent });
      if (!isPersistent) this.#tags.push({ value, afterNumber: this.book.newestNumber });
    });
  }

  #begin(producer: Producer, stream: ProducerStream, isWanted: () => boolean): void {
    this.book.begin();
    this.#ordered?.begin();
    this.#stream = stream;
    this.#isEnding = false;
    this.#isBusy = false;
    this.#hasLost = false;
    this.#connected = { session: 0, persisted: 0 };
    this.#awaitsKey = false;
    this.#tags = [];
    this.#camera.askForKey();
    void this.#listen(producer, stream, isWanted);
  }

  async #listen(producer: Producer, stream: ProducerStream, isWanted: () => boolean): Promise<void> {
    const events = stream.events();
    for await (const event of events) {
      if (event.type === 'failed' && stream === this.#stream && !this.#isEnding) this.#onFailed(event.error);
      else this.#onEvent(event);
    }
    this.#world.check(events.missed === 0, 'events are read', () => `${events.missed} were missed`);
    if (stream === this.#stream && !this.#isEnding) this.#world.fail('streams end when asked', this.#plan.name);
    while (stream === this.#stream) await this.#world.time.wait(100);
    await this.#world.time.wait(this.#random.between(...REOPEN_MS));
    await this.open(producer, isWanted);
  }

  #onEvent(event: StreamEvent): void {
    this.#world.time.note(`event ${this.#plan.name} ${event.type}`);
    this.book.isDirty = true;
    if (this.#stream !== undefined) this.#follow(this.#stream);
    if (event.type === 'connected') {
      this.#connected = { session: event.session, persisted: this.#stream?.metrics.fragmentsPersisted ?? 0 };
    }
    if (event.type === 'disconnected') this.#checkBackoff(event.session);
    if (event.type === 'frames-dropped') {
      this.#hasLost = true;
      this.book.reportDropped(event);
    } else if (event.type === 'fragment-rejected') {
      this.#hasLost = true;
      this.book.reportRejected(event.frames, event.firstTimestampUs, event.lastTimestampUs);
    }
  }

  /** After a connection that got something done the first wait is the shortest again. */
  #checkBackoff(session: number): void {
    const { callRetries = 0, fragmentsPersisted = 0 } = this.#stream?.metrics ?? {};
    const progressed = session === this.#connected.session && fragmentsPersisted > this.#connected.persisted;
    this.#world.check(
      callRetries <= 1 || !progressed,
      'back-off begins anew',
      () => `${this.#plan.name}: ${callRetries} waits`,
    );
  }

  #onFailed(error: unknown): void {
    this.#world.check(
      this.#control.givenUp.has(this.#plan.name),
      'streams fail for a reason',
      () => `${this.#plan.name}: ${describe(error)}`,
    );
    this.#loseLeft();
    this.#stream = undefined;
  }

  #put(frame: CameraFrame): void {
    const stream = this.#stream;
    if (stream === undefined || this.#isEnding || this.#isBusy) return;
    const isCounted = frame.canBegin && (this.#plan.fragmentation !== undefined || this.#plan.tracks[0] !== 'video');
    const before = isCounted ? stream.metrics.fragmentsPut : 0;
    const account = (result: PutResult): void =>
      this.#account(result, frame, isCounted ? stream.metrics.fragmentsPut > before : frame.canBegin);
    let result: PutResult;
    const usedBefore = this.#ordered === undefined ? 0 : stream.metrics.storeUsedBytes;
    try {
      result = stream.tryPutFrame(frameInput(this.#plan, frame, frame.data));
    } catch (error) {
      this.#follow(stream);
      return this.#refuse(error);
    }
    if (result !== 'full') {
      account(result);
      // While there is room nothing else lets frames go on. A key frame keeps some KiB in one piece, which a tiny store may not have; nor has
      // any store a piece for a large frame for sure, when many small ones wait all over it.
      const { storeCapacityBytes } = stream.metrics;
      const isRoomy = storeCapacityBytes >= ROOMY_STORE_BYTES && frame.data.length <= storeCapacityBytes / 64;
      const hasRoom = isRoomy && usedBefore < storeCapacityBytes / 4;
      this.#follow(stream, result === 'stored' && hasRoom);
      return;
    }
    this.#follow(stream);
    // The camera's memory is its own again before there is room.
    const input = frameInput(this.#plan, frame, frame.data.slice());
    void this.#exclusively(async () => {
      let isTaken = false;
      const { framesPut, framesSkipped } = stream.metrics;
      this.#waitingPut = frame;
      try {
        await stream.putFrame(input);
      } catch (error) {
        return this.#refuse(error);
      } finally {
        isTaken = this.#waitingPut === undefined;
        this.#waitingPut = undefined;
      }
      // Behind an end of fragment that waits for room even a stream that drops has to wait.
      if (isTaken) return;
      const { framesPut: put, framesSkipped: skipped } = stream.metrics;
      account(put > framesPut ? 'stored' : skipped > framesSkipped ? 'skipped' : 'dropped');
      this.#follow(stream);
    });
  }

  #account(result: PutResult, frame: CameraFrame, beginsFragment: boolean): void {
    const { timestampUs, data } = frame;
    if (result === 'dropped') {
      // What waited was put before.
      if (this.#stream !== undefined) this.#follow(this.#stream);
      this.#awaitsKey = true;
      this.book.dropSingly(timestampUs, data.length);
    }
    if (result === 'skipped') this.book.countSkipped();
    if (result !== 'stored') return;
    if (this.#ordered !== undefined) return this.#ordered.accept(frame);
    this.book.countAccepted();
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
    if (content.form !== 'plain' && frame.isKey) this.#storedPicture = frame.picture;
    const { tracks, codec } = this.#plan;
    const privateData = tracks[0] === 'video' ? PICTURES[codec][this.#storedPicture]?.record : undefined;
    this.book.place(trackNumber, timestampUs, content, beginsFragment, privateData);
  }

  /**
   * Takes in which of the frames that wait had their turn. `waits`: as of `OrderedFrames.follow`; `isSettled`: a put that still waits was not
   * what was skipped.
   */
  #follow(stream: ProducerStream, waits = false, isSettled = false): void {
    const ordered = this.#ordered;
    if (ordered === undefined) return;
    const { metrics } = stream;
    const frame = this.#waitingPut;
    // Its put has got room, and has not said so yet.
    if (frame !== undefined && metrics.framesPut > this.book.accepted) {
      this.#waitingPut = undefined;
      this.#account('stored', frame, false);
    }
    // A put that waits may be what was skipped; it says so at once, if it was.
    if (frame !== undefined && metrics.framesSkipped > this.book.skipped && !isSettled) {
      this.#world.time.after(0, () => stream === this.#stream && this.#follow(stream, false, true));
      return;
    }
    ordered.follow(metrics, waits);
  }

  #loseLeft(): void {
    this.book.reportLost();
    this.#ordered?.lose();
  }

  #refuse(error: unknown): void {
    if (!(error instanceof KvsError)) throw error;
    this.#world.time.note(`refused ${this.#plan.name} ${error.code}`);
    this.#world.tally.framesRefused++;
    // Where nothing but a stop can help, an application comes to it sooner or later.
    const isFull = error.status === STATUS.STATUS_STORE_OUT_OF_MEMORY;
    if (isFull && this.#random.chance(STOP_WHEN_FULL_CHANCE)) void this.stop(false);
  }

  /** One call at a time, so that what it did is known; the camera's frames are let go meanwhile. */
  async #exclusively(call: (stream: ProducerStream) => Promise<void>): Promise<void> {
    const stream = this.#stream;
    if (!this.isOpen || this.#isBusy || stream === undefined) return;
    this.#isBusy = true;
    try {
      await call(stream);
    } catch (error) {
      const isKnown = error instanceof KvsError || (error instanceof Error && error.message === 'Too late');
      if (!isKnown) this.#world.fail('errors are typed', describe(error));
    } finally {
      if (stream === this.#stream) this.#isBusy = false;
    }
  }

  #checkSettled(invariant: string, through: number): void {
    const left = this.book.unsettledThrough(through);
    this.#world.check(
      left.length === 0,
      invariant,
      () => `${this.book.streamName}: fragments ${left.map(({ number }) => number).join(', ')}`,
    );
  }

  #checkTags(): void {
    if (this.#hasLost) return;
    const missing = this.#tags.filter(
      ({ value, afterNumber }) => afterNumber < this.book.newestNumber && !this.book.tagsSeen.has(value),
    );
    this.#world.check(missing.length === 0, 'metadata arrives', () => missing.map(({ value }) => value).join(', '));
  }

  #checkFigures(stream: ProducerStream): void {
    const { framesPut, framesSkipped, framesDropped, framesRejected } = stream.metrics;
    const { accepted, skipped, dropped, rejected } = this.book;
    const told = [framesPut, framesSkipped, framesDropped, framesRejected].join(' ');
    const counted = [accepted, skipped, dropped, rejected].join(' ');
    this.#world.check(
      told === counted,
      'figures are right',
      () => `put, skipped, dropped, rejected: ${told}, not ${counted}`,
    );
  }

  #unsettledFrames(): number {
    const left = this.book.unsettledThrough(this.book.newestNumber).reduce((sum, { frames }) => sum + frames.length, 0);
    return left + (this.#ordered?.count ?? 0);
  }
}

const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
