import { CredentialsError } from '../../errors.ts';
import type { Platform } from '../../platform.ts';

/** A file's text. Rejects with `CredentialsError` where the platform reads no files, or with what its reading fails with. */
export async function readTextFile(platform: Pick<Platform, 'readFile'>, path: string): Promise<string> {
  if (platform.readFile === undefined)
    throw new CredentialsError(`this platform reads no files, ${path} among them: give its text`, { retryable: false });
  return new TextDecoder().decode(await platform.readFile(path));
}
