/** Where one access unit ends and the next begins: ITU-T H.264 §7.4.1.2.3 and §7.4.1.2.4, Annex B. */
import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AccessUnit } from '../../cli/sources/h264-access-units.ts';
import { accessUnits, AccessUnitSplitter, MAX_ACCESS_UNIT_BYTES } from '../../cli/sources/h264-access-units.ts';
import { skip } from '../support/skip.ts';

const it = suite('H.264 access units');

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const toHex = (unit: AccessUnit): string => Buffer.from(unit.data).toString('hex');

/** Pieces of the byte stream, named as in the standard. A slice's first byte after the header begins with first_mb_in_slice. */
const AUD = '00000001 09f0';
const SPS = '00000001 6764001f ac';
const PPS = '00000001 68ee3c80';
const SEI = '000001 0605 0180';
const IDR = '000001 65 888421';
const IDR_SECOND_SLICE = '000001 65 408421';
const SLICE = '000001 41 9a2101';
const SECOND_SLICE = '000001 41 4a2101';
const PARTITION_A = '000001 22 9a21';
const PARTITION_B = '000001 23 9a21';
const END_OF_STREAM = '000001 0b';
const FILLER = '000001 0c ffff80';

interface Row {
  readonly name: string;
  readonly units: readonly string[];
  readonly keys: readonly boolean[];
}

const rows: readonly Row[] = [
  { name: 'one IDR picture', units: [IDR], keys: [true] },
  { name: 'pictures without delimiters', units: [IDR, SLICE, SLICE], keys: [true, false, false] },
  {
    name: 'parameter sets and SEI belong to the picture after them',
    units: [SPS + PPS + SEI + IDR, SEI + SLICE],
    keys: [true, false],
  },
  { name: 'delimiters open a unit', units: [AUD + SPS + PPS + IDR, AUD + SLICE], keys: [true, false] },
  {
    name: 'further slices stay',
    units: [IDR + IDR_SECOND_SLICE, SLICE + SECOND_SLICE + SECOND_SLICE],
    keys: [true, false],
  },
  {
    name: 'data partitions stay with partition A',
    units: [PARTITION_A + PARTITION_B, PARTITION_A],
    keys: [false, false],
  },
  { name: 'filler and end of stream stay', units: [IDR + FILLER, SLICE + FILLER + END_OF_STREAM], keys: [true, false] },
  { name: 'prefix NAL units (14) open a unit', units: [IDR, '000001 6e 4000 0f' + SLICE], keys: [true, false] },
  { name: 'a subset SPS (15) opens a unit', units: [SLICE, '000001 6f 64001f' + IDR], keys: [false, true] },
  {
    name: 'the zero byte of a long start code goes with what follows',
    units: [IDR, '00000001 41 9a2101'],
    keys: [true, false],
  },
  { name: 'zeros in front of the first start code are dropped', units: ['00000001 65 8884'], keys: [true] },
];

function split(pieces: readonly Uint8Array[]): AccessUnit[] {
  const splitter = new AccessUnitSplitter();
  const units = pieces.flatMap((piece) => splitter.push(piece));
  const last = splitter.finish();
  return last ? [...units, last] : units;
}

for (const { name, units, keys } of rows) {
  it(`AccessUnitSplitter: ${name}`, () => {
    const stream = hex(units.join(''));
    const expected = units.map((unit) => unit.replaceAll(' ', ''));
    for (const step of [1, 2, 3, 5, stream.length]) {
      const pieces = Array.from({ length: Math.ceil(stream.length / step) }, (_, i) =>
        stream.slice(i * step, (i + 1) * step),
      );
      const got = split(pieces);
      assert.equal(got.map(toHex), expected, `in pieces of ${step}`);
      assert.equal(
        got.map((unit) => unit.isKey),
        keys,
        `in pieces of ${step}`,
      );
    }
  });
}

it('AccessUnitSplitter gives the sequence parameter set without its start code', () => {
  const [unit, next] = split([hex(SPS + PPS + IDR + SLICE)]);
  assert.is(Buffer.from(unit!.sequenceParameterSet!).toString('hex'), '6764001fac');
  assert.is(next!.sequenceParameterSet, undefined);
});

it('AccessUnitSplitter drops what has no picture', () => {
  assert.equal(split([hex(SPS + PPS)]), []);
  assert.equal(split([hex(IDR + AUD)]).map(toHex), [IDR.replaceAll(' ', '')]);
  assert.equal(split([]), []);
});

it('AccessUnitSplitter loses no picture when the stream is cut at any byte', () => {
  const stream = hex(AUD + SPS + PPS + IDR + AUD + SLICE);
  for (let cut = 0; cut <= stream.length; cut++) {
    const units = split([stream.subarray(0, cut)]);
    const bytes = Buffer.concat(units.map((unit) => unit.data));
    assert.is(Buffer.compare(bytes, stream.subarray(0, bytes.length)), 0, `cut at ${cut}`);
  }
});

it('AccessUnitSplitter refuses bytes in front of the first start code', () => {
  assert.throws(() => split([hex(`00 ff 00 ${IDR} ${IDR}`)]), /byte 1 is not part of a start code/);
});

it('AccessUnitSplitter refuses a stream without boundaries', () => {
  const splitter = new AccessUnitSplitter();
  splitter.push(hex(IDR));
  assert.throws(
    () => splitter.push(new Uint8Array(MAX_ACCESS_UNIT_BYTES).fill(0xff)),
    /no access unit boundary within 32 MiB/,
  );
});

const camera = new URL('../../../shared/media/camera.h264', import.meta.url);
const cameraName = 'accessUnits() finds the access units of a camera recording';
if (existsSync(camera)) {
  it(cameraName, async () => {
    const { sizes } = JSON.parse(readFileSync(new URL(`${camera.href}.json`), 'utf8')) as { sizes: number[] };
    const recording = readFileSync(camera);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < recording.length; at += 10_007) yield recording.subarray(at, at + 10_007);
    }
    const got: number[] = [];
    for await (const unit of accessUnits(pieces())) got.push(unit.data.length);
    assert.equal(got, sizes);
  });
} else {
  skip(cameraName, '../shared/media is not there');
}

it.run();
