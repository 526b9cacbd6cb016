/** What is credentials, and what is not: everything that comes from elsewhere goes through here. */
import { CredentialsError, type CredentialsErrorOptions } from '../../errors.ts';
import type { CredentialProvider, Credentials } from '../../platform.ts';

/** Both go into a header of each request: what has spaces, line breaks or other alphabets there is no key. */
const HEADER_TEXT = /^[\x21-\x7e]+$/;
/** Native limits are 128 characters for keys, 2048 for tokens; AWS promises none for tokens. Source: c-producer §4. */
const MAX_KEY_LENGTH = 128;
const MAX_TOKEN_LENGTH = 10_000;

type Refusal = (reason: string) => Error;

/**
 * Credentials out of anything. Throws what `refuse` makes of the reason, `CredentialsError` unless it says otherwise; the reason
 * names the source and the field, never a value.
 */
export function checkCredentials(
  given: unknown,
  source: string,
  refuse: Refusal = (reason) => new CredentialsError(reason, NOT_RETRYABLE),
): Credentials {
  if (typeof given !== 'object' || given === null) throw refuse(`${source} are ${nameOf(given)}: expected an object`);
  const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = given as Record<string, unknown>;
  const text = (name: string, value: unknown, maxLength: number): string => {
    if (typeof value !== 'string') throw refuse(`${source} have no ${name}: it is ${nameOf(value)}`);
    if (value.length === 0 || value.length > maxLength)
      throw refuse(`${source} have a ${name} of ${value.length} characters: 1 to ${maxLength} are expected`);
    if (!HEADER_TEXT.test(value)) throw refuse(`${source} have a ${name} with characters that no key has`);
    return value;
  };
  if (expiresAtMs !== undefined && (typeof expiresAtMs !== 'number' || Number.isNaN(expiresAtMs)))
    throw refuse(`${source} have an expiresAtMs that is ${nameOf(expiresAtMs)}: expected milliseconds since the epoch`);
  return {
    accessKeyId: text('accessKeyId', accessKeyId, MAX_KEY_LENGTH),
    secretAccessKey: text('secretAccessKey', secretAccessKey, MAX_KEY_LENGTH),
    // Many sources write a token that is not there as an empty one.
    ...(isAbsent(sessionToken) ? {} : { sessionToken: text('sessionToken', sessionToken, MAX_TOKEN_LENGTH) }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  };
}

/** Fixed credentials or a provider, as a provider. Throws `CredentialsError` for what is neither. */
export function credentialProvider(given: CredentialProvider | Credentials): CredentialProvider {
  if (typeof given === 'function') return given;
  const checked = checkCredentials(given, 'the credentials given');
  return () => Promise.resolve(checked);
}

const NOT_RETRYABLE: CredentialsErrorOptions = { retryable: false };

const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';

function nameOf(value: unknown): string {
  return value === null
    ? 'null'
    : value === undefined
      ? 'undefined'
      : Number.isNaN(value)
        ? 'NaN'
        : `a ${typeof value}`;
}
