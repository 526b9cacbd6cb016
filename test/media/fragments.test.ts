/** Every recording as fragments: each number, tag and frame. */
import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MediaParseError } from '../../sdk/consumer/errors.ts';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import type { MediaFragment } from '../../sdk/consumer/fragment-reader.ts';
import { chunked, collect } from '../support/byte-chunks.ts';
import { FLAVOURS, loadCore } from '../support/load-core.ts';
import { readRecording, RECORDINGS } from './recordings.ts';

const SPLITS = [7, 1000, 65_536];

/** Everything about the fragments, frames by their digest. */
function summary(fragments: readonly MediaFragment[]): string {
  const describe = (_name: string, value: unknown): unknown => {
    if (value instanceof Uint8Array) return createHash('sha256').update(value).digest('hex');
    return typeof value === 'bigint' ? `${value}` : value;
  };
  return JSON.stringify(fragments, describe);
}

const EXPECTED_GET_MEDIA: readonly (readonly [
  number: string,
  producerMs: number,
  serverMs: number,
  timecode: number,
  behindMs: number,
])[] = [
  ['91343852333181432392682062607743920146159169392', 1_511_852_108_513, 1_511_852_109_126, 0, 15_858],
  ['91343852333181432397633822764885441725874549018', 1_511_852_110_513, 1_511_852_110_915, 2000, 14_155],
  ['91343852333181432402585582922026963247510532162', 1_511_852_112_513, 1_511_852_112_487, 4000, 12_940],
  ['91343852333181432407537343079168484595829378270', 1_511_852_114_513, 1_511_852_113_414, 6000, 12_414],
  ['91343852333181432412489103236310005892133364608', 1_511_852_116_513, 1_511_852_114_147, 8000, 12_093],
];

for (const flavour of FLAVOURS) {
  const it = suite(`recordings, fragments [${flavour}]`);
  const core = loadCore(flavour);
  const read = (bytes: Uint8Array, split?: number): Promise<{ items: MediaFragment[]; error: unknown }> =>
    collect(readFragments(core, chunked(bytes, split)));
  /** Declares a test over one recording, unless the recording is missing. */
  const over = (file: string, what: string, test: (bytes: Uint8Array) => Promise<void>): void => {
    const bytes = readRecording(file, `${what} [${flavour}]`);
    if (bytes !== null) it(`${what} (${file})`, () => test(bytes));
  };

  for (const { file, fragments, blocks, isCut } of RECORDINGS) {
    over(file, 'counts fragments and frames, the same at every split', async (bytes) => {
      const whole = await read(bytes);
      assert.is(whole.items.length, fragments);
      if (isCut === true) assert.is((whole.error as MediaParseError).reason, 'truncated');
      else assert.is(whole.error, undefined);
      const partial = whole.error instanceof MediaParseError ? (whole.error.partialFragment?.frames ?? []) : [];
      const frames = [...whole.items.flatMap((fragment) => fragment.frames), ...partial];
      const perTrack: Record<number, number> = {};
      for (const { trackNumber } of frames) perTrack[trackNumber] = (perTrack[trackNumber] ?? 0) + 1;
      assert.equal(perTrack, blocks);
      for (const split of SPLITS) {
        if (split < 1000 && bytes.length > 100_000 && flavour !== 'simd') continue;
        assert.is(summary((await read(bytes, split)).items) === summary(whole.items), true, `split at ${split}`);
      }
    });
  }

  over('output_get_media.mkv', 'reads every fragment number, time and tag of a GetMedia response', async (bytes) => {
    const { items } = await read(bytes);
    assert.equal(
      items.map((f) => [
        f.fragmentNumber,
        f.producerTimestampMs,
        f.serverTimestampMs,
        f.clusterTimecode,
        f.millisBehindNow,
      ]),
      EXPECTED_GET_MEDIA,
    );
    for (const { continuationToken, fragmentNumber, tags, frames, tracks } of items) {
      assert.is(continuationToken, fragmentNumber);
      assert.equal(
        tags.map(({ name, value }) => `${name}=${value}`),
        [
          'COMPATIBLE_BRANDS=isomavc1mp42',
          'MAJOR_BRAND=M4V ',
          'MINOR_VERSION=1',
          'ENCODER=Lavf57.71.100',
          'HANDLER_NAME=ETI ISO Video Media Handler',
          'ENCODER=Elemental H.264',
          'DURATION=00:00:10.000000000',
        ],
      );
      assert.is(frames.length, 60);
      assert.equal(
        frames.filter(({ isKey }) => isKey).map(({ timecode }) => timecode % 2000),
        [0],
      );
      assert.equal([tracks[0]?.codecId, tracks[0]?.pixelWidth, tracks[0]?.pixelHeight], ['V_MPEG4/ISO/AVC', 640, 360]);
      assert.is(
        Buffer.from(tracks[0]?.codecPrivateData ?? []).toString('hex'),
        '014d401e03010027274d401eb9101405ff2e02d4040407c0000003004000000f38a0003d090007a13bdee03e1108d401000428fe3c80',
      );
    }
  });

  over('putmedia-native-h264-aac.mkv', 'reads a native PutMedia body with video and audio', async (bytes) => {
    const { items } = await read(bytes);
    assert.equal(
      items.map(({ clusterTimecode }) => clusterTimecode),
      [0, 1800, 3600],
    );
    const [video, audio] = items[0]?.tracks ?? [];
    assert.equal(
      [video?.uid, video?.type, video?.name, video?.codecPrivateData?.length],
      [1n, 'video', 'kvs_video_track', 45],
    );
    assert.equal(
      [audio?.uid, audio?.type, audio?.codecId, audio?.samplingFrequencyHz, audio?.channels],
      [2n, 'audio', 'A_AAC', 48_000, 2],
    );
    assert.is(Buffer.from(audio?.codecPrivateData ?? []).toString('hex'), '1190');
    for (const { frames } of items) assert.equal([frames[0]?.isKey, frames[0]?.trackNumber], [true, 1]);
  });

  over(
    'putmedia-native-h264.mkv',
    'gives tags in front of an end-of-fragment mark to the fragment that it ends',
    async (bytes) => {
      const { items } = await read(bytes);
      assert.equal(
        items.map(({ clusterTimecode, frames }) => [clusterTimecode, frames.length]),
        [
          [1_795_253_324_275, 45],
          [1_795_253_326_075, 29],
        ],
      );
      const names = Array.from({ length: 9 }, (_, index) => `TEST_KEY_${index + 1}`);
      for (const { tags } of items)
        assert.equal(
          tags.map(({ name }) => name),
          names,
        );
      assert.equal(
        items.map(({ tags }) => tags[0]?.value),
        ['TEST_VALUE_1', 'TEST_VALUE_46'],
      );
    },
  );

  over('test_mixed_tags.mkv', 'lists the tags of ten documents', async (bytes) => {
    const { items } = await read(bytes);
    assert.equal(
      items.map(({ tags }) => tags.length),
      [10, 5, 5, 5, 5, 5, 5, 5, 5, 5],
    );
    for (const { tags } of items) {
      assert.equal(
        tags.map(({ name, value }) => [name, value]),
        tags.map((_, index) => [`testTag_${index % 5}`, `testTag_${index % 5}_Value`]),
      );
    }
    assert.equal(
      items.map(({ clusterTimecode }) => clusterTimecode),
      items.map((_, index) => index * 5000),
    );
    assert.is(items[0]?.tracks[0]?.codecId, 'V_MS/VFW/FOURCC', 'without the NULs that pad it');
  });

  over('empty-mkv-with-tags.mkv', 'reads a fragment that is all tags', async (bytes) => {
    const [fragment] = (await read(bytes)).items;
    assert.is(fragment?.fragmentNumber, '91343852338378294813695855977007281634605393997');
    assert.equal([fragment?.serverTimestampMs, fragment?.producerTimestampMs], [1_516_124_526_822, 1_515_865_326_543]);
    assert.equal(fragment?.frames, []);
  });

  over('test_tags_empty_cluster.mkv', 'reads a document with neither tracks nor clusters', async (bytes) => {
    const [fragment] = (await read(bytes)).items;
    assert.equal(
      fragment?.tags.map(({ name }) => name),
      [0, 1, 2, 3, 4].map((index) => `testTag_${index}`),
    );
    assert.equal(fragment?.tracks, []);
  });

  it.run();
}
