/** `penstock serve` as a process of its own, as a user would run it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
/** Longer than a cold start on a busy machine takes. */
const START_LIMIT_MS = 15_000;

export interface ServiceProcess extends AsyncDisposable {
  /** Base URL of the control plane. */
  readonly url: string;
}

/** The first line that the process prints: its endpoint. */
async function endpointOf(service: ChildProcess): Promise<string> {
  const lines = createInterface({ input: service.stdout! });
  const signal = AbortSignal.timeout(START_LIMIT_MS);
  let complaints = '';
  service.stderr!.on('data', (text: Buffer) => (complaints += text.toString()));
  const ended = once(service, 'close').then(() => {
    throw new Error(`penstock serve ended before it listened: ${complaints}`);
  });
  ended.catch(() => undefined); // later, when the demo itself ends it
  const [url] = (await Promise.race([once(lines, 'line', { signal }), ended])) as [string];
  return url;
}

/** @param publicUrl what the service tells clients to send media to */
export async function startServiceProcess(directory: string, publicUrl: string): Promise<ServiceProcess> {
  const serve = [CLI, 'serve', directory, '--port', '0', '--public-url', publicUrl];
  // The same loader runs the child, whether that is a TypeScript one or none.
  const service = spawn(process.execPath, [...process.execArgv, ...serve], { stdio: ['ignore', 'pipe', 'pipe'] });
  const url = await endpointOf(service);
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      const exited = once(service, 'exit');
      service.kill('SIGTERM');
      await exited;
    },
  };
}
