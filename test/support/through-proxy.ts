/** Uploads through a proxy in another runtime: the settings come as the first argument, what came of it goes to standard output as JSON. */
import type { Platform } from '../../sdk/platform.ts';
import { createProducerWith } from '../../sdk/producer/index.ts';

export interface ThroughProxyTask {
  readonly endpoint: string;
  readonly proxy: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Resolves to `persisted` when an ack says so while the upload is open, and everything after it; otherwise to an error. */
export async function throughProxy(platform: Platform, { endpoint, credentials }: ThroughProxyTask): Promise<string> {
  const producer = await createProducerWith(platform, { region: 'eu-west-1', endpoint, credentials });
  const frame = (index: number): Uint8Array => Uint8Array.of(0, 0, 0, 2, index % 4 === 0 ? 0x65 : 0x41, index);
  try {
    const stream = await producer.openStream('front-door', {
      tracks: [{ kind: 'data', codec: 'own', codecId: 'D_OWN', contentType: 'application/octet-stream' }],
      fragmentation: { mode: 'key-frame' },
      openTimeoutMs: 10_000,
      stopTimeoutMs: 20_000,
    });
    const acks = stream.acks();
    for (let i = 0; i < 8; i++)
      await stream.putFrame({ data: frame(i), timestampUs: 1_700_000_000_000_000 + i * 100_000, isKey: i % 4 === 0 });
    for await (const { type } of acks) if (type === 'persisted') break;
    await stream.stop();
    return stream.metrics.sessions === 1 ? 'persisted' : `${stream.metrics.sessions} connections`;
  } catch (error) {
    producer.abort();
    return error instanceof Error ? error.message : String(error);
  }
}
