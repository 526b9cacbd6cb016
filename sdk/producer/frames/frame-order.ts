/**
 * Puts the frames of several tracks in order. Frames that are put unevenly wait in the content store, copied in once like all others, until
 * every track has one; then the earliest is packaged.
 *
 * What is accepted is never refused later: a frame whose time is before its track's last, or before what has been released, is refused when it
 * is put; a key frame keeps a slot of the store for the stream header that may have to be saved when it is packaged.
 * Source: producer-core §13.
 */
import type { ContentStore } from '../../core/content-store.ts';
import type { CoreStream } from '../../core/core-stream.ts';
import type { LostFrame } from '../../core/core-stream-types.ts';
import {
  FRAME_BEGAN_FRAGMENT,
  FRAME_BEGAN_GENERATION,
  FRAME_KEY,
  FRAME_SKIPPED,
  FRAME_STORED,
} from '../../core/frame-results.ts';
import { coreError } from '../../errors.ts';
import * as STATUS from '../../status-codes.ts';
import type { TrackSilentEvent } from '../events.ts';
import { type FrameTimes, type OrderedBy, type Place, TrackQueue, type WaitingFrame } from './track-queue.ts';

/** Frames of one track that wait, at most: then they go on without the track that they wait for. Source: producer-core §20. */
export const MAX_WAITING_FRAMES = 61;

/** Highest timecode of a block in its cluster. Source: producer-core §12.2. */
const MAX_BLOCK_TIMECODE = 32_767;

/** A stream header without codec private data takes less; with what a key frame may bring in a track's place it takes as much more. */
const HEADER_BYTES = 2048;
const FOUND_PRIVATE_DATA_BYTES = 4096;

export interface OrderedTrack {
  readonly number: number;
  readonly kind: string;
  readonly hasNalUnits: boolean;
  readonly privateDataBytes: number;
}

export interface FrameOrderOptions {
  readonly stream: Pick<CoreStream, 'holdFrame' | 'discardFrame' | 'setCodecPrivateData'>;
  readonly store: Pick<ContentStore, 'take' | 'give'>;
  readonly tracks: readonly OrderedTrack[];
  readonly orderedBy: OrderedBy;
  /** Every key frame begins a fragment. */
  readonly byKeyFrame: boolean;
  /** Unit of timecodes, microseconds. */
  readonly timecodeScaleUs: number;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
  /** What the core would answer to codec private data: 0, or minus a KVS status. */
  readonly checkPrivateData: (trackNumber: number, codecPrivateData: Uint8Array) => number;
  /** Packages the frame whose turn it is; gives the core's answer without the bits of pressure. */
  readonly commit: (frame: WaitingFrame) => number;
  readonly onSilent: (event: TrackSilentEvent) => void;
}

/** What waits, in sum. */
export interface WaitingFrames {
  readonly frames: number;
  readonly bytes: number;
  /** Lowest and highest presentation time, microseconds; NaN without frames. */
  readonly firstTimestampUs: number;
  readonly lastTimestampUs: number;
}

export class FrameOrder {
  readonly #options: FrameOrderOptions;
  readonly #queues: readonly TrackQueue[];
  readonly #scaleUs: number;
  /** Position and decode time of what was released last; presentation time of the newest fragment's beginning. */
  #position = -1;
  #dtsUs = 0;
  #clusterUs = -1;
  /** Frames that are no key frames are skipped. */
  #awaitsKey = true;

  constructor(options: FrameOrderOptions) {
    this.#options = options;
    const { timecodeScaleUs: scaleUs, orderedBy, byKeyFrame } = options;
    this.#scaleUs = scaleUs;
    this.#queues = options.tracks.map((track) => new TrackQueue(track, { scaleUs, orderedBy, byKeyFrame }));
  }

  /** Frames that were accepted and not released. */
  get waiting(): number {
    return this.#queues.reduce((sum, { frames }) => sum + frames.length, 0);
  }

  /**
   * Accepts a frame and releases those whose turn has come; arguments as of `CoreStream.putFrame`.
   * @returns FRAME_STORED; FRAME_SKIPPED for one that comes too late for anything but a wait for a key frame; or minus a KVS status:
   * STATUS_CONTENT_VIEW_INVALID_TIMESTAMP for a time before the track's last or before what was released, and what `CoreStream.putFrame` gives
   */
  putFrame(
    trackNumber: number,
    data: Uint8Array,
    flags: number,
    ptsUs: number,
    dtsUs: number,
    durationUs: number,
  ): number {
    const queue = this.#queues.find(({ number }) => number === trackNumber);
    if (queue === undefined) return -STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND;
    const times = { flags, ptsUs, dtsUs, durationUs };
    const place = queue.place(times);
    const isKey = (flags & FRAME_KEY) !== 0;
    const status = place.status === STATUS.STATUS_SUCCESS ? this.#check(times, place) : place.status;
    if (status !== STATUS.STATUS_SUCCESS) return this.#awaitsKey && !isKey && isLate(status) ? FRAME_SKIPPED : -status;
    const privateData = queue.nextPrivateData;
    const needsReserve = privateData !== undefined || (isKey && queue.hasParameterSets);
    const reserve = needsReserve ? this.#options.store.take(this.#reserveBytes()) : 0;
    if (reserve < 0) return reserve;
    const held = this.#options.stream.holdFrame(trackNumber, data, flags);
    if (held < 0) {
      if (reserve > 0) this.#options.store.give(reserve);
      return held;
    }
    queue.nextPrivateData = undefined;
    queue.push({
      trackNumber,
      flags,
      timestampUs: ptsUs,
      ptsUs,
      dtsUs: place.dtsUs,
      durationUs,
      position: place.position,
      isMoved: false,
      sizeBytes: data.length,
      putMs: this.#options.now(),
      reserve,
      privateData,
    });
    this.#releaseDue();
    return FRAME_STORED;
  }

  /**
   * Replaces a track's codec private data from the next frame's fragment on; frames of the track that wait keep what they were put with.
   * @returns 0, or minus a KVS status
   */
  setCodecPrivateData(trackNumber: number, codecPrivateData: Uint8Array): number {
    const queue = this.#queues.find(({ number }) => number === trackNumber);
    if (queue === undefined) return -STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND;
    const isLater = queue.frames.length > 0;
    const status = isLater
      ? this.#options.checkPrivateData(trackNumber, codecPrivateData)
      : this.#options.stream.setCodecPrivateData(trackNumber, codecPrivateData);
    if (status < 0) return status;
    queue.nextPrivateData = isLater ? codecPrivateData : undefined;
    queue.privateDataBytes = Math.max(queue.privateDataBytes, codecPrivateData.length);
    return STATUS.STATUS_SUCCESS;
  }

  /** Releases everything in order. */
  releaseAll(): void {
    for (let next = this.#earliest(); next !== undefined; next = this.#earliest()) this.#release(next);
  }

  /**
   * Releases frames in order, whether every track has one or not, until a fragment begins: so that the one before it can be sent whole, and
   * its memory be freed. False when nothing waits.
   */
  releaseFragment(): boolean {
    let next = this.#earliest();
    if (next === undefined) return false;
    for (; next !== undefined; next = this.#earliest()) {
      this.#tellSilent('store-full', next);
      if (this.#release(next)) return true;
    }
    return true;
  }

  /** The open fragment was ended: frames up to the next key frame are skipped. */
  onFragmentEnded(): void {
    this.#awaitsKey = true;
  }

  /** Gives up everything that waits. */
  discard(): void {
    for (const queue of this.#queues) {
      for (const { reserve } of queue.frames) {
        if (reserve > 0) this.#options.store.give(reserve);
        this.#options.stream.discardFrame(queue.number);
      }
      queue.clear(Math.max(this.#position, 0), this.#dtsUs, Math.max(this.#timecode(this.#clusterUs), 0));
    }
    this.#awaitsKey = true;
  }

  /** What waits as it is told when it is lost, in decoding order. */
  lostFrames(): LostFrame[] {
    const frames = this.#queues.flatMap((queue) => queue.frames).sort((a, b) => a.dtsUs - b.dtsUs);
    return frames.map(({ dtsUs, sizeBytes }) => ({ decodeTimestampUs: dtsUs, bytes: sizeBytes }));
  }

  summary(): WaitingFrames {
    const frames = this.#queues.flatMap((queue) => queue.frames);
    const times = frames.map(({ timestampUs }) => timestampUs);
    return {
      frames: frames.length,
      bytes: frames.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      firstTimestampUs: frames.length === 0 ? NaN : Math.min(...times),
      lastTimestampUs: frames.length === 0 ? NaN : Math.max(...times),
    };
  }

  /** Whether a place that its track allows is possible among all frames; 0, or a KVS status. */
  #check({ flags }: FrameTimes, { timecode, position }: Place): number {
    if (position < this.#position) return STATUS.STATUS_CONTENT_VIEW_INVALID_TIMESTAMP;
    const cluster = this.#timecode(this.#clusterUs);
    if (timecode < cluster) return STATUS.STATUS_MKV_INVALID_FRAME_TIMESTAMP;
    if ((flags & FRAME_KEY) !== 0)
      return this.#isTooEarly(timecode, position) ? STATUS.STATUS_MKV_LARGE_FRAME_TIMECODE : STATUS.STATUS_SUCCESS;
    if (cluster >= 0 && timecode - cluster <= MAX_BLOCK_TIMECODE) return STATUS.STATUS_SUCCESS;
    const starts = this.#queues.flatMap(({ frames }) =>
      frames
        .filter((frame) => (frame.flags & FRAME_KEY) !== 0 && frame.position <= position)
        .map((frame) => this.#timecode(frame.timestampUs)),
    );
    // While a key frame is awaited what is in front of it is skipped, wherever it stands.
    if (starts.length === 0 && this.#awaitsKey) return STATUS.STATUS_SUCCESS;
    return timecode - Math.max(cluster, ...starts) > MAX_BLOCK_TIMECODE
      ? STATUS.STATUS_MKV_LARGE_FRAME_TIMECODE
      : STATUS.STATUS_SUCCESS;
  }

  /** Frames of other tracks wait so far behind this key frame that its fragment could not hold them; without it they will be skipped. */
  #isTooEarly(timecode: number, position: number): boolean {
    if (!this.#awaitsKey) return false;
    const waiting = this.#queues.flatMap(({ frames }) => frames);
    const isKey = ({ flags }: WaitingFrame): boolean => (flags & FRAME_KEY) !== 0;
    const nextKey = waiting.filter(isKey).reduce((first, frame) => Math.min(first, frame.position), Infinity);
    return waiting.some(
      (frame) =>
        frame.position >= position &&
        frame.position < nextKey &&
        this.#timecode(frame.timestampUs) - timecode > MAX_BLOCK_TIMECODE,
    );
  }

  #releaseDue(): void {
    for (;;) {
      const isComplete = this.#queues.every(({ frames }) => frames.length > 0);
      if (!isComplete && !this.#queues.some(({ frames }) => frames.length > MAX_WAITING_FRAMES)) return;
      const next = this.#earliest();
      if (next === undefined) return;
      if (!isComplete) this.#tellSilent('too-many-waiting', next);
      this.#release(next);
    }
  }

  /**
   * The queue whose first frame's turn it is: the lowest position, and of equal ones the track that comes first. Where frames of different
   * kinds are at the same timecode, the second is moved one timecode on; or the first, where only the second is a key frame.
   */
  #earliest(): TrackQueue | undefined {
    let best: TrackQueue | undefined;
    for (const queue of this.#queues) {
      const frame = queue.frames[0];
      if (frame === undefined) continue;
      const first = best?.frames[0];
      if (best === undefined || first === undefined || frame.position < first.position) best = queue;
      else if (
        frame.position === first.position &&
        queue.kind !== best.kind &&
        this.#isOwn(first) &&
        this.#isOwn(frame)
      )
        this.#moveOne(first, frame);
    }
    return best;
  }

  /** The place is that of the frame's own time, not of one that its track had before it. */
  #isOwn({ position, timestampUs, dtsUs }: WaitingFrame): boolean {
    return this.#timecode(this.#options.orderedBy === 'decode-time' ? dtsUs : timestampUs) === position;
  }

  #moveOne(first: WaitingFrame, second: WaitingFrame): void {
    const isOnlySecondKey = (first.flags & FRAME_KEY) === 0 && (second.flags & FRAME_KEY) !== 0;
    const moved = isOnlySecondKey ? first : second;
    if (moved.isMoved) return;
    moved.isMoved = true;
    moved.ptsUs += this.#scaleUs;
  }

  /** True when it began a fragment. */
  #release(queue: TrackQueue): boolean {
    const frame = queue.frames[0] as WaitingFrame;
    if (frame.reserve > 0) this.#options.store.give(frame.reserve);
    frame.reserve = 0;
    if (frame.privateData !== undefined) {
      const status = this.#options.stream.setCodecPrivateData(queue.number, frame.privateData);
      if (status < 0) throw coreError(-status, `set the codec private data of track ${queue.number}`);
    }
    queue.frames.shift();
    this.#fit(frame);
    const answer = this.#options.commit(frame);
    const began = answer === FRAME_BEGAN_FRAGMENT || answer === FRAME_BEGAN_GENERATION;
    this.#position = Math.max(this.#position, frame.position);
    if (answer === FRAME_SKIPPED) this.#awaitsKey = true;
    else this.#dtsUs = frame.dtsUs;
    if (!began) return false;
    this.#awaitsKey = false;
    this.#clusterUs = frame.ptsUs;
    return true;
  }

  /**
   * Brings times that were good when the frame was put into what its fragment allows now: frames of other tracks that came later may have
   * begun one behind its time, which only reordered frames of several video tracks do.
   */
  #fit(frame: WaitingFrame): void {
    frame.dtsUs = Math.max(frame.dtsUs, this.#dtsUs);
    if (this.#clusterUs < 0) return;
    frame.ptsUs = Math.max(frame.ptsUs, this.#clusterUs);
    const last = this.#timecode(this.#clusterUs) + MAX_BLOCK_TIMECODE;
    if ((frame.flags & FRAME_KEY) === 0 && this.#timecode(frame.ptsUs) > last) frame.ptsUs = last * this.#scaleUs;
  }

  /** Tells once of each track that the others go on without. */
  #tellSilent(reason: TrackSilentEvent['reason'], next: TrackQueue): void {
    const timestampUs = next.frames[0]?.timestampUs ?? NaN;
    for (const queue of this.#queues) {
      if (queue.frames.length > 0 || queue.isToldSilent) continue;
      queue.isToldSilent = true;
      this.#options.onSilent({ type: 'track-silent', trackNumber: queue.number, reason, timestampUs });
    }
  }

  #reserveBytes(): number {
    return this.#queues.reduce(
      (sum, { hasParameterSets, privateDataBytes }) =>
        sum + Math.max(privateDataBytes, hasParameterSets ? FOUND_PRIVATE_DATA_BYTES : 0),
      HEADER_BYTES,
    );
  }

  #timecode(us: number): number {
    return Math.floor(us / this.#scaleUs);
  }
}

/** A status that means nothing more than too late. */
function isLate(status: number): boolean {
  return (
    status === STATUS.STATUS_CONTENT_VIEW_INVALID_TIMESTAMP || status === STATUS.STATUS_MKV_INVALID_FRAME_TIMESTAMP
  );
}
