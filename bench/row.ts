/** What a bench reports, and what it takes to measure it. */

/** Rates, where more is better, and costs, where less is. */
export type RateUnit = 'GB/s' | 'MB/s' | 'frames/s';
export type CostUnit = 'ns' | 'ms' | 'B' | 'KiB' | 'MiB' | '%';
export type Unit = RateUnit | CostUnit;

/** A figure under a stable name; `median`, `worst` and `best` are in `unit`. */
export interface Row {
  /** Stable: `topic/variant/size`. */
  readonly name: string;
  readonly unit: Unit;
  readonly better: 'higher' | 'lower';
  readonly median: number;
  readonly worst: number;
  readonly best: number;
  readonly runs: number;
}

/** What a row needs while it is measured. */
export interface Opened {
  /** What one run does: bytes for GB/s and MB/s, frames for frames/s, times for ns and ms. */
  readonly amount: number;
  readonly run: () => void | Promise<void>;
  readonly close?: () => void | Promise<void>;
}

interface Named<U extends Unit> {
  readonly name: string;
  readonly unit: U;
  /** Why this machine cannot measure the row; undefined when it can. */
  readonly skipReason?: () => string | undefined;
}

/** A thing to time. Memory, files and processes are made when it is opened, and no earlier. */
export interface Timed extends Named<RateUnit | keyof typeof COSTS_PER_SECOND> {
  open(effort: Effort): Opened | Promise<Opened>;
}

/** A size: the same however often it is asked for. */
export interface Sized extends Named<'KiB'> {
  sizeBytes(effort: Effort): number | Promise<number>;
}

/** A cost that is read off in its own way, once or more. */
export interface Sampled extends Named<CostUnit> {
  /** In the row's unit. */
  sample(effort: Effort): Promise<readonly number[]>;
}

/** Several rows that one run gives; their names begin with the group's. */
export interface Group {
  readonly name: string;
  readonly skipReason?: () => string | undefined;
  measureAll(effort: Effort): Promise<readonly Row[]>;
}

/** What was to be measured did not come about on this machine, at this moment; the message says why. */
export class NotMeasuredError extends Error {
  override readonly name = 'NotMeasuredError';
}

export type Measurement = Timed | Sized | Sampled | Group;

/** How long, how often and how much to measure. */
export interface Effort {
  /** Runs that count; the median of fewer than ten says little. */
  readonly runs: number;
  /** Runs before, until the engine has compiled what is hot, milliseconds. */
  readonly warmUpMs: number;
  /** A run repeats the measured work until this has passed, milliseconds. */
  readonly runMs: number;
  /** Media in a file that is read in memory, bytes. */
  readonly readBytes: number;
  /** Media in a file that is written again, bytes: enough to outweigh the start of a process. */
  readonly remuxBytes: number;
  /** Share of the streams that a row of many streams is named for. */
  readonly streamShare: number;
  /** Length of what runs in real time, seconds. */
  readonly realTimeS: number;
  /** Frames between two looks at the heap. */
  readonly heapFrames: number;
}

export const FULL: Effort = {
  runs: 15,
  warmUpMs: 500,
  runMs: 150,
  readBytes: 15e6,
  remuxBytes: 201e6,
  streamShare: 1,
  realTimeS: 30,
  heapFrames: 200_000,
};
export const QUICK: Effort = {
  runs: 2,
  warmUpMs: 10,
  runMs: 10,
  readBytes: 3e6,
  remuxBytes: 3e6,
  streamShare: 0.04,
  realTimeS: 1,
  heapFrames: 3_000,
};

const RATE_PER_SECOND: Readonly<Record<RateUnit, number>> = { 'GB/s': 1e9, 'MB/s': 1e6, 'frames/s': 1 };
const COSTS_PER_SECOND = { ns: 1e9, ms: 1e3 } as const;
const BYTES_PER_KIB = 1024;

function isRate(unit: Unit): unit is RateUnit {
  return unit in RATE_PER_SECOND;
}

/** Measures one thing, and lets go of what it needed. */
export async function measure(measurement: Measurement, effort: Effort): Promise<readonly Row[]> {
  if ('measureAll' in measurement) return measurement.measureAll(effort);
  if ('open' in measurement) return [await time(measurement, effort)];
  if ('sample' in measurement) return [rowOf(measurement, await measurement.sample(effort))];
  return [rowOf(measurement, [(await measurement.sizeBytes(effort)) / BYTES_PER_KIB])];
}

async function time(measurement: Timed, effort: Effort): Promise<Row> {
  const { unit } = measurement;
  const opened = await measurement.open(effort);
  try {
    await repeat(opened, effort.warmUpMs);
    const results: number[] = [];
    for (let made = 0; made < effort.runs; made++) {
      const amountPerSecond = await repeat(opened, effort.runMs);
      results.push(isRate(unit) ? amountPerSecond / RATE_PER_SECOND[unit] : COSTS_PER_SECOND[unit] / amountPerSecond);
    }
    return rowOf(measurement, results);
  } finally {
    await opened.close?.();
  }
}

/** The clock is read around whole runs only, and every run counts. Returns the amount done in a second. */
async function repeat({ amount, run }: Opened, forMs: number): Promise<number> {
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
  return (times * amount) / (elapsedMs / 1000);
}

/** The row of these results, in its unit; there is at least one. */
export function rowOf({ name, unit }: Pick<Row, 'name' | 'unit'>, measured: readonly number[]): Row {
  const results = [...measured].sort((a, b) => a - b);
  const least = results[0]!;
  const most = results.at(-1)!;
  const median = (results[(results.length - 1) >> 1]! + results[results.length >> 1]!) / 2;
  const figures = isRate(unit)
    ? ({ better: 'higher', median, worst: least, best: most } as const)
    : ({ better: 'lower', median, worst: most, best: least } as const);
  return { name, unit, ...figures, runs: results.length };
}
