import { KvsError } from '../../sdk/errors.ts';
import type { ProducerOptions } from '../../sdk/producer/options.ts';
import { createProducerOver, type Producer } from '../../sdk/producer/producer.ts';
import { loadCallbacks, type ProducerParts } from '../../sdk/producer/producer-parts.ts';
import { openUnsigned } from '../../sdk/producer/unsigned-access.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { createBrowserPlatform } from './platform.ts';
import type { RelayOptions } from './relay-socket.ts';

export interface BrowserProducerOptions extends ProducerOptions {
  /**
   * The relay that uploads go through. Region, endpoint and credentials are the relay's own, so none of them can stand beside it.
   * @default none: `createProducer` rejects
   */
  readonly relay?: RelayOptions;
}

const PARTS: ProducerParts = {
  openService: openUnsigned,
  openCallbacks: loadCallbacks,
  frameOrder: async () => (await import('../../sdk/producer/frames/frame-order.ts')).FrameOrder,
};

/**
 * Creates a producer that uploads through a relay. Rejects with a `KvsError` when an option is wrong, and without a relay: a browser cannot read
 * acks while an upload is open, and AWS refuses its preflight.
 */
export async function createProducer({ relay, ...options }: BrowserProducerOptions = {}): Promise<Producer> {
  if (relay === undefined) return createProducerOver(createBrowserPlatform(), options, PARTS);
  for (const name of ['region', 'endpoint', 'credentials'] as const)
    if (options[name] !== undefined)
      throw new KvsError(STATUS.STATUS_INVALID_ARG, `Option ${name} cannot be beside relay, which has its own`);
  return createProducerOver(createBrowserPlatform({ relay }), options, PARTS);
}
