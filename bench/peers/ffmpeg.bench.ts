/** A Matroska file written again without decoding it, by this package in this process and by `ffmpeg -c copy` in one of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedCore } from '../core-stream.ts';
import { frameSizeLabel, GROUP_FRAMES, KB } from '../payload.ts';
import { fragmentsIn, recordPieces } from '../recorded-body.ts';
import type { Opened, Timed } from '../row.ts';
import { remux } from './remux.ts';

/** A file system in memory, where Linux has it: disks are not what is compared. */
const MEMORY_FILES = '/dev/shm';

async function memoryDirectory(): Promise<string> {
  const isThere = await access(MEMORY_FILES).then(
    () => true,
    () => false,
  );
  return mkdtemp(join(isThere ? MEMORY_FILES : tmpdir(), 'penstock-bench-'));
}

interface Files {
  readonly input: string;
  readonly output: string;
  readonly mediaBytes: number;
  readonly frames: number;
}

/** Records the file to be written again. `start` returns a run; each must leave an output with all the media in it. */
async function openRemux(
  sizeBytes: number,
  frameBytes: number,
  start: (files: Files) => Promise<() => void | Promise<void>>,
): Promise<Opened> {
  const directory = await memoryDirectory();
  const input = join(directory, 'input.mkv');
  const output = join(directory, 'output.mkv');
  const fragments = fragmentsIn(sizeBytes, frameBytes);
  const file = openSync(input, 'w');
  await recordPieces(fragments, frameBytes, (piece) => writeSync(file, piece));
  closeSync(file);
  const frames = fragments * GROUP_FRAMES;
  const mediaBytes = frames * frameBytes;
  const run = await start({ input, output, mediaBytes, frames });
  return {
    amount: mediaBytes,
    async run() {
      await run();
      const { size } = statSync(output);
      if (size < mediaBytes) throw new Error(`Wrote ${size} of ${mediaBytes} bytes`);
    },
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

async function penstock({ input, output, frames, mediaBytes }: Files): Promise<() => void> {
  const core = await sharedCore();
  return () => {
    const written = remux(core, input, output);
    if (written.frames !== frames || written.mediaBytes !== mediaBytes) {
      throw new Error(`Took ${written.frames} of ${frames} frames`);
    }
  };
}

// It tries to decode the first frames, which are random bytes, and says so: hence quiet. It copies them all the same.
const FFMPEG_OPTIONS = ['-hide_banner', '-loglevel', 'quiet', '-nostdin', '-y'];

async function ffmpeg({ input, output }: Files): Promise<() => Promise<void>> {
  return async () => {
    const args = [...FFMPEG_OPTIONS, '-i', input, '-c', 'copy', '-f', 'matroska', output];
    const [code] = (await once(spawn('ffmpeg', args, { stdio: 'ignore' }), 'exit')) as [number | null];
    if (code !== 0) throw new Error(`ffmpeg ended with ${code}`);
  };
}

let ffmpegWorks: boolean | undefined;

function whyNoFfmpeg(): string | undefined {
  ffmpegWorks ??= spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
  return ffmpegWorks ? undefined : 'ffmpeg is not installed';
}

/** One fragment of small frames: what is left is the start of the process. */
const SMALL_FILE_BYTES = 30 * KB;

function rowsOf(frameBytes: number): Timed[] {
  const size = frameSizeLabel(frameBytes);
  const unit = 'GB/s' as const;
  return [
    { name: `remux/penstock/${size}`, unit, open: ({ remuxBytes }) => openRemux(remuxBytes, frameBytes, penstock) },
    {
      name: `remux/ffmpeg/${size}`,
      unit,
      skipReason: whyNoFfmpeg,
      open: ({ remuxBytes }) => openRemux(remuxBytes, frameBytes, ffmpeg),
    },
  ];
}

export const ffmpegRows: readonly Timed[] = [
  ...[10 * KB, 100 * KB].flatMap(rowsOf),
  {
    name: 'remux/ffmpeg-start/30KB',
    unit: 'ms',
    skipReason: whyNoFfmpeg,
    open: async () => ({ ...(await openRemux(SMALL_FILE_BYTES, KB, ffmpeg)), amount: 1 }),
  },
];
