/** Ready-made providers, as the native library has them. Source: c-producer §3.3. */
import { readCredentialFile, type ReadTextFile } from '../../aws/credentials/file.ts';
import { fetchIotCredentials, type IotCredentialOptions } from '../../aws/credentials/iot.ts';
import type { Credentials, Platform } from '../../platform.ts';
import { type DefaultCallbackOptions, DefaultCallbackProvider, type OneOrMany } from './default-provider.ts';
import type { AuthCallbacks } from './service-call.ts';

type Options = Omit<DefaultCallbackOptions, 'credentials'>;

/** The defaults with fixed credentials. */
export function createDefaultCallbacksProviderWithAwsCredentials(
  platform: Platform,
  credentials: Credentials,
  options: Options = {},
): DefaultCallbackProvider {
  return new DefaultCallbackProvider(platform, { ...options, credentials });
}

/** The defaults with tokens that come from these auth callbacks alone. */
export function createDefaultCallbacksProviderWithAuthCallbacks(
  platform: Platform,
  authCallbacks: OneOrMany<AuthCallbacks>,
  options: Omit<Options, 'authCallbacks'> = {},
): DefaultCallbackProvider {
  return new DefaultCallbackProvider(platform, { ...options, authCallbacks, credentials: null });
}

/** The defaults with the credentials of a file (see `fileCredentials`), given by path or by what reads it; it is read again before they expire. */
export function createDefaultCallbacksProviderWithFileAuth(
  platform: Platform,
  file: string | ReadTextFile,
  options: Options = {},
): DefaultCallbackProvider {
  // Without a memory of its own: the client has one, and asks again when the service refuses what it gave.
  return new DefaultCallbackProvider(platform, { ...options, credentials: readCredentialFile(platform, file) });
}

/** The defaults with the credentials of an IoT role alias (see `iotCredentials`). Throws `CredentialsError` for options that cannot be. */
export function createDefaultCallbacksProviderWithIotCertificate(
  platform: Platform,
  iot: IotCredentialOptions,
  options: Options = {},
): DefaultCallbackProvider {
  // Without a memory of its own, as with a file.
  return new DefaultCallbackProvider(platform, { ...options, credentials: fetchIotCredentials(platform, iot) });
}
