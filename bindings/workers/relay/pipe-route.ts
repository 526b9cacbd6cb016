/** Where the sockets of pipe mode go. */
import { cachedCredentials, credentialProvider } from '../../../sdk/aws/credentials.ts';
import { DEFAULT_REGION } from '../../../sdk/aws/endpoints.ts';
import type { RelayGrant } from './grant.ts';
import { type PipeClient, servePipe } from './pipe-session.ts';
import type { RelayContext } from './relay-context.ts';

/** Serves a client that runs its own producer, until its socket closes, its grant expires or it is taken over; `onClosed` is called then. */
export function servePipeSocket(
  socket: ServerSocket,
  grant: RelayGrant,
  { platform, options, credentials }: RelayContext,
  client: PipeClient,
  onClosed: () => void,
): void {
  socket.accept();
  const { region = DEFAULT_REGION, endpoint, createIfMissing = false } = options;
  const context = {
    platform,
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    credentials: cachedCredentials(platform, credentialProvider(credentials)),
    createStream: createIfMissing,
  };
  try {
    void servePipe(socket, grant, context, client).then(onClosed);
  } catch (error) {
    // A configuration that cannot be: the socket must not count among the stream's connections.
    onClosed();
    throw error;
  }
}
