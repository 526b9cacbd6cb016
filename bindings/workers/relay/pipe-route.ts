/** Where the sockets of pipe mode go. */
import { cachedCredentials, credentialProvider } from '../../../sdk/aws/credentials.ts';
import { DEFAULT_REGION } from '../../../sdk/aws/endpoints.ts';
import type { RelayGrant } from './grant.ts';
import { servePipe } from './pipe-session.ts';
import type { RelayContext } from './relay-context.ts';

/** Serves a client that runs its own producer, until its socket closes or its grant expires; `onClosed` is called then. */
export function servePipeSocket(
  socket: ServerSocket,
  grant: RelayGrant,
  { platform, options, credentials }: RelayContext,
  onClosed: () => void,
): void {
  socket.accept();
  const { region = DEFAULT_REGION, endpoint, createIfMissing = false } = options;
  void servePipe(socket, grant, {
    platform,
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    credentials: cachedCredentials(platform, credentialProvider(credentials)),
    createStream: createIfMissing,
  }).then(onClosed);
}
