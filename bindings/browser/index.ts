/** Penstock for browsers: the producer and the camera, through a relay. Without one `createProducer` rejects and says so. */
export {
  AckError,
  CorePoisonedError,
  CredentialsError,
  InvalidFrameError,
  KvsError,
  type KvsErrorOptions,
  NotPersistedError,
  ServiceCallError,
  type ServiceCallFailure,
  StoreFullError,
  StoreWaitTimeoutError,
  StreamStoppedError,
  StreamUnavailableError,
  type UnpersistedMedia,
} from '../../sdk/errors.ts';
export type { CredentialProvider, Credentials, LogLevel, Platform } from '../../sdk/platform.ts';
export type * from '../../sdk/producer/index.ts';
export { durationsFor, storeBytesFor } from '../../sdk/producer/store-size.ts';
export { STATUS, statusName } from '../../sdk/all-statuses.ts';
export type { Camera, CameraEvent, CameraStatistics, CameraTarget } from './camera/camera.ts';
export { CameraError, type CameraFailure } from './camera/camera-error.ts';
export type { CameraAudioCodec, CameraOptions, CameraVideoCodec } from './camera/camera-options.ts';
export type { AudioChoice, VideoChoice } from './camera/encoder-choice.ts';
export type { TrackStatistics } from './camera/track-encoder.ts';
export { openCamera } from './open-camera.ts';
export { createBrowserPlatform } from './platform.ts';
export { type BrowserProducerOptions, createProducer } from './producer.ts';
export type { RelayOptions } from './relay-socket.ts';
