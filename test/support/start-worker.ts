/** Workers in workerd, bundled and served by wrangler as `wrangler dev` does, on a free port of loopback. */
// Wrangler would ask the network what a request from here looks like.
process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false';
const { unstable_startWorker: startWranglerWorker } = await import('wrangler');

export type RunningWorker = Awaited<ReturnType<typeof startWranglerWorker>>;

export interface WorkerOptions {
  /** Of the module, where the configuration does not name it. */
  readonly entrypoint?: string;
  /** Texts in the environment of the Worker. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Directory of what Durable Objects store. @default nothing outlives the Worker */
  readonly persist?: string;
  /** @default 'error' */
  readonly logLevel?: 'none' | 'error' | 'log';
}

/** `config`: path of the Worker's configuration. */
export function startWorker(config: string, options: WorkerOptions = {}): Promise<RunningWorker> {
  const { entrypoint, variables, persist = false, logLevel = 'error' } = options;
  const texts = Object.entries(variables ?? {}).map(([name, value]) => [name, { type: 'plain_text' as const, value }]);
  return startWranglerWorker({
    config,
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(variables === undefined ? {} : { bindings: Object.fromEntries(texts) }),
    dev: {
      server: { hostname: '127.0.0.1', port: 0 },
      inspector: false,
      liveReload: false,
      logLevel,
      persist,
      remote: false,
      watch: false,
    },
  });
}
