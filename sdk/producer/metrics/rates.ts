/** Rates and averages as the native library forms them. State lies in typed arrays: recording allocates nothing. Source: producer-core §0, §19. */

/** Share of a new sample in an average. */
const NEW_SHARE = 0.05;
/** The transfer rate takes a sample when more than this has passed, milliseconds. */
const TRANSFER_INTERVAL_MS = 200;

/** An exponential average; the first sample is its beginning. */
export class ExponentialAverage {
  readonly #state = new Float64Array([NaN]);

  /** NaN before the first sample. */
  get value(): number {
    return this.#state[0] as number;
  }

  record(sample: number): void {
    const before = this.value;
    this.#state[0] = Number.isNaN(before) ? sample : NEW_SHARE * sample + (1 - NEW_SHARE) * before;
  }
}

const CLOCK = 0;
const PTS = 1;
const AVERAGE = 2;
const APART = 3;

/** How many frames come a second, by the clock and by their timestamps. On the frame path: one array, one division. */
export class FrameRate {
  readonly #state = new Float64Array([NaN, NaN, 0, NaN]);

  /** Average by the clock, frames a second; 0 before the second frame. */
  get framesPerSecond(): number {
    return this.#state[AVERAGE] as number;
  }

  /** From the presentation times of the last two frames, not smoothed; 0 before the second frame. */
  get elementaryFramesPerSecond(): number {
    return 1e6 / (this.#state[APART] as number) || 0;
  }

  /** A frame was put. `nowMs`: wall clock; `ptsUs`: its presentation time. */
  record(nowMs: number, ptsUs: number): void {
    const state = this.#state;
    const sinceMs = nowMs - (state[CLOCK] as number);
    const apartUs = Math.abs(ptsUs - (state[PTS] as number));
    state[CLOCK] = nowMs;
    state[PTS] = ptsUs;
    // A clock that stood still or was set back tells nothing, and the difference to no frame at all is NaN.
    if (sinceMs > 0) {
      const rate = 1e3 / sinceMs;
      const before = state[AVERAGE] as number;
      state[AVERAGE] = before === 0 ? rate : NEW_SHARE * rate + (1 - NEW_SHARE) * before;
    }
    if (apartUs > 0) state[APART] = apartUs;
  }
}

const SINCE = 0;
const BYTES = 1;

/** How many bytes go to the network a second. */
export class TransferRate {
  readonly #average = new ExponentialAverage();
  readonly #state = new Float64Array([NaN, 0]);

  /** Bytes a second; 0 before the first sample. */
  get bytesPerSecond(): number {
    return this.#average.value || 0;
  }

  /** A connection begins: the time before its first bytes does not count. */
  restart(): void {
    this.#state[SINCE] = NaN;
  }

  /** Bytes were handed to the network. */
  record(bytes: number, nowMs: number): void {
    const state = this.#state;
    const sinceMs = nowMs - (state[SINCE] as number);
    if (!(sinceMs >= 0)) {
      state[SINCE] = nowMs;
      state[BYTES] = 0;
      return;
    }
    state[BYTES] = (state[BYTES] as number) + bytes;
    if (sinceMs <= TRANSFER_INTERVAL_MS) return;
    this.#average.record((state[BYTES] * 1e3) / sinceMs);
    state[SINCE] = nowMs;
    state[BYTES] = 0;
  }
}
