/** A server on loopback below HTTP: a test says what becomes of each connection, byte by byte. */
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface RawServer extends AsyncDisposable {
  readonly url: string;
  /** Connections accepted. */
  readonly accepted: number;
}

/** Runs `play` for each connection; resolves `requested` when a whole request head has arrived. */
export async function startRawServer(
  play: (socket: Socket, requested: Promise<void>) => void | Promise<void>,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    let head = '';
    const requested = new Promise<void>((resolve) => {
      socket.on('data', (bytes: Buffer) => {
        if (head.includes('\r\n\r\n')) return;
        head += bytes.toString('latin1');
        if (head.includes('\r\n\r\n')) resolve();
      });
    });
    void play(socket, requested);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get accepted() {
      return accepted;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Writes a piece again and again as the socket takes it, until it is gone or `limitBytes` are written. */
export function pour(socket: Socket, piece: Buffer | string, limitBytes: number): void {
  let written = 0;
  const more = (): void => {
    while (written < limitBytes && !socket.destroyed) {
      written += piece.length;
      if (!socket.write(piece)) return;
    }
  };
  socket.on('drain', more);
  more();
}

/** Writes a piece every `periodMs` milliseconds until the socket is gone. */
export function trickle(socket: Socket, piece: string, periodMs: number): void {
  const timer = setInterval(() => socket.write(piece), periodMs);
  socket.on('close', () => clearInterval(timer));
}
