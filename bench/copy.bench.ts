/** Copies and nothing else: nothing that keeps frames can be faster. */
import {
  annexBFrame,
  annexBGroup,
  framesInReach,
  frameSizeLabel,
  type FrameSource,
  GROUP_FRAMES,
  KB,
  MB,
} from './payload.ts';
import type { Timed } from './row.ts';

/** From one place to another, the same two every time. */
function copy(frameBytes: number): Timed {
  return {
    name: `copy/${frameSizeLabel(frameBytes)}`,
    unit: 'GB/s',
    open() {
      const frame = annexBFrame(frameBytes, true, 1);
      const memory = new Uint8Array(frameBytes);
      // Often enough in a run that the clock costs nothing beside it.
      const times = framesInReach(frameBytes);
      return {
        amount: times * frameBytes,
        run() {
          for (let left = times; left > 0; left--) memory.set(frame);
          mustEqual(memory[frameBytes - 1], frame[frameBytes - 1]);
        },
      };
    },
  };
}

/** Into as many places as `annexb-to-avcc` and `no-adaptation` fill before they let go of them. */
function copyIn(frameBytes: number, source: FrameSource): Timed {
  const frames = source === 'hot' ? framesInReach(frameBytes) : GROUP_FRAMES;
  return {
    name: `copy-in${source === 'hot' ? '' : `-${source}`}/${frameSizeLabel(frameBytes)}`,
    unit: 'GB/s',
    open() {
      const group = annexBGroup(frames, frameBytes, source);
      const memory = new Uint8Array(frames * frameBytes);
      return {
        amount: frames * frameBytes,
        run() {
          for (let index = 0, at = 0; index < frames; index++, at += frameBytes) memory.set(group[index]!, at);
          mustEqual(memory.at(-1), group[frames - 1]!.at(-1));
        },
      };
    },
  };
}

/** Into one of the 31 places that `put-read-trim` has in use, and out of it again. */
function copyInAndOut(frameBytes: number, source: FrameSource): Timed {
  const places = GROUP_FRAMES + 1;
  return {
    name: `copy-in-and-out${source === 'hot' ? '' : `-${source}`}/${frameSizeLabel(frameBytes)}`,
    unit: 'frames/s',
    open() {
      const group = annexBGroup(GROUP_FRAMES, frameBytes, source);
      const memory = new Uint8Array(places * frameBytes);
      // A view for each place, made once: making one a frame would cost as much as the copy of a small frame.
      const views = Array.from({ length: places }, (_, place) =>
        memory.subarray(place * frameBytes, (place + 1) * frameBytes),
      );
      const chunk = new Uint8Array(frameBytes);
      let place = 0;
      return {
        amount: GROUP_FRAMES,
        run() {
          for (let index = 0; index < GROUP_FRAMES; index++) {
            const view = views[place]!;
            view.set(group[index]!);
            chunk.set(view);
            place = place === places - 1 ? 0 : place + 1;
          }
          mustEqual(chunk[frameBytes - 1], group[GROUP_FRAMES - 1]![frameBytes - 1]);
        },
      };
    },
  };
}

/** Uses what was copied, so that it has to be. */
function mustEqual(copied: number | undefined, original: number | undefined): void {
  if (copied !== original) throw new Error(`A copy holds ${copied} instead of ${original}`);
}

export const copyRows: readonly Timed[] = [
  ...[KB, 10 * KB, 100 * KB, MB, 10 * MB].flatMap((size) => [copy(size), copyIn(size, 'hot')]),
  ...[10 * KB, 100 * KB, MB].map((size) => copyIn(size, 'cold-source')),
  ...[KB, 10 * KB, 100 * KB].flatMap((size) => [copyInAndOut(size, 'hot'), copyInAndOut(size, 'cold-source')]),
];
