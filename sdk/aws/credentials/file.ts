/** Credentials from a text file that something else keeps fresh. Source: c-producer §4. */
import type { CredentialProvider, Credentials, Platform } from '../../platform.ts';
import { type CachedCredentials, cached, NATIVE_REFRESH_AHEAD_MS } from './cached.ts';
import { checkCredentials } from './checked.ts';
import { credentialError } from './credential-status.ts';
import { readTextFile } from './text-file.ts';
import { parseTimestamp } from './timestamp.ts';

const MAX_FILE_BYTES = 10_000;
/** A file without an expiration, or with a later one, is read again after this long, milliseconds. */
const MAX_LIFE_MS = 40 * 60_000;
/** What a time, or the beginning of one, looks like: a file that is cut there would have it for a secret key. */
const BEGINNING_OF_TIME = /^\d{1,4}$|^\d{4}-[\d:T-]*Z?$/;

/** Reads the file's text; the runtime's own business, such as `() => readFile(path, 'utf8')` on Node. */
export type ReadTextFile = () => Promise<string>;

export interface FileCredentialOptions {
  /** Read the file again this long before the credentials expire, milliseconds. @default 38 000 */
  readonly refreshAheadMs?: number;
}

/**
 * Credentials of a file `CREDENTIALS <access key> <secret key>` or `CREDENTIALS <access key> <expiration> <secret key> <session token>`,
 * the expiration as `YYYY-MM-DDTHH:mm:SSZ`. They count for 40 minutes at most. The file is read again 38 s before they expire, and when the
 * service refuses them; one that is missing or half written then is logged, and the old credentials are used as long as they are good. A
 * reading that takes longer than a minute is given up, where the platform has timers.
 * @param file its path, where the platform reads files, or what reads it
 * @returns a provider that rejects with `CredentialsError` of the native file statuses, which tells the place in the file
 */
export function fileCredentials(
  platform: Pick<Platform, 'now' | 'readFile'> & Partial<Pick<Platform, 'log' | 'setTimer'>>,
  file: string | ReadTextFile,
  options: FileCredentialOptions = {},
): CachedCredentials {
  const { refreshAheadMs = NATIVE_REFRESH_AHEAD_MS } = options;
  return cached(platform, readCredentialFile(platform, file), { refreshAheadMs });
}

/** `fileCredentials` without its memory: the file is read at each call. */
export function readCredentialFile(
  platform: Pick<Platform, 'now' | 'readFile'>,
  file: string | ReadTextFile,
): CredentialProvider {
  const name = typeof file === 'string' ? `the credential file ${file}` : 'the credential file';
  const read = typeof file === 'string' ? () => readTextFile(platform, file) : file;
  return async () => {
    let text: string;
    try {
      text = await read();
    } catch (cause) {
      const reason = cause instanceof Error ? `: ${cause.message}` : '';
      const status = 'STATUS_FILE_CREDENTIAL_PROVIDER_OPEN_FILE_FAILED';
      throw credentialError(status, `${name} cannot be read${reason}`, { cause });
    }
    if (typeof text !== 'string') {
      const status = 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT';
      throw credentialError(
        status,
        `${name} was read as ${Object.prototype.toString.call(text)}: a string is expected`,
      );
    }
    const lengthBytes = new TextEncoder().encode(text).length;
    if (lengthBytes === 0 || lengthBytes > MAX_FILE_BYTES) {
      const status = 'STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_LENGTH';
      throw credentialError(status, `${name} has ${lengthBytes} bytes: 1 to ${MAX_FILE_BYTES} are expected`);
    }
    return parse(text, name, platform.now());
  };
}

function parse(text: string, file: string, nowMs: number): Credentials {
  const latestExpiryMs = nowMs + MAX_LIFE_MS;
  const wrong = (where: string): Error =>
    credentialError('STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT', `${file} cannot be used: ${where}`);
  const [keyword, accessKeyId, ...rest] = text.trim().split(/\s+/);
  if (keyword !== 'CREDENTIALS') throw wrong('word 1 is not CREDENTIALS');
  if (rest.length !== 1 && rest.length !== 3)
    throw wrong(`it has ${rest.length + (accessKeyId === undefined ? 1 : 2)} words: 3 or 5 are expected`);
  const [first = '', secretAccessKey = first, sessionToken] = rest;
  if (rest.length === 1 && BEGINNING_OF_TIME.test(first))
    throw wrong('it ends at word 3, the expiration: it may be half written');
  const expiresAtMs = rest.length === 1 ? latestExpiryMs : parseTimestamp(first);
  if (Number.isNaN(expiresAtMs)) throw wrong('word 3 is not a time: expected YYYY-MM-DDTHH:mm:SSZ');
  if (expiresAtMs <= nowMs) {
    const expiry = new Date(expiresAtMs).toISOString();
    const status = 'STATUS_IOT_EXPIRATION_OCCURS_IN_PAST';
    throw credentialError(status, `those of ${file} expired at ${expiry}: is this clock right?`);
  }
  const given = { accessKeyId, secretAccessKey, sessionToken, expiresAtMs: Math.min(expiresAtMs, latestExpiryMs) };
  return checkCredentials(given, 'its credentials', (reason) => wrong(reason));
}
