/** Where fragments begin and end, and what is in them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as id from '../../../assembly/ebml/ids.ts';
import { MediaParseError, MediaStreamError, MediaTooLargeError } from '../../../sdk/consumer/errors.ts';
import { readFragments } from '../../../sdk/consumer/fragment-reader.ts';
import type { MediaFragment } from '../../../sdk/consumer/fragment-reader.ts';
import { chunked, collect } from '../../support/byte-chunks.ts';
import { errorTags, getMediaChunk } from '../../support/get-media-builder.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import {
  bytesOf,
  claimElement,
  cluster,
  element,
  endOfFragment,
  openElement,
  plainFragment,
  simpleBlock,
  sizedCluster,
  streamHeader,
  tags,
  uintElement,
} from '../../support/mkv-builder.ts';

/** `timecode:frames:tags`, with the fragment number in front where there is one. */
const outline = ({ fragmentNumber, clusterTimecode, frames, tags: own }: MediaFragment): string =>
  `${fragmentNumber === undefined ? '' : `#${fragmentNumber} `}${clusterTimecode}:${frames.length}:${own.map(({ name }) => name).join(',')}`;

const H = streamHeader();
const A = plainFragment(1000);
const B = plainFragment(2000);

interface Row {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly fragments: readonly string[];
}

const ROWS: readonly Row[] = [
  { name: 'nothing', bytes: bytesOf(), fragments: [] },
  { name: 'a header alone', bytes: H, fragments: [] },
  { name: 'a cluster a fragment', bytes: bytesOf(H, A, B), fragments: ['1000:4:', '2000:4:'] },
  {
    name: 'clusters with sizes',
    bytes: bytesOf(H, sizedCluster(1, simpleBlock(0)), sizedCluster(2)),
    fragments: ['1:1:', '2:0:'],
  },
  { name: 'an empty cluster', bytes: bytesOf(H, cluster(7), B), fragments: ['7:0:', '2000:4:'] },
  {
    name: 'a cluster without a timecode',
    bytes: bytesOf(H, openElement(id.CLUSTER), B),
    fragments: ['NaN:0:', '2000:4:'],
  },
  {
    name: 'tags in front of a cluster',
    bytes: bytesOf(H, tags(['a', '1']), A, tags(['b', '2']), tags(['c', '3']), B),
    fragments: ['1000:4:a', '2000:4:b,c'],
  },
  {
    name: 'an end-of-fragment mark, which takes the tags before it along',
    bytes: bytesOf(H, A, tags(['a', '1']), endOfFragment(), tags(['b', '2']), B, endOfFragment()),
    fragments: ['1000:4:a', '2000:4:b'],
  },
  { name: 'tags behind the last cluster', bytes: bytesOf(H, A, tags(['a', '1'])), fragments: ['1000:4:a'] },
  { name: 'tags and no cluster', bytes: bytesOf(H, tags(['a', '1']), tags(['b', ''])), fragments: ['NaN:0:a,b'] },
  {
    name: 'two documents, the first with tags alone',
    bytes: bytesOf(H, tags(['a', '1']), H, B),
    fragments: ['NaN:0:a', '2000:4:'],
  },
  {
    name: 'the chunks of GetMedia',
    bytes: bytesOf(
      getMediaChunk({ fragmentNumber: '11', cluster: A }),
      getMediaChunk({ fragmentNumber: '12', cluster: B, tags: tags(['t', 'v']) }),
    ),
    fragments: ['#11 1000:4:', '#12 2000:4:t'],
  },
  {
    name: 'two clusters under one fragment number',
    bytes: getMediaChunk({ fragmentNumber: '11', cluster: bytesOf(A, tags(['x', '']), B) }),
    fragments: ['#11 1000:8:x'],
  },
  {
    name: 'a chunk without its trailing tags',
    bytes: bytesOf(getMediaChunk({ fragmentNumber: '11', cluster: A, isCut: true }), H, B),
    fragments: ['#11 1000:4:', '2000:4:'],
  },
  {
    name: 'a second Segment without an EBML header',
    bytes: bytesOf(H, A, openElement(id.SEGMENT), B),
    fragments: ['1000:4:', '2000:4:'],
  },
];

for (const flavour of FLAVOURS) {
  const it = suite(`fragments [${flavour}]`);
  const core = loadCore(flavour);
  const read = async (bytes: Uint8Array, split?: number): Promise<MediaFragment[]> => {
    const { items, error } = await collect(readFragments(core, chunked(bytes, split)));
    if (error !== undefined) throw error;
    return items;
  };
  const failure = async (bytes: Uint8Array, options = {}): Promise<{ items: MediaFragment[]; error: unknown }> =>
    collect(readFragments(core, chunked(bytes, 100), options));

  for (const { name, bytes, fragments } of ROWS) {
    it(`finds ${name}`, async () => {
      for (const split of [1, 10, 100_000])
        assert.equal((await read(bytes, split)).map(outline), fragments, `split at ${split}`);
    });
  }

  it('interprets the tags of the service', async () => {
    const chunk = getMediaChunk({
      fragmentNumber: '91343852333181432392682062607743920146159169392',
      cluster: A,
      producerTimestamp: '1511852108.513',
      serverTimestamp: '1511852109.126',
      millisBehindNow: '15858',
    });
    const [fragment] = await read(chunk);
    assert.is(fragment?.fragmentNumber, '91343852333181432392682062607743920146159169392');
    assert.is(fragment?.continuationToken, fragment?.fragmentNumber);
    assert.is(fragment?.producerTimestampMs, 1_511_852_108_513);
    assert.is(fragment?.serverTimestampMs, 1_511_852_109_126);
    assert.is(fragment?.millisBehindNow, 15_858);
    assert.equal(fragment?.tags, []);
  });

  it('leaves out metadata that is not there or no number', async () => {
    const [fragment] = await read(bytesOf(H, tags(['AWS_KINESISVIDEO_SERVER_TIMESTAMP', 'soon']), A));
    assert.equal(Object.keys(fragment ?? {}).sort(), [
      'clusterTimecode',
      'frames',
      'tags',
      'timecodeScaleNs',
      'tracks',
    ]);
  });

  it('gives a fragment out at its trailing tags, before the next one comes', async () => {
    let isAskedForMore = false;
    async function* live(): AsyncGenerator<Uint8Array> {
      yield getMediaChunk({ fragmentNumber: '11', cluster: A });
      isAskedForMore = true;
    }
    const fragments = readFragments(core, live());
    assert.is((await fragments.next()).value?.fragmentNumber, '11');
    assert.not(isAskedForMore);
    assert.ok((await fragments.next()).done);
  });

  it('keeps every bit of a frame, its time and its flags', async () => {
    const payload = Uint8Array.from({ length: 70_000 }, (_, index) => index & 0xff);
    const bytes = bytesOf(
      streamHeader({ trackNumbers: [1, 2] }),
      cluster(
        1_795_253_324_275,
        simpleBlock(-40, { trackNumber: 2, payload }),
        element(id.SIMPLE_BLOCK, [0x81, 0, 1, 0x89, 5]),
      ),
    );
    const [fragment] = await read(bytes, 999);
    const [first, second] = fragment?.frames ?? [];
    assert.equal(
      { ...first, data: undefined },
      {
        trackNumber: 2,
        timestampUs: 1_795_253_324_235_000,
        timecode: 1_795_253_324_235,
        isKey: false,
        discardable: false,
        invisible: false,
        data: undefined,
      },
    );
    assert.is(Buffer.compare(first?.data ?? new Uint8Array(), payload), 0);
    assert.equal(second, {
      trackNumber: 1,
      timestampUs: 1_795_253_324_276_000,
      timecode: 1_795_253_324_276,
      isKey: true,
      discardable: true,
      invisible: true,
      data: Uint8Array.of(5),
    });
  });

  it('converts timecodes of any scale to microseconds', async () => {
    for (const [scaleNs, timecode, timestampUs] of [
      [100_000, 12_345, 1_234_500],
      [1_000_000_000, 3, 3_000_000],
      [333, 10, 3],
    ] as const) {
      const [fragment] = await read(
        bytesOf(streamHeader({ timecodeScaleNs: scaleNs }), cluster(timecode, simpleBlock(0))),
      );
      assert.is(fragment?.frames[0]?.timestampUs, timestampUs);
      assert.is(fragment?.timecodeScaleNs, scaleNs);
    }
  });

  it('reads BlockGroups: key unless they refer to another block', async () => {
    const group = (...rest: readonly Uint8Array[]): Uint8Array =>
      element(id.BLOCK_GROUP, element(id.BLOCK, [0x81, 0, 0, 0x01, 7]), ...rest);
    const [fragment] = await read(bytesOf(H, cluster(0, group(), group(element(id.REFERENCE_BLOCK, [0xff])))));
    assert.equal(
      fragment?.frames.map(({ isKey, discardable, data }) => [isKey, discardable, data[0]]),
      [
        [true, false, 7],
        [false, false, 7],
      ],
    );
  });

  it('splits laced blocks, at the distance of the default duration', async () => {
    const track = element(
      id.TRACK_ENTRY,
      uintElement(id.TRACK_NUMBER, 1),
      uintElement(id.DEFAULT_DURATION, 20_000_000),
    );
    const lace = element(id.SIMPLE_BLOCK, [0x81, 0, 0, 0x84, 2, 1, 2, 3]);
    const [fragment] = await read(bytesOf(openElement(id.SEGMENT), element(id.TRACKS, track), cluster(5, lace)));
    assert.equal(
      fragment?.frames.map(({ timestampUs, data }) => [timestampUs, data[0]]),
      [
        [5000, 1],
        [25_000, 2],
        [45_000, 3],
      ],
    );
  });

  it('describes tracks, with codec private data of any length', async () => {
    const codecPrivateData = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
    const entry = element(
      id.TRACK_ENTRY,
      uintElement(id.TRACK_NUMBER, 2),
      element(id.TRACK_UID, [0xff, 0, 0, 0, 0, 0, 0, 1]),
      uintElement(id.TRACK_TYPE, 2),
      element(id.TRACK_NAME, 'microphone'),
      element(id.CODEC_ID, 'A_AAC\0\0'),
      element(
        id.AUDIO,
        element(id.SAMPLING_FREQUENCY, [0x40, 0xe7, 0x70, 0, 0, 0, 0, 0]),
        uintElement(id.CHANNELS, 2),
        uintElement(id.BIT_DEPTH, 16),
      ),
      element(id.CODEC_PRIVATE, codecPrivateData),
    );
    const [fragment] = await read(bytesOf(openElement(id.SEGMENT), element(id.TRACKS, entry), A), 1000);
    assert.equal(fragment?.tracks, [
      {
        number: 2,
        uid: 0xff00000000000001n,
        type: 'audio',
        codecId: 'A_AAC',
        name: 'microphone',
        samplingFrequencyHz: 48_000,
        channels: 2,
        bitDepth: 16,
        codecPrivateData,
      },
    ]);
  });

  it('forgets the tracks and the scale of the document before', async () => {
    const second = bytesOf(element(id.EBML_HEADER), openElement(id.SEGMENT), B);
    const [first, last] = await read(bytesOf(streamHeader({ timecodeScaleNs: 2_000_000 }), A, second));
    assert.is(first?.tracks.length, 1);
    assert.equal([last?.tracks, last?.timecodeScaleNs], [[], 1_000_000]);
  });

  it('reports an error that the service put into the stream, after the fragments before it', async () => {
    const { items, error } = await failure(
      bytesOf(getMediaChunk({ fragmentNumber: '11', cluster: A }), H, errorTags('5000', 'INTERNAL_ERROR')),
    );
    assert.equal(items.map(outline), ['#11 1000:4:']);
    assert.instance(error, MediaStreamError);
    assert.equal([(error as MediaStreamError).errorId, (error as MediaStreamError).code], [5000, 'INTERNAL_ERROR']);
  });

  it('reports a stream that breaks off, with what was there', async () => {
    const { items, error } = await failure(bytesOf(H, A, B.slice(0, -1)));
    assert.equal(items.map(outline), ['1000:4:']);
    assert.instance(error, MediaParseError);
    const { reason, retryable, partialFragment } = error as MediaParseError;
    assert.equal([reason, retryable, partialFragment && outline(partialFragment)], ['truncated', true, '2000:3:']);
  });

  it('reports what is not Matroska, and blocks that belong nowhere', async () => {
    const reasonOf = async (bytes: Uint8Array): Promise<string> =>
      ((await failure(bytes)).error as MediaParseError).reason;
    assert.is(await reasonOf(bytesOf('<html>')), 'truncated');
    assert.is(await reasonOf(bytesOf(H, [0])), 'id-too-long');
    assert.is(await reasonOf(bytesOf(H, simpleBlock(0))), 'misplaced');
    assert.is(await reasonOf(bytesOf(H, A, endOfFragment(), simpleBlock(0))), 'misplaced');
    assert.is(await reasonOf(bytesOf(H, openElement(id.CLUSTER), simpleBlock(0))), 'block-before-timecode');
    assert.is(await reasonOf(bytesOf(H, cluster(0, element(id.SIMPLE_BLOCK, [0x81, 0, 0, 0x06, 9])))), 'bad-block');
  });

  it('holds no more than it may', async () => {
    const limit = { maxFragmentBytes: 10_000 };
    const claims = await failure(bytesOf(H, cluster(0), claimElement(id.SIMPLE_BLOCK, 2 ** 40), [0x81, 0, 0, 0]));
    assert.instance(claims.error, MediaTooLargeError, 'a size alone allocates nothing');
    const frames = await failure(
      bytesOf(H, cluster(0, ...Array.from({ length: 100 }, () => simpleBlock(0, { payload: bytesOf() })))),
      limit,
    );
    assert.instance(frames.error, MediaTooLargeError, 'empty frames are not free');
    const manyTags = await failure(bytesOf(H, ...Array.from({ length: 100 }, () => tags(['n', 'v'])), A), limit);
    assert.instance(manyTags.error, MediaTooLargeError);
    const many = await failure(
      bytesOf(H, ...Array.from({ length: 50 }, (_, index) => plainFragment(index, 1, 1000))),
      limit,
    );
    assert.equal([many.error, many.items.length], [undefined, 50], 'the limit is one of a fragment, not of the stream');
  });

  it('reads 10 000 tags', async () => {
    const [fragment] = await read(
      bytesOf(H, ...Array.from({ length: 10_000 }, (_, index) => tags([`n${index}`, `v${index}`])), A),
      4096,
    );
    assert.is(fragment?.tags.length, 10_000);
    assert.equal(fragment?.tags[9999], { name: 'n9999', value: 'v9999' });
  });

  it('reads more tags in one element than a call can have arguments', async () => {
    const one = element(id.SIMPLE_TAG, element(id.TAG_NAME, 'n'));
    const all = new Uint8Array(one.length * 200_000);
    for (let at = 0; at < all.length; at += one.length) all.set(one, at);
    const sized = bytesOf(H, claimElement(id.TAGS, all.length + 10), claimElement(id.TAG, all.length));
    async function* source(): AsyncGenerator<Uint8Array> {
      yield sized;
      yield all;
      yield A;
    }
    const { items, error } = await collect(readFragments(core, source()));
    assert.equal([items[0]?.tags.length, error], [200_000, undefined]);
  });

  it('does not take a timestamp of a thousand digits for a time', async () => {
    const digits = '9'.repeat(1000);
    const names = ['SERVER_TIMESTAMP', 'PRODUCER_TIMESTAMP', 'MILLIS_BEHIND_NOW'];
    const [fragment] = await read(bytesOf(H, ...names.map((name) => tags([`AWS_KINESISVIDEO_${name}`, digits])), A));
    assert.equal(
      [fragment?.serverTimestampMs, fragment?.producerTimestampMs, fragment?.millisBehindNow],
      [undefined, undefined, undefined],
    );
  });

  it('ends its source and its reader when the loop is left, or the source fails', async () => {
    const before = core.exports.memoryInUse();
    let ended = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield getMediaChunk({ fragmentNumber: '11', cluster: A });
      } finally {
        ended++;
      }
    }
    for await (const fragment of readFragments(core, source())) if (fragment.fragmentNumber === '11') break;
    assert.is(ended, 1);
    const failing = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('cut')) });
    assert.match(String((await collect(readFragments(core, failing))).error), /cut/);
    assert.is(core.exports.memoryInUse(), before);
  });

  it('reads a ReadableStream where streams cannot be iterated over, and cancels it', async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(getMediaChunk({ fragmentNumber: '11', cluster: A })),
      cancel: () => {
        cancelled = true;
      },
    });
    const plain = { getReader: () => stream.getReader() } as unknown as ReadableStream<Uint8Array>;
    for await (const { fragmentNumber } of readFragments(core, plain)) if (fragmentNumber === '11') break;
    assert.ok(cancelled);
  });

  it.run();
}
