/** Frames through the relay in workerd: what a client puts is what a consumer of the service reads. */
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openMediaSource } from '../../cli/sources/open-source.ts';
import { assertAllFrames, relayFrame, startOfStreamUs } from '../support/relay-frames.ts';
import { RelayStage } from '../support/relay-stage.ts';

const FRAMES = 60;
const RECORDING = fileURLToPath(new URL('../../examples/demo/recording.mp4', import.meta.url));

const framesMode = suite('relay: frames mode');
const stage = await RelayStage.set();
framesMode.after(() => stage[Symbol.asyncDispose]());

framesMode('every frame comes back, byte for byte', async () => {
  const stream = await stage.open();
  await stream.flush();
  await stream.flush();
  const startUs = startOfStreamUs();
  for (let index = 0; index < FRAMES; index++) await stream.putFrame(relayFrame(index, startUs));
  await stream.stop();
  assertAllFrames(await stage.readBack(FRAMES), FRAMES, startUs);
  const { persistedThrough, lastSequence, bufferedBytes, framesLost } = stream.metrics;
  assert.is(persistedThrough, lastSequence);
  assert.is(bufferedBytes, 0);
  assert.is(framesLost, 0);
});

framesMode('video and sound of a recording come back as they were', async () => {
  const streamName = 'recording';
  const source = await openMediaSource(RECORDING);
  const startUs = startOfStreamUs();
  const tracks = source.tracks.map(({ kind, codec, codecPrivateData }) => ({
    kind,
    codec,
    ...(codecPrivateData === undefined ? {} : { codecPrivateData }),
  }));
  const stream = await stage.open({ streamName, tracks, bufferBytes: 8 << 20 });
  const sent = new Map<string, Buffer>();
  for await (const frame of source.frames()) {
    const timestampUs = startUs + Math.floor(frame.timestampUs / 1000) * 1000;
    sent.set(`${frame.trackNumber}@${timestampUs}`, Buffer.from(frame.data));
    await stream.putFrame({ ...frame, timestampUs });
  }
  await source.close();
  await stream.stop();
  const fragments = await stage.readBack(sent.size, streamName);
  const came = fragments.flatMap(({ frames }) => frames);
  assert.is(came.length, sent.size);
  for (const { trackNumber, timestampUs, data } of came)
    assert.ok(sent.get(`${trackNumber}@${timestampUs}`)?.equals(data), `frame at ${timestampUs} of ${trackNumber}`);
});

framesMode.run();
