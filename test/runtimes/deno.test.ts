/** The conformance checks and one end-to-end run inside Deno, with no permission beyond the core's file and two ports of loopback. */
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCommand } from '../../scripts/command.mjs';
import type { CheckResult } from '../conformance/check.ts';
import { report, setStage } from './support.ts';

const DENO = fileURLToPath(new URL('../../node_modules/deno/bin.cjs', import.meta.url));

const deno = suite('conformance [deno]');
const stage = await setStage('from-deno');
const { code, output } = await runCommand(
  process.execPath,
  [
    DENO,
    'run',
    '--no-prompt',
    '--cached-only',
    '--config=bindings/deno/deno.json',
    '--allow-read=build',
    `--allow-net=${stage.hosts.join()}`,
    'test/deno/main.ts',
    JSON.stringify(stage.task),
  ],
  { env: { NO_COLOR: '1' } },
);
await stage.close();

deno('runs to its end', () => assert.is(code, 0, output));
if (code === 0) report(deno, JSON.parse(output.slice(output.lastIndexOf('\n[') + 1)) as CheckResult[]);
deno.run();
