/** Runs the `penstock` command in a process of its own, bundled as it is published, as a shell would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
if (!existsSync(COMMAND)) throw new Error('dist/cli.js is not built: run npm run build');

export interface CommandOptions {
  /** Given to standard input; default: nothing. */
  readonly input?: Uint8Array | Readable;
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with the process once it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Long enough for a busy machine, short enough to end a hanging test. */
const TIME_LIMIT_MS = 45_000;

/** Nothing of the developer's own AWS set-up may reach the tests. */
function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS_|PENSTOCK_)/.test(name));
  return { ...Object.fromEntries(inherited), NO_COLOR: '1', ...extra };
}

/** Starts the command and waits for its end. */
export async function penstock(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: cleanEnvironment(options.environment),
    timeout: TIME_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => undefined); // a command that refuses its input closes it early
  if (options.input instanceof Uint8Array) child.stdin.end(options.input);
  else if (options.input) options.input.pipe(child.stdin);
  else child.stdin.end();
  options.onStart?.(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}

export interface RunningServe {
  readonly url: string;
  /** What it has written to standard error so far. */
  readonly stderr: () => string;
  /** Sends a signal and waits; returns the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts `penstock serve DIRECTORY --port 0 …` and waits for its endpoint. */
export async function penstockServe(directory: string, ...args: readonly string[]): Promise<RunningServe> {
  const child = spawn(process.execPath, [COMMAND, 'serve', directory, '--port', '0', ...args], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const line = once(createInterface({ input: child.stdout }), 'line', { signal: AbortSignal.timeout(TIME_LIMIT_MS) });
  const ended = once(child, 'close').then(() => Promise.reject(new Error(`serve ended early: ${stderr}`)));
  const [url] = (await Promise.race([line, ended])) as [string];
  ended.catch(() => undefined);
  return {
    url,
    stderr: () => stderr,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null) return child.exitCode;
      const closed = once(child, 'close') as Promise<[number | null]>;
      child.kill(signal);
      return (await closed)[0];
    },
  };
}
