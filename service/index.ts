/** The service for any runtime: the application and the ports that a host fills. */

export { createService } from './app.ts';
export type { Service, ServiceOptions } from './app.ts';
export type { ServiceContext, ServicePlatform } from './context.ts';
export { DEVELOPMENT_CREDENTIALS } from './credentials.ts';
export type { ServiceCredentials } from './credentials.ts';
export { ServiceError } from './errors.ts';
export type { ServiceErrorType } from './errors.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export type { ServiceLimits } from './limits.ts';
export { BlobNotFoundError, StreamGoneError } from './storage.ts';
export type {
  BlobLocation,
  FragmentQuery,
  FragmentRow,
  FragmentStore,
  FragmentWriter,
  StreamIndex,
  StreamRow,
  StreamStatus,
} from './storage.ts';
