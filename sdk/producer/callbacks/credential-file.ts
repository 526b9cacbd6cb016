/** Credentials from a text file that something else keeps fresh. Source: c-producer §4. */
import type { CredentialProvider, Credentials, Platform } from '../../platform.ts';
import { chainError } from './chain.ts';

const MAX_FILE_LENGTH = 10_000;
/** A file without an expiration, or with a later one, is read again after this long, milliseconds. */
const MAX_LIFE_MS = 40 * 60_000;

/** Reads the file's text; the runtime's own business, such as `() => readFile(path, 'utf8')` on Node. */
export type ReadTextFile = () => Promise<string>;

/**
 * Credentials of a file `CREDENTIALS <access key> <secret key>` or `CREDENTIALS <access key> <expiration> <secret key> <session token>`,
 * the expiration as `YYYY-MM-DDTHH:mm:SSZ`. They count for 40 minutes at most. Rejects with `KvsError` of the native file statuses.
 */
export function fileCredentials(platform: Pick<Platform, 'now'>, readTextFile: ReadTextFile): CredentialProvider {
  return async () => {
    let text: string;
    try {
      text = await readTextFile();
    } catch (cause) {
      const name = 'STATUS_FILE_CREDENTIAL_PROVIDER_OPEN_FILE_FAILED';
      throw Object.assign(chainError(name, 'Cannot read the credential file'), { cause });
    }
    if (text.length === 0 || text.length > MAX_FILE_LENGTH) {
      const name = 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_LENGTH';
      throw chainError(name, `The credential file has ${text.length} characters: 1 to ${MAX_FILE_LENGTH} are expected`);
    }
    return parse(text, platform.now() + MAX_LIFE_MS);
  };
}

function parse(text: string, latestExpiryMs: number): Credentials {
  const [keyword, accessKeyId = '', ...rest] = text.trim().split(/\s+/);
  if (keyword === 'CREDENTIALS' && rest.length === 1)
    return { accessKeyId, secretAccessKey: rest[0] as string, expiresAtMs: latestExpiryMs };
  const [expiration = '', secretAccessKey = '', sessionToken = ''] = rest;
  const expiresAtMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(expiration) ? Date.parse(expiration) : NaN;
  if (keyword !== 'CREDENTIALS' || rest.length !== 3 || Number.isNaN(expiresAtMs))
    throw chainError('STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT', 'The credential file cannot be read');
  return { accessKeyId, secretAccessKey, sessionToken, expiresAtMs: Math.min(expiresAtMs, latestExpiryMs) };
}
