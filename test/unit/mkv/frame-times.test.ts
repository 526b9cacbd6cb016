/** Microseconds of any size, with fractions, become ticks of 100 ns exactly; a fraction of a tick is cut off. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ContentStore } from '../../../sdk/core/content-store.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { PLAIN_VIDEO, putAt, readAll, toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const SEED = 20_260_908;
const MAX_TICKS = 92_233_720_368_547_758n;
/** The last microsecond whose ticks are allowed; doubles of this size are even. */
const LAST_US = 2 ** 63 / 1000 - 2;
const FRACTION_BITS = 60;
const FRACTION_MASK = (1n << BigInt(FRACTION_BITS)) - 1n;
/** A product of ten below 2^36 is rounded to this part of a tick, as bits of the fraction. */
const ROUNDING = 1n << BigInt(FRACTION_BITS - 17);

/** The ticks that a stream has written for its first frame, or minus a status. */
function writtenTicks(store: ContentStore, us: number): bigint {
  const stream = store.openStream({ ...PLAIN_VIDEO, timecodeScaleNs: 100 });
  const result = stream.putFrame(1, Uint8Array.of(1), 1, us, Number.NaN, 0);
  stream.beginSession();
  const [, timecode = ''] = /1f43b675ff+e788([0-9a-f]{16})/.exec(toHex(readAll(stream))) ?? [];
  stream.dispose();
  return result < 0 ? BigInt(result) : BigInt(`0x${timecode}`);
}

/** Ten times a double, exactly, in parts of 2^−60; smaller parts of it do not count. */
function exactTicks(us: number): bigint {
  const whole = Math.floor(us);
  return ((BigInt(whole) << BigInt(FRACTION_BITS)) + BigInt(Math.floor((us - whole) * 2 ** FRACTION_BITS))) * 10n;
}

function check(store: ContentStore, us: number): void {
  const exact = exactTicks(us);
  const ticks = exact >> BigInt(FRACTION_BITS);
  const written = writtenTicks(store, us);
  const isNextByRounding = written === ticks + 1n && (exact & FRACTION_MASK) >= FRACTION_MASK - ROUNDING;
  if (ticks > MAX_TICKS) assert.is(written, BigInt(-STATUS.STATUS_MKV_MAX_FRAME_TIMECODE), String(us));
  else assert.ok(written === ticks || isNextByRounding, `${us} µs gives ${written} ticks, not ${ticks}`);
}

const EDGES = [0, 2 ** 32 / 10, 2 ** 31, 2 ** 32, 2 ** 33, 3 * 2 ** 32, 2 ** 40, 2 ** 52, 2 ** 53, LAST_US];
const STEPS = [0, 0.05, 0.1, 0.125, 0.3, 0.5, 0.95, 0.999_999, 1, 1 / 1024];

for (const flavour of FLAVOURS) {
  const it = suite(`times of frames [${flavour}]`);
  const store = loadCore(flavour).openStore(1 << 20);

  it('around each edge of its halves', () => {
    for (const edge of EDGES)
      for (const step of STEPS) for (const us of [edge - step, edge + step]) if (us >= 0) check(store, us);
  });

  it('anywhere, whole and with fractions', () => {
    const random = seededRandom(SEED);
    for (let i = 0; i < 400; i++) {
      const us = random() * 2 ** (1 + 52 * random());
      check(store, us);
      check(store, Math.floor(us));
      check(store, Math.floor(us) + Math.floor(random() * 10) / 10);
    }
  });

  it('refuses what is no time', () => {
    for (const us of [-1, -0.05, -(2 ** 40), LAST_US + 2, LAST_US + 4, 2 ** 64, Infinity, -Infinity, NaN])
      assert.is(writtenTicks(store, us), BigInt(-STATUS.STATUS_MKV_MAX_FRAME_TIMECODE), String(us));
  });

  it('minus zero is zero', () => {
    assert.is(writtenTicks(store, -0), 0n);
    assert.is(putAt(store.openStream(PLAIN_VIDEO), 0, true), 2);
  });
  it.run();
}
