import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CLUSTER, SEGMENT, SIMPLE_BLOCK, SIMPLE_TAG, TAG, TAGS, TRACKS, VOID } from '../../assembly/ebml/ids.ts';
import { MediaBench } from '../support/media-bench.ts';
import {
  bytesOf,
  claimElement,
  cluster,
  element,
  endOfFragment,
  openElement,
  plainFragment,
  simpleBlock,
  streamHeader,
  streamHeaderParts,
  tags,
  uintElement,
} from '../support/mkv-builder.ts';
import { TestUpload } from '../support/put-media-client.ts';
import type { WireAck } from '../support/put-media-client.ts';
import { newStream } from '../support/new-stream.ts';
import { startTestService } from '../support/service.ts';

const test = suite<{ media: MediaBench; unstored: MediaBench }>('service: hostile uploads');

test.before.each(async (context) => {
  context.media = await MediaBench.create();
  // Hundreds of uploads to a stream without retention do not wait for the disk hundreds of times.
  context.unstored = await MediaBench.create({ retentionHours: 0 });
});

test.after.each(async ({ media, unstored }) => {
  for (const bench of [media, unstored]) {
    await bench.close();
    assert.is(bench.platform.timerCount, 0, 'no timer is left');
  }
});

/** Faults of the producer's; 5000 and 5001 would be ours. */
const PRODUCER_ERRORS = /^40(0[0-9]|1[0-2])$/;

/** At most one error, the last, and one that names the producer's fault. */
function checkAcks(acks: readonly WireAck[], what: string): void {
  const errors = acks.filter((ack) => ack.EventType === 'ERROR');
  assert.ok(errors.length <= 1, `${what}: ${JSON.stringify(acks)}`);
  const [error] = errors;
  if (error === undefined) return;
  assert.is(acks.at(-1), error, what);
  assert.match(String(error.ErrorId), PRODUCER_ERRORS, what);
}

const HEADER = streamHeader({ trackNumbers: [1, 2] });
const SMALL_BODY = bytesOf(
  HEADER,
  tags(['name', 'value']),
  cluster(1000, simpleBlock(0), simpleBlock(1, { trackNumber: 2 })),
  endOfFragment(),
  cluster(2000, simpleBlock(0), simpleBlock(1, { trackNumber: 2 })),
);

test('a body cut at any byte ends with no error or 4006 (4011 where a track is missing)', async ({ unstored }) => {
  for (let length = 0; length < SMALL_BODY.length; length++) {
    const acks = await unstored.uploadAll(SMALL_BODY.subarray(0, length));
    checkAcks(acks, `cut at ${length}`);
    const error = acks.at(-1)?.ErrorId;
    assert.ok(error === undefined || error === 4006 || error === 4011, `cut at ${length}: ${error}`);
  }
});

test('a body with any one byte changed is taken or refused, and nothing breaks', async ({ unstored }) => {
  const random = randomNumbers(0x5eed);
  for (let at = 0; at < SMALL_BODY.length; at++) {
    const body = SMALL_BODY.slice();
    body[at] = random() & 0xff;
    checkAcks(await unstored.uploadAll(body), `byte ${at}`);
  }
});

test('random bytes, alone and behind a header, are refused with 4006 or read as nothing', async ({ unstored }) => {
  const seed = 0xbad5eed;
  console.log(`  random seed 0x${seed.toString(16)}`);
  const random = randomNumbers(seed);
  for (let round = 0; round < 150; round++) {
    const noise = Uint8Array.from({ length: random() % 3000 }, () => random() & 0xff);
    const body = round % 3 === 0 ? noise : bytesOf(HEADER, round % 3 === 1 ? cluster(0) : [], noise);
    checkAcks(await unstored.uploadAll(body), `round ${round}`);
  }
});

const nested = (id: number, depth: number): Uint8Array => {
  let inner: Uint8Array = new Uint8Array();
  for (let level = 0; level < depth; level++) inner = element(id, inner);
  return inner;
};

const manyTags = (count: number): Uint8Array => {
  const item = tags(['n', 'v']);
  const bytes = new Uint8Array(item.length * count);
  for (let index = 0; index < count; index++) bytes.set(item, index * item.length);
  return bytes;
};

const CASES: [name: string, body: Uint8Array, errorId: number | undefined][] = [
  ['ten thousand tags in ten thousand elements', bytesOf(HEADER, manyTags(10_000), cluster(0, simpleBlock(0))), 4009],
  [
    'ten thousand tags in one element',
    bytesOf(HEADER, tags(...Array.from({ length: 10_000 }, () => ['n', 'v'] as const)), cluster(0)),
    4009,
  ],
  ['ten thousand tags behind a fragment', bytesOf(SMALL_BODY, manyTags(10_000), endOfFragment()), 4009],
  ['tags nested a hundred deep', bytesOf(HEADER, element(TAGS, element(TAG, nested(SIMPLE_TAG, 100)))), 4006],
  [
    'a block that claims 2^50 bytes and ends',
    bytesOf(HEADER, cluster(0), claimElement(SIMPLE_BLOCK, 2 ** 50), new Uint8Array(50)),
    4006,
  ],
  [
    'a block larger than its cluster',
    bytesOf(HEADER, element(CLUSTER, uintElement(0xe7, 0), claimElement(SIMPLE_BLOCK, 5000))),
    4006,
  ],
  ['a block of two bytes', bytesOf(HEADER, cluster(0, element(SIMPLE_BLOCK, [0x81, 0]))), 4006],
  [
    'tracks of unknown size',
    bytesOf(...streamHeaderParts().slice(0, 3), openElement(TRACKS), new Uint8Array(30)),
    4006,
  ],
  ['a size of nine bytes', bytesOf(HEADER, [0x1f, 0x43, 0xb6, 0x75, 0x00, 1, 2, 3, 4, 5, 6, 7, 8]), 4006],
  ['an id of five bytes', bytesOf(HEADER, [0x08, 1, 2, 3, 4, 0x80]), 4006],
  [
    'a cluster inside a cluster, sized',
    bytesOf(HEADER, element(CLUSTER, uintElement(0xe7, 0), element(CLUSTER))),
    4006,
  ],
  ['a timecode of 2^63', bytesOf(HEADER, openElement(CLUSTER), element(0xe7, [0x80, 0, 0, 0, 0, 0, 0, 0])), 4007],
  ['a timecode of nine bytes', bytesOf(HEADER, openElement(CLUSTER), element(0xe7, new Uint8Array(9))), 4006],
  ['two timecodes', bytesOf(HEADER, cluster(0), uintElement(0xe7, 1)), 4006],
  ['track number 0', bytesOf(streamHeader({ trackNumbers: [0] }), cluster(0, simpleBlock(0))), 4010],
  ['a segment inside the segment', bytesOf(HEADER, openElement(SEGMENT), SMALL_BODY), 4006],
  [
    'a void of 4 MiB between blocks',
    bytesOf(
      HEADER,
      cluster(0, simpleBlock(0), element(VOID, new Uint8Array(4 << 20)), simpleBlock(1, { trackNumber: 2 })),
    ),
    undefined,
  ],
  ['a void of 4 MiB in the header', bytesOf(HEADER, element(VOID, new Uint8Array(4 << 20))), 4006],
];

for (const [name, body, errorId] of CASES) {
  test(`${name}: ${errorId ?? 'taken'}`, async ({ media }) => {
    const acks = await media.uploadAll(body);
    checkAcks(acks, name);
    assert.is(acks.find((ack) => ack.EventType === 'ERROR')?.ErrorId, errorId, JSON.stringify(acks));
  });
}

test('after any of these the stream takes the next upload', async ({ media }) => {
  for (const [, body] of CASES.slice(0, 6)) await media.uploadAll(body);
  const acks = await media.uploadAll(SMALL_BODY);
  assert.equal(acks.map((ack) => ack.EventType).filter((type) => type === 'PERSISTED').length, 2);
});

test.run();

const wire = suite('service: hostile uploads over the wire');

wire('a fragment that never ends is refused at its limit, and memory stays bounded', async () => {
  const service = await startTestService({ limits: { maxFragmentBytes: 48 << 20 } });
  try {
    const sent = await TestUpload.open(service.url, { streamName: await newStream(service) });
    await sent.write(bytesOf(streamHeader(), cluster(0)));
    const block = simpleBlock(0, { payload: new Uint8Array(1 << 20) });
    globalThis.gc?.();
    const before = process.memoryUsage().arrayBuffers;
    let highest = 0;
    for (let count = 0; count < 60 && !sent.acks.some((ack) => ack.EventType === 'ERROR'); count++) {
      await sent.write(block);
      highest = Math.max(highest, process.memoryUsage().arrayBuffers - before);
    }
    assert.is((await sent.over()).at(-1)?.ErrorId, 4001);
    assert.ok(highest < 40 << 20, `${highest} bytes while 48 MiB were taken in`);
    sent.cut();
  } finally {
    await service.close();
  }
});

wire('a fragment is not acknowledged as received when its connection is cut', async () => {
  const service = await startTestService();
  try {
    const streamName = await newStream(service);
    const sent = await TestUpload.open(service.url, { streamName });
    await sent.write(bytesOf(streamHeader(), plainFragment(0), cluster(1000, simpleBlock(0))));
    await sent.ack('PERSISTED', 0);
    sent.cut();
    const next = await TestUpload.open(service.url, { streamName });
    await next.write(bytesOf(streamHeader(), plainFragment(1000), endOfFragment()));
    await next.ack('PERSISTED', 1000);
    next.end();
    await next.over();
    assert.equal(sent.acks.filter((ack) => ack.EventType === 'RECEIVED').length, 1);
  } finally {
    await service.close();
  }
});

wire.run();

/** A small generator (xorshift32) whose numbers a seed repeats. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}
