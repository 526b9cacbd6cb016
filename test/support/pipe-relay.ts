/** The relay's pipe in workerd, in front of a service of a test. */
import { fileURLToPath } from 'node:url';

export interface PipeRelay {
  /** Base URL, `http:`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts `test/workers/pipe-relay.ts` in workerd, bundled by wrangler, on a free port of loopback. */
export async function startPipeRelay(): Promise<PipeRelay> {
  // Wrangler would ask the network what a request from here looks like.
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
  const { unstable_startWorker: startWorker } = await import('wrangler');
  const worker = await startWorker({
    config: fileURLToPath(new URL('../workers/pipe-relay.jsonc', import.meta.url)),
    dev: {
      server: { hostname: '127.0.0.1', port: 0 },
      inspector: false,
      liveReload: false,
      logLevel: 'error',
      persist: false,
      remote: false,
      watch: false,
    },
  });
  const { origin } = await worker.url;
  return { url: origin, close: () => worker.dispose() };
}
