/** Ready-made providers, as the native library has them. Source: c-producer §3.3. */
import type { Credentials, Platform } from '../../platform.ts';
import { fileCredentials, type ReadTextFile } from './credential-file.ts';
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

/** The defaults with the credentials of a file (see `fileCredentials`), which is read again before they expire. */
export function createDefaultCallbacksProviderWithFileAuth(
  platform: Platform,
  readTextFile: ReadTextFile,
  options: Options = {},
): DefaultCallbackProvider {
  return new DefaultCallbackProvider(platform, { ...options, credentials: fileCredentials(platform, readTextFile) });
}
