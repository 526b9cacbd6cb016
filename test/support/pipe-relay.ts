/** The relay's pipe in workerd, in front of a service of a test. */
import { fileURLToPath } from 'node:url';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';

export interface PipeRelayQuery {
  /** That is granted. @default the one of the path */
  readonly stream?: string;
  /** The service's URL as the relay sees it. */
  readonly endpoint: string;
  readonly region?: string;
  readonly maxBitrateBps?: number;
  readonly expiresInMs?: number;
  readonly createStream?: 'no';
}

export interface PipeRelay {
  /** Base URL, `http:`. */
  readonly url: string;
  close(): Promise<void>;
}

/** The address of a relay with the grant that the query says, for `relay.url`. */
export function pipeUrl(relayUrl: string, query: PipeRelayQuery): string {
  const { accessKeyId, secretAccessKey } = DEVELOPMENT_CREDENTIALS;
  const fields = Object.entries({ ...query, accessKeyId, secretAccessKey }).map(([name, value]) => [
    name,
    String(value),
  ]);
  return `${relayUrl}/?${new URLSearchParams(fields).toString()}`;
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
