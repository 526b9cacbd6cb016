/** The truth about one stream: every frame that was accepted, in which fragment it is, and what became of it. */
import type { FrameContent } from './frame-content.ts';
import type { World } from './world.ts';

export type Loss = 'dropped' | 'rejected' | 'lost';

export interface FrameRecord {
  readonly trackNumber: number;
  readonly timestampUs: number;
  readonly content: FrameContent;
  readonly fragment: FragmentRecord;
  /** Times that the service received it whole. */
  received: number;
}

export interface FragmentRecord {
  /** Counts the stream's fragments, from 1. */
  readonly number: number;
  readonly frames: FrameRecord[];
  /** Codec private data of the first track that goes with it; undefined where none is checked. */
  readonly privateData: Uint8Array | undefined;
  lowestUs: number;
  highestUs: number;
  isClosed: boolean;
  /** Times that the service has it on disk. */
  persisted: number;
  /** The service refused it for good. */
  isRefused: boolean;
  /** The client was told that it is persisted. */
  isAcknowledged: boolean;
  reported: Loss | undefined;
}

const keyOf = (trackNumber: number, timecodeMs: number): number => timecodeMs * 4 + trackNumber;

export class FrameBook {
  readonly streamName: string;
  /** Fragments neither persisted nor reported. */
  unsettled = 0;
  /** Something has happened that could lose something. */
  isDirty = false;
  /** Frames of the stream that is open now. */
  accepted = 0;
  skipped = 0;
  dropped = 0;
  rejected = 0;
  /** Values of metadata that arrived at the service. */
  readonly tagsSeen = new Set<string>();
  readonly #world: World;
  readonly #frames = new Map<number, FrameRecord>();
  #fragments: FragmentRecord[] = [];
  #refusedUnnamed: FragmentRecord[] = [];
  #number = 0;
  /** Frames that a put said to be dropped and no event has told yet, by presentation time. */
  readonly #droppedSingly = new Map<number, number>();

  constructor(world: World, streamName: string) {
    this.#world = world;
    this.streamName = streamName;
  }

  /** A new producer stream begins. */
  begin(): void {
    this.tagsSeen.clear();
    this.#refusedUnnamed = [];
    this.accepted = this.skipped = this.dropped = this.rejected = 0;
    this.#fragments = [];
    this.unsettled = 0;
    this.#droppedSingly.clear();
  }

  accept(
    trackNumber: number,
    timestampUs: number,
    content: FrameContent,
    beginsFragment: boolean,
    privateData: Uint8Array | undefined,
  ): void {
    this.accepted++;
    this.#world.tally.framesPut++;
    let fragment = this.#fragments.at(-1);
    if (beginsFragment || fragment === undefined) {
      this.closeFragment();
      fragment = {
        number: ++this.#number,
        frames: [],
        privateData,
        lowestUs: timestampUs,
        highestUs: timestampUs,
        isClosed: false,
        persisted: 0,
        isRefused: false,
        isAcknowledged: false,
        reported: undefined,
      };
      this.#fragments.push(fragment);
      this.unsettled++;
    }
    this.#world.check(!fragment.isClosed, 'frame after the end', () => `${this.streamName}: no fragment is open`);
    const record: FrameRecord = { trackNumber, timestampUs, content, fragment, received: 0 };
    fragment.frames.push(record);
    fragment.lowestUs = Math.min(fragment.lowestUs, timestampUs);
    fragment.highestUs = Math.max(fragment.highestUs, timestampUs);
    this.#frames.set(keyOf(trackNumber, Math.floor(timestampUs / 1000)), record);
  }

  /** A put said `dropped`. */
  dropSingly(timestampUs: number, bytes: number): void {
    this.#droppedSingly.set(timestampUs, bytes);
  }

  closeFragment(): void {
    const last = this.#fragments.at(-1);
    if (last !== undefined) last.isClosed = true;
  }

  find(trackNumber: number, timecodeMs: number): FrameRecord | undefined {
    return this.#frames.get(keyOf(trackNumber, timecodeMs));
  }

  /** The fragment of this timecode. */
  fragmentAt(timecodeMs: number): FragmentRecord | undefined {
    for (const trackNumber of [1, 2, 3]) {
      const frame = this.find(trackNumber, timecodeMs);
      if (frame !== undefined) return frame.fragment;
    }
    return undefined;
  }

  /** The service refuses a fragment for good; `isNamed`: and says which. */
  refuse(fragment: FragmentRecord, isNamed: boolean): void {
    fragment.isRefused = true;
    if (!isNamed) this.#refusedUnnamed.push(fragment);
  }

  /** The service has the fragment on disk. */
  persist(fragment: FragmentRecord): void {
    if (fragment.persisted++ > 0) return;
    this.#world.tally.framesPersisted += fragment.frames.length;
    if (fragment.reported === undefined) this.#settle(fragment);
  }

  /** An event tells of frames that will not be sent. */
  reportDropped(frames: number, bytes: number, firstUs: number, lastUs: number): void {
    this.dropped += frames;
    this.#world.tally.framesDropped += frames;
    if (frames === 1 && this.#droppedSingly.get(firstUs) === bytes && firstUs === lastUs)
      this.#droppedSingly.delete(firstUs);
    else this.#report('dropped', frames, firstUs, lastUs);
  }

  reportRejected(frames: number, firstUs: number, lastUs: number): void {
    this.rejected += frames;
    this.#world.tally.framesRejected += frames;
    this.#report('rejected', frames, firstUs, lastUs);
  }

  /** The stream ended without its last fragments, and said so. Gives their number of frames. */
  reportLost(): number {
    let frames = 0;
    for (const fragment of this.#fragments) {
      if (fragment.persisted > 0 || fragment.reported !== undefined) continue;
      fragment.reported = 'lost';
      frames += fragment.frames.length;
    }
    this.#world.tally.framesLost += frames;
    this.unsettled = 0;
    return frames;
  }

  /** Fragments that are neither persisted nor reported, of those up to a number. */
  unsettledThrough(number: number): FragmentRecord[] {
    return this.#fragments.filter(
      (fragment) => fragment.number <= number && fragment.persisted === 0 && fragment.reported === undefined,
    );
  }

  get newestNumber(): number {
    return this.#number;
  }

  /** Everything that a put called dropped was told by an event. */
  checkDropsTold(): void {
    this.#world.check(
      this.#droppedSingly.size === 0,
      'drop not reported',
      () => `${this.streamName}: frames at ${[...this.#droppedSingly.keys()].join(', ')} µs`,
    );
  }

  #report(loss: Loss, frames: number, firstUs: number, lastUs: number): void {
    const fragment = this.#fragments.find(({ lowestUs, highestUs }) => lowestUs === firstUs && highestUs === lastUs);
    const what = `${this.streamName}: ${frames} frames from ${firstUs} to ${lastUs} µs`;
    if (fragment === undefined || fragment.frames.length !== frames)
      return this.#world.fail(`wrong ${loss} report`, `${what} are no fragment (${fragment?.frames.length} frames)`);
    if (fragment.reported !== undefined) return this.#world.fail('reported twice', `${what}, ${fragment.reported}`);
    // An error ack that names none, for a fragment that the client does not hold any more, cannot but fall on the next one.
    const isMistaken = this.#refusedUnnamed.some(
      ({ reported, isAcknowledged }) => reported === 'dropped' || isAcknowledged,
    );
    if (loss === 'rejected' && !fragment.isRefused && !isMistaken)
      return this.#world.fail('rejected only what is refused', what);
    if (fragment.isAcknowledged) return this.#world.fail('acknowledged and reported', what);
    fragment.reported = loss;
    fragment.isClosed = true;
    if (fragment.persisted === 0) this.#settle(fragment);
  }

  #settle(fragment: FragmentRecord): void {
    this.unsettled--;
    // What is settled is only looked for while it is near.
    if (this.unsettled < 0) this.#world.fail('settled too often', `${this.streamName}: fragment ${fragment.number}`);
    const oldest = this.#fragments.findIndex(
      ({ persisted, reported, isClosed }) => (persisted === 0 && reported === undefined) || !isClosed,
    );
    if (oldest > 200) this.#fragments.splice(0, oldest - 100);
  }
}
