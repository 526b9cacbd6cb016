/** What every part of the relay needs. */
import type { CredentialProvider, Credentials, Platform } from '../../../sdk/platform.ts';
import type { RelayLimits, RelayOptions } from './relay-options.ts';
import type { TokenCheck } from './token-check.ts';

export interface RelayContext {
  readonly platform: Platform;
  readonly options: RelayOptions;
  readonly limits: RelayLimits;
  readonly tokens: TokenCheck;
  readonly credentials: CredentialProvider | Credentials;
}
