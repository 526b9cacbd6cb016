import { setTimeout as sleep } from 'node:timers/promises';
import { GetMediaCommand } from '@aws-sdk/client-kinesis-video-media';
import type { StartSelector } from '@aws-sdk/client-kinesis-video-media';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { formatFragmentNumber } from '../../service/fragment-number.ts';
import { leadingTags, trailingTags } from '../../service/playback/media-tags.ts';
import { BlobNotFoundError } from '../../service/storage.ts';
import { MediaBench, until } from '../support/media-bench.ts';
import { ChunkReader, readChunks } from '../support/media-reader.ts';
import { bytesOf, endOfFragment, plainFragment, streamHeader, tags, trackTags } from '../support/mkv-builder.ts';
import { newStream } from '../support/new-stream.ts';
import { TestUpload, upload } from '../support/put-media-client.ts';
import { startTestService } from '../support/service.ts';
import type { TestService } from '../support/service.ts';

const START_MS = 1_700_000_000_000;
const NUMBER = 'AWS_KINESISVIDEO_FRAGMENT_NUMBER';

interface Context {
  service: TestService;
  streamName: string;
  /** Of four fragments, 160 ms each, that begin 0, 1000, 2000 and 3000 ms after START_MS. */
  numbers: string[];
  serverTimes: number[];
}

const test = suite<Context>('service: GetMedia');

test.before(async (context) => {
  context.service = await startTestService({ limits: { readerIdleTimeoutMs: 50 } });
  context.streamName = await newStream(context.service);
  const sent = await TestUpload.open(context.service.url, { streamName: context.streamName });
  await sent.write(streamHeader());
  for (let index = 0; index < 4; index++) {
    await sent.write(bytesOf(tags(['index', `${index}`]), plainFragment(index * 1000, index), endOfFragment()));
    await sent.ack('PERSISTED', index * 1000);
    // So that every fragment has a server time of its own.
    await sleep(5);
  }
  sent.end();
  await sent.over();
  const chunks = await readChunks(context.service.media, context.streamName);
  context.numbers = chunks.map((chunk) => chunk.tag(NUMBER) ?? '');
  context.serverTimes = chunks.map((chunk) => Number(chunk.tag('AWS_KINESISVIDEO_SERVER_TIMESTAMP')));
});

test.after(async ({ service }) => {
  await service.close();
});

const indexes = (chunks: readonly { tag(name: string): string | undefined }[]): string =>
  chunks.map((chunk) => chunk.tag('index')).join(' ');

test('getMedia() answers bad requests with typed errors', async ({ service, streamName }) => {
  const cases: [name: string, input: unknown, errorName: string][] = [
    ['no selector', { StreamName: streamName }, 'InvalidArgumentException'],
    ['no selector type', { StreamName: streamName, StartSelector: {} }, 'InvalidArgumentException'],
    [
      'another selector type',
      selecting(streamName, { StartSelectorType: 'LATEST' as 'NOW' }),
      'InvalidArgumentException',
    ],
    ['no fragment number', selecting(streamName, { StartSelectorType: 'FRAGMENT_NUMBER' }), 'InvalidArgumentException'],
    [
      'a bad number',
      selecting(streamName, { StartSelectorType: 'FRAGMENT_NUMBER', AfterFragmentNumber: 'x1' }),
      'InvalidArgumentException',
    ],
    ['no token', selecting(streamName, { StartSelectorType: 'CONTINUATION_TOKEN' }), 'InvalidArgumentException'],
    [
      'a foreign token',
      selecting(streamName, { StartSelectorType: 'CONTINUATION_TOKEN', ContinuationToken: 'abc' }),
      'InvalidArgumentException',
    ],
    ['no server time', selecting(streamName, { StartSelectorType: 'SERVER_TIMESTAMP' }), 'InvalidArgumentException'],
    [
      'no producer time',
      selecting(streamName, { StartSelectorType: 'PRODUCER_TIMESTAMP' }),
      'InvalidArgumentException',
    ],
    ['no stream', { StartSelector: { StartSelectorType: 'NOW' } }, 'InvalidArgumentException'],
    ['an unknown stream', selecting('nobody', { StartSelectorType: 'NOW' }), 'ResourceNotFoundException'],
  ];
  for (const [name, input, errorName] of cases) {
    const error = await service.media.send(new GetMediaCommand(input as never)).then(
      () => new Error('accepted'),
      (refusal: Error) => refusal,
    );
    assert.is(error.name, errorName, name);
  }
});

test('getMedia() starts where each selector says', async ({ service, streamName, numbers, serverTimes }) => {
  const at = (type: 'SERVER_TIMESTAMP' | 'PRODUCER_TIMESTAMP', timestampMs: number): StartSelector => ({
    StartSelectorType: type,
    StartTimestamp: new Date(timestampMs),
  });
  const serverMs = (index: number): number => Math.round((serverTimes[index] as number) * 1000);
  const cases: [name: string, selector: StartSelector, expected: string][] = [
    ['earliest', { StartSelectorType: 'EARLIEST' }, '0 1 2 3'],
    ['now', { StartSelectorType: 'NOW' }, '3'],
    ['after a fragment', { StartSelectorType: 'FRAGMENT_NUMBER', AfterFragmentNumber: numbers[1] }, '2 3'],
    ['after the last fragment', { StartSelectorType: 'FRAGMENT_NUMBER', AfterFragmentNumber: numbers[3] }, ''],
    ['after a token', { StartSelectorType: 'CONTINUATION_TOKEN', ContinuationToken: numbers[0] }, '1 2 3'],
    ['inside a producer time', at('PRODUCER_TIMESTAMP', START_MS + 1100), '1 2 3'],
    ['at a producer time', at('PRODUCER_TIMESTAMP', START_MS + 2000), '2 3'],
    ['between producer times', at('PRODUCER_TIMESTAMP', START_MS + 1500), '2 3'],
    ['before all producer times', at('PRODUCER_TIMESTAMP', START_MS - 5000), '0 1 2 3'],
    ['after all producer times', at('PRODUCER_TIMESTAMP', START_MS + 60_000), ''],
    ['at a server time', at('SERVER_TIMESTAMP', serverMs(2)), '2 3'],
    ['before all server times', at('SERVER_TIMESTAMP', serverMs(0) - 1000), '0 1 2 3'],
  ];
  for (const [name, selector, expected] of cases) {
    assert.is(indexes(await readChunks(service.media, streamName, selector)), expected, name);
  }
});

test('getMedia() sends each chunk as header, tags, own tags, cluster, own tags', async ({
  service,
  streamName,
  numbers,
}) => {
  const response = await service.media.send(new GetMediaCommand(selecting(streamName, { StartSelectorType: 'NOW' })));
  assert.is(response.ContentType, 'video/webm');
  const bytes = (await response.Payload?.transformToByteArray()) ?? new Uint8Array();
  const chunk = (await readChunks(service.media, streamName, { StartSelectorType: 'NOW' }))[0];
  const number = numbers[3] as string;
  const serverTimestampMs = Math.round(Number(chunk?.tag('AWS_KINESISVIDEO_SERVER_TIMESTAMP')) * 1000);
  const expected = bytesOf(
    streamHeader(),
    tags(['index', '3']),
    leadingTags({ fragmentNumber: number, serverTimestampMs, producerTimestampMs: START_MS + 3000 }),
    plainFragment(3000, 3),
    trailingTags(number, 0),
  );
  assert.is(Buffer.from(bytes).toString('hex'), Buffer.from(expected).toString('hex'));
});

test('getMedia() tells how far each chunk is behind the newest', async ({ service, streamName, serverTimes }) => {
  const chunks = await readChunks(service.media, streamName);
  const behind = chunks.map((chunk) => Number(chunk.tag('AWS_KINESISVIDEO_MILLIS_BEHIND_NOW')));
  const newest = serverTimes[3] as number;
  assert.equal(
    behind,
    serverTimes.map((time) => Math.round((newest - time) * 1000)),
  );
});

test('getMedia() ends with error 4000 after a number that was never given out', async ({ service, streamName }) => {
  for (const AfterFragmentNumber of ['12345', formatFragmentNumber(999, START_MS, 0)]) {
    const reader = await ChunkReader.open(service.media, streamName, {
      StartSelectorType: 'FRAGMENT_NUMBER',
      AfterFragmentNumber,
    });
    assert.is(await reader.next(), null);
    assert.equal(reader.danglingTags, [
      [NUMBER, AfterFragmentNumber],
      ['AWS_KINESISVIDEO_ERROR_CODE', 'FRAGMENT_NOT_FOUND'],
      ['AWS_KINESISVIDEO_ERROR_ID', '4000'],
    ]);
  }
});

test('getMedia() resumes by continuation token after a reader went away in the middle', async ({
  service,
  streamName,
}) => {
  const reader = await ChunkReader.open(service.media, streamName, { StartSelectorType: 'EARLIEST' });
  const first = await reader.next();
  await reader.cancel();
  const ContinuationToken = first?.tag('AWS_KINESISVIDEO_CONTINUATION_TOKEN');
  const rest = await readChunks(service.media, streamName, {
    StartSelectorType: 'CONTINUATION_TOKEN',
    ContinuationToken,
  });
  assert.is(indexes(rest), '1 2 3');
});

test('getMedia() repeats the header and its tags about the file with every chunk', async ({ service }) => {
  const streamName = await newStream(service);
  const header = bytesOf(streamHeader(), trackTags(1, 'ENCODER', 'x'));
  await upload(service.url, bytesOf(header, plainFragment(0), plainFragment(1000)), { streamName });
  const chunks = await readChunks(service.media, streamName);
  assert.is(chunks.length, 2);
  for (const chunk of chunks) assert.equal(chunk.head, Buffer.from(header));
});

test('getMedia() refuses more readers than a stream may have, until one leaves', async () => {
  const service = await startTestService({ limits: { maxReadersPerStream: 1 } });
  const streamName = await newStream(service);
  const open = (): Promise<ChunkReader> => ChunkReader.open(service.media, streamName, { StartSelectorType: 'NOW' });
  try {
    const first = await open();
    const refused = await open().catch((error: Error) => error);
    assert.is((refused as Error).name, 'ConnectionLimitExceededException');
    await first.cancel();
    let second: ChunkReader | null = null;
    for (let attempt = 0; attempt < 200 && second === null; attempt++) {
      await sleep(10);
      second = await open().catch(() => null);
    }
    assert.ok(second);
  } finally {
    await service.close();
  }
});

test.run();

function selecting(streamName: string, selector: StartSelector): { StreamName: string; StartSelector: StartSelector } {
  return { StreamName: streamName, StartSelector: selector };
}

const bench = suite('service: GetMedia under faults and time');

const BODY = bytesOf(
  streamHeader(),
  ...[0, 1, 2].map((index) => bytesOf(tags(['index', `${index}`]), plainFragment(index * 1000))),
);

const readerOf = (response: Response): ChunkReader =>
  new ChunkReader(response.body as unknown as AsyncIterable<Uint8Array>);

bench('a chunk that expires under its reader is passed over', async () => {
  const media = await MediaBench.create();
  await media.uploadAll(BODY);
  const [, second] = await media.context.streams.fragmentsAfter(media.stream.streamId, 0, 3);
  const reader = readerOf(await media.getMedia({ StartSelectorType: 'EARLIEST' }));
  assert.is((await reader.next())?.tag('index'), '0');
  media.faults.read = (location) => {
    if (location === second?.media) throw new BlobNotFoundError(location);
  };
  assert.is((await reader.next())?.tag('index'), '2');
  await reader.cancel();
  await media.close();
  assert.is(media.platform.timerCount, 0);
});

bench('a chunk that cannot be read ends the response with error 5000', async () => {
  const media = await MediaBench.create();
  await media.uploadAll(BODY);
  const reader = readerOf(await media.getMedia({ StartSelectorType: 'EARLIEST' }));
  assert.is((await reader.next())?.tag('index'), '0');
  media.faults.read = () => {
    throw new Error('disk is broken');
  };
  assert.is(await reader.next(), null);
  assert.equal(reader.danglingTags.slice(1), [
    ['AWS_KINESISVIDEO_ERROR_CODE', 'INTERNAL_ERROR'],
    ['AWS_KINESISVIDEO_ERROR_ID', '5000'],
  ]);
  await media.close();
  assert.is(media.platform.timerCount, 0);
});

bench('a chunk that breaks off in the middle breaks the response off, and frees its place', async () => {
  const media = await MediaBench.create();
  await media.uploadAll(bytesOf(streamHeader(), plainFragment(0, 1, 1 << 20)));
  let pieceCount = 0;
  media.faults.read = () => {
    pieceCount += 1;
    if (pieceCount === 6) throw new Error('disk is broken');
  };
  const response = await media.getMedia({ StartSelectorType: 'EARLIEST' });
  const failure = await response.arrayBuffer().catch((error: Error) => error);
  assert.is((failure as Error).message, 'disk is broken');
  assert.is(media.context.live.channel(media.stream.streamId).readerCount, 0);
  await media.close();
  assert.is(media.platform.timerCount, 0);
});

bench('a session that has lasted long enough ends after the chunk under way', async () => {
  const media = await MediaBench.create({ limits: { maxConnectionDurationMs: 1000 } });
  await media.uploadAll(BODY);
  const response = await media.getMedia({ StartSelectorType: 'EARLIEST' });
  const pieces = (response.body as ReadableStream<Uint8Array>).getReader();
  const first = await pieces.read();
  await media.platform.advance(1000);
  const rest: Uint8Array[] = [];
  for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) rest.push(piece.value);
  const reader = new ChunkReader(
    (async function* () {
      yield bytesOf(first.value ?? [], ...rest);
    })(),
  );
  assert.equal(
    (await reader.rest()).map((chunk) => chunk.tag('index')),
    ['0'],
  );
  await media.close();
});

bench('a reader that waits at the head is let go after the idle time, and frees its place', async () => {
  const media = await MediaBench.create({ limits: { readerIdleTimeoutMs: 2000 } });
  const response = await media.getMedia({ StartSelectorType: 'NOW' });
  const channel = media.context.live.channel(media.stream.streamId);
  assert.is(channel.readerCount, 1);
  const text = response.text();
  await until('the reader waits', () => media.platform.timerCount === 2);
  await media.platform.advance(2000);
  assert.is(await text, '');
  assert.is(channel.readerCount, 0);
  assert.is(media.platform.timerCount, 0);
  await media.close();
});

bench('nothing is read ahead of a slow reader', async () => {
  const media = await MediaBench.create();
  const fragmentBytes = 4 << 20;
  await media.uploadAll(bytesOf(streamHeader(), plainFragment(0, 1, fragmentBytes / 4), plainFragment(1000, 2, 1000)));
  let pieceCount = 0;
  media.faults.read = () => {
    pieceCount += 1;
  };
  const response = await media.getMedia({ StartSelectorType: 'EARLIEST' });
  const pieces = (response.body as ReadableStream<Uint8Array>).getReader();
  let sizeBytes = 0;
  for (let count = 1; count <= 6; count++) {
    sizeBytes += (await pieces.read()).value?.length ?? 0;
    await sleep(5);
    assert.ok(pieceCount <= count + 3, `${pieceCount} pieces read for ${count} taken`);
  }
  assert.ok(sizeBytes < fragmentBytes);
  await pieces.cancel();
  const before = pieceCount;
  await sleep(10);
  assert.is(pieceCount, before, 'a cancelled response reads no more');
  assert.is(media.openReadCount, 0);
  assert.is(media.context.live.channel(media.stream.streamId).readerCount, 0);
  await media.close();
  assert.is(media.platform.timerCount, 0);
});

bench('times may have fractions of milliseconds', async () => {
  const media = await MediaBench.create();
  await media.uploadAll(BODY);
  for (const [offsetMs, expected] of [
    [159.9, '0'],
    [160, '1'],
    [1159.9, '1'],
    [1160.1, '2'],
  ] as const) {
    const StartTimestamp = (START_MS + offsetMs) / 1000;
    const reader = readerOf(await media.getMedia({ StartSelectorType: 'PRODUCER_TIMESTAMP', StartTimestamp }));
    assert.is((await reader.next())?.tag('index'), expected, `${offsetMs}`);
    await reader.cancel();
  }
  await media.close();
});

bench('a start in the future passes over what ends before it', async () => {
  const media = await MediaBench.create();
  await media.uploadAll(BODY);
  const startS = 1_700_000_000;
  const response = await media.getMedia({ StartSelectorType: 'PRODUCER_TIMESTAMP', StartTimestamp: startS + 10.1 });
  const reader = readerOf(response);
  const next = reader.next();
  await media.uploadAll(
    bytesOf(
      streamHeader(),
      ...[9000, 10_000, 11_000].map((timecode) => bytesOf(tags(['index', `${timecode}`]), plainFragment(timecode))),
    ),
  );
  assert.is((await next)?.tag('index'), '10000');
  assert.is((await reader.next())?.tag('index'), '11000');
  await reader.cancel();
  await media.close();
});

bench.run();
