/** Raw H.264 Annex-B as a media source: one video track, one frame an access unit, evenly spaced in decode order. */
import type { AccessUnit } from './h264-access-units.ts';
import { accessUnits } from './h264-access-units.ts';
import { h264FrameRate } from './h264-frame-rate.ts';
import type { MediaSource, SourceFrame, SourceTrack } from './media-source.ts';
import { MediaSourceError } from './media-source.ts';

/** Rate where neither the caller nor the stream states one. */
export const DEFAULT_FRAMES_PER_SECOND = 25;

class RawH264Source implements MediaSource {
  readonly tracks: readonly SourceTrack[] = [{ trackNumber: 1, kind: 'video', codec: 'h264', framing: 'annexb' }];
  readonly description: string;
  readonly #framesPerSecond: number;
  readonly #first: AccessUnit;
  readonly #rest: AsyncGenerator<AccessUnit>;
  #leadingFrames: number;

  constructor(first: AccessUnit, rest: AsyncGenerator<AccessUnit>, leadingFrames: number, framesPerSecond: number) {
    this.#first = first;
    this.#rest = rest;
    this.#leadingFrames = leadingFrames;
    this.#framesPerSecond = framesPerSecond;
    this.description = `raw H.264, ${Number(framesPerSecond.toFixed(3))} frames/s`;
  }

  get leadingFrames(): number {
    return this.#leadingFrames;
  }

  async *frames(): AsyncGenerator<SourceFrame> {
    let index = 0;
    yield this.#frame(this.#first, index++);
    for await (const unit of this.#rest) yield this.#frame(unit, index++);
  }

  async close(): Promise<void> {
    await this.#rest.return(undefined);
  }

  /** Times are computed from the index, not summed, so that a rate like 30000/1001 does not drift. */
  #frame(unit: AccessUnit, index: number): SourceFrame {
    const timestampUs = Math.round((index * 1e6) / this.#framesPerSecond);
    const nextUs = Math.round(((index + 1) * 1e6) / this.#framesPerSecond);
    return {
      trackNumber: 1,
      data: unit.data,
      timestampUs,
      durationUs: nextUs - timestampUs,
      dueUs: timestampUs,
      isKey: unit.isKey,
    };
  }
}

/**
 * Reads up to the first key frame.
 * @param framesPerSecond overrides the rate that the stream states
 * @throws MediaSourceError when there is no key frame
 */
export async function openRawH264(input: AsyncIterable<Uint8Array>, framesPerSecond?: number): Promise<MediaSource> {
  const units = accessUnits(input);
  for (let leadingFrames = 0; ; leadingFrames++) {
    const { value: unit, done } = await units.next();
    if (done) throw new MediaSourceError(`No key frame (IDR picture) among ${leadingFrames} H.264 access units`);
    if (!unit.isKey) continue;
    const stated = unit.sequenceParameterSet ? h264FrameRate(unit.sequenceParameterSet) : null;
    return new RawH264Source(unit, units, leadingFrames, framesPerSecond ?? stated ?? DEFAULT_FRAMES_PER_SECOND);
  }
}
