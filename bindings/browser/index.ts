/** Penstock for browsers: the producer, through a relay. Without one `createProducer` rejects and says so. */
export * from '../../sdk/errors.ts';
export type { CredentialProvider, Credentials, LogLevel, Platform } from '../../sdk/platform.ts';
export * from '../../sdk/producer/index.ts';
export { Camera, type CameraEvent, type CameraStatistics, type CameraTarget, openCamera } from './camera/camera.ts';
export { CameraError, type CameraFailure } from './camera/camera-error.ts';
export type { CameraAudioCodec, CameraOptions, CameraVideoCodec } from './camera/camera-options.ts';
export type { TrackStatistics } from './camera/track-encoder.ts';
export { createBrowserPlatform } from './platform.ts';
export { type BrowserProducerOptions, createProducer } from './producer.ts';
export type { RelayOptions } from './relay-socket.ts';
