/** Where the sockets of pipe mode go. */
import { RelayError } from '../../../sdk/relay/refusals.ts';
import type { RelayGrant } from './grant.ts';
import type { RelayContext } from './relay-context.ts';

/** Refuses them: this relay has no pipe mode. */
export function servePipeSocket(
  socket: ServerSocket,
  _grant: RelayGrant,
  _context: RelayContext,
  onClosed: () => void,
): void {
  const { closeCode, closeReason } = new RelayError('mode-unavailable', 'the relay has no pipe mode');
  socket.accept();
  socket.close(closeCode, closeReason);
  onClosed();
}
