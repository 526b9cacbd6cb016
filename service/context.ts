/** What every operation of the service is given. */

import type { Platform } from '../sdk/platform.ts';
import type { ServiceLimits } from './limits.ts';
import type { LiveHub } from './live/live-hub.ts';
import type { FragmentStore, StreamIndex } from './storage.ts';

/** What the service needs of the runtime: the platform port without outgoing requests and credentials. */
export type ServicePlatform = Pick<
  Platform,
  'now' | 'setTimer' | 'randomBytes' | 'sha256' | 'hmacSha256' | 'createMutex' | 'loadCore' | 'log'
>;

export interface ServiceContext {
  readonly platform: ServicePlatform;
  readonly streams: StreamIndex;
  readonly fragments: FragmentStore;
  readonly live: LiveHub;
  readonly limits: ServiceLimits;
  readonly region: string;
  /** Twelve digits; part of every ARN. */
  readonly accountId: string;
}
