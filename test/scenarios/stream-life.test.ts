/** How streams open, stop and end, and what becomes of calls to one that has ended. Scenarios of the native stream life cycle. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NotPersistedError, StreamUnavailableError } from '../../sdk/errors.ts';
import type { ProducerStream } from '../../sdk/producer/index.ts';
import { CallbackRecorder } from '../support/callback-recorder.ts';
import { codeOf, openNamed, openProducer, thrownCode } from '../support/producer-scenario.ts';
import { ScriptedMedia } from '../support/scripted-media.ts';
import type { ScriptedAnswer } from '../support/scripted-platform.ts';
import { outcomeOf, testFrame, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: stream life');

const STOPPED = 'STATUS_STREAM_HAS_BEEN_STOPPED';

interface Heard {
  readonly test: TestStream;
  readonly recorder: CallbackRecorder;
}

/** A stream that callbacks hear of. */
async function open(options: Parameters<typeof TestStream.open>[0] = {}, service?: ScriptedMedia): Promise<Heard> {
  const recorder = new CallbackRecorder();
  const test = await TestStream.open(options, { streamCallbacks: recorder.callbacks }, service);
  return { test, recorder };
}

/** Every call that a stream takes, each as what it comes to. */
const callsTo = (stream: ProducerStream): ReadonlyArray<readonly [string, () => Promise<string> | string]> => [
  ['putFrame', () => codeOf(stream.putFrame(testFrame(0)))],
  ['tryPutFrame', () => thrownCode(() => stream.tryPutFrame(testFrame(0)))],
  ['endFragment', () => codeOf(stream.endFragment())],
  ['putFragmentMetadata', () => codeOf(stream.putFragmentMetadata('a', 'b'))],
  ['flush', () => codeOf(stream.flush())],
  ['writable.write', () => codeOf(stream.writable.getWriter().write(testFrame(0)))],
];

for (const [how, end, expected] of [
  ['stopped', (stream: ProducerStream) => stream.stop(), STOPPED],
  ['aborted', (stream: ProducerStream) => stream.abort(), STOPPED],
  ['aborted for a reason', (stream: ProducerStream) => stream.abort(new Error('mine')), 'Error: mine'],
] as const) {
  for (const [call] of callsTo({} as ProducerStream))
    it(`S017: ${call} of a stream that was ${how} is refused`, async () => {
      const { test } = await open();
      await end(test.stream);
      const found = callsTo(test.stream).find(([name]) => name === call);
      assert.is(await found?.[1](), expected);
      assert.is(test.service.timerCount, 0);
    });

  it(`S017: a stream that was ${how} keeps its figures, and what there is to read of it has ended`, async () => {
    const { test } = await open();
    await test.putFragments(1);
    const ended = watched(Promise.resolve(end(test.stream)));
    await test.service.idle();
    test.service.upload.persist(timecodeOf(0));
    await ended;
    assert.is(test.stream.metrics.framesPut, 4);
    assert.is((await test.stream.acks().next()).done, true);
    assert.is((await test.stream.events().next()).done, true);
    test.stream.resetConnection();
    test.stream.resetStream();
    test.stream.abort();
    await test.service.idle();
    assert.is(test.service.uploads.length, 1, 'nothing is begun again');
    await test.producer.close();
  });
}

it('S017: a stream that has failed refuses calls with what it failed with, and so does stop', async () => {
  const { test } = await open();
  await test.putFragments(1);
  test.service.upload.ack('ERROR', timecodeOf(0), { ErrorId: 4507 });
  await test.service.pass(1_000);
  const error = await outcomeOf(test.stream.putFrame(testFrame(4)));
  assert.instance(error, StreamUnavailableError);
  assert.is(await outcomeOf(test.stream.stop()), error);
  assert.is(await outcomeOf(test.stream.flush()), error);
  await test.producer.close();
});

it('S051: an idle stream with nothing put is closed at once, over no connection', async () => {
  const { test, recorder } = await open();
  assert.is(await codeOf(test.stream.stop()), 'ok');
  await test.service.idle();
  assert.equal(recorder.of('streamClosed'), [{ streamName: 'front-door', uploadHandle: undefined }]);
  assert.is(recorder.of('streamShutdown').length, 1);
  assert.is(test.service.uploads.length, 0);
  assert.is(test.service.timerCount, 0);
});

it('S051: so is one whose connection has nothing left to say', async () => {
  const { test, recorder } = await open();
  await test.putFragments(1);
  const flushed = watched(test.stream.flush());
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await flushed;
  assert.is(await codeOf(test.stream.stop()), 'ok');
  await test.service.idle();
  assert.is(recorder.of('streamClosed').length, 1);
  assert.is(test.service.upload.bodyEnd, 'closed');
});

it('S052: with media over a connection the stream is closed only when all of it is acknowledged', async () => {
  const { test, recorder } = await open();
  await test.putFragments(2);
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  assert.is(recorder.of('streamClosed').length, 0);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await codeOf(stopped), 'pending');
  assert.is(recorder.of('streamClosed').length, 0);
  test.service.upload.persist(timecodeOf(1));
  await test.service.idle();
  assert.is(await codeOf(stopped), 'ok');
  assert.is(recorder.of('streamClosed').length, 1);
  assert.is(test.service.upload.bodyEnd, 'closed');
});

it('S053: stopping twice is stopping once', async () => {
  const { test, recorder } = await open();
  await test.putFragments(1);
  const first = test.stream.stop();
  assert.is(test.stream.stop(), first);
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await first;
  assert.is(test.stream.stop(), first);
  await test.stream[Symbol.asyncDispose]();
  await test.service.idle();
  assert.is(recorder.of('streamClosed').length, 1);
  assert.is(recorder.of('streamShutdown').length, 1);
});

for (const [call] of callsTo({} as ProducerStream))
  it(`S054: ${call} of a stream that is being stopped is refused`, async () => {
    const { test } = await open();
    await test.putFragments(1);
    const stopped = watched(test.stream.stop());
    await test.service.idle();
    const found = callsTo(test.stream).find(([name]) => name === call);
    assert.is(await found?.[1](), STOPPED);
    test.service.upload.persist(timecodeOf(0));
    await stopped;
    assert.is(test.stream.metrics.framesPut, 4);
  });

for (const [stopTimeoutMs, limitMs] of [
  [undefined, 120_000],
  [5_000, 5_000],
] as const)
  it(`S055: nothing is acknowledged: stop gives up after ${limitMs} ms, and the producer closes`, async () => {
    const options = stopTimeoutMs === undefined ? {} : { stopTimeoutMs };
    const { test, recorder } = await open({ ...options, stallTimeoutMs: 600_000 });
    await test.putFragments(2);
    const stopped = watched(test.stream.stop());
    await test.service.advance(limitMs - 1);
    assert.is(await codeOf(stopped), 'pending');
    await test.service.advance(1);
    const error = (await outcomeOf(stopped)) as NotPersistedError;
    assert.instance(error, NotPersistedError);
    assert.equal([error.fragments, error.frames, error.status], [2, 8, 0x52000088]);
    assert.is(recorder.of('streamClosed').length, 0);
    assert.is(recorder.of('streamShutdown').length, 1);
    assert.is(await codeOf(test.producer.close()), 'ok');
    assert.is(test.service.timerCount, 0);
  });

it('S055: acks that come in meanwhile do not put the limit off', async () => {
  const { test } = await open({ stopTimeoutMs: 5_000, stallTimeoutMs: 600_000 });
  await test.putFragments(6);
  const stopped = watched(test.stream.stop());
  for (let n = 0; n < 5; n++) {
    await test.service.advance(999);
    test.service.upload.persist(timecodeOf(n));
    await test.service.idle();
  }
  assert.is(await codeOf(stopped), 'pending');
  await test.service.advance(5);
  assert.is(((await outcomeOf(stopped)) as NotPersistedError).fragments, 1);
});

it('S055: a signal ends the stop, and with it the stream', async () => {
  const { test } = await open();
  await test.putFragments(1);
  const controller = new AbortController();
  const stopped = watched(test.stream.stop({ signal: controller.signal }));
  await test.service.idle();
  controller.abort(new Error('enough'));
  const error = (await outcomeOf(stopped)) as NotPersistedError;
  assert.equal([error.frames, error.message.includes('aborted')], [4, true]);
  assert.is(test.producer.metrics.streams, 0);
});

const NEVER = (): Promise<ScriptedAnswer> => new Promise<never>(() => undefined);

for (const [path, openTimeoutMs, limitMs] of [
  ['/describeStream', undefined, 30_000],
  ['/describeStream', 2_000, 2_000],
  ['/getDataEndpoint', 2_000, 2_000],
] as const)
  it(`S056: ${path} is never answered: opening gives up after ${limitMs} ms, and the place is free`, async () => {
    const service = new ScriptedMedia();
    const answers = service.fetch;
    let isAway = true;
    const platform = Object.assign(service, {
      fetch: (request: Parameters<typeof answers>[0]) =>
        isAway && request.url.endsWith(path) ? hanging(request.signal) : answers(request),
    });
    const recorder = new CallbackRecorder();
    const producer = await openProducer(platform, { maxStreams: 1, streamCallbacks: recorder.callbacks });
    const options = openTimeoutMs === undefined ? {} : { openTimeoutMs };
    const opened = watched(openNamed(producer, 'front-door', options));
    await service.pass(limitMs - 1);
    assert.is(await codeOf(opened), 'pending');
    assert.is(await codeOf(openNamed(producer, 'other')), 'STATUS_MAX_STREAM_COUNT');
    await service.pass(1);
    assert.is(await codeOf(opened), 'STATUS_OPERATION_TIMED_OUT');
    await service.idle();
    assert.is(recorder.of('streamShutdown').length, 1);
    assert.equal([producer.metrics.streams, service.timerCount], [0, 0]);
    isAway = false;
    assert.is(await codeOf(openNamed(producer, 'front-door')), 'ok');
    await producer.close();
  });

/** What a server that says nothing comes to. */
function hanging(signal: AbortSignal | undefined): ReturnType<ScriptedMedia['fetch']> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

it('S056: an opening that fails for good leaves its name and its place', async () => {
  const service = new ScriptedMedia();
  const denied = { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' }, body: '{}' };
  service.on('/describeStream', denied);
  const producer = await openProducer(service, { maxStreams: 1 });
  const missing = openNamed(producer, 'front-door', { createIfMissing: false });
  assert.is(await codeOf(missing), 'STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR');
  assert.equal([producer.metrics.streams, service.timerCount], [0, 0]);
  assert.is(await codeOf(openNamed(producer, 'front-door', { waitUntilReady: false })), 'ok');
  producer.abort();
  await producer.close();
});

it('S056: a signal that is aborted while a stream opens ends the opening', async () => {
  const service = new ScriptedMedia().on('/describeStream', NEVER);
  const producer = await openProducer(service);
  const controller = new AbortController();
  const opened = watched(openNamed(producer, 'front-door', { signal: controller.signal }));
  await service.idle();
  const reason = new Error('enough');
  controller.abort(reason);
  assert.is(await outcomeOf(opened), reason);
  assert.equal([producer.metrics.streams, service.timerCount], [0, 0]);
  await producer.close();
});

it('S057: what a stream that is aborted still held is told: ten frames', async () => {
  const { test, recorder } = await open({ waitUntilReady: false }, new ScriptedMedia().on('/describeStream', NEVER));
  for (let i = 0; i < 10; i++) assert.is(test.stream.tryPutFrame(testFrame(i)), 'stored');
  test.stream.abort();
  await test.service.idle();
  assert.equal(
    recorder.of('droppedFrameReport').map(({ timestampUs }) => timestampUs),
    Array.from({ length: 10 }, (_, i) => testFrame(i).timestampUs),
  );
  assert.is(test.producer.metrics.storeUsedBytes, 0);
});

it('S058: a stream that is stopped while its connection is not answered yet is served and closed', async () => {
  const service = new ScriptedMedia();
  let answer!: () => void;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const direct = service.fetch;
  const platform = Object.assign(service, {
    fetch: async (request: Parameters<typeof direct>[0]) => {
      const response = await direct(request);
      if (request.url.endsWith('/putMedia')) await answered;
      return response;
    },
  });
  const { test, recorder } = await open({}, platform);
  await test.putFragments(1);
  const stopped = watched(test.stream.stop());
  await service.idle();
  assert.is(await codeOf(stopped), 'pending');
  assert.is(test.eventsOf('connected').length, 0);
  answer();
  await service.idle();
  service.upload.persist(timecodeOf(0));
  await service.idle();
  assert.is(await codeOf(stopped), 'ok');
  assert.is(recorder.of('streamClosed').length, 1);
  assert.equal(await service.upload.timecodes(), [timecodeOf(0)]);
});

it('S058: a stream that is stopped before it is ready sends what was put when it is', async () => {
  const service = new ScriptedMedia();
  const active = '{"StreamInfo":{"StreamARN":"arn:1","Status":"ACTIVE","DataRetentionInHours":24}}';
  service.on('/describeStream', (_request, count) => (count < 3 ? { status: 503 } : { body: active }));
  const { test } = await open({ waitUntilReady: false }, service);
  await test.putFragments(1);
  const stopped = watched(test.stream.stop());
  await service.pass(2_000);
  service.upload.persist(timecodeOf(0));
  await service.idle();
  assert.is(await codeOf(stopped), 'ok');
});

it('S060: metadata that nothing was put behind goes into the last fragment, and then the stream ends', async () => {
  const { test } = await open();
  await test.putFragments(1);
  const sentBytes = test.service.upload.bytes.length;
  await test.stream.putFragmentMetadata('door', 'open');
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  assert.ok(test.service.upload.bytes.length > sentBytes);
  const [fragment, ...more] = await test.service.upload.fragments();
  assert.is(more.length, 0);
  assert.ok(fragment?.tags.some(({ name, value }) => name === 'door' && value === 'open'));
  test.service.upload.persist(timecodeOf(0));
  assert.is(await codeOf(stopped), 'ok');
});

it('S061: after the end of a fragment metadata that waits is not sent, and no end either', async () => {
  const { test } = await open();
  await test.putFragments(1);
  await test.stream.endFragment();
  await test.service.idle();
  const sentBytes = test.service.upload.bytes.length;
  await test.stream.putFragmentMetadata('door', 'open');
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.is(await codeOf(stopped), 'ok');
  assert.is(test.service.upload.bytes.length, sentBytes);
});

it('S062: a stream that is stopped while one connection takes over from another: one after the other, closed once', async () => {
  const { test, recorder } = await open({ sessionDurationMs: 10_000, stallTimeoutMs: 600_000 });
  test.service.uploadsStayOpen = true;
  await test.putFragments(2);
  await test.service.advance(10_000);
  await test.putFragments(1);
  const [first] = test.service.uploads;
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  assert.is(test.service.uploads.length, 1, 'the first still waits for its acks');
  first?.persist(timecodeOf(0), timecodeOf(1));
  await test.service.idle();
  first?.close();
  await test.service.pass(1_000);
  assert.is(test.service.uploads.length, 2);
  assert.equal(await first?.timecodes(), [timecodeOf(0), timecodeOf(1)]);
  assert.equal(await test.service.upload.timecodes(), [timecodeOf(2)]);
  assert.is(recorder.of('streamClosed').length, 0);
  test.service.upload.persist(timecodeOf(2));
  await test.service.idle();
  test.service.upload.close();
  await test.service.idle();
  assert.is(await codeOf(stopped), 'ok');
  assert.equal(recorder.of('streamClosed'), [{ streamName: 'front-door', uploadHandle: 2 }]);
});

it.run();
