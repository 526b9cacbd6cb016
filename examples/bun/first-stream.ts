/** Sends five seconds of video, a picture a second, and says what is safe. */
import process from 'node:process';
import { createProducer } from 'penstock';

const [streamName = 'front-door', endpoint] = process.argv.slice(2);
// With an endpoint: a service of your own, and its development key pair. Without: AWS, and the credentials of your account.
const credentials = { accessKeyId: 'penstock', secretAccessKey: 'penstock-development' };
const producer = await createProducer({ region: 'us-west-2', ...(endpoint && { endpoint, credentials }) });
const stream = await producer.openStream(streamName, { tracks: [{ kind: 'video', codec: 'h264' }] });

const watching = (async () => {
  for await (const ack of stream.acks()) {
    if (ack.type === 'persisted') console.log(`persisted ${ack.fragmentNumber}`);
  }
})();

// A blue picture of 64 × 64 pixels, as a camera's encoder would give it: H.264 in Annex-B, parameter sets first.
const picture = Uint8Array.fromBase64(
  'AAAAAWdCwAqmERCbARAAAAMAEAAAAwAg8SJhGAAAAAFoyEIDksgAAAFliIICviMUAAQx44AAgyRwABBTvvvrrrrrrrrrrrrw',
);
const startUs = Date.now() * 1000;
for (let second = 0; second < 5; second++) {
  await stream.putFrame({ data: picture, isKey: true, timestampUs: startUs + second * 1_000_000 }); // resolves when stored
}
await stream.stop(); // resolves when the last fragment is PERSISTED
await watching;
await producer.close();
