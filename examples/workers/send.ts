/**
 * Sends a raw H.264 file through a relay, as a browser or a device would; and mints its own token, which only an application's server should.
 *
 *     RELAY_TOKEN_SECRET=… node --import tsx examples/workers/send.ts camera.h264 front-door ws://127.0.0.1:8787/cameras
 *
 * An application imports from 'penstock/relay-client' and 'penstock/relay-token' what this file takes from the repository.
 */
import { createReadStream } from 'node:fs';
import { WebSocket as UndiciSocket } from 'undici';
import { openRelayStream, socketsOf } from '../../bindings/web/relay-client.ts';
import { mintRelayToken } from '../../bindings/web/relay-token.ts';
import { accessUnits } from '../../cli/sources/h264-access-units.ts';

const [file, streamName, url] = process.argv.slice(2);
const secret = process.env['RELAY_TOKEN_SECRET'];
if (!file || !streamName || !url || !secret) throw new Error('Usage: RELAY_TOKEN_SECRET=… send.ts FILE STREAM URL');

const stream = await openRelayStream({
  url,
  streamName,
  // An application asks its server here; a fresh token is asked for before the last one expires.
  token: () => mintRelayToken({ key: secret, streamName, maxBitrateBps: 4_000_000 }),
  tracks: [{ kind: 'video', codec: 'h264' }],
  // Node 20 has no WebSocket of its own; everywhere else leave this out.
  openSocket: socketsOf(UndiciSocket as unknown as typeof WebSocket),
});

const FRAME_US = 40_000; // 25 frames a second
let timestampUs = Date.now() * 1000;
for await (const { data, isKey } of accessUnits(createReadStream(file))) {
  await stream.putFrame({ data, isKey, timestampUs }); // resolves when kept; waits while the buffer is full
  timestampUs += FRAME_US;
}
await stream.stop(); // resolves when the last fragment is PERSISTED
console.log(`${stream.metrics.persistedThrough} messages persisted, ${stream.metrics.framesLost} frames lost`);
