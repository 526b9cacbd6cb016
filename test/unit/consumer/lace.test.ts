/** Splitting laced blocks. Rows by RFC 9559 §10.3. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { splitLace } from '../../../sdk/consumer/lace.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const NONE = 0x80;
const XIPH = 0x82;
const FIXED = 0x84;
const EBML = 0x86;
const SEED = 955_910;

const frame = (length: number, mark: number): number[] => new Array<number>(length).fill(mark);

interface Row {
  readonly name: string;
  readonly flags: number;
  readonly payload: readonly number[];
  /** Length of each frame; null when the lace is broken. */
  readonly frames: readonly number[] | null;
}

const ROWS: readonly Row[] = [
  { name: 'no lacing', flags: NONE, payload: [1, 2, 3], frames: [3] },
  { name: 'no lacing, nothing', flags: NONE, payload: [], frames: [0] },
  {
    name: 'Xiph: 800, 500 and 1000 bytes, as in the RFC',
    flags: XIPH,
    payload: [2, 255, 255, 255, 35, 255, 245, ...frame(2300, 1)],
    frames: [800, 500, 1000],
  },
  { name: 'Xiph: a frame of 255 bytes', flags: XIPH, payload: [1, 255, 0, ...frame(256, 1)], frames: [255, 1] },
  { name: 'Xiph: one frame', flags: XIPH, payload: [0, 7, 7], frames: [2] },
  {
    name: 'EBML: 800, 500 and 1000 bytes, as in the RFC',
    flags: EBML,
    payload: [2, 0x43, 0x20, 0x5e, 0xd3, ...frame(2300, 1)],
    frames: [800, 500, 1000],
  },
  { name: 'EBML: equal sizes', flags: EBML, payload: [2, 0x82, 0xbf, 1, 1, 2, 2, 3, 3], frames: [2, 2, 2] },
  { name: 'fixed size: three frames', flags: FIXED, payload: [2, 1, 2, 3, 4, 5, 6], frames: [2, 2, 2] },
  { name: 'fixed size: empty frames', flags: FIXED, payload: [3], frames: [0, 0, 0, 0] },
  { name: 'a lace without its count', flags: XIPH, payload: [], frames: null },
  { name: 'Xiph: sizes that end early', flags: XIPH, payload: [1, 255], frames: null },
  { name: 'Xiph: sizes larger than the payload', flags: XIPH, payload: [1, 9, 1, 2], frames: null },
  { name: 'EBML: sizes that end early', flags: EBML, payload: [2, 0x41], frames: null },
  { name: 'EBML: a size that begins with a zero byte', flags: EBML, payload: [1, 0, 1], frames: null },
  { name: 'EBML: a size below zero', flags: EBML, payload: [2, 0x81, 0x80, 1, 2, 3], frames: null },
  { name: 'fixed size: a rest', flags: FIXED, payload: [1, 1, 2, 3], frames: null },
];

const it = suite('lace');

for (const { name, flags, payload, frames } of ROWS) {
  it(`splits ${name}`, () => {
    const split = splitLace(Uint8Array.from(payload), flags);
    assert.equal(split === null ? null : split.map(({ length }) => length), frames);
  });
}

it('never gives out more than the payload, whatever is in it', () => {
  console.log(`seed ${SEED}`);
  const random = seededRandom(SEED);
  for (let round = 0; round < 5000; round++) {
    const payload = Uint8Array.from({ length: Math.floor(random() * 300) }, () => Math.floor(random() ** 2 * 256));
    const split = splitLace(payload, Math.floor(random() * 4) << 1) ?? [];
    assert.ok(split.length <= 256);
    assert.ok(split.reduce((total, { length }) => total + length, 0) <= payload.length);
  }
});

it.run();
