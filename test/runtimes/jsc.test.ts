/** The conformance checks and one end-to-end run inside JavaScriptCore's own shell, where there is one: Debian has it in libjavascriptcoregtk-4.0-bin. */
// time-limit-s: 300
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import type { CheckResult } from '../conformance/check.ts';
import { bundleFor } from '../support/embedded-bundle.ts';
import { createTestHost } from '../support/embedded-host.ts';
import { buildFile } from '../support/load-core.ts';
import { skip } from '../support/skip.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { report, setStage } from './support.ts';

const RANDOM_BYTES = 1 << 20;
const TIME_LIMIT_MS = 240_000;

/** Runs the checks in a shell whose host is at the other end of its lines. */
async function runInShell(): Promise<CheckResult[]> {
  const stage = await setStage('from-jsc');
  const host = createTestHost('jsc');
  const directory = await temporaryDirectory();
  const program = join(directory, 'shell.js');
  const randomFile = join(directory, 'random');
  await writeFile(program, await bundleFor('test/embedded/shell.ts', 'iife'));
  await writeFile(randomFile, randomBytes(RANDOM_BYTES));
  const shell = spawn('jsc', [program], { timeout: TIME_LIMIT_MS, killSignal: 'SIGKILL' });
  const ended = once(shell, 'close');
  let failure = '';
  shell.stderr.on('data', (text: Buffer) => (failure += text.toString()));
  shell.stdin.on('error', () => undefined);
  const tell = (...values: unknown[]): void => void shell.stdin.write(`${JSON.stringify(values)}\n`);
  /** The engine's numbers → the host's. */
  const numbers = new Map<number, number>();
  let results: CheckResult[] | undefined;
  const calls: Readonly<Record<string, (...values: never[]) => void>> = {
    connect(number: number, hostname: string, port: number, isSecure: boolean) {
      const opened = host.connect(
        hostname,
        port,
        isSecure,
        () => tell('writable', number),
        (bytes) => tell('bytes', number, Buffer.from(bytes).toString('hex')),
        (reason) => tell('closed', number, reason),
      );
      numbers.set(number, opened);
    },
    send: (number: number, bytes: string) =>
      host.send(numbers.get(number) ?? 0, new Uint8Array(Buffer.from(bytes, 'hex')).buffer),
    receive: (number: number) => host.receive(numbers.get(number) ?? 0),
    close: (number: number) => host.close(numbers.get(number) ?? 0),
    setTimer: (number: number, delayMs: number) =>
      void numbers.set(
        number,
        host.setTimer(delayMs, () => tell('timer', number)),
      ),
    cancelTimer: (number: number) => host.cancelTimer(numbers.get(number) ?? 0),
    done(text: string, reason: string) {
      if (reason === '') results = JSON.parse(text) as CheckResult[];
      else failure += reason;
    },
  };
  const coreFolder = fileURLToPath(new URL('.', buildFile('core.wasm')));
  shell.stdin.write(`${JSON.stringify({ task: JSON.stringify(stage.task), coreFolder, randomFile })}\n`);
  try {
    for await (const line of createInterface({ input: shell.stdout })) {
      const [name, ...values] = JSON.parse(line) as [string, ...never[]];
      calls[name]?.(...values);
    }
    await ended;
  } finally {
    host.dispose();
    await stage.close();
    await removeDirectory(directory);
  }
  if (results === undefined) throw new Error(`jsc told no results: ${failure}`);
  return results;
}

const jsc = suite('conformance [jsc]');
if (spawnSync('jsc', ['-e', '0']).error === undefined) report(jsc, await runInShell());
else skip('conformance [jsc]', 'there is no jsc on the PATH');
jsc.run();
