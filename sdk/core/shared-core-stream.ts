import { STATUS } from '../status-codes.ts';
import type { Core } from './core.ts';
import { CoreStream } from './core-stream.ts';
import { PlacedPayload } from './placed-payload.ts';
import type { SharedCoreExports } from './shared-exports.ts';

const NO_ROOM = -STATUS.STATUS_STORE_OUT_OF_MEMORY;

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
}
