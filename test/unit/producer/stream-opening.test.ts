/** Opening a stream: which options are refused, and what happens while the service does not answer. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type KvsError, ServiceCallError } from '../../../sdk/errors.ts';
import { createProducerWith, type StreamOptions } from '../../../sdk/producer/index.ts';
import { CREDENTIALS, ScriptedMedia } from '../../support/scripted-media.ts';
import { outcomeOf, TEST_TRACK, TestStream, timecodeOf, watched } from '../../support/test-stream.ts';

const it = suite('opening of a producer stream');

it('openStream() refuses names that are no names, and a stream that is open', async () => {
  const test = await TestStream.open();
  const open = (name: string): Promise<unknown> =>
    outcomeOf(test.producer.openStream(name, { tracks: [{ kind: 'video', codec: 'h264' }] }));
  for (const name of ['', 'a b', 'a'.repeat(257)])
    assert.is(((await open(name)) as KvsError).code, 'STATUS_INVALID_STREAM_NAME_LENGTH');
  assert.is(((await open('front-door')) as KvsError).code, 'STATUS_DUPLICATE_STREAM_NAME');
  await test.end();
  await test.producer.close();
  assert.is(((await open('other')) as KvsError).code, 'STATUS_CLIENT_SHUTTING_DOWN');
});

it('openStream() gives up after its time', async () => {
  const service = new ScriptedMedia().on('/describeStream', { status: 503 });
  const producer = await createProducerWith(service, { endpoint: 'http://127.0.0.1:1', credentials: CREDENTIALS });
  const opened = watched(
    producer.openStream('front-door', { tracks: [{ kind: 'video', codec: 'h264' }], openTimeoutMs: 3_000 }),
  );
  await service.pass(3_000);
  const error = (await outcomeOf(opened)) as KvsError;
  assert.is(error.code, 'STATUS_OPERATION_TIMED_OUT');
  assert.is(error.retryable, true);
  assert.match(error.message, 'it was not ready within 3000 ms: DescribeStream failed: HTTP 503');
  assert.instance(error.cause, ServiceCallError);
  assert.is(producer.metrics.streams, 0);
  assert.is(service.timerCount, 0);
});

it('openStream() rejects when the producer is closed, or its stream stopped, before the service has answered', async () => {
  const service = new ScriptedMedia().on('/describeStream', () => new Promise<never>(() => undefined));
  const producer = await createProducerWith(service, { endpoint: 'http://127.0.0.1:1', credentials: CREDENTIALS });
  const opened = watched(producer.openStream('front-door', { tracks: [TEST_TRACK] }));
  await service.idle();
  const closed = watched(producer.close());
  await service.idle();
  assert.is(((await outcomeOf(opened)) as KvsError).code, 'STATUS_STREAM_HAS_BEEN_STOPPED');
  assert.is(await outcomeOf(closed), undefined);
  assert.is(service.timerCount, 0);
});

for (const [name, options] of [
  ['options', null],
  ['tracks', { tracks: 'video' }],
  ['tracks[0]', { tracks: [null] }],
  ['tracks[0].kind', { tracks: [{ kind: 'subtitle', codec: 'h264' }] }],
  ['tracks[0].framing', { tracks: [{ ...TEST_TRACK, framing: 'avc' }] }],
  ['tracks[0].codecPrivateData', { tracks: [{ ...TEST_TRACK, codecPrivateData: 'AWQ=' }] }],
  ['tracks[0].width', { tracks: [{ ...TEST_TRACK, width: 0.5 }] }],
  ['tracks[1].sampleRate', { tracks: [TEST_TRACK, { kind: 'audio', codec: 'aac', sampleRate: NaN }] }],
  ['whenFull', { tracks: [TEST_TRACK], whenFull: 'drop' }],
  ['streamingType', { tracks: [TEST_TRACK], streamingType: 'REALTIME' }],
  ['bufferAvailabilityTimeoutMs', { tracks: [TEST_TRACK], bufferAvailabilityTimeoutMs: 0 }],
  ['rollBack', { tracks: [TEST_TRACK], rollBack: 'none' }],
  ['bufferDurationUs', { tracks: [TEST_TRACK], bufferDurationUs: 999_999 }],
  ['endIdleFragmentsAfterMs', { tracks: [TEST_TRACK], endIdleFragmentsAfterMs: 1.5 }],
  ['maxLatencyUs', { tracks: [TEST_TRACK], maxLatencyUs: 0 }],
  ['replayDurationUs', { tracks: [TEST_TRACK], replayDurationUs: -1 }],
  ['timecodeType', { tracks: [TEST_TRACK], timecodeType: 'ABSOLUTE' }],
  ['fragmentation', { tracks: [TEST_TRACK], fragmentation: 'duration' }],
  ['fragmentation.mode', { tracks: [TEST_TRACK], fragmentation: { mode: 'size' } }],
  ['kmsKeyId', { tracks: [TEST_TRACK], kmsKeyId: 7 }],
  ['segmentUuid', { tracks: [TEST_TRACK], segmentUuid: '0123456789abcdef' }],
  ['tags', { tracks: [TEST_TRACK], tags: 'a=b' }],
  ['tags.a', { tracks: [TEST_TRACK], tags: { a: 1 } }],
  ['openTimeoutMs', { tracks: [TEST_TRACK], openTimeoutMs: Infinity }],
  ['stopTimeoutMs', { tracks: [TEST_TRACK], stopTimeoutMs: 0 }],
  ['stallTimeoutMs', { tracks: [TEST_TRACK], stallTimeoutMs: '5000' }],
  ['sessionDurationMs', { tracks: [TEST_TRACK], sessionDurationMs: 0 }],
  ['callCaching', { tracks: [TEST_TRACK], callCaching: 'ALL' }],
  ['endpointCacheMs', { tracks: [TEST_TRACK], endpointCacheMs: 86_400_001 }],
  ['callTimeoutMs', { tracks: [TEST_TRACK], callTimeoutMs: 0 }],
  ['connectionStalenessMs', { tracks: [TEST_TRACK], connectionStalenessMs: -1 }],
] as const) {
  it(`openStream() refuses ${JSON.stringify(options)} and names ${name}`, async () => {
    const service = new ScriptedMedia();
    const producer = await createProducerWith(service, { endpoint: 'http://127.0.0.1:1', credentials: CREDENTIALS });
    const error = (await outcomeOf(producer.openStream('front-door', options as unknown as StreamOptions))) as KvsError;
    assert.is(error.code, 'STATUS_INVALID_ARG');
    assert.ok(error.message.startsWith(`Option ${name} is `), error.message);
    assert.is(service.requests.length, 0);
    assert.is(producer.metrics.streams, 0);
  });
}

it('with waitUntilReady false frames are kept while the service is away', async () => {
  const service = new ScriptedMedia();
  service.on('/describeStream', (_request, count) =>
    count < 4
      ? new Error('ECONNREFUSED')
      : { body: '{"StreamInfo":{"StreamARN":"arn:1","Status":"ACTIVE","DataRetentionInHours":24}}' },
  );
  const test = await TestStream.open({ waitUntilReady: false }, {}, service);
  await test.putFragments(2);
  assert.is(service.uploads.length, 0);
  await service.pass(5_000);
  assert.equal(await service.upload.timecodes(), [timecodeOf(0), timecodeOf(1)]);
  await test.end();
});

it('createProducerWith() refuses a platform that cannot read while it sends', async () => {
  const service = Object.assign(new ScriptedMedia(), { fullDuplex: false });
  const error = (await outcomeOf(createProducerWith(service))) as KvsError;
  assert.is(error.code, 'STATUS_NOT_IMPLEMENTED');
});

it.run();
