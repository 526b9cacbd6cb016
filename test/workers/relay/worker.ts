/** The relay composed into a Worker of one's own, with one thing more: a way to throw a stream's Durable Object away, memory and all. */
import { env } from 'cloudflare:workers';
import { createRelay } from '../../../bindings/workers/relay/index.ts';
import { relayOptionsOf } from '../../../bindings/workers/relay/relay-variables.ts';

const relay = createRelay(() => relayOptionsOf(env));

export class RelayStream extends relay.RelayStream {
  readonly #state: DurableObjectState;

  constructor(state: DurableObjectState, bindings: unknown) {
    super(state, bindings);
    this.#state = state;
  }

  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === '/evict') this.#state.abort('evicted');
    return super.fetch(request);
  }
}

export default {
  async fetch(request: Request, bindings: { readonly RELAY_STREAMS: DurableObjectNamespace }): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname !== '/evict') return relay.worker.fetch(request, bindings);
    const stream = bindings.RELAY_STREAMS.getByName(url.searchParams.get('stream') ?? '');
    // What was aborted gives no answer.
    await stream.fetch(new Request(request.url)).catch(() => undefined);
    return new Response('evicted');
  },
};
