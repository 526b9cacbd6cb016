/** What a bench reports. */

/** A figure under a stable name; `median` is in `unit`. */
export interface Row {
  /** Stable: `topic/variant/size`. */
  readonly name: string;
  readonly unit: 'GB/s' | 'frames/s' | 'MB/s';
  readonly median: number;
  readonly worst: number;
  readonly best: number;
  readonly runs: number;
}

/** A thing to measure: one run of `run` does `amount` of the unit's numerator (bytes for GB/s and MB/s, frames for frames/s). */
export interface Measurement {
  readonly name: string;
  readonly unit: Row['unit'];
  readonly amount: number;
  readonly run: () => void | Promise<void>;
}

/** How long and how often to measure. */
export interface Effort {
  /** Runs that count; the median of fewer than ten says little. */
  readonly runs: number;
  /** Runs before, until the engine has compiled what is hot, milliseconds. */
  readonly warmUpMs: number;
  /** A run repeats the measured work until this has passed, milliseconds. */
  readonly runMs: number;
}

export const FULL: Effort = { runs: 15, warmUpMs: 500, runMs: 150 };
export const QUICK: Effort = { runs: 3, warmUpMs: 20, runMs: 20 };

const PER_UNIT: Readonly<Record<Row['unit'], number>> = { 'GB/s': 1e9, 'MB/s': 1e6, 'frames/s': 1 };

/** Measures one thing. The clock is read around whole runs only, and every run counts. */
export async function measure({ name, unit, amount, run }: Measurement, effort: Effort): Promise<Row> {
  const repeat = async (forMs: number): Promise<number> => {
    const startMs = performance.now();
    let elapsedMs = 0;
    let times = 0;
    do {
      const pending = run();
      // Awaiting nothing would cost more than a small run.
      if (pending !== undefined) await pending;
      times++;
      elapsedMs = performance.now() - startMs;
    } while (elapsedMs < forMs);
    return (times * amount) / (elapsedMs / 1000) / PER_UNIT[unit];
  };
  await repeat(effort.warmUpMs);
  const results: number[] = [];
  for (let made = 0; made < effort.runs; made++) results.push(await repeat(effort.runMs));
  results.sort((a, b) => a - b);
  const middle = (results[(results.length - 1) >> 1]! + results[results.length >> 1]!) / 2;
  return { name, unit, median: middle, worst: results[0]!, best: results.at(-1)!, runs: results.length };
}
