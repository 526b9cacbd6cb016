/** Credentials as the bytes of an `AuthInfo`. */
import { CredentialsError, KvsError } from '../../errors.ts';
import type { CredentialProvider, Credentials } from '../../platform.ts';
import * as STATUS from '../../status-codes.ts';
import type { AuthInfo, AuthToken } from './service-call.ts';

/** Source: c-producer §4. */
const MAX_AUTH_BYTES = 10_000;

/** Serialised credentials: JSON, as only this library reads them again. */
export function credentialsToToken(credentials: Credentials): AuthToken {
  const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = credentials;
  const data = new TextEncoder().encode(JSON.stringify({ accessKeyId, secretAccessKey, sessionToken, expiresAtMs }));
  return { data, ...(expiresAtMs === undefined ? {} : { expiresAtUs: expiresAtMs * 1000 }) };
}

/** Reads what `credentialsToToken` wrote. Throws `CredentialsError` for anything else. */
export function credentialsFromToken(data: Uint8Array): Credentials {
  try {
    const credentials = JSON.parse(new TextDecoder().decode(data)) as Partial<Credentials> | null;
    if (typeof credentials?.accessKeyId === 'string' && typeof credentials.secretAccessKey === 'string')
      return credentials as Credentials;
  } catch {
    // Told below. The text itself may be a secret.
  }
  throw new CredentialsError('the token does not hold serialised credentials');
}

/** The auth callbacks of a credential provider, at the level of the client and of a stream alike. */
export function credentialAuthCallbacks(provider: CredentialProvider): {
  getSecurityToken(): Promise<AuthToken>;
  getStreamingToken(): Promise<{ result: number; token: Uint8Array; expiresAtUs?: number }>;
} {
  return {
    getSecurityToken: async () => credentialsToToken(await provider()),
    getStreamingToken: async () => {
      const { data, expiresAtUs } = credentialsToToken(await provider());
      return { result: 200, token: data, ...(expiresAtUs === undefined ? {} : { expiresAtUs }) };
    },
  };
}

export const NO_AUTH: AuthInfo = { version: 1, type: 'none', data: new Uint8Array(0), expiresAtUs: Infinity };

/** A token as the auth info of calls; an empty one is none. Throws `KvsError` of status `STATUS_INVALID_AUTH_LEN`. */
export function authInfoOf(type: 'security-token' | 'device-certificate', token: AuthToken | undefined): AuthInfo {
  if (token === undefined || token.data.length === 0) return NO_AUTH;
  if (token.data.length > MAX_AUTH_BYTES)
    throw new KvsError(
      STATUS.STATUS_INVALID_AUTH_LEN,
      `A token has ${token.data.length} bytes: at most ${MAX_AUTH_BYTES}`,
    );
  return { version: 1, type, data: token.data, expiresAtUs: token.expiresAtUs ?? Infinity };
}
