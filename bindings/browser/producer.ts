import { KvsError } from '../../sdk/errors.ts';
import { createProducerOver, type Producer } from '../../sdk/producer/producer.ts';
import type { ProducerOptions } from '../../sdk/producer/options.ts';
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

/**
 * Creates a producer that uploads through a relay. Rejects with a `KvsError` when an option is wrong, and without a relay: a browser cannot read
 * acks while an upload is open, and AWS refuses its preflight.
 */
export async function createProducer({ relay, ...options }: BrowserProducerOptions = {}): Promise<Producer> {
  if (relay === undefined) return createProducerOver(openUnsigned, createBrowserPlatform(), options);
  for (const name of ['region', 'endpoint', 'credentials'] as const)
    if (options[name] !== undefined)
      throw new KvsError(STATUS.STATUS_INVALID_ARG, `Option ${name} cannot be beside relay, which has its own`);
  return createProducerOver(openUnsigned, createBrowserPlatform({ relay }), options);
}
