import { existsSync, readFileSync } from 'node:fs';
import { CreateStreamCommand } from '@aws-sdk/client-kinesis-video';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  bytesOf,
  cluster,
  endOfFragment,
  eventTags,
  plainFragment,
  simpleBlock,
  sizedCluster,
  streamHeader,
  tags,
} from '../support/mkv-builder.ts';
import { newStream } from '../support/new-stream.ts';
import { readChunks } from '../support/media-reader.ts';
import { TestUpload, upload } from '../support/put-media-client.ts';
import type { WireAck } from '../support/put-media-client.ts';
import { startTestService } from '../support/service.ts';
import type { TestService } from '../support/service.ts';
import { skip } from '../support/skip.ts';

const test = suite<{ service: TestService }>('service: PutMedia');

const steps = (acks: readonly WireAck[]): string[] => acks.map((ack) => `${ack.EventType} ${ack.FragmentTimecode}`);

test.before(async (context) => {
  context.service = await startTestService({ limits: { readerIdleTimeoutMs: 50 } });
});

test.after(async ({ service }) => {
  await service.close();
});

test('putMedia() refuses bad heads before it reads any media', async ({ service }) => {
  const streamName = await newStream(service);
  const cases: [name: string, headers: Record<string, string | undefined>, status: number, errorType: string][] = [
    ['no stream', { 'x-amzn-stream-name': undefined }, 400, 'InvalidArgumentException'],
    [
      'name and ARN',
      { 'x-amzn-stream-arn': `arn:aws:kinesisvideo:us-east-1:000000000000:stream/${streamName}/1` },
      400,
      'InvalidArgumentException',
    ],
    ['a bad name', { 'x-amzn-stream-name': 'not a name' }, 400, 'InvalidArgumentException'],
    ['a name that is not there', { 'x-amzn-stream-name': 'nobody' }, 404, 'ResourceNotFoundException'],
    ['no timecode type', { 'x-amzn-fragment-timecode-type': undefined }, 400, 'InvalidArgumentException'],
    ['another timecode type', { 'x-amzn-fragment-timecode-type': 'absolute' }, 400, 'InvalidArgumentException'],
    ['a date as start', { 'x-amzn-producer-start-timestamp': '2026-11-21' }, 400, 'InvalidArgumentException'],
    [
      'relative time without a start',
      { 'x-amzn-producer-start-timestamp': undefined },
      400,
      'InvalidArgumentException',
    ],
    ['another ack mode', { 'x-amzn-fragment-acknowledgment-required': 'yes' }, 400, 'InvalidArgumentException'],
  ];
  for (const [name, headers, status, errorType] of cases) {
    const refused = await TestUpload.open(service.url, { streamName, headers });
    refused.end();
    await refused.over();
    assert.is(refused.status, status, name);
    assert.is(refused.headers['x-amzn-errortype'], errorType, name);
    assert.ok((JSON.parse(refused.text) as { Message: string }).Message.length > 10, name);
  }
});

test('putMedia() refuses a stream that is not there yet, or no more', async () => {
  const service = await startTestService({ limits: { transitionDelayMs: 60_000 } });
  try {
    const streamName = await newStream(service);
    const refused = await TestUpload.open(service.url, { streamName });
    assert.is(refused.status, 400);
    assert.is(refused.headers['x-amzn-errortype'], 'ResourceInUseException');
    refused.cut();
  } finally {
    await service.close();
  }
});

test('putMedia() answers the head before any media is sent, and acknowledges while the body is open', async ({
  service,
}) => {
  const streamName = await newStream(service);
  const sent = await TestUpload.open(service.url, { streamName });
  assert.is(sent.status, 200);
  await sent.write(bytesOf(streamHeader(), cluster(0, simpleBlock(0))));
  await sent.ack('BUFFERING', 0);
  assert.equal(steps(sent.acks), ['BUFFERING 0'], 'the fragment is still open');
  await sent.write(plainFragment(1000));
  await sent.ack('PERSISTED', 0);
  await sent.write(endOfFragment());
  await sent.ack('PERSISTED', 1000);
  assert.equal(
    steps(sent.acks).filter((step) => step.endsWith(' 1000')),
    ['BUFFERING 1000', 'RECEIVED 1000', 'PERSISTED 1000'],
  );
  sent.end();
  assert.is((await sent.over()).length, 6);
});

test('putMedia() takes the stream by its ARN and a start time without a fraction or with an odd one', async ({
  service,
}) => {
  const streamName = await newStream(service);
  const { StreamARN } = await service.control.send(new CreateStreamCommand({ StreamName: `${streamName}-arn` }));
  for (const startTimestamp of ['1700000000', '1700000000.5', '0', '.5', '1700000000.']) {
    const headers = { 'x-amzn-stream-name': undefined, 'x-amzn-stream-arn': StreamARN };
    const sent = await upload(service.url, bytesOf(streamHeader(), plainFragment(0)), { headers, startTimestamp });
    assert.equal(steps(sent.acks), ['BUFFERING 0', 'RECEIVED 0'], startTimestamp);
  }
});

test('putMedia() sends nothing when the producer wants no acks, and persists all the same', async ({ service }) => {
  const streamName = await newStream(service);
  const headers = { 'x-amzn-fragment-acknowledgment-required': '0' };
  const sent = await upload(service.url, bytesOf(streamHeader(), plainFragment(0)), { streamName, headers });
  assert.is(sent.text, '');
  assert.is((await readChunks(service.media, streamName)).length, 1);
});

test('putMedia() ends cleanly on a body without fragments', async ({ service }) => {
  const streamName = await newStream(service);
  for (const body of [new Uint8Array(), streamHeader(), bytesOf(streamHeader(), tags(['a', 'b']), endOfFragment())]) {
    const sent = await upload(service.url, body, { streamName });
    assert.equal(sent.acks, [], `${body.length} bytes`);
  }
});

test('putMedia() numbers fragments by one and jumps to the next thousand on a new connection', async ({ service }) => {
  const streamName = await newStream(service);
  const body = bytesOf(streamHeader(), plainFragment(0), plainFragment(1000));
  const sequences: bigint[] = [];
  for (let connection = 0; connection < 2; connection++) {
    const { acks } = await upload(service.url, body, { streamName });
    for (const ack of acks) {
      if (ack.EventType === 'PERSISTED') sequences.push((BigInt(ack.FragmentNumber ?? 0) >> 92n) & 0xffff_ffffn);
    }
  }
  assert.equal(sequences, [1n, 2n, 1001n, 1002n]);
});

test('putMedia() binds tags to the next cluster, or to the one before an END_OF_FRAGMENT', async ({ service }) => {
  const streamName = await newStream(service);
  const body = bytesOf(
    streamHeader(),
    tags(['first', '1']),
    plainFragment(0),
    tags(['second', '2']),
    plainFragment(1000),
    tags(['also second', '2']),
    endOfFragment(),
    plainFragment(2000),
    tags(['at the end', '3']),
  );
  const sent = await upload(service.url, body, { streamName });
  assert.is(sent.acks.filter((ack) => ack.EventType === 'PERSISTED').length, 3);
  const names = (await readChunks(service.media, streamName)).map((chunk) =>
    chunk.tags.map(([name]) => name).filter((name) => !name.startsWith('AWS')),
  );
  assert.equal(names, [['first'], ['second', 'also second'], ['at the end']]);
});

test('putMedia() takes events beside ten items of metadata', async ({ service }) => {
  const streamName = await newStream(service);
  const items = Array.from({ length: 10 }, (_item, index): [string, string] => [`item-${index}`, 'x']);
  const events = eventTags(
    ['AWS_KINESISVIDEO_IMAGE_GENERATION', ''],
    ['AWS_KINESISVIDEO_IMAGE_PREFIX', 'door'],
    ...items,
  );
  const body = bytesOf(streamHeader(), tags(...items), events, plainFragment(0));
  const { acks } = await upload(service.url, body, { streamName });
  assert.equal(steps(acks), ['BUFFERING 0', 'RECEIVED 0', 'PERSISTED 0']);
});

test('putMedia() receives a cluster that states its size at its last byte', async ({ service }) => {
  const streamName = await newStream(service);
  const sent = await TestUpload.open(service.url, { streamName });
  await sent.write(bytesOf(streamHeader(), sizedCluster(0, simpleBlock(0), simpleBlock(40))));
  await sent.ack('PERSISTED', 0);
  sent.end();
  await sent.over();
});

test('putMedia() gives relative and absolute timecodes their producer time', async ({ service }) => {
  const relative = await newStream(service);
  await upload(service.url, bytesOf(streamHeader(), plainFragment(1500)), {
    streamName: relative,
    startTimestamp: '1700000000.25',
  });
  const absolute = await newStream(service);
  const scale = streamHeader({ timecodeScaleNs: 100_000 });
  await upload(service.url, bytesOf(scale, plainFragment(17_000_000_000_015)), {
    streamName: absolute,
    timecodeType: 'ABSOLUTE',
  });
  const producerTimestamp = async (streamName: string): Promise<string | undefined> =>
    (await readChunks(service.media, streamName))[0]?.tag('AWS_KINESISVIDEO_PRODUCER_TIMESTAMP');
  assert.is(await producerTimestamp(relative), '1700000001.750');
  assert.is(await producerTimestamp(absolute), '1700000000.002');
});

/** What the native captures hold, from mkv-nal-spec §10.6: where the header ends and each cluster begins and ends. */
const CAPTURES = [
  {
    file: 'putmedia-native-h264.mkv',
    timecodeType: 'ABSOLUTE',
    headerBytes: 280,
    timecodes: [1795253324275, 1795253326075],
    clusters: [
      [280, 917418],
      [918168, 1515164],
    ],
    tagNames: 9,
  },
  {
    file: 'putmedia-native-h264-aac.mkv',
    timecodeType: 'RELATIVE',
    headerBytes: 350,
    timecodes: [0, 1800, 3600],
    clusters: [
      [350, 950945],
      [950945, 1897994],
      [1897994, 2175313],
    ],
    tagNames: 0,
  },
] as const;

for (const capture of CAPTURES) {
  const name = `putMedia() takes the native upload ${capture.file}, getMedia() gives it back byte for byte`;
  const file = new URL(`../../../shared/media/${capture.file}`, import.meta.url);
  if (!existsSync(file)) {
    skip(name, 'the capture is not there');
    continue;
  }
  test(name, async ({ service }) => {
    const streamName = await newStream(service);
    const body = readFileSync(file);
    const { acks } = await upload(service.url, body, { streamName, timecodeType: capture.timecodeType });
    const persisted = acks.filter((ack) => ack.EventType === 'PERSISTED');
    assert.equal(
      persisted.map((ack) => ack.FragmentTimecode),
      [...capture.timecodes],
    );
    assert.is(acks.length, 3 * capture.timecodes.length, 'no error among them');
    const chunks = await readChunks(service.media, streamName);
    assert.is(chunks.length, capture.clusters.length);
    for (const [index, [from, to]] of capture.clusters.entries()) {
      const chunk = chunks[index];
      assert.ok(chunk && body.subarray(from, to).equals(chunk.cluster), `cluster ${index}`);
      assert.ok(
        body.subarray(0, capture.headerBytes).equals(chunk.head.subarray(0, capture.headerBytes)),
        `header ${index}`,
      );
      const producerTags = chunk.tags.filter(([tagName]) => !tagName.startsWith('AWS'));
      assert.is(producerTags.length, capture.tagNames);
      assert.is(chunk.tag('AWS_KINESISVIDEO_FRAGMENT_NUMBER'), persisted[index]?.FragmentNumber);
    }
  });
}

test.run();
