/**
 * `npm run bench`: medians of the core, the producer's hot path and the service's ingest, each beside what limits it.
 *
 * `-- --json` prints the same rows as JSON, `-- --quick` measures briefly (a smoke run, not a figure), `-- PART` only rows whose
 * name contains it.
 */
import { parseArgs } from 'node:util';
import { coreMeasurements } from './core.bench.ts';
import { ingestMeasurements } from './ingest.bench.ts';
import { describeMachine } from './machine.ts';
import { producerMeasurements } from './producer.bench.ts';
import { FULL, type Measurement, measure, QUICK, type Row } from './row.ts';

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const machine = describeMachine(['npm run bench --', ...process.argv.slice(2)].join(' ').replace(/ --$/, ''));
const effort = values.quick ? QUICK : FULL;
const isAsked = ({ name }: Measurement): boolean =>
  positionals.length === 0 || positionals.some((part) => name.includes(part));

const rows: Row[] = [];
if (!values.json) {
  console.log(
    Object.entries(machine)
      .map(([key, value]) => `${key}: ${value}`)
      .join('\n'),
  );
  console.log(`\n${'name'.padEnd(44)} ${'median'.padStart(12)} ${'worst'.padStart(12)} ${'best'.padStart(12)}  unit`);
}
for await (const measurement of all()) {
  if (!isAsked(measurement)) continue;
  const row = await measure(measurement, effort);
  rows.push(row);
  if (!values.json) console.log(formatRow(row));
}
if (values.json) console.log(JSON.stringify({ machine, rows: rows.map(round) }, null, 2));

/** One after the other: what a row needs is there only while it is measured. */
async function* all(): AsyncGenerator<Measurement> {
  yield* coreMeasurements();
  yield* producerMeasurements();
  yield* ingestMeasurements();
}

function formatRow({ name, unit, median, worst, best }: Row): string {
  const cells = [median, worst, best].map((value) => figure(value).padStart(12));
  return `${name.padEnd(44)} ${cells.join(' ')}  ${unit}`;
}

/** Three figures are all that a run on a shared machine can promise. */
function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

function threeFigures(value: number): number {
  return Number(value.toPrecision(3));
}

function round(row: Row): Row {
  return { ...row, median: threeFigures(row.median), worst: threeFigures(row.worst), best: threeFigures(row.best) };
}
