import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CorePoisonedError,
  type KvsError,
  NotPersistedError,
  ServiceCallError,
  StreamStoppedError,
} from '../../../sdk/errors.ts';
import { ScriptedMedia } from '../../support/scripted-media.ts';
import { outcomeOf, testFrame, TestStream, timecodeOf, watched } from '../../support/test-stream.ts';

const it = suite('producer stream');

it('stop() sends everything, waits for the last PERSISTED, closes the body, and leaves nothing behind', async () => {
  const test = await TestStream.open();
  await test.putFragments(3);
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  const { upload } = test.service;
  assert.equal(await upload.timecodes(), [0, 1, 2].map(timecodeOf));
  upload.persist(timecodeOf(0), timecodeOf(1));
  assert.is(await outcomeOf(stopped), 'pending');
  assert.is(upload.bodyEnd, 'open');
  upload.persist(timecodeOf(2));
  assert.is(await outcomeOf(stopped), undefined);
  assert.is(upload.bodyEnd, 'closed');
  assert.is(test.service.timerCount, 0, 'no timer is left');
  assert.is(test.producer.metrics.storeUsedBytes, 0, 'the store is as it was');
  assert.is(test.stream.metrics.state, 'ended');
  await test.producer.close();
});

it('frames come out as they went in', async () => {
  const test = await TestStream.open();
  const sent = [0, 1, 2, 3, 4].map((i) => testFrame(i, 500 + i * 1000));
  for (const frame of sent) await test.stream.putFrame(frame);
  await test.service.idle();
  const frames = (await test.service.upload.fragments()).flatMap((fragment) => fragment.frames);
  assert.equal(
    frames.map((frame) => [frame.timestampUs, frame.isKey, Buffer.from(frame.data).toString('hex')]),
    sent.map((frame) => [frame.timestampUs, frame.isKey, Buffer.from(frame.data).toString('hex')]),
  );
  await test.end();
});

it('stop() survives a connection that is lost while it waits', async () => {
  const test = await TestStream.open();
  await test.putFragments(2);
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  test.service.upload.reset();
  await test.service.pass(2_000);
  assert.equal(await test.service.upload.timecodes(), [timecodeOf(1)]);
  test.service.upload.persist(timecodeOf(1));
  assert.is(await outcomeOf(stopped), undefined);
});

it('stop() gives up after its time and names what was not persisted', async () => {
  const test = await TestStream.open({ stopTimeoutMs: 5_000 });
  await test.putFragments(3);
  test.service.upload.persist(timecodeOf(0));
  const stopped = watched(test.stream.stop());
  await test.service.pass(5_000);
  const error = (await outcomeOf(stopped)) as NotPersistedError;
  assert.instance(error, NotPersistedError);
  assert.is(error.fragments, 2);
  assert.is(error.frames, 8);
  assert.is(error.firstTimestampUs, timecodeOf(1) * 1000);
  assert.is(error.lastTimestampUs, testFrame(11).timestampUs);
  assert.is(test.service.upload.bodyEnd, 'aborted');
  assert.is(test.service.timerCount, 0);
  assert.is(test.producer.metrics.storeUsedBytes, 0);
});

it('stop() that gives up says what kept it from the service', async () => {
  const test = await TestStream.open({ stopTimeoutMs: 5_000 });
  test.service.on('/putMedia', { status: 500, body: 'Oops' });
  await test.putFragments(1);
  const stopped = watched(test.stream.stop());
  await test.service.pass(5_000);
  const error = (await outcomeOf(stopped)) as NotPersistedError;
  assert.match(error.message, 'stopping took longer than 5000 ms; PutMedia failed: HTTP 500');
  assert.instance(error.cause, ServiceCallError);
  assert.is(test.stream.lastError, error.cause);
  await test.end();
});

it('lastError is what went wrong, until the service receives fragments again', async () => {
  const test = await TestStream.open();
  assert.is(test.stream.lastError, undefined);
  await test.putFragments(1);
  test.service.upload.reset();
  await test.service.pass(1_000);
  assert.match(test.stream.lastError?.message ?? '', 'ECONNRESET');
  await test.putFragments(1);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(test.stream.lastError, undefined);
  await test.end();
});

it('stop() obeys its signal, and repeats its answer', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  const controller = new AbortController();
  const stopped = watched(test.stream.stop({ signal: controller.signal }));
  controller.abort(new Error('enough'));
  const error = (await outcomeOf(stopped)) as NotPersistedError;
  assert.instance(error, NotPersistedError);
  assert.is((error.cause as Error).message, 'enough');
  assert.is(await outcomeOf(test.stream.stop()), error);
});

it('stop() rejects when the service refuses a fragment on the way', async () => {
  const test = await TestStream.open();
  await test.putFragments(2);
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  test.service.upload.ack('ERROR', timecodeOf(0), { ErrorId: 4006 });
  await test.service.pass(2_000);
  test.service.upload.persist(timecodeOf(1));
  const error = (await outcomeOf(stopped)) as NotPersistedError;
  assert.is(error.fragments, 1);
  assert.is(error.firstTimestampUs, timecodeOf(0) * 1000);
});

it('a stream without frames stops without a connection', async () => {
  const test = await TestStream.open();
  assert.is(await outcomeOf(test.stream.stop()), undefined);
  assert.is(test.service.uploads.length, 0);
});

it('a stream without frames stops at once while the service is away', async () => {
  const service = new ScriptedMedia().on('/describeStream', { status: 503 });
  const test = await TestStream.open({ waitUntilReady: false }, {}, service);
  await service.pass(1_000);
  assert.is(await outcomeOf(test.stream.stop()), undefined);
  assert.is(service.timerCount, 0);
  assert.is(test.stream.metrics.state, 'ended');
});

it('a stopped stream takes no more', async () => {
  const test = await TestStream.open();
  const stopped = watched(test.stream.stop());
  assert.throws(
    () => test.stream.tryPutFrame(testFrame(0)),
    (error: unknown) => error instanceof StreamStoppedError,
  );
  assert.instance(await outcomeOf(test.stream.putFrame(testFrame(0))), StreamStoppedError);
  await stopped;
  const calls = [
    test.stream.putFrame(testFrame(0)),
    test.stream.endFragment(),
    test.stream.flush(),
    test.stream.putFragmentMetadata('a', 'b'),
  ];
  for (const call of calls.map(watched)) {
    assert.instance(await outcomeOf(call), StreamStoppedError);
  }
});

it('flush() ends the fragment, resolves when it is persisted, and the stream goes on with the next key frame', async () => {
  const test = await TestStream.open();
  await test.putFrames(2);
  const flushed = watched(test.stream.flush());
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  assert.is(await outcomeOf(flushed), undefined);
  assert.is(test.producer.metrics.storeUsedBytes, 0, 'everything left the store');
  await test.putFrames(2);
  assert.is(test.stream.metrics.framesSkipped, 2, 'up to the next key frame');
  await test.putFrames(1);
  assert.equal(await test.service.upload.timecodes(), [timecodeOf(0), timecodeOf(1)]);
  assert.is(test.service.uploads.length, 1, 'over the same connection');
  await test.end();
});

it('flush() of nothing resolves at once, and twice is as good as once', async () => {
  const test = await TestStream.open();
  assert.is(await outcomeOf(test.stream.flush()), undefined);
  await test.putFrames(1);
  const both = watched(Promise.all([test.stream.flush(), test.stream.flush()]));
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  assert.equal(await outcomeOf(both), [undefined, undefined]);
  await test.end();
});

it('flush() rejects when something of it was refused, when it is aborted, and when the stream fails', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  const refused = watched(test.stream.flush());
  await test.service.idle();
  test.service.upload.ack('ERROR', timecodeOf(0), { ErrorId: 4006 });
  assert.instance(await outcomeOf(refused), NotPersistedError);
  await test.service.pass(2_000);
  await test.putFragments(1);
  const reason = new Error('enough');
  assert.is(await outcomeOf(test.stream.flush({ signal: AbortSignal.abort(reason) })), reason);
  const failed = watched(test.stream.flush());
  test.stream.abort(reason);
  assert.is(await outcomeOf(failed), reason);
});

it('whenPersisted() resolves as flush() does, and leaves the open fragment to end by itself', async () => {
  const test = await TestStream.open();
  await test.putFragments(2);
  const persisted = watched(test.stream.whenPersisted());
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  assert.is(await outcomeOf(persisted), 'pending', 'the second fragment is open');
  await test.putFrames(1);
  assert.is(test.stream.metrics.framesSkipped, 0, 'it was not ended');
  test.service.upload.persist(timecodeOf(1));
  assert.is(await outcomeOf(persisted), undefined);
  const refused = watched(test.stream.whenPersisted());
  test.service.upload.ack('ERROR', timecodeOf(2), { ErrorId: 4006 });
  assert.instance(await outcomeOf(refused), NotPersistedError);
  await test.end();
  assert.is.not(await outcomeOf(test.stream.whenPersisted()), undefined, 'a stream that has ended');
});

it('fragment metadata travels as tags of the next fragment', async () => {
  const test = await TestStream.open();
  await test.stream.putFragmentMetadata('site', 'north');
  await test.putFragments(1);
  await test.putFrames(1);
  const [first] = await test.service.upload.fragments();
  assert.equal(first?.tags, [{ name: 'site', value: 'north' }]);
  const error = (await outcomeOf(test.stream.putFragmentMetadata('AWS_X', 'y'))) as KvsError;
  assert.is(error.code, 'STATUS_INVALID_METADATA_NAME');
  await test.end();
});

it('acks() and events() serve several readers and end with the stream', async () => {
  const test = await TestStream.open();
  const read = async (): Promise<string[]> => {
    const types: string[] = [];
    for await (const ack of test.stream.acks()) types.push(ack.type);
    return types;
  };
  const readers = [read(), read()];
  await test.putFragments(1);
  test.service.upload.ack('IDLE');
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await stopped;
  for (const types of await Promise.all(readers)) assert.equal(types, ['idle', 'buffering', 'received', 'persisted']);
  assert.equal(
    test.events.map((event) => event.type),
    ['connected'],
  );
});

it('metrics tell the latency from the put of the first and the last frame to PERSISTED', async () => {
  const test = await TestStream.open();
  await test.putFrames(1);
  await test.service.pass(700);
  await test.putFrames(3);
  await test.service.pass(300);
  await test.putFrames(1);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  const { firstFrameLatency, lastFrameLatency, fragmentsPersisted, acks } = test.stream.metrics;
  assert.equal(firstFrameLatency, { lastMs: 1000, medianMs: 1000, worstMs: 1000, samples: 1 });
  assert.equal(lastFrameLatency, { lastMs: 300, medianMs: 300, worstMs: 300, samples: 1 });
  assert.is(fragmentsPersisted, 1);
  assert.equal(acks, { buffering: 1, received: 1, persisted: 1, error: 0 });
  await test.end();
});

it('the frame’s data is the caller’s again when the put resolves', async () => {
  const test = await TestStream.open();
  const frame = testFrame(0);
  await test.stream.putFrame(frame);
  frame.data.fill(0xee);
  await test.service.idle();
  const [fragment] = await test.service.upload.fragments();
  assert.equal(fragment?.frames[0]?.data, testFrame(0).data);
  await test.end();
});

it('writable takes frames with back-pressure; closing it stops the stream, aborting it aborts the stream', async () => {
  const test = await TestStream.open();
  const writer = test.stream.writable.getWriter();
  for (let i = 0; i < 4; i++) await writer.write(testFrame(i));
  const closed = watched(writer.close());
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  assert.is(await outcomeOf(closed), undefined);

  const aborted = await TestStream.open();
  await aborted.stream.writable.getWriter().write(testFrame(0));
  const reason = new Error('camera is gone');
  await aborted.stream.writable.abort(reason).catch(() => undefined);
  aborted.stream.abort(reason);
  assert.is(await outcomeOf(aborted.stream.putFrame(testFrame(1))), reason);
});

it('abort signals of stream and producer end everything at once', async () => {
  for (const kind of ['stream', 'producer'] as const) {
    const controller = new AbortController();
    const withSignal = { signal: controller.signal };
    const test = await TestStream.open(kind === 'stream' ? withSignal : {}, kind === 'producer' ? withSignal : {});
    await test.putFragments(1);
    const flushed = watched(test.stream.flush());
    const reason = new Error('shutting down');
    controller.abort(reason);
    assert.is(await outcomeOf(flushed), reason, kind);
    assert.is(await outcomeOf(test.stream.putFrame(testFrame(4))), reason, kind);
    assert.is(test.service.upload.bodyEnd, 'aborted', kind);
    assert.is(test.service.timerCount, 0, kind);
    assert.is(test.producer.metrics.storeUsedBytes, 0, kind);
    if (kind === 'producer') {
      const again = test.producer.openStream('other', { tracks: [{ kind: 'video', codec: 'h264' }] });
      assert.is(await outcomeOf(again), reason);
    }
  }
});

it('disposing of a stream stops it', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  const disposed = watched(test.stream[Symbol.asyncDispose]());
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  assert.is(await outcomeOf(disposed), undefined);
  assert.is(await outcomeOf(test.stream[Symbol.asyncDispose]()), undefined);
});

it('fragment metadata that is no text is refused', async () => {
  const test = await TestStream.open();
  const put = (name: unknown, value: unknown): Promise<unknown> =>
    outcomeOf(test.stream.putFragmentMetadata(name as string, value as string));
  assert.is(((await put(null, 'value')) as KvsError).message, 'Option name is null: expected a string');
  assert.is(((await put('name', 5)) as KvsError).code, 'STATUS_INVALID_ARG');
  await test.end();
});

it('H.264 that no player can decode is told before it is sent', async () => {
  const test = await TestStream.open({ tracks: [{ kind: 'video', codec: 'h264' }] });
  await test.putFragments(1);
  assert.equal(test.eventsOf('private-data-missing'), [{ type: 'private-data-missing', trackNumber: 1 }]);
  assert.ok(test.service.logged.some((line) => line.startsWith('warn A track has no codec private data')));
  test.service.upload.reset();
  await test.service.pass(1_000);
  assert.is(test.service.uploads.length, 2);
  assert.is(test.eventsOf('private-data-missing').length, 1, 'once, not with every connection');
  await test.end();
});

it('close() stops every stream, and tells what could not be', async () => {
  const test = await TestStream.open({ stopTimeoutMs: 1_000 });
  await test.producer.openStream('back-door', { tracks: [{ kind: 'video', codec: 'h264' }] });
  await test.putFragments(1);
  const closed = watched(test.producer.close());
  await test.service.pass(1_000);
  assert.instance(await outcomeOf(closed), NotPersistedError);
  assert.is(test.producer.metrics.streams, 0);
});

it('a core that traps fails every stream of the producer, typed, and is never called again', async () => {
  const service = new ScriptedMedia();
  const test = await TestStream.open({}, {}, service);
  const other = await test.producer.openStream('back-door', { tracks: [{ kind: 'video', codec: 'h264' }] });
  const otherFlush = watched(other.putFrame(testFrame(0)).then(() => other.flush()));
  await service.idle();
  // A typed array whose length lies outside the core's memory makes the copy into it throw, which the core cannot tell from a trap.
  class Hostile extends Uint8Array {
    override get length(): number {
      return 16;
    }
  }
  assert.throws(
    () => test.stream.tryPutFrame({ ...testFrame(0), data: new Hostile(1 << 27) }),
    (error: unknown) => error instanceof CorePoisonedError,
  );
  assert.instance(await outcomeOf(otherFlush), CorePoisonedError);
  assert.instance(await outcomeOf(test.stream.putFrame(testFrame(0))), CorePoisonedError);
  assert.instance(
    await outcomeOf(test.producer.openStream('third', { tracks: [{ kind: 'video', codec: 'h264' }] })),
    CorePoisonedError,
  );
  assert.is(test.stream.metrics.framesPut, 0);
  assert.is(await outcomeOf(test.producer.close()), undefined);
});

it.run();
