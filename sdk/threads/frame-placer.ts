/** Copies frames into the store from a thread that does not own it, and adapts them there; over the core's memory, through an instance of its own. */
import { FRAME_FLAG } from '../core/core-stream-types.ts';
import { instantiateCore } from '../core/instantiate.ts';
import { wordShift } from '../core/shared-core-stream.ts';
import type { SharedCoreExports } from '../core/shared-exports.ts';
import { CorePoisonedError } from '../errors.ts';
import * as STATUS from '../status-codes.ts';
import type { EncodedChunk, FrameInput, UntimedFrame } from '../producer/options.ts';
import { ENTRY_STATE, type PutRing, RING_WORD } from './put-ring.ts';
import type { StreamToken } from './share-message.ts';
import { SharedLock } from './shared-lock.ts';

/** Bytes that a payload may grow by in the room that the core leaves; more wants a larger slot. `assembly/limits.ts`. */
const SLACK_BYTES = 48;
/** Payloads begin where their data stands alike to words of memory: other copies into shared memory go byte by byte. */
const WORD_BYTES = 8;

/** A frame as the core takes it, before its data is copied. */
interface PlainFrame {
  readonly trackNumber: number;
  readonly isVideo: boolean;
  readonly flags: number;
  readonly timestampUs: number;
  readonly decodeTimestampUs: number;
  readonly durationUs: number;
  readonly length: number;
  /** The data itself, where its place in memory is known. */
  readonly data: Uint8Array | undefined;
  readonly copyTo: (destination: Uint8Array) => void;
}

export class FramePlacer {
  readonly #token: StreamToken;
  readonly #ring: PutRing;
  readonly #exports: SharedCoreExports;
  readonly #lock: SharedLock;
  /** The store lies in what there is now; what grows later belongs to other streams and stores. */
  readonly #bytes: Uint8Array;

  constructor(token: StreamToken, ring: PutRing) {
    const { module, memory, lock } = token;
    this.#token = token;
    this.#ring = ring;
    this.#lock = new SharedLock(new Int32Array(lock));
    ring.set(RING_WORD.lockId, this.#lock.id);
    // An instance writes the core's constants into its memory once more, and nothing else.
    this.#exports = instantiateCore({ flavour: 'shared', module, memory }) as SharedCoreExports;
    this.#bytes = new Uint8Array(memory.buffer);
  }

  /**
   * Puts a frame into the store and into the ring.
   * @returns false for what the owner has to deal with: a frame that may be wrong, one for which there is no room, or before it is known how
   * NAL units are adapted. Throws `CorePoisonedError`, and what a chunk throws that cannot be copied
   */
  place(sequence: number, frame: FrameInput, blocks: boolean): boolean {
    const nal = this.#ring.get(RING_WORD.nal);
    const plain = nal < 0 || this.#ring.get(RING_WORD.waiting) > 0 ? undefined : this.#plain(frame);
    if (plain === undefined) return false;
    const adaptation = plain.isVideo ? nal : 0;
    // Start codes of three bytes take more room than is there, one in a third as many bytes as the frame has.
    for (const roomBytes of [0, Math.ceil(plain.length / 3)]) {
      const sizeBytes = this.#fill(sequence, plain, adaptation, roomBytes);
      if (sizeBytes > 0) {
        this.#publish(sequence, plain, sizeBytes, blocks);
        return true;
      }
      if (sizeBytes !== -STATUS.STATUS_NOT_ENOUGH_MEMORY) return false;
    }
    return false;
  }

  /** Frees the slot of an entry that was not taken. */
  giveBack(sequence: number): void {
    const slot = this.#ring.slot(sequence);
    if (slot <= 0) return;
    // In one turn of the lock: whoever finds the entry of a thread that has ended must not free the slot again.
    this.#locked(() => {
      this.#ring.setSlot(sequence, 0);
      return this.#exports.storeGive(this.#token.store, slot);
    });
  }

  /** Undefined for what is not well-formed as far as this thread can tell. */
  #plain(frame: FrameInput): PlainFrame | undefined {
    const chunk = 'chunk' in frame ? frame.chunk : 'copyTo' in frame ? frame : undefined;
    const trackNumber = 'copyTo' in frame ? undefined : frame.trackNumber;
    const track =
      trackNumber === undefined
        ? this.#token.tracks[0]
        : this.#token.tracks.find(({ number }) => number === trackNumber);
    if (track === undefined) return undefined;
    const plain =
      chunk === undefined
        ? plainFrame(frame as UntimedFrame, track.number, track.isVideo)
        : plainChunk(chunk, track.number, track.isVideo);
    const hasTime = this.#token.isStamped || (Number.isSafeInteger(plain.timestampUs) && plain.timestampUs >= 0);
    return plain.length > 0 && hasTime ? plain : undefined;
  }

  /** The payload's size in its slot, or minus a KVS status; then there is no slot. */
  #fill(sequence: number, { flags, length, data, copyTo }: PlainFrame, nal: number, roomBytes: number): number {
    const slot = this.#take(sequence, flags, roomBytes + WORD_BYTES + length, roomBytes);
    if (slot < 0) return slot;
    if (data !== undefined) this.#payload += wordShift(this.#payload, data);
    let sizeBytes = 0;
    try {
      copyTo(this.#bytes.subarray(this.#payload, this.#payload + length));
      // Without the lock: the slot is this thread's alone.
      sizeBytes = inCore(() => this.#exports.placedAdapt(nal, slot, this.#payload, length, SLACK_BYTES + roomBytes));
      return sizeBytes;
    } finally {
      if (sizeBytes <= 0) {
        this.giveBack(sequence);
        this.#ring.setState(sequence, ENTRY_STATE.free);
      }
    }
  }

  /** Where the payload goes in the slot taken last. */
  #payload = 0;

  /** Takes a slot, and tells the ring in the same turn of the lock, so that it is known where a thread was copying that ends. */
  #take(sequence: number, flags: number, bytes: number, roomBytes: number): number {
    const { store, stream } = this.#token;
    return this.#locked(() => {
      const headroom = this.#exports.placedHeadroom(stream, flags);
      if (headroom < 0) return headroom;
      const slot = this.#exports.storeTake(store, headroom + bytes);
      if (slot <= 0) return slot === 0 ? -STATUS.STATUS_STORE_OUT_OF_MEMORY : slot;
      this.#payload = slot + headroom + roomBytes;
      this.#ring.setSlot(sequence, slot);
      this.#ring.setState(sequence, ENTRY_STATE.filling);
      return slot;
    });
  }

  #publish(sequence: number, frame: PlainFrame, sizeBytes: number, blocks: boolean): void {
    const slot = this.#ring.slot(sequence);
    const payload = this.#payload - (sizeBytes - frame.length);
    this.#ring.writePlaced(sequence, { ...frame, slot, payload, sizeBytes });
    this.#ring.setUp(sequence, 0, blocks);
    this.#ring.setState(sequence, ENTRY_STATE.put);
  }

  /** A call that traps keeps the lock: nobody may go on with what it has left behind. */
  #locked(call: () => number): number {
    return inCore(() => {
      this.#lock.lock();
      const result = call();
      this.#lock.unlock();
      return result;
    });
  }
}

/** A trap, or a lock that is not given back: nobody may use the core any more. */
function inCore(call: () => number): number {
  try {
    return call();
  } catch (cause) {
    throw new CorePoisonedError('a thread that puts frames', { cause });
  }
}

function plainFrame(frame: UntimedFrame, trackNumber: number, isVideo: boolean): PlainFrame {
  const { data, timestampUs = NaN, decodeTimestampUs = NaN, durationUs = 0, isKey, discardable, invisible } = frame;
  const flags =
    (isKey ? FRAME_FLAG.key : 0) |
    (discardable === true ? FRAME_FLAG.discardable : 0) |
    (invisible === true ? FRAME_FLAG.invisible : 0);
  const copyTo = (destination: Uint8Array): void => destination.set(data);
  return { trackNumber, isVideo, flags, timestampUs, decodeTimestampUs, durationUs, length: data.length, data, copyTo };
}

function plainChunk(chunk: EncodedChunk, trackNumber: number, isVideo: boolean): PlainFrame {
  return {
    trackNumber,
    isVideo,
    flags: chunk.type === 'key' ? FRAME_FLAG.key : 0,
    timestampUs: chunk.timestamp,
    decodeTimestampUs: NaN,
    durationUs: chunk.duration ?? 0,
    length: chunk.byteLength,
    data: undefined,
    copyTo: (destination) => chunk.copyTo(destination),
  };
}
