import type { Socket } from 'node:net';

/**
 * Ends a socket with a reset where that is possible. Node 20 never lets go of one that is reset while its own end is still being sent:
 * the process could not exit.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
