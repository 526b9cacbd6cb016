/** Streams side by side, and callbacks that call back. Scenarios S059, S205–S210, S214 of the native client. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProducerStream, PutResult } from '../../sdk/producer/index.ts';
import { CallbackRecorder } from '../support/callback-recorder.ts';
import { codeOf, openNamed, openProducer, wholeService } from '../support/producer-scenario.ts';
import { ScriptedMedia, type ScriptedUpload } from '../support/scripted-media.ts';
import { outcomeOf, testFrame, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: several streams');

const FRAME_BYTES = 64 * 1024;

const uploadsOf = (service: ScriptedMedia, streamName: string): ScriptedUpload[] =>
  service.uploads.filter(({ headers }) => headers['x-amzn-stream-name'] === streamName);

/** Puts frames until one is not stored; how many were, and what became of the next. */
function fill(stream: ProducerStream, from = 0): { readonly stored: number; readonly last: PutResult } {
  let stored = 0;
  for (;;) {
    const last = stream.tryPutFrame(testFrame(from + stored, FRAME_BYTES));
    if (last !== 'stored') return { stored, last };
    stored++;
  }
}

it('S059: ten streams of one producer, fed in turn: each gets its own media and closes once', async () => {
  const service = new ScriptedMedia();
  const recorder = new CallbackRecorder();
  const producer = await openProducer(service, { streamCallbacks: recorder.callbacks });
  const names = Array.from({ length: 10 }, (_, i) => `camera-${i}`);
  const streams = await Promise.all(names.map((name) => openNamed(producer, name)));
  for (let i = 0; i < 8; i++)
    for (const [n, stream] of streams.entries())
      await stream.putFrame({ ...testFrame(i, 1_000), data: new Uint8Array(1_000).fill(n + 1, 8) });
  await service.idle();
  const stopped = streams.map((stream) => watched(stream.stop()));
  await service.idle();
  assert.is(service.uploads.length, 10);
  for (const [n, name] of names.entries()) {
    const [upload, ...more] = uploadsOf(service, name);
    assert.is(more.length, 0);
    const fragments = (await upload?.fragments()) ?? [];
    assert.equal(
      fragments.map(({ clusterTimecode }) => clusterTimecode),
      [timecodeOf(0), timecodeOf(1)],
    );
    const bytes = fragments.flatMap(({ frames }) => frames.map(({ data }) => data[500]));
    assert.equal(bytes, Array<number>(8).fill(n + 1), `${name} carries its own frames`);
    upload?.persist(timecodeOf(0), timecodeOf(1));
  }
  await service.idle();
  assert.equal(
    await Promise.all(stopped.map(codeOf)),
    names.map(() => 'ok'),
  );
  assert.equal(
    recorder
      .of('streamClosed')
      .map(({ streamName }) => streamName)
      .toSorted(),
    names,
  );
  await producer.close();
});

it('S205: a stream that fills the store leaves no room for another’s frames', async () => {
  const test = await TestStream.open({}, { storeBytes: 1 << 20 });
  const other = await openNamed(test.producer, 'back-door');
  assert.is(fill(test.stream).last, 'full');
  assert.is(other.tryPutFrame(testFrame(0, FRAME_BYTES)), 'full');
  assert.is(other.metrics.framesPut, 0);
  assert.is(test.stream.metrics.framesDropped, 0);
  await test.end();
});

it('S205: under drop-oldest a stream gives up only what is its own', async () => {
  const test = await TestStream.open({}, { storeBytes: 1 << 20 });
  const other = await openNamed(test.producer, 'back-door', { whenFull: 'drop-oldest' });
  for (let i = 0; i < 4; i++) assert.is(other.tryPutFrame(testFrame(i, FRAME_BYTES)), 'stored');
  const { stored } = fill(test.stream);
  const next = [4, 5, 6, 7].map((i) => other.tryPutFrame(testFrame(i, FRAME_BYTES)));
  assert.equal(next, Array<PutResult>(4).fill('stored'), 'in the place of its own first fragment');
  assert.equal([other.metrics.fragmentsDropped, other.metrics.framesDropped], [1, 4]);
  assert.equal([test.stream.metrics.framesDropped, test.stream.metrics.framesPut], [0, stored]);
  await test.end();
});

it('S205: a stream that has nothing of its own to give up drops its frame', async () => {
  const test = await TestStream.open({}, { storeBytes: 1 << 20 });
  const other = await openNamed(test.producer, 'back-door', { whenFull: 'drop-oldest' });
  fill(test.stream);
  assert.is(other.tryPutFrame(testFrame(0, FRAME_BYTES)), 'dropped');
  assert.is(test.stream.metrics.framesDropped, 0);
  await test.end();
});

it('S205: a put that waits for room gets in when another stream’s fragment is persisted', async () => {
  const test = await TestStream.open({}, { storeBytes: 1 << 20 });
  const other = await openNamed(test.producer, 'back-door');
  fill(test.stream);
  const waiting = watched(other.putFrame(testFrame(0, FRAME_BYTES)));
  await test.service.idle();
  assert.is(await codeOf(waiting), 'pending');
  uploadsOf(test.service, 'front-door')[0]?.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await codeOf(waiting), 'ok');
  await test.end();
});

// Natively the callback reads the stream. Here the media is pulled by the network, so what calls back is what puts.
it('S206: a frame put from inside streamDataAvailable is stored and sent', async () => {
  const service = new ScriptedMedia();
  const results: PutResult[] = [];
  const producer = await openProducer(service, {
    streamCallbacks: {
      streamDataAvailable() {
        if (results.length < 3) results.push(stream.tryPutFrame(testFrame(results.length + 2)));
      },
    },
  });
  const stream = await openNamed(producer, 'front-door');
  await stream.putFrame(testFrame(0));
  await service.idle();
  await stream.putFrame(testFrame(1));
  await service.idle();
  assert.equal(results, ['stored', 'stored', 'stored']);
  assert.is(stream.metrics.framesPut, 5);
  const [first, second] = await service.upload.fragments();
  assert.equal([first?.frames.length, second?.frames.length], [4, 1]);
  producer.abort();
  await producer.close();
});

it('S206: a stream stopped from inside a callback stops', async () => {
  const service = new ScriptedMedia();
  let stopped: Promise<void> | undefined;
  const producer = await openProducer(service, {
    streamCallbacks: { fragmentAckReceived: () => void (stopped ??= stream.stop()) },
  });
  const stream = await openNamed(producer, 'front-door');
  await stream.putFrame(testFrame(0));
  await service.idle();
  service.upload.ack('BUFFERING', timecodeOf(0));
  await service.idle();
  service.upload.persist(timecodeOf(0));
  await service.idle();
  assert.is(await codeOf(stopped ?? Promise.reject(new Error('not stopped'))), 'ok');
  await producer.close();
});

it('S207: puts that are not waited for are packaged one after another, in the order of the calls', async () => {
  const test = await TestStream.open();
  const puts = Array.from({ length: 16 }, (_, i) => test.stream.putFrame(testFrame(i)));
  await Promise.all(puts);
  await test.service.idle();
  const frames = (await test.service.upload.fragments()).flatMap((fragment) => fragment.frames);
  assert.equal(
    frames.map(({ data }) => data[10]),
    Array.from({ length: 16 }, (_, i) => i),
  );
  await test.end();
});

it('S207: so are puts that wait for room together', async () => {
  const test = await TestStream.open({}, { storeBytes: 1 << 20 });
  const { stored } = fill(test.stream);
  const waiting = [0, 1, 2].map((i) => watched(test.stream.putFrame(testFrame(stored + i, FRAME_BYTES))));
  assert.is(test.producer.metrics.waitingPuts, 3);
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0), timecodeOf(1));
  await test.service.idle();
  assert.equal(await Promise.all(waiting.map(codeOf)), ['ok', 'ok', 'ok']);
  const frames = (await test.service.upload.fragments()).flatMap((fragment) => fragment.frames);
  assert.equal(
    frames.map(({ data }) => data[10]),
    Array.from({ length: stored + 3 }, (_, i) => i),
  );
  await test.end();
});

it('S208: callbacks that answer at once: the stream is ready when openStream returns, without any time', async () => {
  const service = new ScriptedMedia();
  const recorder = new CallbackRecorder({ ...wholeService(service), getCurrentTime: () => service.now() * 1000 });
  const producer = await openProducer(service, { callbackProvider: recorder.callbacks });
  const startedMs = service.now();
  const stream = await openNamed(producer, 'front-door');
  assert.is(stream.metrics.state, 'ready');
  assert.is(service.now(), startedMs);
  assert.is(service.requests.length, 0);
  await producer.close();
});

it('S209: a put that waits for room is turned away when its stream is aborted', async () => {
  const test = await TestStream.open({}, { storeBytes: 1 << 20 });
  const { stored } = fill(test.stream);
  const waiting = watched(test.stream.putFrame(testFrame(stored, FRAME_BYTES)));
  await test.service.idle();
  test.stream.abort();
  assert.is(await codeOf(waiting), 'STATUS_STREAM_HAS_BEEN_STOPPED');
  assert.is(await codeOf(test.stream.putFrame(testFrame(stored))), 'STATUS_STREAM_HAS_BEEN_STOPPED');
  assert.equal([test.producer.metrics.waitingPuts, test.producer.metrics.storeUsedBytes], [0, 0]);
  assert.is(await codeOf(test.producer.close()), 'ok');
  assert.is(test.service.timerCount, 0);
});

it('S209: a put that waits for room is given up by its signal, and those behind it get in', async () => {
  const test = await TestStream.open({}, { storeBytes: 1 << 20 });
  const { stored } = fill(test.stream);
  const controller = new AbortController();
  const large = watched(test.stream.putFrame(testFrame(stored, 512 * 1024), { signal: controller.signal }));
  await test.service.idle();
  const reason = new Error('enough');
  controller.abort(reason);
  assert.is(await outcomeOf(large), reason);
  const small = watched(test.stream.putFrame(testFrame(stored + 1, FRAME_BYTES)));
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await codeOf(small), 'ok');
  await test.end();
});

it('S209: a stream that is stopped lets the puts that wait in first', async () => {
  const test = await TestStream.open({}, { storeBytes: 1 << 20 });
  const { stored } = fill(test.stream);
  const waiting = watched(test.stream.putFrame(testFrame(stored, FRAME_BYTES)));
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  assert.equal([await codeOf(waiting), await codeOf(stopped)], ['pending', 'pending']);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await codeOf(waiting), 'ok');
  test.service.upload.persist(timecodeOf(Math.floor(stored / 4)));
  await test.service.idle();
  assert.is(await codeOf(stopped), 'ok');
  assert.is(test.stream.metrics.framesPut, stored + 1);
});

it('S210: when stop returns streamClosed was called', async () => {
  const recorder = new CallbackRecorder();
  const test = await TestStream.open({}, { streamCallbacks: recorder.callbacks });
  await test.putFragments(1);
  const closedThen = test.stream.stop().then(() => recorder.of('streamClosed').length);
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  assert.is(await closedThen, 1);
});

it('S213: the frame rate of frames as their times have it is always there', async () => {
  const test = await TestStream.open();
  await test.putFragments(2);
  const { producer, stream } = test;
  assert.is(stream.metrics.elementaryFramesPerSecond, 4);
  assert.is(producer.metrics.elementaryFramesPerSecond, 4);
  assert.is(producer.metrics.averageCallRetries, 0);
  await test.end();
});

it('S214: an ack callback is called for every ack but IDLE, ignored and late ones too', async () => {
  const recorder = new CallbackRecorder();
  const test = await TestStream.open({}, { streamCallbacks: recorder.callbacks });
  const acks = test.stream.acks();
  await test.putFragments(3);
  const { upload } = test.service;
  upload.ack('IDLE');
  upload.persist(timecodeOf(0));
  upload.persist(timecodeOf(0));
  upload.ack('PERSISTED', 12);
  upload.ack('RECEIVED');
  upload.ack('IDLE');
  upload.ack('ERROR', timecodeOf(1), { ErrorId: 5000 });
  upload.ack('BUFFERING', timecodeOf(2));
  await test.service.idle();
  const told = recorder.of('fragmentAckReceived').map(({ ack, uploadHandle }) => [ack.type, uploadHandle]);
  // What comes after the error ack comes over a connection that was given up by it: nobody reads it any more.
  assert.equal(told, [
    ...[0, 1].flatMap(() => ['buffering', 'received', 'persisted'].map((type) => [type, 1])),
    ['persisted', 1],
    ['received', 1],
    ['error', 1],
  ]);
  let published = 0;
  const counted = (async () => {
    for await (const { type } of acks) published += type === 'idle' ? 0 : 1;
  })();
  await test.end();
  await counted;
  assert.is(published, told.length);
});

it.run();
