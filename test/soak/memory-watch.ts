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
 * behind is 0.14 at 2500 frames a second; what moves samples without a trend is pieces in flight, and for resident memory what
 * malloc keeps.
 */
export const GROWTH_LIMITS: Readonly<Record<Kind, number>> = {
  heap: 0.3,
  arrayBuffers: 0.6,
  otherExternal: 0.1,
  resident: 3,
};
/** A line through fewer samples says nothing. */
const FEWEST_SAMPLES = 8;
const MOST_ROUNDS = 10;
const SWEEP_MS = 50;

export class MemoryWatch {
  readonly samples: MemorySample[] = [];
  #startMs = NaN;

  async sample(): Promise<MemorySample> {
    await collectAll();
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

/** Buffers are given back by other threads, some time after their garbage was collected: waits until no more of them go. */
async function collectAll(): Promise<void> {
  // Node keeps those of the last 250 requests.
  performance.clearResourceTimings();
  let before = Infinity;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, SWEEP_MS));
    const { external } = process.memoryUsage();
    if (external >= before) return;
    before = external;
  }
}

/** Of the line through the samples: the median of the slopes between any two of them (Theil and Sen), which a few outliers do not move. */
export function slope(x: readonly number[], y: readonly number[]): number {
  const slopes: number[] = [];
  for (let from = 0; from < x.length; from++) {
    for (let to = from + 1; to < x.length; to++)
      slopes.push(((y[to] as number) - (y[from] as number)) / ((x[to] as number) - (x[from] as number)));
  }
  slopes.sort((a, b) => a - b);
  return slopes[slopes.length >> 1] ?? 0;
}
