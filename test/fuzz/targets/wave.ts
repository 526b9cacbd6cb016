/** WAVEFORMATEX (first byte even) and BITMAPINFOHEADER (odd). */
import { statusName } from '../../../sdk/status.ts';
import { BYTE_MUTATORS } from '../mutate/bytes.ts';
import { type Bench, demand, type Outcome, type Target } from '../target.ts';

const OUTPUT_BYTES = 12;

const waveFormat = (tag: number): number[] => [tag, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0, 0, 0];
const bitmapInfo = [
  40,
  0,
  0,
  0,
  0x80,
  2,
  0,
  0,
  0xe0,
  1,
  0,
  0,
  1,
  0,
  24,
  0,
  ...Buffer.from('MJPG'),
  ...new Uint8Array(20),
];

const SEEDS: ReadonlyMap<string, Uint8Array> = new Map([
  ['a-law', Uint8Array.from([0, ...waveFormat(6)])],
  ['mu-law', Uint8Array.from([0, ...waveFormat(7)])],
  ['motion-jpeg', Uint8Array.from([1, ...bitmapInfo])],
]);

function run({ core, memory, isSplit }: Bench, input: Uint8Array): Outcome {
  const isBitmap = ((input[0] ?? 0) & 1) === 1;
  const data = input.subarray(1);
  memory.place(data, { isSplit, outputBytes: OUTPUT_BYTES });
  const parse = isBitmap ? 'bitmapPictureSize' : 'waveFormatRead';
  const status = core.run((exports) => exports[parse](memory.address, data.length, memory.outputAddress));
  memory.check();
  if (status < 0) {
    demand(memory.isOutputUntouched(OUTPUT_BYTES), () => 'wrote a format and failed');
    return { agreed: String(status), kind: `${isBitmap} ${statusName(-status)}` };
  }
  const format = new Uint32Array(memory.read(memory.outputAddress, isBitmap ? 8 : OUTPUT_BYTES).buffer);
  return { agreed: format.join(), kind: `${isBitmap}` };
}

export const wave: Target = {
  name: 'wave',
  knobBytes: 1,
  maxBytes: 128,
  mutators: BYTE_MUTATORS,
  seeds: () => SEEDS,
  run,
};
