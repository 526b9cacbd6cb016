// runtime: Deno 2
/** The conformance checks inside Deno, with no permission beyond the core's files and the ports of loopback that the task names. */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { runProgram, testRuntime } from './driver.ts';

const DENO = fileURLToPath(new URL('../../node_modules/deno/bin.cjs', import.meta.url));

const deno = await testRuntime('Deno 2', ({ hosts, task }) =>
  runProgram(process.execPath, [
    DENO,
    'run',
    '--no-prompt',
    '--cached-only',
    '--config=bindings/deno/deno.json',
    '--allow-read=build',
    `--allow-net=${hosts.join()}`,
    'test/deno/main.ts',
    JSON.stringify(task),
  ]),
);
deno.run();
