/**
 * A relay within a Worker of one's own, below `/cameras`. Its configuration binds the Durable Object as docs/relay.md shows.
 *
 * An application imports from 'penstock/relay' what this file takes from the repository.
 */
import { env } from 'cloudflare:workers';
import { createRelay } from '../../bindings/workers/relay/index.ts';

const { worker, RelayStream } = createRelay(() => ({
  access: { secret: env['RELAY_TOKEN_SECRET'] ?? '' },
  allowedOrigins: ['https://cameras.example.com'],
  // Against AWS leave out the endpoint: the region's own is used then.
  ...(env['KVS_ENDPOINT'] ? { endpoint: env['KVS_ENDPOINT'] } : {}),
  createIfMissing: true,
  limits: { maxBitrateBps: 4_000_000 },
}));

export { RelayStream };

export default {
  async fetch(request: Request, bindings: unknown): Promise<Response> {
    if (new URL(request.url).pathname.startsWith('/cameras/')) return worker.fetch(request, bindings);
    return new Response('Cameras connect below /cameras', { status: 404 });
  },
};
