/**
 * A Worker that keeps a camera's snapshots: each JPEG that is posted becomes a fragment of a stream.
 *
 *     curl --data-binary @picture.jpg https://snapshots.example.workers.dev/front-door
 *
 * An application imports from 'penstock' what this file takes from the repository. Credentials are the Worker's secrets.
 */
import { env } from 'cloudflare:workers';
import { createProducer, KvsError } from '../../bindings/workers/index.ts';

export default {
  async fetch(request: Request): Promise<Response> {
    const streamName = new URL(request.url).pathname.slice(1);
    const picture = new Uint8Array(await request.arrayBuffer());
    // Against AWS leave out the endpoint: the region's own is used then.
    const endpoint = env['KVS_ENDPOINT'];
    const producer = await createProducer({
      region: 'us-west-2',
      ...(endpoint ? { endpoint } : {}),
      storeBytes: 8 << 20,
    });
    try {
      const stream = await producer.openStream(streamName, {
        tracks: [{ kind: 'video', codec: 'mjpeg', width: 1280, height: 720 }],
      });
      await stream.putFrame({ data: picture, timestampUs: Date.now() * 1000, isKey: true });
      await stream.stop(); // resolves when the fragment is PERSISTED
      return new Response('persisted');
    } catch (error) {
      if (!(error instanceof KvsError)) throw error;
      return Response.json({ code: error.code, message: error.message }, { status: 502 });
    } finally {
      await producer.close().catch(() => undefined);
    }
  },
};
