/** Credentials from any function of an application, such as one that asks a server of its own, or a provider of AWS's SDK. */
import { CredentialsError } from '../../errors.ts';
import type { CredentialProvider, Credentials } from '../../platform.ts';
import { checkCredentials } from './checked.ts';
import { parseTimestamp } from './timestamp.ts';

/** Credentials as an application has them: `expiration` as AWS's SDK (a date) and AWS's answers (ISO 8601) state it. */
export interface CredentialsGiven extends Omit<Credentials, 'sessionToken' | 'expiresAtMs'> {
  readonly sessionToken?: string | null | undefined;
  /** Wall clock, milliseconds since the epoch. @default `expiration`; without that, never */
  readonly expiresAtMs?: number | undefined;
  readonly expiration?: Date | string | null | undefined;
}

export type CredentialCallback = () => CredentialsGiven | Promise<CredentialsGiven>;

/**
 * Asks a function each time; put `cachedCredentials` in front where nothing else caches. What it gives is checked: the provider
 * rejects with `CredentialsError`, which tells what is wrong with which field, or that the function failed and with what message.
 */
export function callbackCredentials(callback: CredentialCallback): CredentialProvider {
  return async () => {
    let given: CredentialsGiven;
    try {
      given = await callback();
    } catch (error) {
      if (error instanceof CredentialsError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new CredentialsError(`the callback failed: ${reason}`, { cause: error });
    }
    const source = 'the credentials of the callback';
    const credentials = checkCredentials({ ...given, expiresAtMs: given?.expiresAtMs }, source);
    if (credentials.expiresAtMs !== undefined) return credentials;
    const expiresAtMs = expiryOf(given.expiration, source);
    return expiresAtMs === undefined ? credentials : { ...credentials, expiresAtMs };
  };
}

/** Milliseconds since the epoch, or undefined for none. Throws `CredentialsError` for what is no time. */
export function expiryOf(expiration: unknown, source: string): number | undefined {
  if (expiration === undefined || expiration === null) return undefined;
  const isDate = Object.prototype.toString.call(expiration) === '[object Date]';
  const expiresAtMs = isDate ? (expiration as Date).getTime() : parseTimestamp(expiration);
  if (Number.isNaN(expiresAtMs))
    throw new CredentialsError(`${source} have an expiration that is no time: expected YYYY-MM-DDTHH:mm:SSZ`);
  return expiresAtMs;
}
