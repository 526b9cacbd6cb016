/** What a stream promises its application: the simulation holds it to that. */
import type { ProducerStream, StreamMetrics } from '../../sdk/producer/index.ts';
import type { FrameBook } from './frame-book.ts';
import type { FramePuts } from './frame-puts.ts';
import type { StreamPlan } from './stream-plan.ts';
import type { World } from './world.ts';

interface Tag {
  readonly value: string;
  /** The newest fragment when it was queued. */
  readonly afterNumber: number;
}

export class StreamChecks {
  readonly #world: World;
  readonly #plan: StreamPlan;
  readonly #book: FrameBook;
  readonly #puts: FramePuts;
  #tags: Tag[] = [];
  #hasLost = false;
  /** The last connection that was answered, and what was persisted when it was. */
  #connected = { session: 0, persisted: 0 };

  constructor(world: World, plan: StreamPlan, book: FrameBook, puts: FramePuts) {
    this.#world = world;
    this.#plan = plan;
    this.#book = book;
    this.#puts = puts;
  }

  /** A new producer stream begins. */
  begin(): void {
    this.#tags = [];
    this.#hasLost = false;
    this.#connected = { session: 0, persisted: 0 };
  }

  /** Metadata were put that have to come with the next fragment. */
  expectTag(value: string): void {
    this.#tags.push({ value, afterNumber: this.#book.newestNumber });
  }

  /** Something was lost, metadata perhaps with it. */
  noteLoss(): void {
    this.#hasLost = true;
  }

  noteConnected(session: number, persisted: number): void {
    this.#connected = { session, persisted };
  }

  /** What must hold at rest, whatever goes on. */
  checkStep(stream: ProducerStream): void {
    if (this.#puts.ordered?.count) this.#puts.follow(stream);
    if (!this.#book.isDirty) return;
    this.#book.isDirty = false;
    const held = stream.metrics.fragmentsUnpersisted;
    this.#world.check(
      held >= this.#book.unsettled,
      'nothing is lost silently',
      () =>
        `${this.#book.streamName} holds ${held} fragments, but ${this.#book.unsettled} are neither persisted nor told`,
    );
    this.#book.checkDropsTold();
  }

  /** After a connection that got something done the first wait is the shortest again. */
  checkBackoff(session: number, { callRetries, fragmentsPersisted }: StreamMetrics): void {
    const progressed = session === this.#connected.session && fragmentsPersisted > this.#connected.persisted;
    this.#world.check(
      callRetries <= 1 || !progressed,
      'back-off begins anew',
      () => `${this.#plan.name}: ${callRetries} waits`,
    );
  }

  checkSettled(invariant: string, through: number): void {
    const left = this.#book.unsettledThrough(through);
    this.#world.check(
      left.length === 0,
      invariant,
      () => `${this.#book.streamName}: fragments ${left.map(({ number }) => number).join(', ')}`,
    );
  }

  checkTags(): void {
    if (this.#hasLost) return;
    const missing = this.#tags.filter(
      ({ value, afterNumber }) => afterNumber < this.#book.newestNumber && !this.#book.tagsSeen.has(value),
    );
    this.#world.check(missing.length === 0, 'metadata arrives', () => missing.map(({ value }) => value).join(', '));
  }

  checkFigures(stream: ProducerStream): void {
    const { framesPut, framesSkipped, framesDropped, framesRejected } = stream.metrics;
    const { accepted, skipped, dropped, rejected } = this.#book;
    const told = [framesPut, framesSkipped, framesDropped, framesRejected].join(' ');
    const counted = [accepted, skipped, dropped, rejected].join(' ');
    this.#world.check(
      told === counted,
      'figures are right',
      () => `put, skipped, dropped, rejected: ${told}, not ${counted}`,
    );
  }

  /** Frames that are neither persisted nor told as lost. */
  get unsettledFrames(): number {
    const left = this.#book
      .unsettledThrough(this.#book.newestNumber)
      .reduce((sum, { frames }) => sum + frames.length, 0);
    return left + (this.#puts.ordered?.count ?? 0);
  }
}
