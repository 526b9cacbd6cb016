/**
 * `npm run bench`: medians of the core, the producer's hot path and the service's ingest, each beside what limits it, beside its budget and
 * beside other tools at the same work.
 *
 * `-- --json` prints the same rows as JSON, `-- --quick` measures briefly (a smoke run, not a figure), `-- PART` only rows whose
 * name contains it. A budget that is missed is printed and does not fail: budgets are proved on a machine that does nothing else.
 */
import { parseArgs } from 'node:util';
import { judge, type JudgedRow } from './budgets.ts';
import { collectGarbage } from './garbage.ts';
import { describeMachine } from './machine.ts';
import { formatRow, formatSkipped, heading, round } from './report.ts';
import { FULL, type Measurement, measure, NotMeasuredError, QUICK } from './row.ts';
import { ALL_ROWS } from './rows.ts';

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const machine = describeMachine(['npm run bench --', ...process.argv.slice(2)].join(' ').replace(/ --$/, ''));
const effort = values.quick ? QUICK : FULL;
const isAsked = ({ name }: Measurement): boolean =>
  positionals.length === 0 || positionals.some((part) => name.includes(part));
const print = (line: string): void => {
  if (!values.json) console.log(line);
};

const rows: JudgedRow[] = [];
const skipped: Array<{ readonly name: string; readonly reason: string }> = [];
for (const [key, value] of Object.entries(machine)) print(`${key}: ${value}`);
print(`\n${heading()}`);
for (const measurement of ALL_ROWS.filter(isAsked)) {
  const { name } = measurement;
  const skip = (reason: string): void => {
    skipped.push({ name, reason });
    print(formatSkipped(name, reason));
  };
  const reason = measurement.skipReason?.();
  if (reason !== undefined) {
    skip(reason);
    continue;
  }
  // What the row before left behind is not this one's to clear away.
  collectGarbage();
  try {
    for (const row of (await measure(measurement, effort)).map(judge)) {
      rows.push(row);
      print(formatRow(row));
    }
  } catch (error) {
    if (!(error instanceof NotMeasuredError)) throw error;
    skip(error.message);
  }
}
if (values.json) console.log(JSON.stringify({ machine, rows: rows.map(round), skipped }, null, 2));
