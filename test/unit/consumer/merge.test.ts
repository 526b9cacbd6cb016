/** One playable file out of the documents of a GetMedia response. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as id from '../../../assembly/ebml/ids.ts';
import { MediaParseError, MediaStreamError, TracksChangedError } from '../../../sdk/consumer/errors.ts';
import { readFragments } from '../../../sdk/consumer/fragment-reader.ts';
import { mergeSegments } from '../../../sdk/consumer/merge.ts';
import type { MergedFragment, MergeOptions } from '../../../sdk/consumer/merge.ts';
import { chunked, collect } from '../../support/byte-chunks.ts';
import { cut, logEvents } from '../../support/event-log.ts';
import { errorTags, getMediaChunk } from '../../support/get-media-builder.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import {
  bytesOf,
  cluster,
  element,
  openElement,
  plainFragment,
  simpleBlock,
  sizedCluster,
  streamHeader,
  streamHeaderParts,
  tags,
  uintElement,
} from '../../support/mkv-builder.ts';

const SEGMENT = Uint8Array.of(0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
const [EBML = bytesOf(), , INFO = bytesOf(), TRACKS = bytesOf()] = streamHeaderParts();
const HEADER = bytesOf(EBML, SEGMENT, INFO, TRACKS);

/** A GetMedia chunk whose producer timestamp is in whole seconds. */
const chunk = (
  number: number,
  timecode: number,
  producerSeconds: number,
  media = plainFragment(timecode, number),
): Uint8Array =>
  getMediaChunk({ fragmentNumber: `${number}`, cluster: media, producerTimestamp: `${producerSeconds}.000` });

for (const flavour of FLAVOURS) {
  const it = suite(`merge [${flavour}]`);
  const core = loadCore(flavour);
  const attempt = async (
    bytes: Uint8Array,
    options: MergeOptions = {},
    split = 100,
  ): Promise<{ merged: Uint8Array; error: unknown }> => {
    const { items, error } = await collect(mergeSegments(core, chunked(bytes, split), options));
    return { merged: bytesOf(...items), error };
  };
  const merge = async (bytes: Uint8Array, options?: MergeOptions, split?: number): Promise<Uint8Array> => {
    const { merged, error } = await attempt(bytes, options, split);
    if (error !== undefined) throw error;
    return merged;
  };
  /** `timecode of the cluster:first payload byte of its first frame`, of the merged file. */
  const clustersOf = async (merged: Uint8Array): Promise<string[]> => {
    const { items, error } = await collect(readFragments(core, chunked(merged)));
    if (error !== undefined) throw error;
    return items.map(({ clusterTimecode, frames }) => `${clusterTimecode}:${frames[0]?.data[0] ?? ''}`);
  };

  it('joins documents: one header, and the clusters byte for byte', async () => {
    const bytes = bytesOf(chunk(1, 1000, 100), chunk(2, 2000, 101), chunk(3, 3000, 102));
    const expected = bytesOf(HEADER, plainFragment(1000, 1), plainFragment(2000, 2), plainFragment(3000, 3));
    for (const split of [1, 7, 100_000]) assert.equal(await merge(bytes, {}, split), expected, `split at ${split}`);
  });

  it('makes one document of it that a strict reader takes', async () => {
    const merged = await merge(bytesOf(chunk(1, 1000, 100), chunk(2, 2000, 101)));
    assert.is(logEvents(core, cut(merged, 50), { strict: true }).at(-1), 'finished');
  });

  it('gives nothing for nothing, and for documents without media', async () => {
    assert.is((await merge(bytesOf())).length, 0);
    assert.is((await merge(bytesOf(streamHeader(), tags(['a', 'b'])))).length, 0);
  });

  it('keeps the tags of the application in the header, and drops indexes and what is wrong in a longer file', async () => {
    const duration = element(id.DURATION, [0x40, 0x8f, 0x40, 0, 0, 0, 0, 0]);
    const info = element(id.INFO, [id.CRC_32, 0x84, 1, 2, 3, 4], duration, uintElement(id.TIMECODE_SCALE, 1_000_000));
    const own = tags(['TITLE', 'front door']);
    const source = bytesOf(
      EBML,
      openElement(id.SEGMENT),
      element(id.SEEK_HEAD, [1]),
      element(id.VOID, [0]),
      info,
      TRACKS,
      own,
      plainFragment(0),
      element(id.CUES, [1]),
    );
    const log = logEvents(core, [await merge(source)], { strict: true }).map((line) => line.trim());
    assert.not(
      log.some((line) => /114D9B74|1C53BB6B|4489/.test(line)),
      log.join('\n'),
    );
    assert.ok(log.some((line) => /value +45A3/.test(line)));
    assert.is((await merge(source)).length, bytesOf(EBML, SEGMENT, info, TRACKS, own, plainFragment(0)).length);
    assert.not(Buffer.from(await merge(source)).includes(Buffer.of(id.CRC_32, 0x84, 1, 2, 3, 4)));
  });

  it('begins at zero when asked to, whatever the form of the cluster', async () => {
    const epoch = 1_795_253_324_275;
    const narrow = bytesOf(
      [0x1f, 0x43, 0xb6, 0x75, 0xff, 0xbf, 0x84, 1, 2, 3, 4, 0xe7, 0x82, 0x01, 0x00],
      simpleBlock(0, { payload: Uint8Array.of(9) }),
    );
    const bytes = bytesOf(
      chunk(1, 0, 100, cluster(epoch, simpleBlock(0))),
      chunk(2, 0, 102, sizedCluster(epoch + 2000, simpleBlock(0))),
    );
    assert.equal(await clustersOf(await merge(bytes, { rebase: true })), ['0:1', '2000:1']);
    const merged = await merge(bytesOf(streamHeader(), narrow), { rebase: true });
    assert.equal(await clustersOf(merged), ['0:9']);
    assert.is(logEvents(core, cut(merged, 3), { strict: true }).at(-1), 'finished');
    assert.not(Buffer.from(merged).includes(Buffer.of(id.CRC_32, 0x84)), 'the checksum of the old timecode is gone');
  });

  it('leaves out a fragment that was sent again, by its producer timestamp', async () => {
    const bytes = bytesOf(
      chunk(1, 1000, 100),
      chunk(2, 2000, 101),
      chunk(11, 1000, 100),
      chunk(12, 2000, 101),
      chunk(13, 3000, 102),
    );
    assert.equal(await clustersOf(await merge(bytes)), ['1000:1', '2000:2', '3000:13']);
    assert.equal(await clustersOf(await merge(bytes, { keepReplays: true })), [
      '1000:1',
      '2000:2',
      '1000:11',
      '2000:12',
      '3000:13',
    ]);
  });

  it('leaves it out by its timecode where the service does not know the producer timestamp', async () => {
    const bytes = bytesOf(chunk(1, 1000, 0), chunk(2, 2000, 0), chunk(3, 2000, 0), chunk(4, 3000, 0));
    assert.equal(await clustersOf(await merge(bytes)), ['1000:1', '2000:2', '3000:4']);
  });

  it('goes on where relative timecodes begin again', async () => {
    const bytes = bytesOf(chunk(1, 0, 100), chunk(2, 2000, 102), chunk(11, 0, 110), chunk(12, 2000, 112));
    assert.equal(await clustersOf(await merge(bytes)), ['0:1', '2000:2', '10000:11', '12000:12']);
  });

  it('tells of each fragment once, when its trailing tags are there, and stops when told to', async () => {
    const seen: MergedFragment[] = [];
    let isAskedForMore = false;
    async function* live(): AsyncGenerator<Uint8Array> {
      yield bytesOf(chunk(1, 1000, 100), chunk(2, 1000, 100), chunk(3, 2000, 101));
      isAskedForMore = true;
    }
    const until = (fragment: MergedFragment): boolean => seen.push(fragment) === 3;
    const { items } = await collect(mergeSegments(core, live(), { until }));
    assert.equal(bytesOf(...items), bytesOf(HEADER, plainFragment(1000, 1), plainFragment(2000, 3)));
    assert.equal(
      seen.map(({ fragmentNumber, isReplay }) => [fragmentNumber, isReplay]),
      [
        ['1', false],
        ['2', true],
        ['3', false],
      ],
    );
    const { clusterTimecode, frameCount, firstTimestampUs, lastTimestampUs, millisBehindNow } =
      seen[2] ?? ({} as MergedFragment);
    assert.equal(
      [clusterTimecode, frameCount, firstTimestampUs, lastTimestampUs, millisBehindNow],
      [2000, 4, 2_000_000, 2_120_000, 0],
    );
    assert.not(isAskedForMore);
  });

  it('refuses other tracks, or begins a second document when asked to', async () => {
    const other = getMediaChunk({
      fragmentNumber: '2',
      cluster: plainFragment(2000),
      header: streamHeader({ trackNumbers: [1, 2] }),
      producerTimestamp: '101.000',
    });
    const bytes = bytesOf(chunk(1, 1000, 100), other);
    const { merged, error } = await attempt(bytes);
    assert.instance(error, TracksChangedError);
    assert.is((error as TracksChangedError).fragmentNumber, '2');
    assert.equal(merged, bytesOf(HEADER, plainFragment(1000, 1)));
    const restarted = await merge(bytes, { whenTracksChange: 'restart' });
    assert.is(logEvents(core, [restarted]).filter((line) => line.startsWith('start 1A45DFA3')).length, 2);
    assert.equal(await clustersOf(restarted), ['1000:1', '2000:1']);
  });

  it('refuses another timecode scale', async () => {
    const bytes = bytesOf(
      streamHeader(),
      plainFragment(0),
      streamHeader({ timecodeScaleNs: 2_000_000 }),
      plainFragment(5000),
    );
    assert.instance((await attempt(bytes)).error, TracksChangedError);
  });

  it('passes on what came before an error', async () => {
    const good = bytesOf(streamHeader(), plainFragment(0));
    const expected = bytesOf(HEADER, plainFragment(0));
    for (const [rest, kind] of [
      [Uint8Array.of(0), MediaParseError],
      [errorTags('5000', 'INTERNAL_ERROR'), MediaStreamError],
    ] as const) {
      const { merged, error } = await attempt(bytesOf(good, rest), {}, 100_000);
      assert.instance(error, kind);
      assert.equal(merged, expected);
    }
    const broken = await attempt(bytesOf(streamHeader(), plainFragment(0).slice(0, -1)));
    assert.is((broken.error as MediaParseError).reason, 'truncated');
    assert.equal(broken.merged, expected.slice(0, -1));
  });

  it('passes the bytes of a cluster on as they come, and holds none of them', async () => {
    const size = 1_000_000;
    const bytes = bytesOf(streamHeader(), cluster(0, simpleBlock(0, { payload: new Uint8Array(size) })));
    let taken = 0;
    let given = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (const piece of cut(bytes, 1000)) {
        assert.ok(taken - given < 5000, `${taken - given} bytes held`);
        taken += piece.length;
        yield piece;
      }
    }
    for await (const piece of mergeSegments(core, source())) given += piece.length;
    assert.is(given, HEADER.length + bytes.length - streamHeader().length);
  });

  it('refuses a header without end', async () => {
    const endless = bytesOf(streamHeader(), element(id.ATTACHMENTS, new Uint8Array(1000)));
    async function* source(): AsyncGenerator<Uint8Array> {
      yield bytesOf(
        EBML,
        openElement(id.SEGMENT),
        endless.slice(0, 0),
        [0x19, 0x41, 0xa4, 0x69, 0x01, 0, 0, 0xff, 0, 0, 0, 0],
      );
      for (let pieces = 0; pieces < 100; pieces++) yield new Uint8Array(1 << 20);
    }
    const { error } = await collect(mergeSegments(core, source()));
    assert.match(String(error), /MediaTooLargeError/);
  });

  it.run();
}
