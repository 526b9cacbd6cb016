/** A relay without its token check: the grant is for the stream of the path, or what the query says, and every socket is a pipe. For tests of the pipe alone. */
import { createWorkersPlatform } from '../../bindings/workers/platform.ts';
import { servePipe, type ServerSocket } from '../../bindings/workers/relay/pipe-session.ts';
import { staticCredentials } from '../../sdk/aws/credentials.ts';

/** What workerd adds to a socket that is one end of a pair. */
declare const WebSocketPair: new () => { readonly 0: WebSocket; readonly 1: ServerSocket & { accept(): void } };

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

export default {
  fetch(request: Request, _env: unknown, context: Context): Response {
    const { searchParams: query, pathname } = new URL(request.url);
    if (request.headers.get('upgrade') !== 'websocket') return new Response('a relay', { status: 426 });
    const pair = new WebSocketPair();
    const grant = {
      streamName: query.get('stream') ?? pathname.split('/').at(-2) ?? '',
      mode: 'pipe' as const,
      maxBitrateBps: Number(query.get('maxBitrateBps') ?? 100e6),
      expiresAtMs: Date.now() + Number(query.get('expiresInMs') ?? 600_000),
      tokenId: 'test',
    };
    pair[1].accept();
    const served = servePipe(pair[1], grant, {
      platform: createWorkersPlatform(),
      region: query.get('region') ?? 'us-west-2',
      endpoint: query.get('endpoint') ?? '',
      credentials: staticCredentials({
        accessKeyId: query.get('accessKeyId') ?? '',
        secretAccessKey: query.get('secretAccessKey') ?? '',
      }),
      createStream: query.get('createStream') !== 'no',
    });
    context.waitUntil(served);
    const headers = { 'sec-websocket-protocol': 'penstock.relay.v1' };
    return new Response(null, { status: 101, webSocket: pair[0], headers } as ResponseInit);
  },
};
