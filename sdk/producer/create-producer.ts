/** The producer as most runtimes have it: it signs its calls itself. */
import type { Platform } from '../platform.ts';
import { shareCore } from '../threads/share-core.ts';
import { FrameOrder } from './frames/frame-order.ts';
import type { ProducerOptions } from './options.ts';
import { createProducerOver, type Producer } from './producer.ts';
import { loadCallbacks, type OpenCallbacks } from './producer-parts.ts';
import { openSigned } from './signed-access.ts';

/**
 * Makes a producer on a platform. Each binding exports `createProducer` with its own platform bound. Rejects with `KvsError`.
 * @param openCallbacks of `penstock/callbacks`. @default loads it when the options name callbacks
 */
export function createProducerWith(
  platform: Platform,
  options?: ProducerOptions,
  openCallbacks: OpenCallbacks = loadCallbacks,
): Promise<Producer> {
  const parts = { openService: openSigned, openCallbacks, frameOrder: () => FrameOrder, shareCore };
  return createProducerOver(platform, options, parts);
}
