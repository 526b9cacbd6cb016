/** The client of a relay, for a platform and a socket of one's own. */
import { checkRelayOptions, type RelayStreamOptions } from './relay-options.ts';
import type { OpenRelaySocket } from './relay-socket.ts';
import { type RelayPlatform, RelayStream } from './relay-stream.ts';

export { REFUSALS, type RefusalName, RelayError } from './refusals.ts';
export type {
  RelayAck,
  RelayConnectedEvent,
  RelayDisconnectedEvent,
  RelayFailedEvent,
  RelayStreamEvent,
} from './relay-events.ts';
export type { RelayFrameInput } from './relay-frame.ts';
export type { EventMessage, LostMessage } from './relay-message.ts';
export type { RelayStreamOptions } from './relay-options.ts';
export type { OpenRelaySocket, RelaySocket, RelaySocketEvents } from './relay-socket.ts';
export type { RelayPlatform, RelayStream, RelayStreamMetrics, RelayWaitOptions } from './relay-stream.ts';

/**
 * Opens a stream through a relay. Resolves when the relay has welcomed the client; rejects with `RelayError` when it refuses, `CredentialsError` when
 * there is no token, another `KvsError` for options that cannot be, or the signal's reason. An address that cannot be reached is tried again.
 */
export async function openRelayStreamWith(
  platform: RelayPlatform,
  openSocket: OpenRelaySocket,
  options: RelayStreamOptions,
): Promise<RelayStream> {
  checkRelayOptions(options);
  options.signal?.throwIfAborted();
  const stream = new RelayStream(platform, openSocket, options);
  await stream.ready;
  return stream;
}
