/** Stamps frames with the time at which they are put. */
import type { Platform } from '../../platform.ts';
import type { EncodedChunk, FrameInput } from '../options.ts';

const US_PER_MS = 1000;

/**
 * The platform's clock as the only source of a stream's timestamps. A frame is stamped once, however often it is tried; a clock that is set
 * back keeps the last time. Source: producer-core §12.2.
 */
export class ArrivalClock {
  readonly #platform: Pick<Platform, 'now'>;
  #lastUs = 0;

  constructor(platform: Pick<Platform, 'now'>) {
    this.#platform = platform;
  }

  /** The frame with the time of now, whatever it says itself. Data is not copied. */
  stamp(frame: FrameInput): FrameInput {
    if (typeof frame !== 'object' || frame === null) return frame;
    this.#lastUs = Math.max(this.#lastUs, Math.floor(this.#platform.now() * US_PER_MS));
    const timestampUs = this.#lastUs;
    if ('chunk' in frame) return { ...frame, chunk: stampChunk(frame.chunk, timestampUs) };
    if ('copyTo' in frame) return stampChunk(frame, timestampUs);
    return { ...frame, timestampUs, decodeTimestampUs: timestampUs };
  }
}

/** The fields of a WebCodecs chunk are getters of its class, which spreading leaves out. */
function stampChunk(chunk: EncodedChunk, timestamp: number): EncodedChunk {
  return {
    type: chunk.type,
    timestamp,
    duration: chunk.duration,
    byteLength: chunk.byteLength,
    copyTo: (destination) => chunk.copyTo(destination),
  };
}
