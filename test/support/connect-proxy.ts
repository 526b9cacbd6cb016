/** An HTTP proxy on loopback that tunnels (CONNECT, RFC 9110 §9.3.6), asks for a password where told to, and refuses where told to. */
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ConnectProxyOptions {
  /** `user:password` that it asks for. @default none */
  readonly credentials?: string;
  /** HTTP status that it refuses every tunnel with. @default it refuses none */
  readonly refusal?: number;
  /** Where tunnels lead, whatever host is asked for. @default to the host that is asked for */
  readonly target?: () => URL;
}

export interface ConnectProxy extends AsyncDisposable {
  /** Without user and password. */
  readonly url: string;
  /** `host:port` of every tunnel that was asked for. */
  readonly asked: readonly string[];
  /** Tunnels made. */
  readonly tunnels: number;
  /** Requests that were not CONNECT. */
  readonly others: number;
}

export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const asked: string[] = [];
  const sockets = new Set<Duplex>();
  let tunnels = 0;
  let others = 0;
  const server = createServer((_request, response) => {
    others++;
    response.writeHead(405).end();
  });
  server.on('connect', (request: IncomingMessage, near: Socket, head: Buffer) => {
    const authority = request.url ?? '';
    asked.push(authority);
    sockets.add(near);
    near.on('error', () => near.destroy());
    const expected = options.credentials && `Basic ${Buffer.from(options.credentials).toString('base64')}`;
    const isKnown = expected === undefined || request.headers['proxy-authorization'] === expected;
    const refusal = isKnown ? options.refusal : 407;
    if (refusal !== undefined) {
      const challenge = refusal === 407 ? 'Proxy-Authenticate: Basic realm="proxy"\r\n' : '';
      near.end(`HTTP/1.1 ${refusal} No\r\n${challenge}Content-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    const { hostname, port } = options.target?.() ?? new URL(`http://${authority}`);
    const far = connect(Number(port || 80), hostname);
    sockets.add(far);
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    far.on('connect', () => {
      tunnels++;
      near.write('HTTP/1.1 200 Connection established\r\n\r\n');
      far.write(head);
      near.pipe(far).pipe(near);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    get tunnels() {
      return tunnels;
    },
    get others() {
      return others;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
