/** Minting tokens on the application's server, in any runtime with Web Crypto: `penstock/relay-token`. */
import { mintRelayTokenWith, type RelayTokenOptions } from '../../sdk/relay/relay-token.ts';
import { randomBytes } from './platform.ts';

export type { RelayTokenOptions } from '../../sdk/relay/relay-token.ts';

/** Mints a token for the relay. Rejects with `KvsError` of status STATUS_INVALID_ARG for an option that cannot be. */
export function mintRelayToken(options: RelayTokenOptions): Promise<string> {
  return mintRelayTokenWith({ now: () => Date.now(), randomBytes }, options);
}
