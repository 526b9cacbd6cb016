/** Timecodes of clusters, as acks name fragments by them. */

/** Timecode scale of every stream, microseconds: 1 ms, the only one the service's consumers agree on. */
export const TIMECODE_SCALE_US = 1000;

const timecodeOf = (timestampUs: number): number => Math.floor(timestampUs / TIMECODE_SCALE_US);

/** The timecodes of one stream, in timecode-scale units, absolute or from the stream's first frame. */
export class Timecodes {
  readonly #isAbsolute: boolean;
  #baseTimecode = 0;

  constructor(isAbsolute: boolean) {
    this.#isAbsolute = isAbsolute;
  }

  /** What relative ones count from: the time of the stream's first frame, microseconds. */
  countFrom(startUs: number): void {
    if (!this.#isAbsolute) this.#baseTimecode = timecodeOf(startUs);
  }

  /** The cluster timecode that a fragment has on the wire. */
  onWire({ firstTimestampUs }: { readonly firstTimestampUs: number }): number {
    return timecodeOf(firstTimestampUs) - this.#baseTimecode;
  }
}
