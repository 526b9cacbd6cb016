/** The callback providers: layer two of the producer's API. */
export { credentialAuthCallbacks, credentialsFromToken, credentialsToToken } from './auth-info.ts';
export { openCallbacks } from './callback-host.ts';
export { CALLBACK_STATUS } from './callback-status.ts';
export {
  type CallbackSet,
  type DefaultCallbackOptions,
  DefaultCallbackProvider,
  type OneOrMany,
} from './default-provider.ts';
export type {
  BufferPressureReport,
  ClientCallbackProvider,
  ConnectionStaleReport,
  DataAvailableReport,
  DropReason,
  DroppedFragmentReport,
  DroppedFrameReport,
  FragmentAckReport,
  LatencyPressureReport,
  NotificationAnswer,
  StorageOverflowReport,
  StreamCallbackProvider,
  StreamErrorReport,
  StreamReport,
  StreamShutdownReport,
  UploadReport,
} from './notifications.ts';
export { type LogLine, type MutexHandle, type PlatformCallbacks, platformFromCallbacks } from './platform-callbacks.ts';
export { CALLBACK_KINDS, type CallbackKind, type CallbackName, type CallbackProvider } from './provider.ts';
export {
  createDefaultCallbacksProviderWithAuthCallbacks,
  createDefaultCallbacksProviderWithAwsCredentials,
  createDefaultCallbacksProviderWithFileAuth,
  createDefaultCallbacksProviderWithIotCertificate,
} from './ready-made.ts';
export type {
  Answer,
  ApiCallbacks,
  AuthCallbacks,
  AuthInfo,
  AuthToken,
  CreateDeviceCall,
  CreateDeviceResult,
  CreateStreamCall,
  CreateStreamResult,
  DescribeStreamResult,
  DeviceCertToTokenCall,
  GetStreamingEndpointCall,
  GetStreamingEndpointResult,
  PutStreamCall,
  PutStreamResult,
  ServiceCallContext,
  ServiceCallResult,
  StreamCall,
  TagResourceCall,
  TokenResult,
} from './service-call.ts';
