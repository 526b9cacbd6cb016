/** All rows, in the order in which they are measured. */
import { ackRows } from './ack.bench.ts';
import { adaptRows } from './adapt.bench.ts';
import { copyRows } from './copy.bench.ts';
import { embeddedRows } from './embedded.bench.ts';
import { flavourRows } from './flavour.bench.ts';
import { ingestRows } from './ingest.bench.ts';
import { packageRows } from './package.bench.ts';
import { ffmpegRows } from './peers/ffmpeg.bench.ts';
import { mediabunnyRows } from './peers/mediabunny.bench.ts';
import { producerMemoryRows } from './producer-memory.bench.ts';
import { producerRows } from './producer.bench.ts';
import { putReadTrimRows } from './put-read-trim.bench.ts';
import { realTimeRows } from './real-time.bench.ts';
import { readerRows } from './reader.bench.ts';
import type { Measurement } from './row.ts';
import { startRows } from './start.bench.ts';
import { storeRows } from './store.bench.ts';
import { threadRows } from './threads.bench.ts';

/** Rows of the other flavours come last: an engine that has met several cores calls each of them more slowly. */
export const ALL_ROWS: readonly Measurement[] = [
  ...copyRows,
  ...adaptRows,
  ...packageRows,
  ...putReadTrimRows,
  ...storeRows,
  ...ackRows,
  ...readerRows,
  ...mediabunnyRows,
  ...ffmpegRows,
  ...producerRows,
  ...threadRows,
  ...producerMemoryRows,
  ...realTimeRows,
  ...ingestRows,
  ...startRows,
  ...flavourRows,
  ...embeddedRows,
];
