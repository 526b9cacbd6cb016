/** What the engine of a stream is told: whom it calls, with what, and how it goes on when that fails. */
import type { Platform } from '../platform.ts';
import type { RetryOptions, RetryStrategy } from './recovery/retry-strategy.ts';
import type { ServiceAccess, ServiceCalls } from './service-calls.ts';
import type { UploadSlab } from './upload-slab.ts';

/**
 * Which answers of the control plane are used again; see `StreamOptions.callCaching`. Source: producer-core §18.5, c-producer §6.4,
 * where `until-failure` is not known.
 */
export type CallCaching = 'until-failure' | 'none' | 'endpoint-only' | 'all';

export interface EngineOptions {
  readonly platform: Platform;
  readonly credentials: ServiceAccess['credentials'];
  /** Who makes the calls. */
  readonly calls: ServiceCalls;
  readonly streamName: string;
  readonly mediaType: string;
  readonly createIfMissing: boolean;
  readonly retentionHours: number;
  readonly kmsKeyId: string | undefined;
  /** Told to the service with a stream that is created. @default not told */
  readonly deviceName?: string | undefined;
  /** Stands in the headers behind the name of the producer. */
  readonly clientId?: string | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
  readonly timecodeType: 'absolute' | 'relative';
  /** Whether the service is asked for acks. @default true */
  readonly fragmentAcks?: boolean | undefined;
  readonly stallTimeoutMs: number;
  /** Memory for the pieces of bodies. @default the stream's own */
  readonly slab?: UploadSlab | undefined;
  /** Longest life of a connection, milliseconds. @default 40 minutes less 3 seconds */
  readonly sessionDurationMs?: number | undefined;
  /** @default 'until-failure' */
  readonly callCaching?: CallCaching | undefined;
  /** How long an endpoint is used, milliseconds. @default 40 minutes */
  readonly endpointCacheMs?: number | undefined;
  /** Limit of a call of the control plane, milliseconds. @default 10 000 */
  readonly callTimeoutMs?: number | undefined;
  /** The waits between attempts. @default 100 ms doubled up to 10 s, with full jitter */
  readonly retry?: RetryOptions | RetryStrategy | undefined;
  /** Retries go on for ever; otherwise the stream fails after `maxCallRetries`. @default true */
  readonly continuousRetry?: boolean | undefined;
  /** Of one call, after its first attempt. @default 5 */
  readonly maxCallRetries?: number | undefined;
  /** A connection that ends badly is followed by another; otherwise it fails the stream. @default true */
  readonly recoverOnError?: boolean | undefined;
  /** A failure that no retry can help ends the stream until it was ready once; after that, it is tried again. */
  readonly failsFast: boolean;
}
