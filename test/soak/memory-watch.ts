/** The process's memory over time, and whether it grows. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const MIB = 1 << 20;

/** MiB, after garbage was collected. */
export interface MemorySample {
  /** Since the first sample, minutes. */
  readonly atMinutes: number;
  readonly heap: number;
  readonly arrayBuffers: number;
  /** WebAssembly memory, mostly. */
  readonly otherExternal: number;
  readonly resident: number;
}

type Kind = Exclude<keyof MemorySample, 'atMinutes'>;

/**
 * What each may grow by over the second half, MiB a minute, as a straight line through the samples says. A byte that every frame leaves
 * behind is 0.14 at 2500 frames a second; what moves samples without a trend is up to 2 MiB of pieces in flight, and for resident
 * memory what malloc keeps.
 */
export const GROWTH_LIMITS: Readonly<Record<Kind, number>> = {
  heap: 0.3,
  arrayBuffers: 0.6,
  otherExternal: 0.1,
  resident: 3,
};
/** A line through fewer samples says nothing. */
const FEWEST_SAMPLES = 12;

export class MemoryWatch {
  readonly samples: MemorySample[] = [];
  #startMs = NaN;

  async sample(): Promise<MemorySample> {
    for (let round = 0; round < 2; round++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      collectGarbage();
    }
    const nowMs = performance.now();
    if (Number.isNaN(this.#startMs)) this.#startMs = nowMs;
    const { heapUsed, arrayBuffers, external, rss } = process.memoryUsage();
    const sample = {
      atMinutes: (nowMs - this.#startMs) / 60_000,
      heap: heapUsed / MIB,
      arrayBuffers: arrayBuffers / MIB,
      otherExternal: (external - arrayBuffers) / MIB,
      resident: rss / MIB,
    };
    this.samples.push(sample);
    return sample;
  }

  /** Growth over the second half, MiB a minute; undefined when there are too few samples to tell. */
  growth(): Readonly<Record<Kind, number>> | undefined {
    const half = this.samples.slice(this.samples.length >> 1);
    if (half.length < FEWEST_SAMPLES) return undefined;
    const of = (kind: Kind): number =>
      slope(
        half.map(({ atMinutes }) => atMinutes),
        half.map((sample) => sample[kind]),
      );
    return {
      heap: of('heap'),
      arrayBuffers: of('arrayBuffers'),
      otherExternal: of('otherExternal'),
      resident: of('resident'),
    };
  }
}

/** Of the straight line with the least squares. */
export function slope(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = mean(x);
  const meanY = mean(y);
  let covariance = 0;
  let variance = 0;
  for (const [index, value] of x.entries()) {
    covariance += (value - meanX) * ((y[index] as number) - meanY);
    variance += (value - meanX) ** 2;
  }
  return variance === 0 ? 0 : covariance / variance;
}
