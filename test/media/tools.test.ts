/** What independent tools see in the recordings, and in what we merge out of them, beside what we see. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MediaParseError } from '../../sdk/consumer/errors.ts';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import type { MediaFrame } from '../../sdk/consumer/media-types.ts';
import { mergeSegments } from '../../sdk/consumer/merge.ts';
import { chunked, collect } from '../support/byte-chunks.ts';
import { logEvents } from '../support/event-log.ts';
import { loadCore } from '../support/load-core.ts';
import { skip } from '../support/skip.ts';
import {
  blocksOf,
  countInMkvinfo,
  hasTools,
  MISSING_TOOLS,
  type Packet,
  packetsOf,
  tagsAndClustersOf,
} from './other-tools.ts';
import { recordingPath, RECORDINGS } from './recordings.ts';

/**
 * Recordings whose documents ffprobe reads on to the end, with the track whose key flags can be compared: to ffprobe each packet of
 * an audio codec, or of Motion JPEG, is a key.
 */
const READABLE: readonly (readonly [file: string, keyTrack: number])[] = [
  ['clusters.mkv', 1],
  ['output_get_media.mkv', 1],
  ['putmedia-native-h264-aac.mkv', 1],
  ['putmedia-native-h264.mkv', 1],
  ['test_mixed_tags.mkv', 0],
];

/** One line a frame; sorted, since ffprobe orders by stream where times are equal. */
function lines(frames: readonly Packet[], keyTrack: number): string[] {
  return frames
    .map(
      ({ track, timeMs, sizeBytes, isKey }) =>
        `${track}:${timeMs}:${sizeBytes}${track === keyTrack && isKey ? ':key' : ''}`,
    )
    .sort();
}

/** Flags of a block as the file has them. RFC 9559 §10.2. */
const FLAG_KEY = 0x80;
const FLAG_INVISIBLE = 0x08;
const FLAG_DISCARDABLE = 0x01;

const it = suite('recordings, other tools');
const core = loadCore('simd');

/** Frames of the whole recording, those in front of where it is cut off included. */
async function mediaFramesOf(bytes: Uint8Array): Promise<MediaFrame[]> {
  const { items, error } = await collect(readFragments(core, chunked(bytes, 65_536)));
  const partial = error instanceof MediaParseError ? error.partialFragment : undefined;
  return [...items, ...(partial === undefined ? [] : [partial])].flatMap(({ frames }) => frames);
}

async function framesOf(bytes: Uint8Array): Promise<Packet[]> {
  const frames = await mediaFramesOf(bytes);
  return frames.map(({ trackNumber, timestampUs, data, isKey }) => ({
    track: trackNumber,
    timeMs: timestampUs / 1000,
    sizeBytes: data.length,
    isKey,
  }));
}

/** The flags byte of a block at this offset, whatever the length of its size: it stands behind track number and time. */
function flagsAt(bytes: Uint8Array, offset: number): number {
  const sizeLength = Math.clz32(bytes[offset + 1] as number) - 24 + 1;
  return bytes[offset + 1 + sizeLength + 3] as number;
}

/** Tags and clusters as our reader tells them; all our recordings count in milliseconds. */
function ownTagsAndClusters(bytes: Uint8Array): string[] {
  return logEvents(core, [bytes]).flatMap((line): string[] => {
    const [, id, hex = ''] = /^value +(45A3|4487|E7) @\d+ \S+ ?([0-9a-f]*)$/.exec(line) ?? [];
    if (id === undefined) return [];
    return [
      id === 'E7'
        ? `cluster ${Number.parseInt(hex, 16)}`
        : Buffer.from(hex, 'hex').toString('utf8').replace(/\0+$/, ''),
    ];
  });
}

for (const { file, tagNames, clusters } of RECORDINGS) {
  const name = `mkvinfo lists the same tags and clusters (${file})`;
  const path = hasTools ? recordingPath(file, name) : skip(name, MISSING_TOOLS);
  if (typeof path !== 'string') continue;

  it(name, () => {
    const listed = tagsAndClustersOf(path);
    assert.equal(ownTagsAndClusters(new Uint8Array(readFileSync(path))), listed);
    assert.ok(listed.length >= tagNames + clusters);
  });
}

for (const { file } of RECORDINGS) {
  const name = `mkvinfo and ffprobe count and list what we do (${file})`;
  const path = hasTools ? recordingPath(file, name) : skip(name, MISSING_TOOLS);
  if (typeof path !== 'string') continue;

  it(name, async () => {
    const bytes = new Uint8Array(readFileSync(path));
    const frames = await mediaFramesOf(bytes);
    assert.equal(
      frames.map(({ trackNumber, timestampUs, data, isKey, discardable, invisible }) => {
        const flags = (isKey ? FLAG_KEY : 0) | (invisible ? FLAG_INVISIBLE : 0) | (discardable ? FLAG_DISCARDABLE : 0);
        return [trackNumber, timestampUs / 1000, data.length, isKey, discardable, flags].join(':');
      }),
      blocksOf(path).map(({ track, timeMs, sizeBytes, isKey, discardable, offset }) =>
        [track, timeMs, sizeBytes, isKey, discardable, flagsAt(bytes, offset)].join(':'),
      ),
    );
    // Without a frame, ffprobe does not take it for Matroska.
    if (frames.length > 0) assert.is(packetsOf(path).length, frames.length, 'packets of ffprobe');
  });
}

for (const [file, keyTrack] of READABLE) {
  /** Declares a test over the recording, unless something it needs is missing. */
  const over = (what: string, test: (path: string, bytes: Uint8Array) => Promise<void>): void => {
    const name = `${what} (${file})`;
    if (!hasTools) return skip(name, MISSING_TOOLS);
    const path = recordingPath(file, name);
    if (path !== null) it(name, () => test(path, new Uint8Array(readFileSync(path))));
  };

  over('agrees with ffprobe on every packet', async (path, bytes) => {
    const frames = await framesOf(bytes);
    assert.equal(lines(frames, keyTrack), lines(packetsOf(path), keyTrack));
  });

  over('merges into what ffmpeg takes without a warning, all packets in it', async (_path, bytes) => {
    const folder = mkdtempSync(join(tmpdir(), 'penstock-merge-'));
    try {
      const frames = await framesOf(bytes);
      for (const rebase of [false, true]) {
        const { items, error } = await collect(mergeSegments(core, chunked(bytes, 1000), { rebase }));
        assert.is(error, undefined);
        const path = join(folder, `merged-${rebase}.mkv`);
        writeFileSync(path, Buffer.concat(items));
        const startMs = rebase ? (frames[0]?.timeMs ?? 0) : 0;
        const expected = frames.map((frame) => ({ ...frame, timeMs: frame.timeMs - startMs }));
        assert.equal(lines(packetsOf(path), keyTrack), lines(expected, keyTrack));
        assert.is(countInMkvinfo(path, /^\+ EBML head/), 1);
        const remux = ['-v', 'warning', '-i', path, '-c', 'copy', '-f', 'null', '-'];
        const { stderr } = spawnSync('ffmpeg', remux, { encoding: 'utf8' });
        // The one recording without real pictures makes the decoder complain.
        if (keyTrack !== 0) assert.is(stderr, '');
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

it.run();
