/** The end of an HTTP server that has live connections. */

import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';

/** Connections that did not end by themselves after this long are cut. */
const GRACE_MS = 2000;

/**
 * Follows the server's responses from now on and returns what closes it: no new connections, `stop` ends what the
 * application has open, every response is written out, and what is left after the grace period is cut.
 */
export function gracefulClose(server: Server, stop: () => Promise<void>): () => Promise<void> {
  const open = new Set<ServerResponse>();
  let responseClosed = (): void => undefined;
  server.on('request', (_request, response) => {
    open.add(response);
    response.once('close', () => {
      open.delete(response);
      responseClosed();
    });
  });
  return async () => {
    const closed = once(server, 'close');
    server.close();
    const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS);
    await stop();
    // For Node a connection is idle as soon as its response has ended, even if the last bytes are not written out yet.
    while (open.size > 0) await new Promise<void>((resolve) => (responseClosed = resolve));
    server.closeIdleConnections();
    await closed;
    clearTimeout(cut);
  };
}
