/** An application with one camera: opens its stream, puts frames, uses every call in odd moments, and holds the stream to its word. */
import { KvsError, NotPersistedError } from '../../sdk/errors.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import type { Producer, ProducerStream, StreamEvent } from '../../sdk/producer/index.ts';
import { Camera, type CameraFrame } from './camera.ts';
import type { ControlPlane } from './control-plane.ts';
import type { FrameBook } from './frame-book.ts';
import { PICTURES } from './frame-content.ts';
import { FramePuts, type PuttingApplication } from './frame-puts.ts';
import type { Random } from './random.ts';
import { StreamChecks } from './stream-checks.ts';
import { type StreamPlan, streamOptions } from './stream-plan.ts';
import type { World } from './world.ts';

const STOP_WHEN_FULL_CHANCE = 0.1;
const REOPEN_MS: readonly [number, number] = [200, 5_000];
/** After this long the application has enough of a stop in the middle of a run, milliseconds. */
const STOP_PATIENCE_MS: readonly [number, number] = [500, 90_000];

export class StreamDriver implements PuttingApplication {
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
  readonly #puts: FramePuts;
  readonly #checks: StreamChecks;
  #tagCount = 0;

  constructor(world: World, plan: StreamPlan, book: FrameBook, control: ControlPlane) {
    this.#world = world;
    this.#plan = plan;
    this.book = book;
    this.#control = control;
    this.#random = world.random.fork(`driver ${plan.name}`);
    this.#puts = new FramePuts(world, plan, book, this);
    this.#checks = new StreamChecks(world, plan, book, this.#puts);
    this.#camera = new Camera(world, plan, this.#random.fork('camera'), (frame) => this.#put(frame));
  }

  get stream(): ProducerStream | undefined {
    return this.#stream;
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
        const stream = await producer.openStream(name, streamOptions(this.#plan, this.#puts.storedPicture));
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
      this.#puts.follow(stream);
      await stopping;
      this.#puts.follow(stream);
      this.#world.check(!this.#puts.ordered?.count, 'stop means persisted', () => `${book.streamName}: frames wait`);
      this.#checks.checkSettled('stop means persisted', book.newestNumber);
      this.#checks.checkTags();
    } catch (error) {
      this.#puts.follow(stream);
      const left = this.#checks.unsettledFrames;
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
      this.#puts.lose();
    } finally {
      task?.cancel();
    }
    this.#checks.checkFigures(stream);
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
    this.#puts.follow(stream);
    this.#checks.checkFigures(stream);
    this.#puts.lose();
    this.#stream = undefined;
  }

  /** What must hold at rest, whatever goes on. */
  checkStep(): void {
    if (this.#stream !== undefined) this.#checks.checkStep(this.#stream);
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
    this.#puts.follow(stream);
    const { fragmentsPut } = stream.metrics;
    stream.resetStream();
    // Metadata that wait go, too.
    this.#checks.noteLoss();
    this.#puts.ordered?.discard();
    const { fragmentsUnpersisted, fragmentsPut: after } = stream.metrics;
    // A put that waited for room may have got it.
    const isEmpty = fragmentsUnpersisted <= after - fragmentsPut;
    this.#world.check(isEmpty, 'a reset drops everything', () => `${this.#plan.name} holds ${fragmentsUnpersisted}`);
    this.#world.time.after(0, () => {
      const isLeft = this.#puts.isWaiting && stream === this.#stream && stream.metrics.storeUsedBytes === 0;
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
        this.refuse(error);
      }
    }
  }

  async endFragment(): Promise<void> {
    await this.exclusively(async (stream) => {
      await stream.endFragment();
      this.#puts.follow(stream);
      this.book.closeFragment();
    });
  }

  async flush(): Promise<void> {
    await this.exclusively(async (stream) => {
      await stream.endFragment();
      this.#puts.follow(stream);
      this.book.closeFragment();
      const through = this.book.newestNumber;
      const giveUp = new AbortController();
      const task = this.#world.time.after(this.#random.between(500, 60_000), () => giveUp.abort(new Error('Too late')));
      try {
        await stream.flush({ signal: giveUp.signal });
        this.#checks.checkSettled('flush means persisted', through);
      } finally {
        task.cancel();
      }
    });
  }

  async putMetadata(isPersistent: boolean): Promise<void> {
    await this.exclusively(async (stream) => {
      const value = `${this.#plan.name} ${++this.#tagCount}`;
      await stream.putFragmentMetadata(isPersistent ? 'place' : 'note', value, { persistent: isPersistent });
      if (!isPersistent) this.#checks.expectTag(value);
    });
  }

  #begin(producer: Producer, stream: ProducerStream, isWanted: () => boolean): void {
    this.book.begin();
    this.#puts.begin();
    this.#checks.begin();
    this.#stream = stream;
    this.#isEnding = false;
    this.#isBusy = false;
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
    if (this.#stream !== undefined) this.#puts.follow(this.#stream);
    if (event.type === 'connected') {
      this.#checks.noteConnected(event.session, this.#stream?.metrics.fragmentsPersisted ?? 0);
    }
    if (event.type === 'disconnected' && this.#stream !== undefined)
      this.#checks.checkBackoff(event.session, this.#stream.metrics);
    if (event.type === 'frames-dropped') {
      this.#checks.noteLoss();
      this.book.reportDropped(event);
    } else if (event.type === 'fragment-rejected') {
      this.#checks.noteLoss();
      this.book.reportRejected(event.frames, event.firstTimestampUs, event.lastTimestampUs);
    }
  }

  #onFailed(error: unknown): void {
    this.#world.check(
      this.#control.givenUp.has(this.#plan.name),
      'streams fail for a reason',
      () => `${this.#plan.name}: ${describe(error)}`,
    );
    this.#puts.lose();
    this.#stream = undefined;
  }

  #put(frame: CameraFrame): void {
    if (this.#stream !== undefined && !this.#isEnding && !this.#isBusy) this.#puts.put(this.#stream, frame);
  }

  /** Of a put: where nothing but a stop can help, an application comes to it sooner or later. */
  refuse(error: unknown): void {
    if (!(error instanceof KvsError)) throw error;
    this.#world.time.note(`refused ${this.#plan.name} ${error.code}`);
    this.#world.tally.framesRefused++;
    const isFull = error.status === STATUS.STATUS_STORE_OUT_OF_MEMORY;
    if (isFull && this.#random.chance(STOP_WHEN_FULL_CHANCE)) void this.stop(false);
  }

  /** One call at a time, so that what it did is known; the camera's frames are let go meanwhile. */
  async exclusively(call: (stream: ProducerStream) => Promise<void>): Promise<void> {
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
}

const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
