/** Penstock for Cloudflare Workers: the whole API with the platform bound. */
import { openCallbacks } from '../../sdk/producer/callbacks/index.ts';
import { FrameOrder } from '../../sdk/producer/frames/frame-order.ts';
import type { Producer, ProducerOptions } from '../../sdk/producer/index.ts';
import { createProducerOver } from '../../sdk/producer/producer.ts';
import { openSigned } from '../../sdk/producer/signed-access.ts';
import { createWorkersPlatform } from './platform.ts';

export * from '../../sdk/errors.ts';
export type { CredentialProvider, Credentials, LogLevel, Platform } from '../../sdk/platform.ts';
export * from '../../sdk/producer/callbacks/index.ts';
export * from '../../sdk/producer/index.ts';
export { createWorkersPlatform } from './platform.ts';

/** Creates a producer within a request or an alarm. Rejects with a `KvsError` when an option is wrong. */
export function createProducer(options: ProducerOptions = {}): Promise<Producer> {
  const parts = { openService: openSigned, openCallbacks, frameOrder: () => FrameOrder };
  return createProducerOver(createWorkersPlatform(), options, parts);
}
