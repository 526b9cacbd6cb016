import * as STATUS from '../status-codes.ts';
import type { Core } from './core.ts';
import { changedTracks, removedFrames, streamFigures, tracksWithoutPrivateData } from './core-stream-results.ts';
import {
  type AckOutcome,
  type AckType,
  type ChangedTrack,
  type CoreStreamStats,
  type DroppedFrames,
  FRAME_SKIPPED,
  type LostFrame,
  type PressureLimits,
  type RollBackOutcome,
} from './core-stream-types.ts';
import { encodeEventMetadata, type EventMetadata, eventBits, type StreamEventType } from './event-metadata.ts';
import { checked } from './status-check.ts';
import { NAL_ADAPTATION, type NalAdaptation } from './stream-config.ts';
import { timecodeHigh, timecodeLow } from './ticks.ts';

const ACK_TYPE: Readonly<Record<AckType, number>> = { buffering: 0, received: 1, persisted: 2 };

/** Flag of `frameReserve` (`assembly/stream/frame.ts`). */
const FRAME_HELD = 8;

/** Targets of `streamRollBack` (`assembly/view/roll-back.ts`). */
const ROLL_BACK_REPLAY = 2;
const ROLL_BACK_RECEIVED_OR_REPLAY = 3;

const READ_CONTINUES = 1;
/** Frames that one call of `streamFrames` tells of. */
const FRAMES_TOLD = 8;

/** Words of an entry of the span table, and of the head in front of the entries: the status, and an unused one. */
const SPAN_WORDS = 2;

/**
 * One stream: the packager, and the view of its frames in the store.
 *
 * Frames go in with {@link putFrame}; a session's bytes come out with {@link read}. What was read stays in the store until it is acknowledged,
 * so that {@link rollBack} can send it again. Statuses on the hot path are numbers: 0 and up are results, below 0 minus a KVS status.
 */
export class CoreStream {
  readonly #core: Core;
  readonly #handle: number;
  readonly #onDispose: () => void;
  /** Index of the span table in 32-bit words. */
  readonly #spans: number;
  #readStatus: number = STATUS.STATUS_NO_MORE_DATA_AVAILABLE;
  #disposed = false;

  /** For an instance of the core in another thread. */
  get handle(): number {
    return this.#handle;
  }

  /** Opened through ContentStore.openStream. */
  constructor(core: Core, handle: number, spanTable: number, onDispose: () => void) {
    this.#core = core;
    this.#spans = spanTable >>> 2;
    this.#handle = handle;
    this.#onDispose = onDispose;
  }

  /**
   * Copies a frame into the store and packages it there. `data` is the caller's again when this returns. It may be a view that a reader of the
   * same core lends out: nothing on the way to the store makes memory grow, which would empty it.
   * @param flags FRAME_FLAG bits
   * @param ptsUs presentation time, microseconds ≥ 0
   * @param dtsUs decoding time, microseconds; NaN when it is not known
   * @param durationUs 0 when it is not known
   * @returns FRAME_STORED, FRAME_SKIPPED, FRAME_BEGAN_FRAGMENT, FRAME_BEGAN_GENERATION, or minus a KVS status; then nothing has changed.
   * After {@link watchPressure} FRAME_PRESSURE bits are added
   */
  putFrame(
    trackNumber: number,
    data: Uint8Array,
    flags: number,
    ptsUs: number,
    dtsUs: number,
    durationUs: number,
  ): number {
    const core = this.#core;
    try {
      const exports = core.exports;
      const payload = exports.frameReserve(this.#handle, trackNumber, data.length, flags);
      if (payload <= 0) return payload === 0 ? FRAME_SKIPPED : payload;
      this.copyFrame(data, payload);
      return exports.frameCommit(this.#handle, ptsUs, dtsUs, durationUs);
    } catch (error) {
      throw core.poison(error);
    }
  }

  /**
   * Copies a frame into the store, where it waits behind those of its track until {@link releaseFrame} or {@link discardFrame}. What could be
   * wrong with its data is found out now. `data` and `flags` as of {@link putFrame}.
   * @returns 0, or minus a KVS status; then nothing has changed
   */
  holdFrame(trackNumber: number, data: Uint8Array, flags: number): number {
    const core = this.#core;
    try {
      const exports = core.exports;
      const payload = exports.frameReserve(this.#handle, trackNumber, data.length, flags | FRAME_HELD);
      if (payload <= 0) return payload;
      this.copyFrame(data, payload);
      return exports.frameHold(this.#handle);
    } catch (error) {
      throw core.poison(error);
    }
  }

  /**
   * Packages the oldest frame of a track that waits. Fragment metadata put behind a key frame that waited, for which the store has no room, go
   * out with the fragment after it.
   * @returns as {@link putFrame}; whatever it is, the frame waits no more
   */
  releaseFrame(trackNumber: number, ptsUs: number, dtsUs: number, durationUs: number): number {
    const core = this.#core;
    try {
      return core.exports.frameRelease(this.#handle, trackNumber, ptsUs, dtsUs, durationUs);
    } catch (error) {
      throw core.poison(error);
    }
  }

  /** Frees the oldest frame of a track that waits; does nothing when none does. */
  discardFrame(trackNumber: number): void {
    this.releaseFrame(trackNumber, NaN, NaN, NaN);
  }

  /**
   * Ends the open fragment with tags; frames are skipped until the next key frame.
   * @returns 0, or minus a KVS status: STATUS_END_OF_FRAGMENT_FRAME_INVALID_STATE when fragments are cut by duration
   * and the stream was not opened with `endsDurationFragments`,
   * STATUS_MULTIPLE_CONSECUTIVE_EOFR, STATUS_CONTENT_VIEW_NO_MORE_ITEMS when no fragment is open. A full store takes the mark without the tags,
   * which wait for the next fragment; STATUS_STORE_OUT_OF_MEMORY only while an older fragment that was ended so is in the view
   */
  endFragment(): number {
    return this.#core.run((exports) => exports.streamEndFragment(this.#handle));
  }

  /**
   * Queues a tag for the next fragment; a persistent one goes out with every fragment until it is replaced, or taken away by an empty value.
   * @param name 1…128 bytes, not beginning with AWS
   * @param value at most 256 bytes
   * @returns 0, or minus a KVS status
   */
  putFragmentMetadata(name: string, value: string, persistent: boolean): number {
    const text = new TextEncoder();
    const nameBytes = text.encode(name);
    const valueBytes = text.encode(value);
    const address = this.#core.scratch(nameBytes, valueBytes);
    const valueAddress = address + nameBytes.length;
    return this.#core.run((exports) =>
      exports.streamPutTag(
        this.#handle,
        address,
        nameBytes.length,
        valueAddress,
        valueBytes.length,
        persistent ? 1 : 0,
      ),
    );
  }

  /**
   * Queues events for the next fragment, all or none. Each of their tags counts as one in the queue.
   * @returns 0, or minus a KVS status: STATUS_STREAM_NOT_STARTED before the first frame, STATUS_DUPLICATE_STREAM_EVENT_TYPE while one of
   * them waits already, or what is wrong with the texts
   */
  putEventMetadata(events: readonly StreamEventType[], metadata: EventMetadata = {}): number {
    const block = this.#core.scratch(encodeEventMetadata(metadata));
    return this.#core.run((exports) => exports.streamPutEvents(this.#handle, eventBits(events), block));
  }

  /**
   * Takes back the tags and events that wait for the next fragment alone; persistent tags stay.
   * @returns 0, or minus STATUS_INVALID_OPERATION once the stream is stopped
   */
  dropFragmentMetadata(): number {
    return this.#core.run((exports) => exports.streamDropTags(this.#handle));
  }

  /**
   * Replaces a track's codec private data (empty: takes it away) for the fragments that begin from now on; what was put before keeps its own.
   * The session ends in front of the first of them, as {@link endSession} says. What key frames carry themselves goes before it.
   * @returns 0, or minus a KVS status: STATUS_STORE_OUT_OF_MEMORY when the store has no room for the header of the fragments before
   */
  setCodecPrivateData(trackNumber: number, codecPrivateData: Uint8Array): number {
    const address = this.#core.scratch(codecPrivateData);
    return this.#core.run((exports) =>
      exports.streamSetCodecPrivate(this.#handle, trackNumber, address, codecPrivateData.length),
    );
  }

  /**
   * Changes how NAL units are adapted; only before the first frame is stored. Codec private data given before is not adapted again.
   * @param adaptCodecPrivateData by default along with the frames
   * @returns 0, or minus STATUS_INVALID_OPERATION
   */
  setNalAdaptation(nal: NalAdaptation, adaptCodecPrivateData: boolean = nal === 'annexb-to-avcc'): number {
    return this.#core.run((exports) =>
      exports.streamSetNal(this.#handle, NAL_ADAPTATION[nal], adaptCodecPrivateData ? 1 : 0),
    );
  }

  /**
   * No more frames. Once everything is read, queued tags and an end-of-fragment mark close the session's bytes, unless an explicit end of
   * fragment was the last thing put.
   * @returns 0, or minus a KVS status
   */
  stop(): number {
    return this.#core.run((exports) => exports.streamStop(this.#handle));
  }

  /**
   * Begins a session: the next read starts with the stream header, then the fragment at the read position. A position inside a fragment moves
   * back to its start.
   * @returns 0, or minus a KVS status
   */
  beginSession(): number {
    return this.#core.run((exports) => exports.streamBeginSession(this.#handle));
  }

  /**
   * Ends the session at the next fragment's start, as changed codec private data does by itself: what is being sent is finished and marked as
   * ended, then {@link readStatus} is STATUS_END_OF_STREAM. {@link beginSession} goes on with that fragment, so a connection can be replaced without sending anything twice.
   * @returns 0, or minus a KVS status
   */
  endSession(): number {
    return this.#core.run((exports) => exports.streamEndSession(this.#handle));
  }

  /**
   * Reads the session's next bytes into a chunk.
   * @returns bytes written, 0…into.length; {@link readStatus} then says why not more
   * @throws KvsError when the stream is closed
   */
  read(into: Uint8Array): number {
    const core = this.#core;
    try {
      const exports = core.exports;
      const room = into.length;
      const table = this.#spans;
      let filled = 0;
      let status = READ_CONTINUES;
      while (status === READ_CONTINUES) {
        const count = exports.streamRead(this.#handle, room - filled);
        if (count < 0) return checked(count, 'read the stream');
        status = core.words[table] as number;
        filled = this.copySpans(table + SPAN_WORDS, count, into, filled);
      }
      this.#readStatus = status;
      return filled;
    } catch (error) {
      throw core.rethrown(error);
    }
  }

  protected copyFrame(data: Uint8Array, payload: number): void {
    this.#core.bytes.set(data, payload);
  }

  /** Copies spans behind what is filled; how much is filled then. `index`: of the first span, in 32-bit words. */
  protected copySpans(index: number, count: number, into: Uint8Array, filled: number): number {
    const { words, bytes } = this.#core;
    for (let at = index, end = index + count * SPAN_WORDS; at < end; at += SPAN_WORDS) {
      const address = words[at] as number;
      const length = words[at + 1] as number;
      into.set(bytes.subarray(address, address + length), filled);
      filled += length;
    }
    return filled;
  }

  /**
   * Status after the last {@link read}: 0 the chunk was filled, STATUS_NO_MORE_DATA_AVAILABLE, STATUS_AWAITING_PERSISTED_ACK,
   * STATUS_END_OF_STREAM, or STATUS_UPLOAD_HANDLE_ABORTED when a fragment was taken away in the middle.
   */
  get readStatus(): number {
    return this.#readStatus;
  }

  /**
   * Gives up the session and moves the read position to the oldest fragment that is not persisted, or behind the newest one received whole.
   * @returns fragments that were sent and will be sent again
   */
  rollBack(to: 'unpersisted' | 'received'): number {
    return this.#core.run((exports) =>
      checked(exports.streamRollBack(this.#handle, to === 'received' ? 1 : 0, 0), 'roll the stream back'),
    );
  }

  /**
   * Gives up the session and moves the read position back as the native producer does: to the newest fragment that begins `replayUs` or more
   * before it, and for a host that is alive no further than behind the newest fragment received whole. Older fragments are given up, except
   * those that the living host has received. 0 goes back to nothing but the start of a fragment that was begun.
   * @throws KvsError STATUS_INVALID_ARG for a duration that no timecode can tell
   */
  rollBackByDuration(replayUs: number, isHostAlive: boolean): RollBackOutcome {
    const target = isHostAlive ? ROLL_BACK_RECEIVED_OR_REPLAY : ROLL_BACK_REPLAY;
    const resentFragments = this.#core.run((exports) =>
      checked(exports.streamRollBack(this.#handle, target, replayUs), 'roll the stream back'),
    );
    return { resentFragments, ...removedFrames(this.#core, 0) };
  }

  /**
   * Ends the open fragment without tags and skips frames up to the next key frame; what begins there goes out in a session of its own.
   * @returns 0, or minus a KVS status
   */
  awaitKeyFrame(): number {
    return this.#core.run((exports) => exports.streamAwaitKeyFrame(this.#handle));
  }

  /**
   * Applies an acknowledgement. Persisted releases the named fragment and all older ones, as far as they were sent whole.
   * @param timecode the fragment's timecode as it stands in the bytes, in units of the timecode scale
   */
  acknowledge(type: AckType, timecode: number): AckOutcome {
    return this.#removed((exports) =>
      exports.streamAcknowledge(this.#handle, ACK_TYPE[type], timecodeLow(timecode), timecodeHigh(timecode)),
    );
  }

  /** Takes out a fragment that the service will never accept. Where it was being read, the session is over. */
  skipFragment(timecode: number): DroppedFrames {
    return this.#removed((exports) =>
      exports.streamSkipFragment(this.#handle, timecodeLow(timecode), timecodeHigh(timecode)),
    );
  }

  /**
   * The frames of a fragment, to be told when it is lost; none when it is not in the view.
   * @param order the fragment's number as `fragmentsBegun` counted it, or what {@link dropOldestFragment} and {@link dropOverdueFragment} take next
   */
  framesOf(order: number | 'oldest'): LostFrame[] {
    const core = this.#core;
    const frames: LostFrame[] = [];
    for (let told = FRAMES_TOLD; told === FRAMES_TOLD;) {
      told = core.run((exports) =>
        checked(exports.streamFrames(this.#handle, order === 'oldest' ? 0 : order, frames.length), 'list frames'),
      );
      for (let index = 0; index < told; index++)
        frames.push({ decodeTimestampUs: core.result(2 * index), bytes: core.result(2 * index + 1) });
    }
    return frames;
  }

  /** Takes out the oldest fragment that is neither open nor being read, to make room; no frames when there is none. */
  dropOldestFragment(): DroppedFrames {
    return this.#removed((exports) => exports.streamDropOldest(this.#handle));
  }

  /**
   * Takes out the oldest fragment that is neither open nor being read, as long as the view holds the buffer duration of {@link watchPressure};
   * no frames when it holds less. Call it, until then, before a frame is put behind one with FRAME_PRESSURE.buffer.
   */
  dropOverdueFragment(): DroppedFrames {
    return this.#removed((exports) => exports.streamDropOverdue(this.#handle));
  }

  /**
   * Sets what {@link putFrame} tells of pressure.
   * @returns 0, or minus STATUS_INVALID_ARG for what is no duration
   */
  watchPressure({ bufferUs = 0, latencyUs = 0, store = false }: PressureLimits): number {
    return this.#core.run((exports) => exports.streamWatch(this.#handle, bufferUs, latencyUs, store ? 1 : 0));
  }

  #removed(call: (exports: Core['exports']) => number): AckOutcome {
    return removedFrames(this.#core, this.#core.run(call));
  }

  /** Figures as of now. */
  get stats(): CoreStreamStats {
    return streamFigures(this.#figures());
  }

  /** Presentation time of the first frame ever, microseconds, NaN before it: what relative timecodes count from. */
  get streamStartUs(): number {
    return this.#figures().result(7);
  }

  /** True for a track that has no codec private data: none was given, and its first key frame carried none. */
  lacksCodecPrivateData(trackNumber: number): boolean {
    return tracksWithoutPrivateData(this.#figures()).includes(trackNumber);
  }

  /** The core with this stream's figures as its results, see `assembly/stream/stats.ts`. */
  #figures(): Core {
    this.#core.run((exports) => checked(exports.streamStats(this.#handle), 'read the figures of the stream'));
    return this.#core;
  }

  /** What changed, when {@link putFrame} has just returned FRAME_BEGAN_GENERATION; ask before anything else is called. */
  changedTracks(): ChangedTrack[] {
    return changedTracks(this.#core);
  }

  /** Closes the stream; its frames leave the store. Calling it again does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#onDispose();
    if (!this.#core.poisoned) this.#core.run((exports) => exports.streamClose(this.#handle));
  }
}
