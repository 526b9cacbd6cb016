/** The truth about one stream: every frame that was accepted, in which fragment it is, and what became of it. */
import type { FramesDroppedEvent } from '../../sdk/producer/events.ts';
import type { FrameContent } from './frame-content.ts';
import { EPOCH_MS, type World } from './world.ts';

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
  /** The client was told that it is received. */
  isReceivedTold: boolean;
  /** May be lost without a word: it was received, and the native policy for lost connections asks for no more. */
  isForgiven: boolean;
  reported: Loss | undefined;
}

/** Small, so that a map finds it fast. */
const keyOf = (trackNumber: number, timecodeMs: number): number => (timecodeMs - EPOCH_MS) * 4 + trackNumber;

const isUnsettled = ({ persisted, reported, isForgiven }: FragmentRecord): boolean =>
  persisted === 0 && reported === undefined && !isForgiven;

/** Frames are looked up as long as their fragment is one of this many newest: far more than a store holds. */
const KEPT_FRAGMENTS = 2_000;

export class FrameBook {
  readonly streamName: string;
  /** What was RECEIVED is not sent again: the stream's policy for lost connections is the native one. */
  readonly trustsReceived: boolean;
  /** Fragments neither persisted nor reported. */
  unsettled = 0;
  /** Something has happened that could lose something. */
  isDirty = false;
  /** Frames of the stream that is open now. */
  accepted = 0;
  skipped = 0;
  dropped = 0;
  rejected = 0;
  /** Frames told as dropped or rejected, of all streams of this name. */
  told = 0;
  /** Values of metadata that arrived at the service. */
  readonly tagsSeen = new Set<string>();
  readonly #world: World;
  readonly #frames = new Map<number, FrameRecord>();
  #fragments: FragmentRecord[] = [];
  /** Fragments in order whose frames can be looked up. */
  #known: FragmentRecord[] = [];
  #refusedUnnamed: FragmentRecord[] = [];
  #number = 0;
  /** Frames that a put said to be dropped and no event has told yet, by presentation time. */
  readonly #droppedSingly = new Map<number, number>();
  /** Frames that an event told and no put has said to be dropped yet. */
  readonly #toldSingly = new Map<number, number>();

  /** Frames that waited for their turn when a reset gave them up, and that no event has told yet: presentation times. */
  #discarded: readonly number[] = [];
  readonly #keepsAll: boolean;

  /** `keepsAll`: nothing may be lost to make room, or by a roll back. */
  constructor(world: World, streamName: string, trustsReceived: boolean, keepsAll: boolean) {
    this.#world = world;
    this.streamName = streamName;
    this.trustsReceived = trustsReceived;
    this.#keepsAll = keepsAll;
  }

  /** A new producer stream begins. */
  begin(): void {
    this.tagsSeen.clear();
    this.#refusedUnnamed = [];
    this.accepted = this.skipped = this.dropped = this.rejected = 0;
    this.#fragments = [];
    this.unsettled = 0;
    this.#droppedSingly.clear();
    this.#toldSingly.clear();
    this.#discarded = [];
  }

  /** A put took a frame. */
  countAccepted(): void {
    this.accepted++;
    this.#world.tally.framesPut++;
  }

  countSkipped(): void {
    this.skipped++;
    this.#world.tally.framesSkipped++;
  }

  /** Enters a frame that was accepted behind those before it. */
  place(
    trackNumber: number,
    timestampUs: number,
    content: FrameContent,
    beginsFragment: boolean,
    privateData: Uint8Array | undefined,
  ): void {
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
        isReceivedTold: false,
        isForgiven: false,
        reported: undefined,
      };
      this.#fragments.push(fragment);
      this.#remember(fragment);
      this.unsettled++;
    }
    this.#world.check(!fragment.isClosed, 'frame after the end', () => `${this.streamName}: no fragment is open`);
    this.#world.check(
      fragment.privateData === privateData,
      'frames fit their header',
      () => `${this.streamName}: a frame at ${timestampUs} µs has other parameter sets than its fragment began with`,
    );
    const record: FrameRecord = { trackNumber, timestampUs, content, fragment, received: 0 };
    fragment.frames.push(record);
    fragment.lowestUs = Math.min(fragment.lowestUs, timestampUs);
    fragment.highestUs = Math.max(fragment.highestUs, timestampUs);
    this.#frames.set(keyOf(trackNumber, Math.floor(timestampUs / 1000)), record);
  }

  /** A put said `dropped`. */
  dropSingly(timestampUs: number, bytes: number): void {
    this.#pair(this.#toldSingly, this.#droppedSingly, timestampUs, bytes);
  }

  /** Frames that waited were given up. */
  discard(timestampsUs: readonly number[]): void {
    this.#discarded = [...this.#discarded, ...timestampsUs];
  }

  /** What a put says and what an event tells come in either order. */
  #pair(waiting: Map<number, number>, own: Map<number, number>, timestampUs: number, bytes: number): void {
    if (waiting.get(timestampUs) === bytes) waiting.delete(timestampUs);
    else own.set(timestampUs, bytes);
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
    if (fragment.reported !== undefined) return;
    if (fragment.isForgiven) this.#world.tally.framesTrusted -= fragment.frames.length;
    else this.#settle(fragment);
  }

  /** The client was told that the service has received the fragment; the native policy takes that for all in front of it, too. */
  receive(fragment: FragmentRecord): void {
    fragment.isReceivedTold = true;
    if (!this.trustsReceived) return;
    for (const trusted of this.unsettledThrough(fragment.number)) {
      trusted.isForgiven = true;
      this.#world.tally.framesTrusted += trusted.frames.length;
      this.#settle(trusted);
    }
  }

  /** An event tells of frames that will not be sent. */
  reportDropped({ reason, frames, bytes, firstTimestampUs, lastTimestampUs, isFragment }: FramesDroppedEvent): void {
    const { tally } = this.#world;
    this.dropped += frames;
    this.told += frames;
    tally.framesDropped += frames;
    tally.droppedBy[reason] = (tally.droppedBy[reason] ?? 0) + frames;
    const isAllowed = reason === 'reset' || !this.#keepsAll;
    this.#world.check(isAllowed, 'offline loses nothing', () => `${this.streamName}: ${frames} frames, ${reason}`);
    if (!isFragment && reason === 'reset') this.#reportDiscarded(frames, firstTimestampUs, lastTimestampUs);
    else if (!isFragment) {
      const isOne = frames === 1 && firstTimestampUs === lastTimestampUs;
      this.#world.check(isOne, 'wrong dropped report', () => `${this.streamName}: a frame at ${firstTimestampUs} µs`);
      this.#pair(this.#droppedSingly, this.#toldSingly, firstTimestampUs, bytes);
    } else if (reason === 'roll-back') this.#reportRange(frames, firstTimestampUs, lastTimestampUs);
    else this.#report('dropped', frames, firstTimestampUs, lastTimestampUs);
  }

  reportRejected(frames: number, firstUs: number, lastUs: number): void {
    this.rejected += frames;
    this.told += frames;
    this.#world.tally.framesRejected += frames;
    this.#report('rejected', frames, firstUs, lastUs);
  }

  /** The stream ended without its last fragments, and said so. Gives their number of frames. */
  reportLost(): number {
    let frames = 0;
    for (const fragment of this.#fragments) {
      if (!isUnsettled(fragment)) continue;
      fragment.reported = 'lost';
      frames += fragment.frames.length;
    }
    this.#world.tally.framesLost += frames;
    this.unsettled = 0;
    return frames;
  }

  /** Fragments that are neither persisted nor reported, of those up to a number. */
  unsettledThrough(number: number): FragmentRecord[] {
    return this.#fragments.filter((fragment) => fragment.number <= number && isUnsettled(fragment));
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
    this.#world.check(
      this.#discarded.length === 0,
      'drop not reported',
      () => `${this.streamName}: frames that waited, at ${this.#discarded.join(', ')} µs`,
    );
    this.#world.check(
      this.#toldSingly.size === 0,
      'wrong dropped report',
      () => `${this.streamName}: frames at ${[...this.#toldSingly.keys()].join(', ')} µs`,
    );
  }

  #reportDiscarded(frames: number, firstUs: number, lastUs: number): void {
    const times = this.#discarded;
    this.#discarded = [];
    const isRight = times.length === frames && Math.min(...times) === firstUs && Math.max(...times) === lastUs;
    this.#world.check(
      isRight,
      'wrong dropped report',
      () => `${this.streamName}: ${times.length} waited, not ${frames}`,
    );
  }

  #remember(fragment: FragmentRecord): void {
    this.#known.push(fragment);
    if (this.#known.length < 2 * KEPT_FRAGMENTS) return;
    for (const { frames } of this.#known.splice(0, KEPT_FRAGMENTS))
      for (const { trackNumber, timestampUs } of frames)
        this.#frames.delete(keyOf(trackNumber, Math.floor(timestampUs / 1000)));
  }

  #report(loss: Exclude<Loss, 'lost'>, frames: number, firstUs: number, lastUs: number): void {
    const fragment = this.#fragments.find(({ lowestUs, highestUs }) => lowestUs === firstUs && highestUs === lastUs);
    this.#reportOne(loss, fragment, frames, firstUs, lastUs);
  }

  /** One event tells of all fragments that a roll back leaves behind. */
  #reportRange(frames: number, firstUs: number, lastUs: number): void {
    const range = this.#fragments.filter(
      (fragment) =>
        fragment.lowestUs >= firstUs &&
        fragment.highestUs <= lastUs &&
        fragment.reported === undefined &&
        !fragment.isAcknowledged,
    );
    const count = range.reduce((sum, fragment) => sum + fragment.frames.length, 0);
    if (count !== frames)
      this.#world.fail(
        'wrong dropped report',
        `${this.streamName}: ${frames} frames from ${firstUs} to ${lastUs} µs, where ${count} are owed`,
      );
    for (const fragment of range)
      this.#reportOne('dropped', fragment, fragment.frames.length, fragment.lowestUs, fragment.highestUs);
  }

  #reportOne(
    loss: Exclude<Loss, 'lost'>,
    fragment: FragmentRecord | undefined,
    frames: number,
    firstUs: number,
    lastUs: number,
  ): void {
    const what = `${this.streamName}: ${frames} frames from ${firstUs} to ${lastUs} µs`;
    if (fragment === undefined || fragment.frames.length !== frames)
      return this.#world.fail(`wrong ${loss} report`, `${what} are no fragment (${fragment?.frames.length} frames)`);
    if (fragment.reported !== undefined) return this.#world.fail('reported twice', `${what}, ${fragment.reported}`);
    // An error ack that names none, for a fragment that the client does not hold any more, cannot but fall on the next one. An ack of any
    // later fragment takes it away as its own does.
    const acknowledged = Math.max(
      0,
      ...this.#fragments.filter((each) => each.isAcknowledged).map((each) => each.number),
    );
    const isMistaken = this.#refusedUnnamed.some(
      ({ reported, number }) => reported === 'dropped' || number <= acknowledged,
    );
    if (loss === 'rejected' && !fragment.isRefused && !isMistaken)
      return this.#world.fail('rejected only what is refused', what);
    if (fragment.isAcknowledged) return this.#world.fail('acknowledged and reported', what);
    fragment.reported = loss;
    fragment.isClosed = true;
    if (fragment.isForgiven) this.#world.tally.framesTrusted -= fragment.persisted > 0 ? 0 : fragment.frames.length;
    else if (fragment.persisted === 0) this.#settle(fragment);
  }

  #settle(fragment: FragmentRecord): void {
    this.unsettled--;
    // What is settled is only looked for while it is near.
    if (this.unsettled < 0) this.#world.fail('settled too often', `${this.streamName}: fragment ${fragment.number}`);
    const oldest = this.#fragments.findIndex((each) => isUnsettled(each) || !each.isClosed);
    if (oldest > 200) this.#fragments.splice(0, oldest - 100);
  }
}
