import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteStreamCommand, DescribeStreamCommand, UpdateDataRetentionCommand } from '@aws-sdk/client-kinesis-video';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MediaBench } from '../support/media-bench.ts';
import { ChunkReader, readChunks } from '../support/media-reader.ts';
import { bytesOf, cluster, endOfFragment, plainFragment, simpleBlock, streamHeader } from '../support/mkv-builder.ts';
import { newStream } from '../support/new-stream.ts';
import { TestUpload, upload } from '../support/put-media-client.ts';
import type { WireAck } from '../support/put-media-client.ts';
import { startTestService } from '../support/service.ts';
import type { TestService } from '../support/service.ts';

const NUMBER = 'AWS_KINESISVIDEO_FRAGMENT_NUMBER';

const HEADER = streamHeader();
const steps = (acks: readonly WireAck[]): string[] => acks.map((ack) => `${ack.EventType} ${ack.FragmentTimecode}`);
const sequenceOf = (fragmentNumber: string | undefined): number =>
  Number((BigInt(fragmentNumber ?? 0) >> 92n) & 0xffff_ffffn);

const test = suite<{ service: TestService }>('service: live');

test.before(async (context) => {
  context.service = await startTestService();
});

test.after(async ({ service }) => {
  await service.close();
});

test('a reader that was there first gets each fragment as it is persisted', async ({ service }) => {
  const streamName = await newStream(service);
  const reader = await ChunkReader.open(service.media, streamName, { StartSelectorType: 'NOW' });
  const sent = await TestUpload.open(service.url, { streamName });
  await sent.write(HEADER);
  for (const [index, timecode] of [0, 1000, 2000].entries()) {
    const next = reader.next();
    await sent.write(bytesOf(plainFragment(timecode, index), endOfFragment()));
    const chunk = await next;
    assert.equal(chunk?.cluster, Buffer.from(plainFragment(timecode, index)));
    assert.is(chunk?.tag(NUMBER), (await sent.ack('PERSISTED', timecode)).FragmentNumber);
  }
  await reader.cancel();
  sent.end();
  await sent.over();
});

test('a reader goes from the archive to the head without a gap or a repetition', async ({ service }) => {
  const streamName = await newStream(service);
  const count = 60;
  const sent = await TestUpload.open(service.url, { streamName });
  await sent.write(HEADER);
  const half = (from: number): Promise<void[]> =>
    Promise.all(
      Array.from({ length: count / 2 }, (_item, index) =>
        sent.write(bytesOf(plainFragment((from + index) * 1000), endOfFragment())),
      ),
    );
  await half(0);
  const reader = await ChunkReader.open(service.media, streamName, { StartSelectorType: 'EARLIEST' });
  const reading = (async () => {
    const sequences: number[] = [];
    while (sequences.length < count) sequences.push(sequenceOf((await reader.next())?.tag(NUMBER)));
    return sequences;
  })();
  await half(count / 2);
  assert.equal(
    await reading,
    Array.from({ length: count }, (_item, index) => index + 1),
  );
  await reader.cancel();
  sent.end();
  await sent.over();
});

test('three readers of one stream all get everything', async ({ service }) => {
  const streamName = await newStream(service);
  const readers = await Promise.all(
    [1, 2, 3].map(() => ChunkReader.open(service.media, streamName, { StartSelectorType: 'NOW' })),
  );
  const firsts = readers.map((reader) => reader.next());
  await upload(service.url, bytesOf(HEADER, plainFragment(0)), { streamName });
  const numbers = (await Promise.all(firsts)).map((chunk) => chunk?.tag(NUMBER));
  assert.is(new Set(numbers).size, 1);
  await Promise.all(readers.map((reader) => reader.cancel()));
});

test('without retention acks stop at RECEIVED, and live readers still get the media', async ({ service }) => {
  const streamName = await newStream(service, 0);
  const waiting = await ChunkReader.open(service.media, streamName, { StartSelectorType: 'NOW' });
  const next = waiting.next();
  const body = bytesOf(HEADER, plainFragment(0, 7), plainFragment(1000, 8));
  const { acks } = await upload(service.url, body, { streamName });
  assert.equal(steps(acks), ['BUFFERING 0', 'RECEIVED 0', 'BUFFERING 1000', 'RECEIVED 1000']);
  assert.equal((await next)?.cluster, Buffer.from(plainFragment(0, 7)));
  assert.equal((await waiting.next())?.cluster, Buffer.from(plainFragment(1000, 8)));
  const late = await ChunkReader.open(service.media, streamName, { StartSelectorType: 'NOW' });
  assert.equal((await late.next())?.cluster, Buffer.from(plainFragment(1000, 8)), 'the latest of the buffer');
  const again = await upload(service.url, bytesOf(HEADER, plainFragment(0)), { streamName });
  assert.is(sequenceOf(again.acks[0]?.FragmentNumber), 1001, 'the sequence goes on although nothing is in the index');
  await waiting.cancel();
  await late.cancel();
});

test('a stream that gets a retention while it is uploaded to is archived from the next fragment on', async ({
  service,
}) => {
  const streamName = await newStream(service, 0);
  const sent = await TestUpload.open(service.url, { streamName });
  await sent.write(bytesOf(HEADER, plainFragment(0), endOfFragment()));
  await sent.ack('RECEIVED', 0);
  const { StreamInfo } = await service.control.send(new DescribeStreamCommand({ StreamName: streamName }));
  await service.control.send(
    new UpdateDataRetentionCommand({
      StreamName: streamName,
      CurrentVersion: StreamInfo?.Version,
      Operation: 'INCREASE_DATA_RETENTION',
      DataRetentionChangeInHours: 2,
    }),
  );
  const reader = await ChunkReader.open(service.media, streamName, { StartSelectorType: 'EARLIEST' });
  assert.is(sequenceOf((await reader.next())?.tag(NUMBER)), 1, 'from the buffer');
  await sent.write(bytesOf(plainFragment(1000), endOfFragment()));
  await sent.ack('PERSISTED', 1000);
  assert.is(sequenceOf((await reader.next())?.tag(NUMBER)), 2, 'from the archive');
  await reader.cancel();
  sent.end();
  await sent.over();
});

test('the newest upload wins: the older one ends, and nothing sealed is lost or doubled', async ({ service }) => {
  const streamName = await newStream(service);
  const older = await TestUpload.open(service.url, { streamName });
  await older.write(bytesOf(HEADER, plainFragment(0), plainFragment(1000), cluster(2000, simpleBlock(0))));
  await older.ack('BUFFERING', 2000);
  const newer = await TestUpload.open(service.url, { streamName });
  await newer.write(bytesOf(HEADER, plainFragment(2000), endOfFragment()));
  const olderAcks = steps(await older.over());
  assert.equal(
    olderAcks.filter((step) => !/^(BUFFERING|RECEIVED)/.test(step)),
    ['PERSISTED 0', 'PERSISTED 1000'],
  );
  await newer.ack('PERSISTED', 2000);
  newer.end();
  await newer.over();
  older.cut();
  const reader = await ChunkReader.open(service.media, streamName, { StartSelectorType: 'EARLIEST' });
  const sequences = [];
  for (let count = 0; count < 3; count++) sequences.push(sequenceOf((await reader.next())?.tag(NUMBER)));
  assert.equal(sequences, [1, 2, 1001]);
  await reader.cancel();
});

test('many uploads at once leave one, and a sequence without repetition', async ({ service }) => {
  const streamName = await newStream(service);
  const uploads = await Promise.all(Array.from({ length: 6 }, () => TestUpload.open(service.url, { streamName })));
  await Promise.all(uploads.map((sent) => sent.write(bytesOf(HEADER, plainFragment(0), endOfFragment()))));
  for (const sent of uploads) sent.end();
  const acks = (await Promise.all(uploads.map((sent) => sent.over()))).flat();
  const persisted = acks.filter((ack) => ack.EventType === 'PERSISTED').map((ack) => ack.FragmentNumber);
  assert.ok(persisted.length >= 1);
  assert.is(new Set(persisted).size, persisted.length);
  assert.is(acks.filter((ack) => ack.EventType === 'ERROR').length, 0);
});

test('the oldest upload wins where the service is told so', async () => {
  const service = await startTestService({ limits: { uploadConflict: 'oldest-wins' } });
  try {
    const streamName = await newStream(service);
    const older = await TestUpload.open(service.url, { streamName });
    const refused = await TestUpload.open(service.url, { streamName });
    assert.is(refused.status, 400);
    assert.is(refused.headers['x-amzn-errortype'], 'ConnectionLimitExceededException');
    refused.cut();
    await older.write(bytesOf(HEADER, plainFragment(0), endOfFragment()));
    await older.ack('PERSISTED', 0);
    older.end();
    await older.over();
    assert.is((await upload(service.url, HEADER, { streamName })).status, 200);
  } finally {
    await service.close();
  }
});

test('a deleted stream ends its readers, and a new one of that name begins empty', async ({ service }) => {
  const streamName = await newStream(service);
  await upload(service.url, bytesOf(HEADER, plainFragment(0)), { streamName });
  const reader = await ChunkReader.open(service.media, streamName, { StartSelectorType: 'EARLIEST' });
  assert.ok(await reader.next());
  const end = reader.next();
  const { StreamInfo } = await service.control.send(new DescribeStreamCommand({ StreamName: streamName }));
  await service.control.send(new DeleteStreamCommand({ StreamARN: StreamInfo?.StreamARN }));
  assert.is(await end, null);
});

test('a service that stops persists what it received, and serves it when it is back', async () => {
  const service = await startTestService({ limits: { readerIdleTimeoutMs: 50 } });
  try {
    const streamName = await newStream(service);
    const sent = await TestUpload.open(service.url, { streamName });
    await sent.write(bytesOf(HEADER, plainFragment(0), endOfFragment(), cluster(1000, simpleBlock(0))));
    await sent.ack('BUFFERING', 1000);
    await service.restart();
    sent.cut();
    assert.is((await readChunks(service.media, streamName)).length, 1, 'the open fragment was discarded');
    const again = await upload(service.url, bytesOf(HEADER, plainFragment(1000)), { streamName });
    assert.is(sequenceOf(again.acks[0]?.FragmentNumber), 1001);
  } finally {
    await service.close();
  }
});

test.run();

const bench = suite('service: live buffer');

bench('the buffer of a stream without retention is bounded by bytes and by age', async () => {
  const limits = { liveBufferBytes: 7000, liveBufferMs: 10_000 };
  const media = await MediaBench.create({ retentionHours: 0, limits });
  const { buffer } = media.context.live.channel(media.stream.streamId);
  const fragments = [0, 1, 2, 3].map((index) => plainFragment(index * 1000, index, 200));
  await media.uploadAll(bytesOf(HEADER, ...fragments));
  assert.equal(
    buffer.fragments.map((fragment) => fragment.facts.sequence),
    [2, 3, 4],
  );
  await media.uploadAll(bytesOf(HEADER, plainFragment(0, 9, 2000)));
  assert.equal(
    buffer.fragments.map((fragment) => fragment.facts.sequence),
    [2, 3, 4],
    'too large to be kept',
  );
  await media.platform.advance(10_000);
  assert.is(buffer.fragments.length, 0);
  await media.close();
  assert.is(media.platform.timerCount, 0);
});

bench('a new upload waits until the one before has persisted what it sealed', async () => {
  const media = await MediaBench.create();
  let finishSync = (): void => undefined;
  media.faults.sync = () =>
    new Promise((resolve) => {
      finishSync = resolve;
    });
  const older = await media.upload();
  await older.body.write(bytesOf(HEADER, plainFragment(0), endOfFragment()));
  const newer = await media.upload();
  const written = newer.body.write(bytesOf(HEADER, plainFragment(500)));
  await sleep(20);
  assert.equal(newer.acks, []);
  delete media.faults.sync;
  finishSync();
  assert.equal(steps(await older.over), ['BUFFERING 0', 'RECEIVED 0', 'PERSISTED 0']);
  await written;
  newer.body.end();
  assert.equal(steps(await newer.over), ['BUFFERING 500', 'RECEIVED 500', 'PERSISTED 500']);
  const rows = await media.context.streams.fragmentsAfter(media.stream.streamId, 0, 10);
  assert.equal(
    rows.map((row) => row.sequence),
    [1, 1001],
  );
  await media.close();
});

bench('a producer that reads no acks is held back, and still makes way for the next', async () => {
  const media = await MediaBench.create({ retentionHours: 0 });
  let fragmentCount = 0;
  const endless = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        const fragments = Array.from({ length: 200 }, () => cluster((fragmentCount += 1), simpleBlock(0)));
        controller.enqueue(bytesOf(fragmentCount === 200 ? HEADER : [], ...fragments));
      },
    },
    { highWaterMark: 0 },
  );
  const unread = await media.putMedia(endless);
  let before = -1;
  while (fragmentCount !== before && fragmentCount < 100_000) {
    before = fragmentCount;
    await sleep(100);
  }
  assert.ok(fragmentCount > 1000 && fragmentCount < 10_000, `${fragmentCount} fragments before it was held back`);
  assert.equal(steps(await media.uploadAll(bytesOf(HEADER, plainFragment(0)))), ['BUFFERING 0', 'RECEIVED 0']);
  await unread.body?.cancel();
  await media.close();
  assert.is(media.platform.timerCount, 0);
});

bench.run();
