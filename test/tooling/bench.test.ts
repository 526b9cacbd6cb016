/** The bench runs, and its rows keep their names: figures are compared across versions by them. */
// time-limit-s: 300
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { REFERENCED_ROWS } from '../../bench/budgets.ts';
import { runCommand } from '../../scripts/command.mjs';

const ROWS = [
  'copy/1KB',
  'copy-in/1KB',
  'copy/10KB',
  'copy-in/10KB',
  'copy/100KB',
  'copy-in/100KB',
  'copy/1MB',
  'copy-in/1MB',
  'copy/10MB',
  'copy-in/10MB',
  'copy-in-cold-source/10KB',
  'copy-in-cold-source/100KB',
  'copy-in-cold-source/1MB',
  'copy-in-and-out/1KB',
  'copy-in-and-out-cold-source/1KB',
  'copy-in-and-out/10KB',
  'copy-in-and-out-cold-source/10KB',
  'copy-in-and-out/100KB',
  'copy-in-and-out-cold-source/100KB',
  'annexb-to-avcc/1KB',
  'annexb-to-avcc/10KB',
  'annexb-to-avcc/100KB',
  'annexb-to-avcc/1MB',
  'annexb-to-avcc/10MB',
  'annexb-to-avcc-cold-source/10KB',
  'annexb-to-avcc-cold-source/100KB',
  'annexb-to-avcc-cold-source/1MB',
  'no-adaptation/1KB',
  'no-adaptation/10KB',
  'no-adaptation/100KB',
  'no-adaptation/1MB',
  'no-adaptation/10MB',
  'nal-units/4-byte-codes/1MB-in-1',
  'nal-units/4-byte-codes/1MB-in-10',
  'nal-units/4-byte-codes/1MB-in-100',
  'nal-units/4-byte-codes/1MB-in-1000',
  'nal-units/4-byte-codes/1MB-in-10000',
  'nal-units/3-byte-codes/1MB-in-1',
  'nal-units/3-byte-codes/1MB-in-10',
  'nal-units/3-byte-codes/1MB-in-100',
  'nal-units/3-byte-codes/1MB-in-1000',
  'nal-units/3-byte-codes/1MB-in-10000',
  'nal-units/4-byte-codes/10MB-in-1',
  'nal-units/4-byte-codes/10MB-in-10',
  'nal-units/4-byte-codes/10MB-in-100',
  'nal-units/4-byte-codes/10MB-in-1000',
  'nal-units/4-byte-codes/10MB-in-10000',
  'nal-units/3-byte-codes/10MB-in-1',
  'nal-units/3-byte-codes/10MB-in-10',
  'nal-units/3-byte-codes/10MB-in-100',
  'nal-units/3-byte-codes/10MB-in-1000',
  'nal-units/3-byte-codes/10MB-in-10000',
  'package/no-adaptation/1KB',
  'package/copy-alone/1KB',
  'package/no-adaptation-one-slot/1KB',
  'package/copy-alone-one-slot/1KB',
  'package/no-adaptation/10KB',
  'package/copy-alone/10KB',
  'package/no-adaptation-one-slot/10KB',
  'package/copy-alone-one-slot/10KB',
  'package/no-adaptation/100KB',
  'package/copy-alone/100KB',
  'package/no-adaptation-one-slot/100KB',
  'package/copy-alone-one-slot/100KB',
  'put-read-trim/annexb-to-avcc/1KB',
  'put-read-trim/no-adaptation/1KB',
  'put-read-trim/annexb-to-avcc/10KB',
  'put-read-trim/no-adaptation/10KB',
  'put-read-trim/annexb-to-avcc/100KB',
  'put-read-trim/no-adaptation/100KB',
  'put-read-trim-cold-source/annexb-to-avcc/1KB',
  'put-read-trim-cold-source/no-adaptation/1KB',
  'put-read-trim-cold-source/annexb-to-avcc/10KB',
  'put-read-trim-cold-source/no-adaptation/10KB',
  'put-read-trim-cold-source/annexb-to-avcc/100KB',
  'put-read-trim-cold-source/no-adaptation/100KB',
  'put-read-trim-16-streams/annexb-to-avcc/1KB',
  'put-read-trim-16-streams/no-adaptation/1KB',
  'put-read-trim-16-streams/annexb-to-avcc/10KB',
  'put-read-trim-16-streams/no-adaptation/10KB',
  'put-read-trim-16-streams/annexb-to-avcc/100KB',
  'put-read-trim-16-streams/no-adaptation/100KB',
  'put-read-trim-3000-stored/no-adaptation/1KB',
  'put-read-trim-3000-stored/no-adaptation/10KB',
  'store/allocate-free/1000-live',
  'stream-memory/in-session',
  'ack/parsed/112B',
  'read/payloads/10KB-in-64KB-chunks',
  'read/payloads/10KB-in-1MB-chunks',
  'read/skipped/10KB-in-64KB-chunks',
  'read/skipped/10KB-in-1MB-chunks',
  'read/payloads/100KB-in-64KB-chunks',
  'read/payloads/100KB-in-1MB-chunks',
  'read/skipped/100KB-in-64KB-chunks',
  'read/skipped/100KB-in-1MB-chunks',
  'write-matroska/penstock/10KB',
  'write-matroska/mediabunny/10KB',
  'write-matroska/mediabunny-null-target/10KB',
  'read-matroska/penstock/10KB',
  'read-matroska/mediabunny/10KB',
  'write-matroska/penstock/100KB',
  'write-matroska/mediabunny/100KB',
  'write-matroska/mediabunny-null-target/100KB',
  'read-matroska/penstock/100KB',
  'read-matroska/mediabunny/100KB',
  'remux/penstock/10KB',
  'remux/ffmpeg/10KB',
  'remux/penstock/100KB',
  'remux/ffmpeg/100KB',
  'remux/ffmpeg-start/30KB',
  'try-put-frame/annexb-to-avcc/1KB',
  'try-put-frame/annexb-to-avcc/10KB',
  'try-put-frame/annexb-to-avcc/100KB',
  'threads/lock-unlock',
  'threads/same-thread/10KB',
  'threads/same-thread/10KB/uploading-thread',
  'threads/same-thread/10KB/uploading-thread-share',
  'threads/worker/10KB',
  'threads/worker/10KB/uploading-thread',
  'threads/worker/10KB/uploading-thread-share',
  'threads/blocking-worker/10KB',
  'threads/blocking-worker/10KB/uploading-thread',
  'threads/blocking-worker/10KB/uploading-thread-share',
  'threads/same-thread/100KB',
  'threads/same-thread/100KB/uploading-thread',
  'threads/same-thread/100KB/uploading-thread-share',
  'threads/worker/100KB',
  'threads/worker/100KB/uploading-thread',
  'threads/worker/100KB/uploading-thread-share',
  'threads/blocking-worker/100KB',
  'threads/blocking-worker/100KB/uploading-thread',
  'threads/blocking-worker/100KB/uploading-thread-share',
  'threads/same-thread/1MB',
  'threads/same-thread/1MB/uploading-thread',
  'threads/same-thread/1MB/uploading-thread-share',
  'threads/worker/1MB',
  'threads/worker/1MB/uploading-thread',
  'threads/worker/1MB/uploading-thread-share',
  'threads/blocking-worker/1MB',
  'threads/blocking-worker/1MB/uploading-thread',
  'threads/blocking-worker/1MB/uploading-thread-share',
  'stream-memory/whole-stream',
  'producer-heap/growth-per-frame',
  'producer-heap/garbage-of-put',
  'producer-heap/garbage-of-put-and-upload',
  ...['thousand-streams', 'thousand-streams-64-mib-young', 'fifty-streams-over-http'].flatMap((name) =>
    ['cpu-of-one-core', 'lateness-p99', 'event-loop-delay-p99', 'resident', 'heap-and-buffers'].map(
      (row) => `${name}/${row}`,
    ),
  ),
  'ingest/service',
  'ingest/bare-http-sink',
  'core-size/simd',
  'core-size/plain',
  'core-size/js',
  'core-start/compile/simd',
  'core-start/instantiate/simd',
  'core-start/compile-and-instantiate/simd',
  'core-start/compile/plain',
  'core-start/instantiate/plain',
  'core-start/compile-and-instantiate/plain',
  'flavour-simd/annexb-to-avcc/100KB',
  'flavour-simd/put-read-trim/annexb-to-avcc/10KB',
  'flavour-simd/put-read-trim/no-adaptation/10KB',
  'flavour-simd/read/payloads/10KB-in-64KB-chunks',
  'flavour-plain/annexb-to-avcc/100KB',
  'flavour-plain/put-read-trim/annexb-to-avcc/10KB',
  'flavour-plain/put-read-trim/no-adaptation/10KB',
  'flavour-plain/read/payloads/10KB-in-64KB-chunks',
  'flavour-js/annexb-to-avcc/100KB',
  'flavour-js/put-read-trim/annexb-to-avcc/10KB',
  'flavour-js/put-read-trim/no-adaptation/10KB',
  'flavour-js/read/payloads/10KB-in-64KB-chunks',
  'embedded-quickjs/put-read-trim/annexb-to-avcc/1KB',
  'embedded-quickjs/put-read-trim/no-adaptation/1KB',
  'embedded-quickjs/put-read-trim/annexb-to-avcc/10KB',
  'embedded-quickjs/put-read-trim/no-adaptation/10KB',
  'embedded-bare-v8/put-read-trim/annexb-to-avcc/1KB',
  'embedded-bare-v8/put-read-trim/no-adaptation/1KB',
  'embedded-bare-v8/put-read-trim/annexb-to-avcc/10KB',
  'embedded-bare-v8/put-read-trim/no-adaptation/10KB',
  'embedded-quickjs/memory/bundle-loaded',
  'embedded-quickjs/memory/producer-beside-store',
  'embedded-quickjs/memory/stream-beside-store',
];

interface Row {
  readonly name: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly median: number;
  readonly worst: number;
  readonly best: number;
  readonly runs: number;
  readonly budget?: number;
  readonly holds?: boolean;
}

interface Report {
  readonly machine: Readonly<Record<string, unknown>>;
  readonly rows: readonly Row[];
  readonly skipped: ReadonlyArray<{ readonly name: string; readonly reason: string }>;
}

const COSTS: readonly string[] = ['ns', 'ms', 'B', 'KiB', 'MiB', '%'];
/** What may as well be nothing, or less than it was before. */
const MAY_BE_NOTHING = 'producer-heap/growth-per-frame';

const bench = suite('bench');

bench('--json prints every row under its name, with the machine', async () => {
  const { code, output } = await runCommand(process.execPath, ['scripts/bench.mjs', '--quick', '--json'], {
    timeLimitMs: 280_000,
  });
  assert.is(code, 0, output);
  const { machine, rows, skipped } = JSON.parse(output.slice(output.indexOf('{\n'))) as Report;
  const missing = new Set(skipped.map(({ name }) => name));
  assert.equal(
    rows.map(({ name }) => name),
    ROWS.filter((name) => !missing.has(name)),
  );
  // Only what needs a program that a machine may lack is ever skipped.
  for (const { name, reason } of skipped)
    assert.match(`${name}: ${reason}`, /^remux\/ffmpeg.*: ffmpeg is not installed$/);
  for (const { name, unit, better, median, worst, best, runs } of rows) {
    const ascending = better === 'higher' ? [worst, median, best] : [best, median, worst];
    assert.ok(
      ascending.every((figure) => Number.isFinite(figure) && (figure > 0 || name === MAY_BE_NOTHING)),
      `${name} has ${ascending.join(', ')}`,
    );
    assert.equal(
      ascending,
      [...ascending].sort((a, b) => a - b),
      name,
    );
    assert.is(better, COSTS.includes(unit) ? 'lower' : 'higher', name);
    assert.ok(runs > 0, name);
  }
  for (const { name, better, median, budget, holds } of rows) {
    // Judged before the figures are rounded: on the edge either is right.
    if (budget === undefined || median === budget) continue;
    assert.is(holds, better === 'higher' ? median > budget : median < budget, name);
  }
  for (const fact of ['cpu', 'cores', 'node', 'commit', 'command']) assert.ok(machine[fact], fact);
});

bench('Every budget belongs to a row', () => {
  for (const name of REFERENCED_ROWS) assert.ok(ROWS.includes(name), name);
});

bench.run();
