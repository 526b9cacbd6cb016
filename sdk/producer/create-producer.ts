/** The producer as most runtimes have it: it signs its calls itself. */
import type { Platform } from '../platform.ts';
import type { ProducerOptions } from './options.ts';
import { createProducerOver, type OpenCallbacks, type Producer } from './producer.ts';
import { openSigned } from './signed-access.ts';

/**
 * Makes a producer on a platform. Each binding exports `createProducer` with its own platform bound. Rejects with `KvsError`.
 * @param open `openCallbacks` of `penstock/callbacks`. @default loads it when the options name callbacks
 */
export function createProducerWith(
  platform: Platform,
  options?: ProducerOptions,
  open?: OpenCallbacks,
): Promise<Producer> {
  return createProducerOver(openSigned, platform, options, open);
}
