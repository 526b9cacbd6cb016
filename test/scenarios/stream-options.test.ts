/** What a stream refuses to be opened with, and how its settings come to hold. Scenarios of the native createKinesisVideoStream. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { durationsFor, storeBytesFor, type StreamOptions, type TrackOptions } from '../../sdk/producer/index.ts';
import { CallbackRecorder } from '../support/callback-recorder.ts';
import { loadCore } from '../support/load-core.ts';
import { codeOf, openNamed, openProducer, thrownCode } from '../support/producer-scenario.ts';
import { jsonBody } from '../support/scripted-platform.ts';
import { ScriptedMedia } from '../support/scripted-media.ts';
import { TEST_TRACK, testFrame, TestStream, watched } from '../support/test-stream.ts';

const it = suite('scenarios: stream options');

/** Opens a stream; the status name it is refused with, or 'ok'. Whatever was refused left nothing behind. */
async function openingCode(options: Partial<StreamOptions>, name = 'front-door'): Promise<string> {
  const service = new ScriptedMedia();
  const recorder = new CallbackRecorder();
  const producer = await openProducer(service, { maxStreams: 1, streamCallbacks: recorder.callbacks });
  const code = await codeOf(openNamed(producer, name, options));
  if (code !== 'ok') {
    assert.is(service.requests.length, 0, 'nobody was asked');
    assert.equal([producer.metrics.streams, producer.metrics.storeUsedBytes], [0, 0]);
    assert.equal(recorder.names, []);
    assert.is(await codeOf(openNamed(producer, 'front-door')), 'ok', 'its place is free');
  }
  await producer.close();
  assert.is(service.timerCount, 0);
  return code;
}

for (const [name, expected] of [
  ['n'.repeat(256), 'ok'],
  ['n'.repeat(257), 'STATUS_INVALID_STREAM_NAME_LENGTH'],
  // Natively replaced by sixteen random characters: a name that somebody forgot should not become a stream.
  ['', 'STATUS_INVALID_STREAM_NAME_LENGTH'],
  ['front door', 'STATUS_INVALID_STREAM_NAME_LENGTH'],
] as const)
  it(`S011: a name of ${name.length} characters${name.includes(' ') ? ', one a space' : ''}: ${expected}`, async () =>
    assert.is(await openingCode({}, name), expected));

for (const [retentionHours, expected] of [
  [0, 'ok'],
  [1, 'ok'],
  [87_600, 'ok'],
  [0.5, 'STATUS_INVALID_RETENTION_PERIOD'],
  [1 / 3_600, 'STATUS_INVALID_RETENTION_PERIOD'],
  [-1, 'STATUS_INVALID_RETENTION_PERIOD'],
  [87_601, 'STATUS_INVALID_RETENTION_PERIOD'],
  [NaN, 'STATUS_INVALID_RETENTION_PERIOD'],
] as const)
  it(`S011: a retention of ${retentionHours} hours: ${expected}`, async () =>
    assert.is(await openingCode({ retentionHours }), expected));

for (const [kmsKeyId, expected] of [
  ['k'.repeat(2048), 'ok'],
  ['k'.repeat(2049), 'STATUS_INVALID_ARG_LEN'],
  ['', 'STATUS_INVALID_ARG_LEN'],
] as const)
  it(`S011: a key id of ${kmsKeyId.length} characters: ${expected}`, async () =>
    assert.is(await openingCode({ kmsKeyId }), expected));

const tracks = (...numbers: number[]): TrackOptions[] => numbers.map((trackNumber) => ({ ...TEST_TRACK, trackNumber }));
const dataTrack = (contentType: string, codecId = 'D_X', name = 'x'): TrackOptions => ({
  kind: 'data',
  codec: 'x',
  codecId,
  contentType,
  name,
});

for (const [what, given, expected] of [
  ['no track', [], 'STATUS_TRACK_INFO_MISSING'],
  ['one track', tracks(1), 'ok'],
  ['three tracks', tracks(1, 2, 3), 'ok'],
  ['four tracks', tracks(1, 2, 3, 4), 'STATUS_MAX_TRACK_COUNT_EXCEEDED'],
  ['two tracks of one number', tracks(1, 1), 'STATUS_DUPLICATE_TRACK_ID_FOUND'],
  ['two tracks of one id', tracks(1, 2).map((track) => ({ ...track, trackId: 7 })), 'STATUS_DUPLICATE_TRACK_ID_FOUND'],
  ['a track of id 0', [{ ...TEST_TRACK, trackId: 0 }], 'STATUS_MKV_INVALID_TRACK_UID'],
  ['a content type of 128', [dataTrack(`x/${'y'.repeat(126)}`)], 'ok'],
  ['a content type of 129', [dataTrack(`x/${'y'.repeat(127)}`)], 'STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH'],
  ['a codec id of 33', [dataTrack('x/y', 'D'.repeat(33))], 'STATUS_MKV_INVALID_CODEC_ID_LENGTH'],
  ['a track name of 33', [dataTrack('x/y', 'D_X', 'n'.repeat(33))], 'STATUS_MKV_INVALID_TRACK_NAME_LENGTH'],
  [
    'private data of more than 1 MiB',
    [{ ...TEST_TRACK, codecPrivateData: new Uint8Array((1 << 20) + 1) }],
    'STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH',
  ],
] as const)
  it(`S012: ${what}: ${expected}`, async () =>
    assert.is(await openingCode({ tracks: given as readonly TrackOptions[] }), expected));

const UUID = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
for (const [what, segmentUuid, expected] of [
  ['16 bytes', UUID, 'ok'],
  ['16 bytes of 0', new Uint8Array(16), 'STATUS_MKV_INVALID_SEGMENT_UUID'],
  ['15 bytes', UUID.subarray(1), 'STATUS_MKV_INVALID_SEGMENT_UUID'],
  ['17 bytes', new Uint8Array(17).fill(1), 'STATUS_MKV_INVALID_SEGMENT_UUID'],
] as const)
  it(`S012: a segment UUID of ${what}: ${expected}`, async () =>
    assert.is(await openingCode({ segmentUuid }), expected));

it('S014: a name that is open cannot be opened again; in other case it can', async () => {
  const producer = await openProducer(new ScriptedMedia());
  await openNamed(producer, 'front-door');
  assert.is(await codeOf(openNamed(producer, 'front-door')), 'STATUS_DUPLICATE_STREAM_NAME');
  assert.is(await codeOf(openNamed(producer, 'Front-Door')), 'ok');
  assert.is(producer.metrics.streams, 2);
  await producer.close();
});

it('S014: a name is free again when its stream was stopped, aborted or has failed', async () => {
  const producer = await openProducer(new ScriptedMedia());
  const first = await openNamed(producer, 'front-door');
  await first.stop();
  const second = await openNamed(producer, 'front-door');
  second.abort();
  assert.is(await codeOf(openNamed(producer, 'front-door')), 'ok');
  await producer.close();
});

it('S015: a producer opens maxStreams streams and no more; one that ended makes room', async () => {
  const service = new ScriptedMedia();
  const producer = await openProducer(service, { maxStreams: 2 });
  const first = await openNamed(producer, 'first');
  await openNamed(producer, 'second');
  const asked = service.requests.length;
  assert.is(await codeOf(openNamed(producer, 'third')), 'STATUS_MAX_STREAM_COUNT');
  assert.is(service.requests.length, asked);
  await first.stop();
  assert.is(await codeOf(openNamed(producer, 'third')), 'ok');
  assert.is(await codeOf(openNamed(producer, 'first')), 'STATUS_MAX_STREAM_COUNT');
  await producer.close();
});

it('S015: without a word 128 streams can be open', async () => {
  const producer = await openProducer(new ScriptedMedia());
  for (let i = 0; i < 128; i++) await openNamed(producer, `camera-${i}`, { waitUntilReady: false });
  const opened = openNamed(producer, 'camera-128', { waitUntilReady: false });
  assert.is(await codeOf(opened), 'STATUS_MAX_STREAM_COUNT');
  producer.abort();
  await producer.close();
});

it('S018: what was left out is filled in: a timecode scale of 1 ms, 24 hours, key-frame fragments, 120 s to stop', async () => {
  const test = await TestStream.open();
  const { info } = test.stream;
  assert.is(info.timecodeScaleUs, 1_000);
  assert.equal([info.streamName, info.contentType, info.retentionHours], ['front-door', 'video/h264', 24]);
  assert.equal(info.fragmentation, { mode: 'key-frame', durationMs: 2_000 });
  assert.equal([info.stopTimeoutMs, info.stallTimeoutMs, info.endIdleFragmentsAfterMs], [120_000, 30_000, 20_000]);
  assert.equal(info.tracks, [
    { trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_MPEG4/ISO/AVC', name: 'kvs_video_track' },
  ]);
  assert.ok(Object.isFrozen(info));
  await test.end();
});

it('S018: what was said stays, and the latency that is told follows from the buffer duration', async () => {
  const test = await TestStream.open({
    bufferDurationUs: 10_000_000,
    retentionHours: 2,
    timecodeType: 'relative',
    whenFull: 'drop-oldest',
    tags: { place: 'door' },
    waitUntilReady: false,
  });
  const { info } = test.stream;
  assert.equal([info.bufferDurationUs, info.maxLatencyUs], [10_000_000, 8_500_000]);
  assert.equal([info.retentionHours, info.timecodeType, info.whenFull], [2, 'relative', 'drop-oldest']);
  assert.equal(info.tags, { place: 'door' });
  await test.end();
  assert.is(test.stream.info, info, 'of a stream that has ended too');
});

it('S018: tags are taken as they were: changing the object afterwards changes nothing', async () => {
  const service = new ScriptedMedia().on('/tagStream', { body: '{}' });
  const producer = await openProducer(service);
  const tags: Record<string, string> = { place: 'door' };
  const opened = openNamed(producer, 'front-door', { tags });
  tags['place'] = 'x'.repeat(2_000);
  assert.equal((await opened).info.tags, { place: 'door' });
  const call = service.requests.find(({ url }) => url.endsWith('/tagStream'));
  assert.equal(((await jsonBody(call)) as { Tags?: unknown }).Tags, { place: 'door' });
  await producer.close();
});

it('S018: without a track of video fragments are cut by duration', async () => {
  const test = await TestStream.open({ tracks: [{ kind: 'audio', codec: 'aac', sampleRate: 48_000, channels: 2 }] });
  assert.equal(test.stream.info.fragmentation, { mode: 'duration', durationMs: 2_000 });
  await test.end();
});

it('S018: a segment UUID, and the client id behind the name of the producer, are in the header', async () => {
  const test = await TestStream.open({ segmentUuid: UUID }, { clientId: 'garage-7' });
  await test.putFragments(1);
  const bytes = Buffer.from(test.service.upload.bytes);
  assert.ok(bytes.includes(Buffer.from(UUID)));
  const application = Buffer.from('Kinesis Video SDK 1.1.0 garage-7');
  const first = bytes.indexOf(application);
  assert.ok(first > 0, 'MuxingApp');
  assert.ok(bytes.indexOf(application, first + 1) > 0, 'WritingApp');
  let fragments = 0;
  for await (const _ of readFragments(loadCore('plain'), new Blob([test.service.upload.bytes]).stream())) fragments++;
  assert.is(fragments, 1);
  await test.end();
});

it('S018: the name of the device goes with CreateStream', async () => {
  const service = new ScriptedMedia();
  const missing = { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' }, body: '{}' };
  const active = '{"StreamInfo":{"StreamARN":"arn:1","Status":"ACTIVE","DataRetentionInHours":24}}';
  service
    .on('/describeStream', (_request, count) => (count === 1 ? missing : { body: active }))
    .on('/createStream', { body: '{"StreamARN":"arn:1"}' });
  const producer = await openProducer(service, { deviceName: 'garage' });
  const opened = watched(openNamed(producer, 'front-door'));
  await service.pass(1_000);
  assert.is(await codeOf(opened), 'ok');
  const call = service.requests.find(({ url }) => url.endsWith('/createStream'));
  assert.is(((await jsonBody(call)) as { DeviceName?: string }).DeviceName, 'garage');
  await producer.close();
});

/** A key frame as a chunk with the encoder's description beside it. */
const described = (i: number, description: Uint8Array): Parameters<TestStream['stream']['tryPutFrame']>[0] => ({
  chunk: {
    type: 'key',
    timestamp: testFrame(i).timestampUs,
    duration: null,
    byteLength: 8,
    copyTo: (into) => into.set([0, 0, 0, 4, 0x65, 1, 2, 3]),
  },
  decoderConfig: { description },
});

it('S019: private data of more than 1 MiB is refused, and the old stays', async () => {
  const test = await TestStream.open();
  const put = (): unknown => test.stream.tryPutFrame(described(0, new Uint8Array((1 << 20) + 1)));
  assert.is(thrownCode(put), 'STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH');
  assert.is(test.stream.tryPutFrame(testFrame(0)), 'stored');
  await test.service.idle();
  const [fragment] = await test.service.upload.fragments();
  assert.equal(fragment?.tracks[0]?.codecPrivateData, TEST_TRACK.codecPrivateData);
  await test.end();
});

it('S019: private data of no bytes removes it', async () => {
  const test = await TestStream.open();
  assert.is(test.stream.tryPutFrame(described(0, new Uint8Array(0))), 'stored');
  await test.service.idle();
  const [fragment] = await test.service.upload.fragments();
  assert.is(fragment?.tracks[0]?.codecPrivateData?.length ?? 0, 0);
  await test.end();
});

// Natively refused while a stream is being tagged or sends. Here it holds from the next fragment on, over a connection of its own.
it('S020: private data that changes while media is sent goes into the header of the next connection', async () => {
  const test = await TestStream.open();
  await test.putFragments(1);
  const other = Uint8Array.from(TEST_TRACK.codecPrivateData ?? []);
  other[3] = 0x29;
  assert.is(test.stream.tryPutFrame(described(4, other)), 'stored');
  test.service.upload.persist(testFrame(0).timestampUs / 1000);
  await test.service.pass(1_000);
  assert.is(test.service.uploads.length, 2);
  const [fragment] = await test.service.upload.fragments();
  assert.equal(fragment?.tracks[0]?.codecPrivateData, other);
  await test.end();
});

for (const [durationMs, expected] of [
  [500, 'STATUS_MKV_INVALID_CLUSTER_DURATION'],
  [999, 'STATUS_MKV_INVALID_CLUSTER_DURATION'],
  [1_000, 'ok'],
  [30_000, 'ok'],
  [31_000, 'STATUS_MKV_INVALID_CLUSTER_DURATION'],
] as const)
  it(`S050: fragments of ${durationMs} ms, not cut at key frames: ${expected}`, async () =>
    assert.is(await openingCode({ fragmentation: { mode: 'duration', durationMs } }), expected));

it('S050: cut at key frames the duration is not looked at', async () =>
  assert.is(await openingCode({ fragmentation: { mode: 'key-frame', durationMs: 500 } }), 'ok'));

// Natively the number of items follows from the frame rate and has to be more than ten; here nothing has to be counted in front.
for (const [bufferDurationUs, expected] of [
  [1_000_000, 'ok'],
  [86_400_000_000, 'ok'],
  [999_999, 'STATUS_INVALID_ARG'],
  [86_400_000_001, 'STATUS_INVALID_ARG'],
] as const)
  it(`S048: a buffer duration of ${bufferDurationUs} µs: ${expected}`, async () =>
    assert.is(await openingCode({ bufferDurationUs }), expected));

// Natively 20 s, and 0 is the same as nothing said. Here the store is the limit unless a duration is said.
it('S049: without a buffer duration nothing is given up for its age', async () => {
  const test = await TestStream.open({ waitUntilReady: false });
  assert.is(test.stream.info.bufferDurationUs, 0);
  for (let i = 0; i < 120; i++) assert.is(test.stream.tryPutFrame(testFrame(i)), 'stored', '30 s of media');
  await test.service.idle();
  assert.is(test.stream.metrics.framesDropped, 0);
  await test.end();
  assert.is(await openingCode({ bufferDurationUs: 0 }), 'STATUS_INVALID_ARG');
});

it('S049: the size of a store for a time, and the durations for a store', () => {
  // Source: c-producer §1.1, §2.2: streams · bytes a second · seconds · 1.2; 85 % of the share, half of it, 85 % of it.
  assert.is(storeBytesFor({ bitsPerSecond: 4_000_000, streams: 2, bufferDurationUs: 10_000_000 }), 12_000_000);
  assert.equal(durationsFor({ storeBytes: 12_000_000, bitsPerSecond: 4_000_000, streams: 2 }), {
    bufferDurationUs: 10_000_000,
    replayDurationUs: 5_000_000,
    maxLatencyUs: 8_500_000,
  });
  for (const wrong of [0, -1, NaN, Infinity]) {
    const size = (): unknown => storeBytesFor({ bitsPerSecond: wrong, bufferDurationUs: 1 });
    assert.is(thrownCode(size), 'STATUS_INVALID_ARG');
    assert.is(
      thrownCode(() => durationsFor({ bitsPerSecond: 1, storeBytes: 1, streams: wrong })),
      'STATUS_INVALID_ARG',
    );
  }
  assert.is(
    thrownCode(() => durationsFor({ storeBytes: 100_000, bitsPerSecond: 8_000_000 })),
    'STATUS_INVALID_ARG',
  );
});

it('S049: a stream opens with the durations for its store', async () => {
  const durations = durationsFor({ storeBytes: 32 << 20, bitsPerSecond: 2_000_000 });
  assert.is(await openingCode({ ...durations, rollBack: 'native' }), 'ok');
  assert.is(durations.bufferDurationUs, 114_000_000);
});

it.run();
