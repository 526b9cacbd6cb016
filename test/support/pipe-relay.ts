/** The relay's pipe in workerd, in front of a service of a test. */
import { fileURLToPath } from 'node:url';
import { startWorker } from './start-worker.ts';

export interface PipeRelay {
  /** Base URL, `http:`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts `test/workers/pipe-relay.ts` in workerd, bundled by wrangler, on a free port of loopback. */
export async function startPipeRelay(): Promise<PipeRelay> {
  const worker = await startWorker(fileURLToPath(new URL('../workers/pipe-relay.jsonc', import.meta.url)));
  const { origin } = await worker.url;
  return { url: origin, close: () => worker.dispose() };
}
