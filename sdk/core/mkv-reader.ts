import {
  MOST_TRACKS,
  OPTION_EVERY_ELEMENT,
  OPTION_MAX_TRACKS_SHIFT,
  OPTION_SKIP_PAYLOADS,
  OPTION_STRICT,
} from '../../assembly/mkv/reader-codes.ts';
import { coreError } from '../errors.ts';
import * as STATUS from '../status-codes.ts';
import type { Core } from './core.ts';
import { ReaderEventFields } from './reader-event-fields.ts';
import type { ReaderEvent } from './reader-event.ts';

export { READER_EVENT } from './reader-event.ts';
export type { ReaderEvent } from './reader-event.ts';

export interface MkvReaderOptions {
  /** Input window, 64 B…16 MiB; at least twice `maxValueBytes` + 12. Default 64 KiB. All memory the reader uses, but for 4 KiB. */
  readonly windowBytes?: number;
  /** Longest text or binary delivered as one value. Longer ones come in pieces; a longer text is a fault in strict mode. Default 4096. */
  readonly maxValueBytes?: number;
  /** Masters inside each other, 1…64. Default 16. */
  readonly maxDepth?: number;
  /**
   * Fault on everything that a PutMedia body may not hold: a second document, elements out of place or larger than their
   * parent, blocks before a cluster timecode or of undeclared tracks, another DocType. Default false: read on as well as possible.
   */
  readonly strict?: boolean;
  /** Tracks that a document may have in strict mode, 1…32. Default 3, as many as KVS allows. */
  readonly maxTracks?: number;
  /**
   * Leave out the payloads of blocks: no `DATA` follows a `BLOCK`, and {@link MkvReader.push} hardly copies them. What is wanted of
   * them can be taken out of the caller's own chunks, by `payloadOffset` and `payloadSizeBytes` ({@link HeldBytes}).
   */
  readonly skipPayloads?: boolean;
  /** Report what is inside SeekHead, Cues, Chapters and Attachments too. Default false: only where they begin and end. */
  readonly everyElement?: boolean;
}

const DEFAULT_WINDOW_BYTES = 64 * 1024;
const DEFAULT_MAX_VALUE_BYTES = 4096;
const DEFAULT_MAX_DEPTH = 16;
const DEFAULT_MAX_TRACKS = 3;
/** What failed, in errors. */
const OPERATION = 'read Matroska';

/** Bounds of what one `push` copies when payloads are skipped: room for a few headers, and the default window. */
const MIN_STRIDE_BYTES = 64;
const MAX_STRIDE_BYTES = 64 * 1024;

/** To copy so much takes about as long as one more turn of `push` and `next`. */
const WORTH_PASSING_BYTES = 4096;

/**
 * Bounded pull reader of Matroska over the core: any number of concatenated documents, split anywhere, in fixed memory.
 *
 * ```ts
 * for (let taken = 0; taken < chunk.length; ) {
 *   taken += reader.push(chunk, taken);
 *   for (let event = reader.next(); event !== READER_EVENT.NEED_DATA; event = reader.next()) { … }
 * }
 * ```
 * The inherited fields tell of the current event and are valid until the next call of `next` or `push`. Their offsets count from the
 * first byte ever pushed, so the original chunks can be cut by them. Where an element of unknown size (a live Cluster) ended is known
 * when the next Cluster, Tags, Cues, Segment or EBML header begins, or at the end of the input: an `END` with `endOffset` comes before
 * that element's `START`. Void, CRC-32 and unknown elements between two blocks belong to the Cluster.
 *
 * Sources: RFC 8794 (EBML), RFC 9559 (Matroska).
 */
export class MkvReader extends ReaderEventFields {
  readonly #core: Core;
  readonly #handle: number;
  /**
   * Most that one `push` copies. Where payloads are skipped and long, what lies behind the next header is most likely one of them,
   * so it is small as long as that holds, and doubles while it does not; at first it is large. Infinity where they are not.
   */
  #strideBytes: number;
  readonly #skipsPayloads: boolean;
  #isOpen = true;

  /**
   * Opens a reader in a core.
   * @throws KvsError STATUS_INVALID_ARG (an option out of its range), STATUS_NOT_ENOUGH_MEMORY
   */
  constructor(core: Core, options: MkvReaderOptions = {}) {
    const handle = open(core, options);
    super(
      core,
      core.run((exports) => exports.readerEvent(handle)),
    );
    this.#core = core;
    this.#handle = handle;
    this.#skipsPayloads = options.skipPayloads === true;
    this.#strideBytes = this.#skipsPayloads ? MAX_STRIDE_BYTES : Number.POSITIVE_INFINITY;
  }

  /**
   * Takes over some of the input, at least a byte as long as there is room. It is copied; the caller may reuse the chunk. After each
   * push call `next` until it returns `NEED_DATA`: then there is room for at least half a window. A push takes all there is room for,
   * but with `skipPayloads` only as much as is worth copying. After a fault all input is taken and dropped.
   * @param from first byte of the chunk to take
   * @returns bytes taken
   * @throws KvsError STATUS_INVALID_ARG after `finish` or below 0, STATUS_INVALID_HANDLE_ERROR after `dispose`
   */
  push(chunk: Uint8Array, from = 0): number {
    if (from >= chunk.length) return 0;
    if (!(from >= 0)) throw coreError(STATUS.STATUS_INVALID_ARG, OPERATION);
    if (this.hasFault) return chunk.length - from;
    const passed = this.isDiscarding ? this.#discard(chunk.length - from) : 0;
    if (this.#skipsPayloads) this.#adaptStride(passed);
    return passed + this.#copyIn(chunk, from + passed);
  }

  #adaptStride(passedBytes: number): void {
    if (passedBytes >= WORTH_PASSING_BYTES) this.#strideBytes = MIN_STRIDE_BYTES;
    else if (this.#strideBytes < MAX_STRIDE_BYTES) this.#strideBytes *= 2;
  }

  #discard(lengthBytes: number): number {
    let passed: number;
    try {
      passed = this.#core.exports.readerDiscard(this.#handle, lengthBytes);
    } catch (error) {
      throw this.#core.poison(error);
    }
    return checked(passed);
  }

  #copyIn(chunk: Uint8Array, from: number): number {
    let room: number;
    let status = 0;
    try {
      const { exports } = this.#core;
      room = exports.readerRoom(this.#handle, Math.min(chunk.length - from, this.#strideBytes));
      if (room > 0) {
        this.refresh();
        copyBytes(chunk, from, room, this.#core.bytes, this.windowAddress);
        status = exports.readerCommit(this.#handle, room);
      }
    } catch (error) {
      throw this.#core.poison(error);
    }
    checked(status);
    return checked(room);
  }

  /** Says that no more input comes: `next` then tells what ends with it, and `FINISHED`, or a fault if it was cut off. */
  finish(): void {
    checked(this.#core.run((exports) => exports.readerFinish(this.#handle)));
  }

  /** Moves on to the next event. */
  next(): ReaderEvent {
    let event: number;
    try {
      event = this.#core.exports.readerNext(this.#handle);
    } catch (error) {
      throw this.#core.poison(error);
    }
    this.refresh();
    return checked(event) as ReaderEvent;
  }

  /** Gives the reader's memory back. Idempotent; never throws. */
  dispose(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      this.#core.exports.readerClose(this.#handle);
    } catch {
      // A poisoned core is thrown away whole.
    }
  }
}

/** A view of the source costs more than a few bytes copied one by one. */
const FEW_BYTES = 64;

function copyBytes(source: Uint8Array, from: number, lengthBytes: number, target: Uint8Array, at: number): void {
  if (lengthBytes <= FEW_BYTES) {
    for (let index = 0; index < lengthBytes; index++) target[at + index] = source[from + index] as number;
  } else if (lengthBytes === source.length) {
    target.set(source, at);
  } else {
    target.set(source.subarray(from, from + lengthBytes), at);
  }
}

function open(core: Core, options: MkvReaderOptions): number {
  const maxTracks = options.maxTracks ?? DEFAULT_MAX_TRACKS;
  // Shifted, a larger number or a fraction would become another one.
  if (!Number.isInteger(maxTracks) || maxTracks > MOST_TRACKS) throw coreError(STATUS.STATUS_INVALID_ARG, OPERATION);
  const flags =
    (options.strict === true ? OPTION_STRICT : 0) |
    (options.skipPayloads === true ? OPTION_SKIP_PAYLOADS : 0) |
    (options.everyElement === true ? OPTION_EVERY_ELEMENT : 0) |
    (maxTracks << OPTION_MAX_TRACKS_SHIFT);
  return checked(
    core.run((exports) =>
      exports.readerOpen(
        options.windowBytes ?? DEFAULT_WINDOW_BYTES,
        options.maxValueBytes ?? DEFAULT_MAX_VALUE_BYTES,
        options.maxDepth ?? DEFAULT_MAX_DEPTH,
        flags,
      ),
    ),
  );
}

function checked(result: number): number {
  if (result < 0) throw coreError(-result, OPERATION);
  return result;
}
