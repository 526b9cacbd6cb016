import { DeleteStreamCommand, DescribeStreamCommand } from '@aws-sdk/client-kinesis-video';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { INGEST_ERROR_CODES } from '../../service/ingest/ingest-error.ts';
import type { IngestErrorId } from '../../service/ingest/ingest-error.ts';
import { MediaBench, until } from '../support/media-bench.ts';
import {
  bytesOf,
  cluster,
  endOfFragment,
  plainFragment,
  simpleBlock,
  streamHeader,
  tags,
} from '../support/mkv-builder.ts';
import { ChunkReader } from '../support/media-reader.ts';
import { TestUpload, upload } from '../support/put-media-client.ts';
import type { WireAck } from '../support/put-media-client.ts';
import { startTestService } from '../support/service.ts';
import type { TestService } from '../support/service.ts';
import { newStream } from '../support/new-stream.ts';

const steps = (acks: readonly WireAck[]): string[] =>
  acks.map((ack) => [ack.EventType, ack.FragmentTimecode, ack.ErrorId].filter((part) => part !== undefined).join(' '));

const wire = suite<{ service: TestService }>('service: acks over the wire');

wire.before(async (context) => {
  context.service = await startTestService({ limits: { maxFragmentBytes: 64 * 1024, readerIdleTimeoutMs: 50 } });
});

wire.after(async ({ service }) => {
  await service.close();
});

const HEADER = streamHeader();
const ITEMS = Array.from({ length: 11 }, (_item, index): [string, string] => [`item-${index}`, 'x']);

/** Each error that a body alone can provoke; `timecode` is that of the fragment that the ack names. */
const PROVOKED: [name: string, errorId: IngestErrorId, body: Uint8Array, timecode: number | undefined][] = [
  ['a fragment that is too large', 4001, bytesOf(HEADER, plainFragment(5000, 1, 20_000)), 5000],
  ['a fragment that is too long', 4002, bytesOf(HEADER, cluster(5000, simpleBlock(0), simpleBlock(20_001))), 5000],
  [
    'a first frame as late as the last one before',
    4004,
    bytesOf(HEADER, plainFragment(880), plainFragment(1000)),
    1000,
  ],
  ['a first frame before the last one before', 4004, bytesOf(HEADER, plainFragment(900), plainFragment(1000)), 1000],
  ['a body that is no Matroska', 4006, new TextEncoder().encode('x'.repeat(500)), undefined],
  ['a second segment', 4006, bytesOf(HEADER, plainFragment(0), HEADER), 0],
  ['a body that ends inside a block', 4006, bytesOf(HEADER, plainFragment(700)).subarray(0, -3), 700],
  ['eleven items before a cluster', 4009, bytesOf(HEADER, tags(...ITEMS), plainFragment(7)), 7],
  ['eleven items behind a cluster', 4009, bytesOf(HEADER, plainFragment(7), tags(...ITEMS), endOfFragment()), 7],
  [
    'eleven items around a cluster',
    4009,
    bytesOf(HEADER, tags(...ITEMS.slice(0, 6)), plainFragment(7), tags(...ITEMS.slice(6)), endOfFragment()),
    7,
  ],
  ['a reserved name', 4009, bytesOf(HEADER, tags(['AWSOME', 'x']), plainFragment(7)), 7],
  ['tags without a fragment', 4009, bytesOf(HEADER, tags(['n'.repeat(129), 'x'])), undefined],
  ['a block of an unknown track', 4010, bytesOf(HEADER, cluster(3, simpleBlock(0, { trackNumber: 2 }))), 3],
  [
    'a track without a frame',
    4011,
    bytesOf(streamHeader({ trackNumbers: [1, 2] }), plainFragment(3), endOfFragment()),
    3,
  ],
  ['a fragment without a frame', 4011, bytesOf(HEADER, cluster(3), endOfFragment()), 3],
  ['four tracks', 4012, streamHeader({ trackNumbers: [1, 2, 3, 4] }), undefined],
];

for (const [name, errorId, body, timecode] of PROVOKED) {
  wire(`${name} is answered with ${errorId}, and the connection ends`, async ({ service }) => {
    const sent = await TestUpload.open(service.url, { streamName: await newStream(service) });
    await sent.write(body);
    // Some errors need no more than the bytes; a body that has to end for them is ended.
    const needsEnd = /ends inside|without a fragment/.test(name);
    if (needsEnd) sent.end();
    const acks = await sent.over();
    const last = acks.at(-1);
    assert.is(last?.ErrorId, errorId, JSON.stringify(acks));
    assert.is(last?.ErrorCode, INGEST_ERROR_CODES[errorId]);
    assert.is(last?.FragmentTimecode, timecode);
    assert.is(last?.FragmentNumber === undefined, timecode === undefined);
    assert.is(acks.filter((ack) => ack.EventType === 'ERROR').length, 1);
    const isPersisted = acks.some((ack) => ack.EventType === 'PERSISTED' && ack.FragmentTimecode === timecode);
    assert.is(isPersisted, false, 'the fragment at fault');
    sent.cut();
  });
}

wire('absolute time that begins at 0 is answered with 4007', async ({ service }) => {
  const streamName = await newStream(service);
  const { acks } = await upload(service.url, bytesOf(HEADER, plainFragment(0)), {
    streamName,
    timecodeType: 'ABSOLUTE',
  });
  assert.equal(steps(acks), ['BUFFERING 0', 'ERROR 0 4007']);
});

wire('an error comes after the PERSISTED acks of the fragments before it', async ({ service }) => {
  const streamName = await newStream(service);
  const body = bytesOf(HEADER, plainFragment(0), plainFragment(1000), plainFragment(1000));
  const { acks } = await upload(service.url, body, { streamName });
  assert.equal(steps(acks).slice(-1), ['ERROR 1000 4004']);
  assert.equal(
    steps(acks).filter((step) => step.startsWith('PERSISTED')),
    ['PERSISTED 0', 'PERSISTED 1000'],
  );
  const error = acks.at(-1);
  const persisted = acks.filter((ack) => ack.EventType === 'PERSISTED').map((ack) => ack.FragmentNumber);
  assert.not.ok(
    persisted.includes(error?.FragmentNumber),
    'of two fragments with one timecode, the second is at fault',
  );
});

wire('a stream deleted under its upload is answered with 4008', async ({ service }) => {
  const streamName = await newStream(service);
  const sent = await TestUpload.open(service.url, { streamName });
  await sent.write(bytesOf(HEADER, plainFragment(0), cluster(1000, simpleBlock(0))));
  await sent.ack('BUFFERING', 1000);
  const { StreamInfo } = await service.control.send(new DescribeStreamCommand({ StreamName: streamName }));
  await service.control.send(new DeleteStreamCommand({ StreamARN: StreamInfo?.StreamARN }));
  const acks = await sent.over();
  assert.equal(steps(acks).at(-1), 'ERROR 1000 4008');
  sent.cut();
});

wire('acks are whole JSON lines without blanks, members in the order of recorded traffic', async ({ service }) => {
  const streamName = await newStream(service);
  const sent = await upload(service.url, bytesOf(HEADER, plainFragment(40)), { streamName });
  const number = sent.acks[0]?.FragmentNumber;
  assert.is(
    sent.text,
    ['BUFFERING', 'RECEIVED', 'PERSISTED']
      .map((type) => `{"EventType":"${type}","FragmentTimecode":40,"FragmentNumber":"${number}"}\n`)
      .join(''),
  );
});

wire.run();

const bench = suite('service: acks under faults and time');

const BODY = bytesOf(HEADER, plainFragment(0), plainFragment(1000), plainFragment(2000), endOfFragment());

/** Runs one upload that is left open, until the service ends it. */
async function followed(
  options: Parameters<typeof MediaBench.create>[0],
  act: (bench: MediaBench, upload: Awaited<ReturnType<MediaBench['upload']>>) => void | Promise<void>,
): Promise<string[]> {
  const media = await MediaBench.create(options);
  try {
    const sent = await media.upload();
    await act(media, sent);
    return steps(await sent.over);
  } finally {
    await media.close();
  }
}

bench('a body that breaks is answered with 4000 and discards the open fragment', async () => {
  const acks = await followed({}, async (_media, sent) => {
    await sent.body.write(bytesOf(HEADER, plainFragment(0), cluster(1000, simpleBlock(0))));
    sent.body.breakOff();
  });
  assert.equal(acks.slice(-1), ['ERROR 1000 4000']);
  assert.ok(acks.includes('PERSISTED 0'));
});

bench('a connection that lasts too long is answered with 4003', async () => {
  const limits = { maxConnectionDurationMs: 60_000, idleTimeoutMs: 1e9, idleAckIntervalMs: 1e9 };
  const acks = await followed({ limits }, async (media, sent) => {
    await sent.body.write(bytesOf(HEADER, plainFragment(0), cluster(1000, simpleBlock(0))));
    await media.platform.advance(60_000);
  });
  assert.is(acks.at(-1), 'ERROR 1000 4003');
});

bench('silence is answered with IDLE, and after the longest time with the end', async () => {
  const limits = { idleAckIntervalMs: 5000, idleTimeoutMs: 30_000 };
  const acks = await followed({ limits }, async (media, sent) => {
    await sent.body.write(bytesOf(HEADER, plainFragment(0), endOfFragment()));
    await media.platform.advance(30_000);
  });
  const idle = acks.filter((ack) => ack === 'IDLE');
  assert.is(idle.length, 5);
  assert.is(acks.filter((ack) => ack.startsWith('ERROR')).length, 0);
});

bench('a core that does not load is answered with 5000', async () => {
  const faults = { loadCore: () => Promise.reject(new Error('no such file')) };
  assert.equal(await followed({ faults }, () => undefined), ['ERROR 5000']);
});

for (const failing of ['sync', 'commit', 'append', 'openWriter'] as const) {
  bench(`a failing ${failing} is answered with 5001 and never with PERSISTED`, async () => {
    const faults = { [failing]: () => Promise.reject(new Error('disk is full')) };
    const acks = await followed({ faults }, async (_media, sent) => {
      await sent.body.write(BODY);
    });
    assert.is(acks.at(-1), 'ERROR 0 5001');
    assert.is(acks.filter((ack) => ack.startsWith('PERSISTED')).length, 0);
  });
}

bench('a store that cannot be closed is answered with 5001 behind what was persisted', async () => {
  const faults = { close: () => Promise.reject(new Error('disk is full')) };
  const acks = await followed({ faults }, async (_media, sent) => {
    await sent.body.write(BODY);
    sent.body.end();
  });
  assert.equal(acks.slice(-2), ['PERSISTED 2000', 'ERROR 5001']);
});

bench('a fragment that cannot be discarded does not keep the ones before it from being persisted', async () => {
  const faults = { abort: () => Promise.reject(new Error('disk is full')) };
  const acks = await followed({ faults }, async (_media, sent) => {
    await sent.body.write(bytesOf(HEADER, plainFragment(0), cluster(1000, simpleBlock(0))));
    sent.body.breakOff();
  });
  assert.equal(acks.slice(-2), ['PERSISTED 0', 'ERROR 1000 4000']);
});

bench('PERSISTED waits for sync and commit, and does not hold up the next fragments', async () => {
  const media = await MediaBench.create();
  let finishSync = (): void => undefined;
  media.faults.sync = () =>
    new Promise((resolve) => {
      finishSync = resolve;
    });
  const sent = await media.upload();
  await sent.body.write(BODY);
  assert.equal(steps(sent.acks), [
    'BUFFERING 0',
    'RECEIVED 0',
    'BUFFERING 1000',
    'RECEIVED 1000',
    'BUFFERING 2000',
    'RECEIVED 2000',
  ]);
  assert.is(await media.context.streams.firstFragment(media.stream.streamId, { kind: 'earliest' }), null);
  delete media.faults.sync;
  finishSync();
  sent.body.end();
  const acks = await sent.over;
  assert.equal(steps(acks).slice(6), ['PERSISTED 0', 'PERSISTED 1000', 'PERSISTED 2000']);
  await media.close();
});

bench('a fragment is in the index when PERSISTED is sent, and readers see it', async () => {
  const media = await MediaBench.create();
  const sent = await media.upload();
  await sent.body.write(BODY);
  sent.body.end();
  await sent.over;
  const rows = await media.context.streams.fragmentsAfter(media.stream.streamId, 0, 10);
  assert.equal(
    rows.map((row) => [row.sequence, row.durationMs, row.frameCount]),
    [
      [1, 160, 4],
      [2, 160, 4],
      [3, 160, 4],
    ],
  );
  assert.is(rows[0]?.mediaSizeBytes, plainFragment(0).length);
  assert.is(new Set(rows.map((row) => row.header)).size, 1, 'the header is stored once');
  const response = await media.getMedia({ StartSelectorType: 'EARLIEST' });
  const reader = new ChunkReader(response.body as unknown as AsyncIterable<Uint8Array>);
  for (const row of rows) {
    assert.is((await reader.next())?.tag('AWS_KINESISVIDEO_FRAGMENT_NUMBER'), row.fragmentNumber);
  }
  const end = reader.next();
  await until('the reader waits', () => media.platform.timerCount === 2);
  await media.platform.advance(30_000);
  assert.is(await end, null);
  await media.close();
  assert.is(media.platform.timerCount, 0, 'no timer is left');
});

bench.run();
