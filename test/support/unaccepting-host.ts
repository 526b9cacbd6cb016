/** A port on loopback where no connection comes to stand: its queue is full, and nobody takes anything out of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface UnacceptingHost extends AsyncDisposable {
  /** `host:port`. */
  readonly authority: string;
}

/** Listens with the shortest queue there is, says where, and stops for two minutes in the middle of its only thread. */
const PROGRAM = `
const server = require('node:net').createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () =>
  process.stdout.write(String(server.address().port), () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120_000)),
);`;
/** The queue takes a connection or two more than it says. */
const MOST_QUEUED = 16;
/** On loopback a connection stands at once. */
const CONNECT_MS = 1_000;

/** Undefined where the system lets every connection stand. */
export async function startUnacceptingHost(): Promise<UnacceptingHost | undefined> {
  const child = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
  const sockets: Socket[] = [];
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  for (let queued = 0; queued < MOST_QUEUED; queued++) {
    const socket = connect(Number(String(port)), '127.0.0.1');
    socket.on('error', () => socket.destroy());
    sockets.push(socket);
    const stands = await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) }).then(
      () => true,
      () => false,
    );
    if (!stands) return { authority: `127.0.0.1:${String(port)}`, [Symbol.asyncDispose]: stop };
  }
  await stop();
  return undefined;
}
