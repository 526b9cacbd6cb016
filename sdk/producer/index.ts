/**
 * The producer's public API, for a platform of one's own. The bindings export the same with their platform bound. Callbacks are an entry
 * of their own, `callbacks/index.ts`: most applications need none of their code.
 */
export type { SharedCore, ThreadPort, ThreadSupport } from '../platform.ts';
export type { StreamToken } from '../threads/share-message.ts';
export type { StreamShare } from '../threads/stream-share.ts';
export { createSharedMutex, sharedMutexMemory, type SharedMutexOptions } from '../threads/shared-mutex.ts';
export {
  type Cached,
  type CachedCredentials,
  cachedCredentials,
  callbackCredentials,
  CREDENTIAL_STATUS,
  type CredentialCallback,
  credentialChain,
  type CredentialsGiven,
  fileCredentials,
  type FileCredentialOptions,
  type ClientCertificateFiles,
  type IotCredentialOptions,
  iotCredentials,
  type ReadTextFile,
  staticCredentials,
} from '../aws/credentials.ts';
export type { ClientCertificate, ClientCertificateBinding, PemClientCertificate } from '../platform.ts';
export { STATUS, statusName } from '../all-statuses.ts';
export type { StatusName } from '../status.ts';
export { SERVICE_RESULT } from '../service-result-table.ts';
export { isRecoverable, isRetriable, resultStatus } from '../status.ts';
export type { AckType, FragmentAck } from './acks.ts';
export type { LostFrame } from '../core/core-stream-types.ts';
export type { EventMetadata, StreamEventType } from '../core/event-metadata.ts';
export type { SubscribeOptions, Subscription } from './broadcast.ts';
export type { CodecName } from './frames/codecs.ts';
export type {
  AckIgnoredEvent,
  BufferPressureEvent,
  CallbackFailedEvent,
  CodecPrivateDataChangedEvent,
  ConnectedEvent,
  ConnectionStaleEvent,
  CreatedEvent,
  DisconnectedEvent,
  FailedEvent,
  FragmentRejectedEvent,
  FramesDroppedEvent,
  FramesSkippedEvent,
  LatencyPressureEvent,
  PrivateDataMissingEvent,
  RetryingEvent,
  StoreFullEvent,
  StorePressureEvent,
  StreamEvent,
  TaggingFailedEvent,
  ThrottleWantedEvent,
  TrackSilentEvent,
} from './events.ts';
export type { FragmentLatencyDistributions, LatencyDistribution } from './metrics/latency-histogram.ts';
export type { LatencySummary } from './metrics/latency-reservoir.ts';
export type { StreamMetrics } from './metrics/stream-metrics.ts';
export type {
  EncodedChunk,
  FragmentationOptions,
  Frame,
  FrameInput,
  Framing,
  ProducerOptions,
  PutResult,
  StreamOptions,
  TrackChunk,
  TrackOptions,
  UntimedFrame,
} from './options.ts';
export type { ProducerMetrics } from './metrics/producer-metrics.ts';
export { createProducerWith } from './create-producer.ts';
export type { Producer } from './producer.ts';
export type { FailedAttempt, RetryOptions, RetryStrategy } from './recovery/retry-strategy.ts';
export type { SessionState } from './session-states.ts';
export { durationsFor, storeBytesFor, type StreamLoad } from './store-size.ts';
export type { StreamInfo, TrackInfo } from './stream-info.ts';
export type { ProducerStream, WaitOptions } from './stream.ts';
