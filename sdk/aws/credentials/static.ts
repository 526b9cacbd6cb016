import type { CredentialProvider, Credentials } from '../../platform.ts';
import { credentialProvider } from './checked.ts';

/** Always gives the same credentials. Throws `CredentialsError` for what cannot be credentials. */
export function staticCredentials(credentials: Credentials): CredentialProvider {
  return credentialProvider(credentials);
}
