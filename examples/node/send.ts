/**
 * Sends a raw H.264 file, one access unit a frame, and follows the acks.
 *
 *     penstock serve &
 *     node --import tsx examples/node/send.ts camera.h264 front-door http://127.0.0.1:9494
 *
 * An application imports from 'penstock' what this file takes from the repository.
 */
import { createReadStream } from 'node:fs';
import { createProducer } from '../../bindings/node/index.ts';
import { accessUnits } from '../../cli/sources/h264-access-units.ts';

const [file, streamName, endpoint] = process.argv.slice(2);
if (!file || !streamName || !endpoint) throw new Error('Usage: send.ts FILE STREAM ENDPOINT');

// Against AWS leave out the endpoint and the credentials: the region's own and the default chain are used then.
const credentials = { accessKeyId: 'penstock', secretAccessKey: 'penstock-development' };
const producer = await createProducer({ region: 'us-west-2', endpoint, credentials });
const stream = await producer.openStream(streamName, { tracks: [{ kind: 'video', codec: 'h264' }] });

const acks = (async () => {
  for await (const ack of stream.acks()) {
    if (ack.type === 'persisted') console.log(`persisted ${ack.fragmentNumber}`);
  }
})();

const FRAME_US = 40_000; // 25 frames a second
let timestampUs = Date.now() * 1000;
for await (const { data, isKey } of accessUnits(createReadStream(file))) {
  await stream.putFrame({ data, isKey, timestampUs }); // resolves when stored; waits while the store is full
  timestampUs += FRAME_US;
}
await stream.stop(); // resolves when the last fragment is PERSISTED
await acks;
await producer.close();
