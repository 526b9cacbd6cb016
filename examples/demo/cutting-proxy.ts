/** A TCP proxy that can cut every connection through it, the way a network does: at once, and without a word. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** Where connections made from now on lead: a port on 127.0.0.1. */
  leadTo(port: number): void;
  /** Resets every open connection on both sides (TCP RST); returns how many there were. New ones pass again. */
  cut(): number;
}

export async function startCuttingProxy(): Promise<CuttingProxy> {
  let targetPort = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    open.add(client);
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      from.pipe(to);
      // The other side of a connection that was reset learns of it in the same way.
      from.on('error', () => to.resetAndDestroy());
      from.on('close', () => open.delete(client));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): number => {
    const connections = open.size;
    for (const client of open) client.resetAndDestroy();
    return connections;
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
      cut();
      await closed;
    },
  };
}
