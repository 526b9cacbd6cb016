/** A service in a process of its own, so that a test can kill it at any instant. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { within } from './put-media-client.ts';

export interface ServiceProcessOptions {
  /** What GetDataEndpoint answers, for a service behind a proxy. @default its own address */
  readonly publicUrl?: string;
  /** Keeps its warnings to itself. @default false */
  readonly isQuiet?: boolean;
}

export interface ServiceProcess {
  readonly url: string;
  /** Ends the process without warning (SIGKILL) and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts a service on a directory in a child process; resolves when it answers. */
export async function startServiceProcess(
  directory: string,
  { publicUrl, isQuiet = false }: ServiceProcessOptions = {},
): Promise<ServiceProcess> {
  const main = fileURLToPath(new URL('service-process-main.mjs', import.meta.url));
  const child: ChildProcess = spawn(
    process.execPath,
    [main, directory, ...(publicUrl === undefined ? [] : [publicUrl])],
    {
      stdio: ['ignore', 'pipe', isQuiet ? 'ignore' : 'inherit'],
    },
  );
  if (child.stdout === null) throw new Error('The service process has no standard output');
  const lines = createInterface({ input: child.stdout });
  const [url] = (await within(
    Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`exit ${code}`))),
    ]),
    'the service process to start',
    30_000,
  )) as [string];
  return {
    url,
    async kill() {
      const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve();
      child.kill('SIGKILL');
      await within(gone as Promise<unknown>, 'the service process to be gone');
    },
  };
}
