/**
 * What a producer has that not every runtime can use, or not every application needs. Each binding hands over its own: part of its bundle where
 * applications are started from a disk, and loaded when it is asked for where they come over a network.
 */
import type { Core } from '../core/core.ts';
import type { Platform, ThreadSupport } from '../platform.ts';
import type { ThreadHub } from '../threads/thread-hub.ts';
import type { CallbackHost } from './callbacks/callback-host.ts';
import type { FrameOrder } from './frames/frame-order.ts';
import type { ProducerOptions } from './options.ts';
import type { ServiceAccess } from './service-calls.ts';

/** Opens the callbacks that the options name. */
export type OpenCallbacks = (
  platform: Platform,
  options: ProducerOptions,
) => CallbackHost | undefined | Promise<CallbackHost | undefined>;

export interface ProducerParts {
  /** How the producer gets at the service: `openSigned`, or `openUnsigned` where the platform's peer signs. Throws `KvsError` for options that cannot be. */
  readonly openService: (platform: Platform, options: ProducerOptions) => ServiceAccess;
  /** Asked where the options name callbacks. */
  readonly openCallbacks: OpenCallbacks;
  /** What puts frames of several tracks in order, asked for where the options of a stream do. */
  readonly frameOrder: () => typeof FrameOrder | Promise<typeof FrameOrder>;
  /** A core whose memory threads share. @default none: the option `sharedMemory` is refused */
  readonly shareCore?: (threads: ThreadSupport) => Promise<{ readonly core: Core; readonly hub: ThreadHub }>;
}

/** Their code is an eighth of the whole, and most producers have none. */
export const loadCallbacks: OpenCallbacks = async (platform, options) =>
  (await import('./callbacks/callback-host.ts')).openCallbacks(platform, options);
