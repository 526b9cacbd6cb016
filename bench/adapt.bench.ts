/** Into the content store and out of it without a reader: scan, adaptation and the store's own work, by size and by NAL units a frame. */
import type { NalAdaptation } from '../sdk/core/index.ts';
import { Camera, openStreams, type PublishedFlavour, sharedCore, streamConfig } from './core-stream.ts';
import {
  annexBGroup,
  annexBSlices,
  framesInReach,
  frameSizeLabel,
  type FrameSource,
  GROUP_FRAMES,
  KB,
  MB,
  roundsInRun,
} from './payload.ts';
import type { Opened, Timed } from './row.ts';

/** Stores the frames as one fragment, then lets go of it; more than once in a run where the clock would cost too much beside it. */
export async function openStoring(
  nal: NalAdaptation,
  frames: readonly Uint8Array[],
  flavour: PublishedFlavour = 'simd',
): Promise<Opened> {
  const { streams, close } = openStreams(await sharedCore(flavour), 1, streamConfig(nal));
  const stream = streams[0]!;
  const camera = new Camera(stream);
  const rounds = roundsInRun(frames);
  return {
    amount: rounds * frames.reduce((sum, { length }) => sum + length, 0),
    run() {
      for (let round = 0; round < rounds; round++) {
        for (let index = 0; index < frames.length; index++) camera.put(frames[index]!, index === 0);
        stream.endFragment();
        const dropped = stream.dropOldestFragment();
        if (dropped.frames !== frames.length) throw new Error(`Dropped ${dropped.frames} frames`);
      }
    },
    close,
  };
}

export function storing(
  nal: NalAdaptation,
  frameBytes: number,
  source: FrameSource = 'hot',
  flavour: PublishedFlavour = 'simd',
): Timed {
  const topic = nal === 'none' ? 'no-adaptation' : nal;
  const frames = source === 'hot' ? framesInReach(frameBytes) : GROUP_FRAMES;
  return {
    name: `${topic}${source === 'hot' ? '' : `-${source}`}/${frameSizeLabel(frameBytes)}`,
    unit: 'GB/s',
    open: () => openStoring(nal, annexBGroup(frames, frameBytes, source), flavour),
  };
}

/** One frame of many units, stored and let go of. */
function storingUnits(frameBytes: number, units: number, startCodeBytes: 3 | 4): Timed {
  return {
    name: `nal-units/${startCodeBytes}-byte-codes/${frameSizeLabel(frameBytes)}-in-${units}`,
    unit: 'GB/s',
    open: () => openStoring('annexb-to-avcc', [annexBSlices(frameBytes, units, startCodeBytes)]),
  };
}

const SIZES = [KB, 10 * KB, 100 * KB, MB, 10 * MB];
const UNITS = [1, 10, 100, 1000, 10_000];

export const adaptRows: readonly Timed[] = [
  ...SIZES.map((size) => storing('annexb-to-avcc', size)),
  ...[10 * KB, 100 * KB, MB].map((size) => storing('annexb-to-avcc', size, 'cold-source')),
  ...SIZES.map((size) => storing('none', size)),
  ...[MB, 10 * MB].flatMap((size) =>
    ([4, 3] as const).flatMap((code) => UNITS.map((units) => storingUnits(size, units, code))),
  ),
];
