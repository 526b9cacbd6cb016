/** A TCP proxy that can cut every connection through it, the way a network does: at once, and without a word. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** Where connections made from now on lead: a port on 127.0.0.1. */
  leadTo(port: number): void;
  /** Resets every open connection on both sides (TCP RST). New ones pass again. */
  cut(): void;
}

/**
 * Ends a socket with a reset where that is possible. Node 20 never lets go of one that is reset while its own end is still
 * being sent: the process could not exit.
 */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

export async function startCuttingProxy(): Promise<CuttingProxy> {
  let targetPort = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(from);
      from.pipe(to);
      // The other side of a connection that was reset learns of it in the same way.
      from.on('error', () => reset(to));
      from.on('close', () => open.delete(from));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of open) reset(socket);
  };
  return {
    port: (server.address() as AddressInfo).port,
    leadTo: (port) => {
      targetPort = port;
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
