/** What ffprobe, ffmpeg and mkvinfo say about a Matroska file, frame by frame. */
import { execFileSync, spawnSync } from 'node:child_process';

const MOST_OUTPUT_BYTES = 1 << 27;

/** Whether the tools are there; what needs them is skipped by name otherwise. */
export const hasTools = ['ffprobe', 'ffmpeg', 'mkvinfo'].every(
  (tool) => spawnSync(tool, ['-h'], { stdio: 'ignore' }).error === undefined,
);
export const MISSING_TOOLS = 'ffprobe, ffmpeg and mkvinfo are not all installed';

/** A packet of ffprobe. */
export interface Packet {
  /** From 1, as the tracks of our files are numbered. */
  readonly track: number;
  readonly timeMs: number;
  readonly sizeBytes: number;
  readonly isKey: boolean;
}

interface PacketEntry {
  readonly stream_index: number;
  readonly pts_time?: string;
  readonly size: string;
  readonly flags: string;
}

/** In the order of the file. */
export function packetsOf(path: string): Packet[] {
  const entries = 'packet=stream_index,pts_time,size,flags';
  const output = execFileSync(
    'ffprobe',
    ['-v', 'quiet', '-show_packets', '-show_entries', entries, '-of', 'json', path],
    { encoding: 'utf8', maxBuffer: MOST_OUTPUT_BYTES },
  );
  const { packets = [] } = JSON.parse(output) as { readonly packets?: readonly PacketEntry[] };
  return packets.map(({ stream_index, pts_time, size, flags }) => ({
    track: stream_index + 1,
    timeMs: Math.round(Number(pts_time) * 1000),
    sizeBytes: Number(size),
    isKey: flags.startsWith('K'),
  }));
}

/** A SimpleBlock of mkvinfo. */
export interface Block {
  readonly track: number;
  /** Of its cluster and its own, milliseconds. */
  readonly timeMs: number;
  readonly sizeBytes: number;
  readonly isKey: boolean;
  readonly discardable: boolean;
  /** Of its first byte in the file. */
  readonly offset: number;
}

function mkvinfo(path: string): readonly string[] {
  // Its exit code tells of warnings, which it has about every second document of a file.
  const { stdout } = spawnSync('mkvinfo', ['-v', '-v', '-v', path], { encoding: 'utf8', maxBuffer: MOST_OUTPUT_BYTES });
  return stdout.split('\n');
}

const BLOCK =
  /\+ Simple block: ((?:\w+, )*)track number (\d+), (\d+) frame\(s\), timestamp (-?)(\d+):(\d+):(\d+)\.(\d{9}) at (\d+)/;
const FRAME = /\+ Frame with size (\d+)/;

/** Without lacing, which none of our files has: one frame a block. */
export function blocksOf(path: string): Block[] {
  const lines = mkvinfo(path);
  return lines.flatMap((line, index): Block[] => {
    const match = BLOCK.exec(line);
    if (match === null) return [];
    const [, flags = '', track, frames, sign, hours, minutes, seconds, nanoseconds, offset] = match;
    if (frames !== '1') throw new Error(`mkvinfo says: ${line}`);
    const wholeSeconds = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    const timeMs = (wholeSeconds * 1000 + Number(nanoseconds) / 1e6) * (sign === '-' ? -1 : 1);
    return [
      {
        track: Number(track),
        timeMs,
        sizeBytes: Number(FRAME.exec(lines[index + 1] ?? '')?.[1]),
        isKey: flags.includes('key, '),
        discardable: flags.includes('discardable, '),
        offset: Number(offset),
      },
    ];
  });
}

/** Names and texts of all SimpleTags, and the timecodes of clusters in nanoseconds, in the order of the file. */
export function tagsAndClustersOf(path: string): string[] {
  return mkvinfo(path).flatMap((line): string[] => {
    // An empty text has no colon.
    const text = /^\| {3}\+ (?:Name|String)(?:: (.*))? at \d+$/.exec(line);
    if (text !== null) return [text[1] ?? ''];
    const time = /^\| \+ Cluster timestamp: (\d+):(\d+):(\d+)\.(\d{9})/.exec(line);
    if (time === null) return [];
    const [, hours, minutes, seconds, nanoseconds] = time.map(Number) as [number, number, number, number, number];
    return [`cluster ${(hours * 3600 + minutes * 60 + seconds) * 1000 + nanoseconds / 1e6}`];
  });
}

/** How often mkvinfo names something. */
export function countInMkvinfo(path: string, pattern: RegExp): number {
  return mkvinfo(path).filter((text) => pattern.test(text)).length;
}

/** Digests that ffmpeg makes of each frame of a stream: of its packet's bytes with `-c copy` among the options, else of the picture. */
export function frameDigests(input: readonly string[], map: string, options: readonly string[] = []): string[] {
  const { stdout, stderr, status } = spawnSync(
    'ffmpeg',
    ['-v', 'error', ...input, '-map', map, ...options, '-fps_mode', 'passthrough', '-f', 'framemd5', '-'],
    { encoding: 'utf8', maxBuffer: MOST_OUTPUT_BYTES },
  );
  if (status !== 0 || stderr !== '') throw new Error(`ffmpeg says: ${stderr}`);
  return stdout.split('\n').flatMap((line) => (/^\d/.test(line) ? [line.split(',').at(-1)?.trim() ?? ''] : []));
}
