/** Calls from inside callbacks, calls at the same time, and answers that come at once. Source: producer-core §4, §24.4. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCallbacks } from '../../sdk/producer/callbacks/index.ts';
import { createProducerWith, type ProducerStream } from '../../sdk/producer/index.ts';
import { CallbackRecorder } from '../support/callback-recorder.ts';
import { ackLine, ScriptedMedia } from '../support/scripted-media.ts';
import { outcomeOf, TEST_TRACK, testFrame, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: re-entrance');

// Native reads inside the callback; here the connection pulls by itself, and the callback may make any call.
it('S206: a streamDataAvailable callback may put, flush and read the figures', async () => {
  const opened: ProducerStream[] = [];
  let next = 4;
  const unsent: number[] = [];
  const recorder = new CallbackRecorder({
    streamDataAvailable: () => {
      const [stream] = opened;
      if (stream === undefined || next >= 12) return;
      unsent.push(stream.metrics.unsentBytes);
      stream.tryPutFrame(testFrame(next++));
    },
  });
  const test = await TestStream.open({}, { streamCallbacks: recorder.only('streamDataAvailable') });
  opened.push(test.stream);
  await test.putFragments(1);
  await test.service.idle();
  assert.is(test.stream.metrics.framesPut, 12);
  assert.ok(unsent.length === 8);
  assert.equal(await test.service.upload.timecodes(), [0, 1, 2].map(timecodeOf));
  await test.end();
});

it('S206: a callback that stops the stream: what was put before is sent', async () => {
  let stopped: Promise<void> | undefined;
  const test: TestStream = await TestStream.open(
    {},
    { streamCallbacks: { streamDataAvailable: () => void (stopped ??= watched(test.stream.stop())) } },
  );
  await test.putFrames(1);
  await test.putFrames(1);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await outcomeOf(stopped ?? Promise.reject(new Error('never called'))), undefined);
  await test.end();
});

it('S206: an ack callback that flushes is not in the way of the acks behind it', async () => {
  const flushes: Promise<void>[] = [];
  const test: TestStream = await TestStream.open(
    {},
    { streamCallbacks: { fragmentAckReceived: () => void flushes.push(watched(test.stream.flush())) } },
  );
  await test.putFragments(2);
  test.service.upload.persist(timecodeOf(0), timecodeOf(1));
  await test.service.idle();
  test.service.upload.ack('PERSISTED', timecodeOf(1));
  await test.service.idle();
  for (const flush of flushes) assert.is(await outcomeOf(flush), undefined);
  assert.ok(flushes.length >= 6);
  await test.end();
});

it('S207: frames that two tasks put at the same time are stored in the order of their calls, each whole', async () => {
  const test = await TestStream.open({}, { storeBytes: 64 << 10 });
  const puts = Array.from({ length: 120 }, (_, i) => watched(test.stream.putFrame(testFrame(i))));
  await test.service.idle();
  assert.ok(test.producer.metrics.waitingPuts > 0, 'some wait for room');
  for (let n = 0; n < 29; n++) {
    test.service.upload.persist(timecodeOf(n));
    await test.service.idle();
  }
  await Promise.all(puts);
  const frames = (await test.service.upload.fragments()).flatMap((fragment) => fragment.frames);
  assert.equal(
    frames.map(({ data }) => data[5]),
    Array.from({ length: 120 }, (_, i) => i & 0xff),
  );
  assert.ok(frames.every(({ data }) => data.length === 1_000));
  await test.end();
});

it('S207: frames of two streams that are put in turns keep to their streams', async () => {
  const service = new ScriptedMedia();
  const test = await TestStream.open({}, {}, service);
  const other = await test.producer.openStream('back-door', { tracks: [TEST_TRACK] });
  for (let i = 0; i < 8; i++)
    await Promise.all([test.stream.putFrame(testFrame(i)), other.putFrame(testFrame(i, 500))]);
  await service.idle();
  for (const upload of service.uploads) {
    const size = upload.headers['x-amzn-stream-name'] === 'front-door' ? 1_000 : 500;
    const frames = (await upload.fragments()).flatMap((fragment) => fragment.frames);
    assert.equal(
      frames.map(({ data }) => data.length),
      Array<number>(8).fill(size),
    );
  }
  assert.is(service.uploads.length, 2);
  await test.end();
});

it('S208: service calls that answer at once: the stream is ready when openStream resolves', async () => {
  const service = new ScriptedMedia();
  const recorder = new CallbackRecorder({
    getSecurityToken: () => ({ data: Uint8Array.of(1), expiresAtUs: Infinity }),
    createDevice: () => ({ result: 200, deviceArn: 'arn:device' }),
    describeStream: () => ({
      result: 200,
      description: { streamArn: 'arn:1', status: 'ACTIVE', retentionHours: 24, mediaType: undefined },
    }),
    getStreamingEndpoint: () => ({ result: 200, endpoint: 'http://127.0.0.1:2' }),
    getStreamingToken: ({ context }) => ({ result: 200, token: context.authInfo.data }),
    putStream: ({ body }) => {
      void new Response(body).arrayBuffer().catch(() => undefined);
      const acks = new Blob([ackLine('IDLE')]).stream();
      return { result: 200, acks };
    },
  });
  const producer = await createProducerWith(service, { callbackProvider: recorder.callbacks }, openCallbacks);
  const stream = await producer.openStream('front-door', { tracks: [TEST_TRACK] });
  assert.is(stream.metrics.state, 'ready');
  assert.is(await outcomeOf(stream.ready), undefined);
  assert.equal(service.paths, [], 'nothing but callbacks');
  await stream.putFrame(testFrame(0));
  await service.idle();
  assert.is(recorder.of('putStream').length, 1);
  producer.abort();
  await service.idle();
});

it.run();
