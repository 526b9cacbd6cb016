/** The bench runs, and its rows keep their names: figures are compared across versions by them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from '../../scripts/command.mjs';

const ROWS = [
  'annexb-to-avcc/10KB',
  'copy-in/10KB',
  'annexb-to-avcc/100KB',
  'copy-in/100KB',
  'annexb-to-avcc/1MB',
  'copy-in/1MB',
  'put-read-trim/annexb-to-avcc/1KB',
  'put-read-trim/no-adaptation/1KB',
  'copy-in-and-out/1KB',
  'put-read-trim/annexb-to-avcc/10KB',
  'put-read-trim/no-adaptation/10KB',
  'copy-in-and-out/10KB',
  'put-read-trim/annexb-to-avcc/100KB',
  'put-read-trim/no-adaptation/100KB',
  'copy-in-and-out/100KB',
  'try-put-frame/annexb-to-avcc/1KB',
  'try-put-frame/annexb-to-avcc/10KB',
  'try-put-frame/annexb-to-avcc/100KB',
  'ingest/service',
  'ingest/bare-http-sink',
];

interface Report {
  readonly machine: Readonly<Record<string, unknown>>;
  readonly rows: readonly { readonly name: string; readonly median: number; readonly runs: number }[];
}

const bench = suite('bench');

bench('--json prints every row under its name, with the machine', async () => {
  const { code, output } = await runCommand(process.execPath, [
    '--import',
    'tsx',
    'bench/main.ts',
    '--quick',
    '--json',
  ]);
  assert.is(code, 0, output);
  const { machine, rows } = JSON.parse(output.slice(output.indexOf('{\n'))) as Report;
  assert.equal(
    rows.map(({ name }) => name),
    ROWS,
  );
  assert.ok(rows.every(({ median, runs }) => median > 0 && runs > 0));
  for (const fact of ['cpu', 'cores', 'node', 'commit', 'command']) assert.ok(machine[fact], fact);
});

bench.run();
