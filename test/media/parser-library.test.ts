/** What the tests of AWS's parser library assert about its recordings, asserted of ours. Source: parser-library §6. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import type { MediaFragment } from '../../sdk/consumer/fragment-reader.ts';
import { mergeSegments } from '../../sdk/consumer/merge.ts';
import type { MergeOptions } from '../../sdk/consumer/merge.ts';
import type { Core } from '../../sdk/core/core.ts';
import type { ElementName } from '../../sdk/core/element-names.ts';
import { HeldBytes } from '../../sdk/core/held-bytes.ts';
import { MkvReader, READER_EVENT } from '../../sdk/core/mkv-reader.ts';
import { chunked, collect } from '../support/byte-chunks.ts';
import { cut } from '../support/event-log.ts';
import { FLAVOURS, loadCore } from '../support/load-core.ts';
import { bytesOf } from '../support/mkv-builder.ts';
import { skip } from '../support/skip.ts';
import { readRecording } from './recordings.ts';

type Counts = Readonly<Partial<Record<ElementName, number>>>;

/** §6.2, completed by what §5 says of each file. */
const COUNTS: Readonly<Record<string, Counts>> = {
  'clusters.mkv': {
    EBML: 1,
    Segment: 1,
    Cluster: 8,
    Timestamp: 8,
    TimestampScale: 1,
    // The library's test asserts 0 of a counter that was not told to count it; the file has one, as mkvinfo says too.
    Duration: 1,
    SimpleBlock: 444,
    Tracks: 1,
    TrackNumber: 1,
    Tag: 1,
    SimpleTag: 4,
    CuePoint: 8,
  },
  'output_get_media.mkv': { EBML: 5, Segment: 5, Cluster: 5, SimpleBlock: 300, Tags: 15, Tag: 25, TagName: 60 },
  'output-get-media-equal-timecode.mkv': { EBML: 2, Segment: 2, Cluster: 2, SimpleBlock: 240, TagName: 22 },
  'empty-mkv-with-tags.mkv': { EBML: 1, Segment: 1, Cluster: 0, SimpleBlock: 0, TagName: 3 },
  'test_mixed_tags.mkv': {
    Segment: 10,
    Cluster: 10,
    SimpleBlock: 100,
    Tags: 75,
    Tag: 75,
    SimpleTag: 105,
    Position: 10,
  },
  'test_tags_empty_cluster.mkv': { EBML: 1, Segment: 1, Info: 0, Tracks: 0, Cluster: 0, Tags: 5, Tag: 5, SimpleTag: 5 },
};

/** Recordings that the library's tests read, but that are not among ours: what they would have to show. */
const MISSING: Readonly<Record<string, string>> = {
  'bezos_vogels.mkv': '5 clusters, 546 blocks, no fragment metadata',
  'vogels_480.mkv': '2334 frames: 909 of track 1, 1425 of track 2',
  'vogels_330.mkv': '9 clusters, 2334 blocks',
  'kinesis_video_renderer_example_output.mkv': '8 segments, 444 blocks, 40 tag names',
  'output_get_media_sparse_fragments.mkv': '3 segments, 180 blocks',
  'output-get-media-non-increasing-timecode.mkv': '12 segments, 359 blocks, 30 in the first cluster',
  'big-buck-bunny_trailer.webm': '2308 frames, no fragment metadata',
};

const APPLICATION_TAGS = [
  'isomavc1mp42',
  'M4V ',
  '1',
  'Lavf57.71.100',
  'ETI ISO Video Media Handler',
  'Elemental H.264',
  '00:00:10.000000000',
];

for (const [file, what] of Object.entries(MISSING))
  skip(`reads ${file}: ${what}`, `${file} is not beside the repository`);

/** Calls back at each event until the reader has said its last word. */
function read(reader: MkvReader, chunks: Iterable<Uint8Array>, onEvent: (event: number) => void): void {
  const drain = (): void => {
    for (;;) {
      const event = reader.next();
      if (event === READER_EVENT.NEED_DATA) return;
      onEvent(event);
      if (event === READER_EVENT.FINISHED || event === READER_EVENT.FAULT) return;
    }
  };
  for (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length; drain()) taken += reader.push(chunk, taken);
  }
  reader.finish();
  drain();
  reader.dispose();
}

/** How often each element begins; masters that begin must also end. */
function countElements(core: Core, bytes: Uint8Array, isWhole: boolean): Map<string, number> {
  const counts = new Map<string, number>();
  const open: string[] = [];
  const reader = new MkvReader(core, { everyElement: true, skipPayloads: true });
  read(reader, cut(bytes, 65_536), (event) => {
    const name = reader.elementName;
    if (event === READER_EVENT.END) assert.is(open.pop(), name);
    if (event === READER_EVENT.VALUE) assert.is(reader.dataView().length, reader.dataSizeBytes, name);
    const begins: readonly number[] = [READER_EVENT.START, READER_EVENT.VALUE, READER_EVENT.BLOCK];
    if (!begins.includes(event)) return;
    // A long binary begins too, but has no end of its own; none of the recordings has one.
    if (event === READER_EVENT.START) open.push(name);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  });
  if (isWhole) assert.equal(open, []);
  return counts;
}

/** Copies by the offsets of the events, out of the caller's own chunks: §6.2, the copying visitor. */
function copyByEvents(core: Core, bytes: Uint8Array, chunkBytes: number): Uint8Array[] {
  const held = new HeldBytes();
  const pieces: Uint8Array[] = [];
  const reader = new MkvReader(core, { skipPayloads: true });
  const chunks = function* (): Generator<Uint8Array, void, undefined> {
    for (const chunk of cut(bytes, chunkBytes)) {
      held.append(chunk);
      yield chunk;
    }
  };
  read(reader, chunks(), () => {
    pieces.push(...held.takeUpTo(reader.position));
  });
  return pieces;
}

const isView = (piece: Uint8Array, bytes: Uint8Array): boolean => piece.buffer === bytes.buffer;

for (const flavour of FLAVOURS) {
  const it = suite(`what the parser library's tests assert [${flavour}]`);
  const core = loadCore(flavour);
  const over = (file: string, what: string, test: (bytes: Uint8Array) => Promise<void> | void): void => {
    const bytes = readRecording(file, `${what} (${file}) [${flavour}]`);
    if (bytes !== null) it(`${what} (${file})`, () => test(bytes));
  };
  const fragmentsOf = async (bytes: Uint8Array): Promise<MediaFragment[]> =>
    (await collect(readFragments(core, chunked(bytes, 65_536)))).items;
  const merged = async (bytes: Uint8Array, options: MergeOptions = {}): Promise<Uint8Array> =>
    bytesOf(...(await collect(mergeSegments(core, chunked(bytes, 65_536), options))).items);

  for (const [file, expected] of Object.entries(COUNTS)) {
    over(file, 'counts elements', (bytes) => {
      const counts = countElements(core, bytes, file !== 'output-get-media-equal-timecode.mkv');
      for (const [name, count] of Object.entries(expected)) assert.is(counts.get(name) ?? 0, count, name);
    });
  }

  for (const file of ['clusters.mkv', 'output_get_media.mkv']) {
    over(file, 'copies byte for byte, without copying a payload, as often as one likes', (bytes) => {
      for (const chunkBytes of [1000, 65_536, bytes.length]) {
        const pieces = copyByEvents(core, bytes, chunkBytes);
        assert.ok(
          pieces.every((piece) => isView(piece, bytes)),
          'all pieces are views of the input',
        );
        assert.is(Buffer.compare(Buffer.concat(pieces), bytes), 0, `chunks of ${chunkBytes}`);
      }
    });
  }

  over('output_get_media.mkv', 'knows metadata, tags and tracks at each fragment', async (bytes) => {
    const fragments = await fragmentsOf(bytes);
    let previous = 0n;
    for (const { fragmentNumber, continuationToken, tags, tracks, frames } of fragments) {
      assert.is(continuationToken, fragmentNumber);
      assert.ok(BigInt(fragmentNumber ?? 0) > previous, 'fragment numbers rise');
      previous = BigInt(fragmentNumber ?? 0);
      assert.equal(
        tags.map(({ value }) => value),
        APPLICATION_TAGS,
      );
      const [track] = tracks;
      for (const { trackNumber, data } of frames) {
        assert.is(trackNumber, track?.number);
        assert.ok(data.length > 0);
      }
    }
    assert.is(fragments.length, 5);
  });

  over('clusters.mkv', 'finds no fragment metadata where the service was not', async (bytes) => {
    const fragments = await fragmentsOf(bytes);
    assert.is(fragments.length, 8);
    for (const { fragmentNumber, continuationToken } of fragments)
      assert.equal([fragmentNumber, continuationToken], [undefined, undefined]);
    assert.is(fragments.flatMap(({ frames }) => frames).length, 444);
  });

  over('output_get_media.mkv', 'merges into one document', async (bytes) => {
    const counts = countElements(core, await merged(bytes), true);
    const expected: Counts = {
      EBML: 1,
      EBMLVersion: 1,
      Segment: 1,
      Cluster: 5,
      Timestamp: 5,
      Tracks: 1,
      TrackNumber: 1,
      SimpleBlock: 300,
      // The library keeps the tags of all documents, 60; here those of the service and of later documents are left out.
      TagName: 7,
    };
    for (const [name, count] of Object.entries(expected)) assert.is(counts.get(name) ?? 0, count, name);
  });

  over(
    'output_get_media.mkv',
    'merges it twice in a row: replays are left out, or kept when asked to',
    async (bytes) => {
      const twice = bytesOf(bytes, bytes);
      for (const [options, clusters, blocks] of [
        [{}, 5, 300],
        [{ keepReplays: true }, 10, 600],
      ] as const) {
        const counts = countElements(core, await merged(twice, options), true);
        assert.equal(
          [counts.get('Segment'), counts.get('Cluster'), counts.get('SimpleBlock')],
          [1, clusters, blocks],
          JSON.stringify(options),
        );
      }
    },
  );

  it.run();
}
