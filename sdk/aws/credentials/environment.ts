import { CredentialsError } from '../../errors.ts';
import type { CredentialProvider } from '../../platform.ts';
import { checkCredentials } from './checked.ts';

/**
 * Credentials from the variables that every AWS tool knows, read anew at each call.
 * @param read the value of a variable, or undefined where it is not set
 * @param place where the variables belong, for the error
 * @returns a provider that rejects with `CredentialsError` when one is missing
 */
export function environmentCredentials(read: (name: string) => string | undefined, place: string): CredentialProvider {
  return async () => {
    const accessKeyId = read('AWS_ACCESS_KEY_ID');
    const secretAccessKey = read('AWS_SECRET_ACCESS_KEY');
    const sessionToken = read('AWS_SESSION_TOKEN');
    if (!accessKeyId || !secretAccessKey) {
      throw new CredentialsError(
        `AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set in ${place}; set them, or pass credentials`,
        {
          retryable: false,
        },
      );
    }
    return checkCredentials({ accessKeyId, secretAccessKey, sessionToken }, `the variables of ${place}`);
  };
}
