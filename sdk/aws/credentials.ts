/** The ways to sign in, as credential providers: one a file in `credentials/`. */
export { type Cached, cached, type CachedCredentials, cachedCredentials, isCached } from './credentials/cached.ts';
export {
  callbackCredentials,
  type CredentialCallback,
  type CredentialsGiven,
  expiryOf,
} from './credentials/callback.ts';
export { credentialProvider } from './credentials/checked.ts';
export { credentialChain } from './credentials/chain.ts';
export { CREDENTIAL_STATUS } from './credentials/credential-status.ts';
export { environmentCredentials } from './credentials/environment.ts';
export { fileCredentials, type FileCredentialOptions, type ReadTextFile } from './credentials/file.ts';
export {
  type ClientCertificateFiles,
  fetchIotCredentials,
  type IotCredentialOptions,
  iotCredentials,
} from './credentials/iot.ts';
export { staticCredentials } from './credentials/static.ts';
