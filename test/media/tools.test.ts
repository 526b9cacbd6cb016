/** What independent tools see in the recordings, and in what we merge out of them, beside what we see. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { mergeSegments } from '../../sdk/consumer/merge.ts';
import { chunked, collect } from '../support/byte-chunks.ts';
import { loadCore } from '../support/load-core.ts';
import { skip } from '../support/skip.ts';
import { recordingPath } from './recordings.ts';

const hasTools = ['ffprobe', 'ffmpeg', 'mkvinfo'].every(
  (tool) => spawnSync(tool, ['-h'], { stdio: 'ignore' }).error === undefined,
);

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

interface Packet {
  readonly stream_index: number;
  readonly pts_time?: string;
  readonly size: string;
  readonly flags: string;
}

interface SeenFrame {
  readonly track: number;
  readonly timeMs: number;
  readonly sizeBytes: number;
  readonly isKey: boolean;
}

/** One line a frame; sorted, since ffprobe orders by stream where times are equal. */
function lines(frames: readonly SeenFrame[], keyTrack: number): string[] {
  return frames
    .map(
      ({ track, timeMs, sizeBytes, isKey }) =>
        `${track}:${timeMs}:${sizeBytes}${track === keyTrack && isKey ? ':key' : ''}`,
    )
    .sort();
}

function packetsOf(path: string): SeenFrame[] {
  const entries = 'packet=stream_index,pts_time,size,flags';
  const output = execFileSync(
    'ffprobe',
    ['-v', 'quiet', '-show_packets', '-show_entries', entries, '-of', 'json', path],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    },
  );
  const { packets } = JSON.parse(output) as { readonly packets: readonly Packet[] };
  return packets.map(({ stream_index, pts_time, size, flags }) => ({
    track: stream_index + 1,
    timeMs: Math.round(Number(pts_time) * 1000),
    sizeBytes: Number(size),
    isKey: flags.startsWith('K'),
  }));
}

/** How often mkvinfo names something. */
function countInMkvinfo(path: string, pattern: RegExp): number {
  // Its exit code tells of warnings, which it has about every second document of a file.
  const { stdout } = spawnSync('mkvinfo', ['-v', '-v', path], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return stdout.split('\n').filter((text) => pattern.test(text)).length;
}

const it = suite('recordings, other tools');
const core = loadCore('simd');

async function framesOf(bytes: Uint8Array): Promise<SeenFrame[]> {
  const { items } = await collect(readFragments(core, chunked(bytes, 65_536)));
  return items
    .flatMap(({ frames }) => frames)
    .map(({ trackNumber, timestampUs, data, isKey }) => ({
      track: trackNumber,
      timeMs: timestampUs / 1000,
      sizeBytes: data.length,
      isKey,
    }));
}

for (const [file, keyTrack] of READABLE) {
  /** Declares a test over the recording, unless something it needs is missing. */
  const over = (what: string, test: (path: string, bytes: Uint8Array) => Promise<void>): void => {
    const name = `${what} (${file})`;
    if (!hasTools) return skip(name, 'ffprobe, ffmpeg and mkvinfo are not all installed');
    const path = recordingPath(file, name);
    if (path !== null) it(name, () => test(path, new Uint8Array(readFileSync(path))));
  };

  over('agrees with ffprobe and mkvinfo', async (path, bytes) => {
    const frames = await framesOf(bytes);
    assert.equal(lines(frames, keyTrack), lines(packetsOf(path), keyTrack));
    assert.is(countInMkvinfo(path, /Simple block/), frames.length);
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
