/** What rows are held against: the budget of the design, and what AWS's native C core (-O3) did on a machine of the same kind. */
import type { Row } from './row.ts';

export interface Reference {
  /** In the row's unit: at least this for a rate, at most this for a cost. */
  readonly budget?: number;
  /** The native core's figure in the row's unit. */
  readonly native?: number;
}

/** A row beside its reference; `holds` is the median against the budget. */
export interface JudgedRow extends Row, Reference {
  readonly holds?: boolean;
}

const none = 'no-adaptation';
const annexB = 'annexb-to-avcc';

/**
 * By row name. Where the budget is "never slower than native", it is the native figure; of native's range, the better end. What 16 streams
 * do with adaptation was not measured there: their budget is to that of one stream as it is without adaptation.
 * 64 KiB and 205 KiB of a stream, and the file of the core, are counted in units of 1024 bytes.
 */
const REFERENCES: Readonly<Record<string, Reference>> = {
  [`${annexB}/10KB`]: { budget: 10, native: 0.38 },
  [`${annexB}/100KB`]: { budget: 10, native: 0.39 },
  [`${annexB}/1MB`]: { budget: 10, native: 0.39 },
  [`put-read-trim/${annexB}/1KB`]: { budget: 2.5e6, native: 242e3 },
  [`put-read-trim/${annexB}/10KB`]: { budget: 1.2e6, native: 27e3 },
  [`put-read-trim/${annexB}/100KB`]: { budget: 100e3, native: 2.5e3 },
  [`put-read-trim/${none}/1KB`]: { budget: 5e6, native: 2.4e6 },
  [`put-read-trim/${none}/10KB`]: { budget: 2.5e6, native: 1.7e6 },
  [`put-read-trim/${none}/100KB`]: { budget: 164e3, native: 164e3 },
  [`put-read-trim-16-streams/${annexB}/1KB`]: { budget: 1.25e6 },
  [`put-read-trim-16-streams/${annexB}/10KB`]: { budget: 600e3 },
  [`put-read-trim-16-streams/${annexB}/100KB`]: { budget: 86e3 },
  [`put-read-trim-16-streams/${none}/1KB`]: { budget: 2.5e6, native: 2.5e6 },
  [`put-read-trim-16-streams/${none}/10KB`]: { budget: 1.24e6, native: 1.24e6 },
  [`put-read-trim-16-streams/${none}/100KB`]: { budget: 142e3, native: 142e3 },
  [`package/${none}/10KB`]: { budget: 87, native: 87 },
  [`package/${none}-one-slot/10KB`]: { budget: 87, native: 87 },
  'store/allocate-free/1000-live': { budget: 60, native: 106 },
  'stream-memory/in-session': { budget: 64, native: 205 },
  'stream-memory/whole-stream': { budget: 64 },
  'producer-heap/growth-per-frame': { budget: 1 },
  'thousand-streams/cpu-of-one-core': { budget: 100 },
  'thousand-streams/lateness-p99': { budget: 40 },
  'thousand-streams-64-mib-young/cpu-of-one-core': { budget: 100 },
  'thousand-streams-64-mib-young/lateness-p99': { budget: 40 },
  'ack/parsed/112B': { budget: 1000, native: 280 },
  'copy/10KB': { native: 179 },
  'copy/100KB': { native: 47 },
  'copy/1MB': { native: 35 },
  'read/payloads/10KB-in-64KB-chunks': { budget: 2 },
  'read/payloads/10KB-in-1MB-chunks': { budget: 2 },
  'read/payloads/100KB-in-64KB-chunks': { budget: 2 },
  'read/payloads/100KB-in-1MB-chunks': { budget: 2 },
  'core-start/compile-and-instantiate/simd': { budget: 3 },
  'core-size/simd': { budget: 48 },
};

/** The rows that have a budget or a native figure. */
export const REFERENCED_ROWS: readonly string[] = Object.keys(REFERENCES);

export function judge(row: Row): JudgedRow {
  const reference = REFERENCES[row.name];
  if (reference === undefined) return row;
  const { budget } = reference;
  if (budget === undefined) return { ...row, ...reference };
  return { ...row, ...reference, holds: row.better === 'higher' ? row.median >= budget : row.median <= budget };
}
