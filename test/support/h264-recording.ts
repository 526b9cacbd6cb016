/** A recording for tests, made by ffmpeg: H.264 in Annex-B, no reordering, cut into access units. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Frame } from '../../sdk/producer/index.ts';

const run = promisify(execFile);
const TIME_LIMIT_MS = 60_000;

export interface RecordingOptions {
  readonly seconds: number;
  readonly framesPerSecond?: number;
  /** Frames from one key frame to the next. */
  readonly keyInterval?: number;
  /** Picture size, pixels. @default '320x240' */
  readonly size?: string;
}

/** Encodes a test picture. Timestamps begin at `startMs`, whole milliseconds. */
export async function recordH264(options: RecordingOptions, startMs: number): Promise<Frame[]> {
  const { seconds, framesPerSecond = 25, keyInterval = 25, size: pictureSize = '320x240' } = options;
  const directory = await mkdtemp(join(tmpdir(), 'penstock-recording-'));
  try {
    const file = join(directory, 'recording.h264');
    const picture = `testsrc2=size=${pictureSize}:rate=${framesPerSecond}:duration=${seconds}`;
    const encoder = [
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv420p',
      '-bf',
      '0',
      '-g',
      String(keyInterval),
      '-sc_threshold',
      '0',
      '-threads',
      '1',
    ];
    await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', picture, ...encoder, '-f', 'h264', file], {
      timeout: TIME_LIMIT_MS,
    });
    const probe = await run('ffprobe', ['-v', 'error', '-show_entries', 'packet=size,flags', '-of', 'json', file], {
      timeout: TIME_LIMIT_MS,
    });
    const { packets } = JSON.parse(probe.stdout) as { packets: Array<{ size: string; flags: string }> };
    const bytes = new Uint8Array(await readFile(file));
    let at = 0;
    return packets.map(({ size, flags }, i) => ({
      data: bytes.subarray(at, (at += Number(size))),
      timestampUs: (startMs + Math.round((i * 1000) / framesPerSecond)) * 1000,
      isKey: flags.startsWith('K'),
    }));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
