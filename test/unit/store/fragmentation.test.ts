/** How full a store gets before it refuses: frames of very different sizes, of streams that keep them for different times. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreExports } from '../../../sdk/core/exports.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';

const MIB = 1 << 20;
const TICKS = 20_000;
const SEED = 20_260_907;

/** A camera: mean sizes in bytes, and what it keeps. */
interface Source {
  readonly keyBytes: number;
  readonly deltaBytes: number;
  readonly framesInGroup: number;
  /** Sound beside each frame, 200 bytes each. */
  readonly sounds?: number;
  /** Acknowledged down to so many bytes; without it everything stays until the store is full. */
  readonly keptBytes?: number;
}

interface Load {
  readonly name: string;
  readonly capacityBytes: number;
  readonly sources: readonly Source[];
  /** Of 1000 frames, how many are followed by the loss of a fragment somewhere in the middle. */
  readonly losses: number;
  /** Least use of the store at which a slot may be refused: in the worst case, and in nine cases of ten. */
  readonly least: number;
  readonly usual: number;
}

const CAMERA: Source = { keyBytes: 300_000, deltaBytes: 5000, framesInGroup: 60, sounds: 2 };
const SHORT_LIVED: Source = { keyBytes: 100_000, deltaBytes: 3000, framesInGroup: 25, keptBytes: 3_000_000 };

const LOADS: readonly Load[] = [
  { name: 'one camera', capacityBytes: 16 * MIB, sources: [CAMERA], losses: 0, least: 0.95, usual: 0.97 },
  { name: 'one camera and losses', capacityBytes: 16 * MIB, sources: [CAMERA], losses: 2, least: 0.75, usual: 0.9 },
  {
    name: 'key frames of a fourteenth',
    capacityBytes: 4 * MIB,
    sources: [CAMERA],
    losses: 0,
    least: 0.75,
    usual: 0.87,
  },
  {
    name: 'a camera that is acknowledged beside one that is not',
    capacityBytes: 16 * MIB,
    sources: [CAMERA, SHORT_LIVED],
    losses: 0,
    least: 0.4,
    usual: 0.62,
  },
];

interface Fragment {
  readonly since: number;
  readonly slots: number[];
  bytes: number;
}

/** Fills the store for a long time, dropping the oldest fragment whenever it refuses; its use each time, as a share, in rising order. */
function usesAtRefusal(exports: CoreExports, { capacityBytes, sources, losses }: Load): number[] {
  const random = seededRandom(SEED);
  const around = (meanBytes: number, spread: number): number =>
    Math.floor(meanBytes * (1 - spread + 2 * spread * random()));
  const store = exports.storeOpen(capacityBytes);
  const views = sources.map(() => [] as Fragment[]);
  const uses: number[] = [];
  const give = (fragment: Fragment | undefined): void => {
    for (const slot of fragment?.slots ?? []) assert.ok(exports.storeGive(store, slot) > 0);
  };
  const put = (view: Fragment[], tick: number, sizeBytes: number, begins: boolean): void => {
    let slot = exports.storeTake(store, sizeBytes);
    if (slot <= 0) uses.push(exports.storeUsedBytes(store) / capacityBytes);
    for (; slot <= 0; slot = exports.storeTake(store, sizeBytes)) {
      const [oldest] = views.filter(({ length }) => length > 0).sort(([a], [b]) => (a?.since ?? 0) - (b?.since ?? 0));
      assert.ok(oldest, 'an empty store refuses nothing');
      give(oldest.shift());
    }
    if (begins || view.length === 0) view.push({ since: tick, slots: [], bytes: 0 });
    const fragment = view.at(-1) as Fragment;
    fragment.slots.push(slot);
    fragment.bytes += sizeBytes;
  };
  for (let tick = 0; tick < TICKS; tick++) {
    for (const [index, source] of sources.entries()) {
      const view = views[index] as Fragment[];
      const isKey = tick % source.framesInGroup === 0;
      put(view, tick, isKey ? around(source.keyBytes, 0.4) : around(source.deltaBytes, 0.8), isKey);
      for (let sound = 0; sound < (source.sounds ?? 0); sound++) put(view, tick, around(200, 0.5), false);
      const isOver = (): boolean =>
        view.length > 1 && view.reduce((sum, { bytes }) => sum + bytes, 0) > (source.keptBytes ?? Infinity);
      while (isKey && isOver()) give(view.shift());
      if (view.length > 3 && random() * 1000 < losses)
        give(view.splice(1 + Math.floor(random() * (view.length - 2)), 1)[0]);
    }
  }
  assert.is(exports.storeAudit(store), capacityBytes - exports.storeUsedBytes(store));
  for (const fragment of views.flat()) give(fragment);
  assert.is(exports.storeAudit(store), capacityBytes, 'one free block again');
  exports.storeClose(store);
  return uses.sort((a, b) => a - b);
}

for (const flavour of FLAVOURS) {
  const it = suite(`fragmentation of the store [${flavour}]`);
  for (const load of LOADS) {
    it(`refuses only when it is nearly full: ${load.name}`, () => {
      const uses = usesAtRefusal(loadCore(flavour).exports, load);
      assert.ok(uses.length > 30, 'the store is filled many times');
      const worst = uses[0] as number;
      const tenth = uses[Math.floor(uses.length / 10)] as number;
      assert.ok(worst >= load.least, `refused at ${worst.toFixed(3)}`);
      assert.ok(tenth >= load.usual, `one refusal of ten at ${tenth.toFixed(3)} or below`);
    });
  }
  it.run();
}
