import * as STATUS from '../status-codes.ts';
import type { Core } from './core.ts';
import { CoreStream } from './core-stream.ts';
import { PlacedPayload } from './placed-payload.ts';
import type { SharedCoreExports } from './shared-exports.ts';
import { checked } from './status-check.ts';

const NO_ROOM = -STATUS.STATUS_STORE_OUT_OF_MEMORY;

/** Engines copy between shared memory and their own by words only where both sides stand alike to them, and else byte by byte. */
const WORD_MASK = 7;

/** Bytes to add to an address for it to stand to words of memory as `data` does from `offset` on. */
export function wordShift(address: number, data: Uint8Array, offset = 0): number {
  return (data.byteOffset + offset - address) & WORD_MASK;
}

/** A stream of a core whose memory threads share: its frames may be in the store already. */
export class SharedCoreStream extends CoreStream {
  readonly #core: Core;
  readonly #handle: number;

  constructor(core: Core, handle: number, spanTable: number, onDispose: () => void) {
    super(core, handle, spanTable, onDispose);
    this.#core = core;
    this.#handle = handle;
  }

  /** As of a stream that is not shared. A placed frame that finds no room keeps its slot; in every other case the core takes it. */
  override putFrame(
    trackNumber: number,
    data: Uint8Array | PlacedPayload,
    flags: number,
    ptsUs: number,
    dtsUs: number,
    durationUs: number,
  ): number {
    if (!(data instanceof PlacedPayload)) return super.putFrame(trackNumber, data, flags, ptsUs, dtsUs, durationUs);
    const core = this.#core;
    try {
      const exports = core.exports as SharedCoreExports;
      const { slot, payload, sizeBytes } = data;
      const result = exports.placedCommit(
        this.#handle,
        trackNumber,
        slot,
        payload,
        sizeBytes,
        flags,
        ptsUs,
        dtsUs,
        durationUs,
      );
      data.isTaken = result !== NO_ROOM;
      if (data.isTaken) return result;
      // A key frame may have been moved to make room for tags in front of it.
      data.slot = core.result(0);
      data.payload = core.result(1);
      return result;
    } catch (error) {
      throw core.poison(error);
    }
  }

  override holdFrame(trackNumber: number, data: Uint8Array | PlacedPayload, flags: number): number {
    if (!(data instanceof PlacedPayload)) return super.holdFrame(trackNumber, data, flags);
    const core = this.#core;
    try {
      const exports = core.exports as SharedCoreExports;
      data.isTaken = true;
      return exports.placedHold(this.#handle, trackNumber, data.slot, data.payload, data.sizeBytes, flags);
    } catch (error) {
      throw core.poison(error);
    }
  }

  protected override copyFrame(data: Uint8Array, payload: number): void {
    const core = this.#core;
    const shift = wordShift(payload, data);
    if (shift === 0) return super.copyFrame(data, payload);
    const staged = this.#stage(data.length, data, 0);
    core.bytes.set(data, staged);
    (core.exports as SharedCoreExports).bytesCopy(payload, staged, data.length);
  }

  protected override copySpans(index: number, count: number, into: Uint8Array, filled: number): number {
    const core = this.#core;
    const staged = this.#stage(into.length - filled, into, filled);
    const sizeBytes = (core.exports as SharedCoreExports).spansGather(index << 2, count, staged);
    into.set(core.bytes.subarray(staged, staged + sizeBytes), filled);
    return filled + sizeBytes;
  }

  /** Address in scratch memory that stands to words as `data` does from `offset` on. */
  #stage(sizeBytes: number, data: Uint8Array, offset: number): number {
    const room = this.#core.run((exports) =>
      checked(exports.scratchReserve(sizeBytes + WORD_MASK), 'copy between shared memory and its own'),
    );
    return room + wordShift(room, data, offset);
  }
}
