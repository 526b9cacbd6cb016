/** Frames through the relay in workerd: what a client puts is what a consumer of the service reads. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertAllFrames, relayFrame, startOfStreamUs } from '../support/relay-frames.ts';
import { RelayStage } from '../support/relay-stage.ts';

const FRAMES = 60;

const framesMode = suite('relay: frames mode');
const stage = await RelayStage.set();
framesMode.after(() => stage[Symbol.asyncDispose]());

framesMode('every frame comes back, byte for byte', async () => {
  const stream = await stage.open();
  const startUs = startOfStreamUs();
  for (let index = 0; index < FRAMES; index++) await stream.putFrame(relayFrame(index, startUs));
  await stream.stop();
  assertAllFrames(await stage.readBack(FRAMES), FRAMES, startUs);
  const { persistedThrough, lastSequence, bufferedBytes, framesLost } = stream.metrics;
  assert.is(persistedThrough, lastSequence);
  assert.is(bufferedBytes, 0);
  assert.is(framesLost, 0);
});

framesMode.run();
