/** What packaging adds to a copy: nanoseconds a frame for reserve, copy and commit without adaptation. */
import { openStoring } from './adapt.bench.ts';
import { annexBGroup, frameSizeLabel, GROUP_FRAMES, KB, roundsInRun } from './payload.ts';
import type { Timed } from './row.ts';

/** @param fragmentFrames frames stored before their memory is given back: 30 places in turn, or the same one every time */
function packaging(fragmentFrames: number, frameBytes: number): Timed {
  return {
    name: `package/no-adaptation${places(fragmentFrames)}/${frameSizeLabel(frameBytes)}`,
    unit: 'ns',
    async open() {
      const group = annexBGroup(fragmentFrames, frameBytes, 'hot');
      return { ...(await openStoring('none', group)), amount: roundsInRun(group) * fragmentFrames };
    },
  };
}

/** The same bytes to the same number of places, with a bare `set`. */
function bareCopy(fragmentFrames: number, frameBytes: number): Timed {
  return {
    name: `package/copy-alone${places(fragmentFrames)}/${frameSizeLabel(frameBytes)}`,
    unit: 'ns',
    open() {
      const group = annexBGroup(fragmentFrames, frameBytes, 'hot');
      const memory = new Uint8Array(fragmentFrames * frameBytes);
      const rounds = roundsInRun(group);
      return {
        amount: rounds * fragmentFrames,
        run() {
          for (let round = 0; round < rounds; round++) {
            for (let index = 0, at = 0; index < fragmentFrames; index++, at += frameBytes)
              memory.set(group[index]!, at);
          }
          if (memory.at(-1) !== group.at(-1)!.at(-1)) throw new Error('A copy differs from its original');
        },
      };
    },
  };
}

function places(fragmentFrames: number): string {
  return fragmentFrames === 1 ? '-one-slot' : '';
}

export const packageRows: readonly Timed[] = [KB, 10 * KB, 100 * KB].flatMap((size) =>
  [GROUP_FRAMES, 1].flatMap((frames) => [packaging(frames, size), bareCopy(frames, size)]),
);
