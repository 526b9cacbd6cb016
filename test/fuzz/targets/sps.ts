/** Sequence parameter sets of H.264 (first byte even) and H.265 (odd), in any form of codec private data. */
import { statusName } from '../../../sdk/status.ts';
import { bytesOf } from '../../support/mkv-builder.ts';
import { BYTE_MUTATORS } from '../mutate/bytes.ts';
import { ANNEXB_MUTATORS, BIT_MUTATORS } from '../mutate/nal.ts';
import { asText, type Bench, demand, magnitude, type Outcome, type Target } from '../target.ts';
import { H264_PRIVATE_DATA, H265_PRIVATE_DATA } from './parameter-sets.ts';

/** `assembly/nal/picture-format.ts` */
const FORMAT_BYTES = 24;
const MAX_DIMENSION = 65_535;

function run({ core, memory, isSplit }: Bench, input: Uint8Array): Outcome {
  const isH265 = ((input[0] ?? 0) & 1) === 1;
  const data = input.subarray(1);
  memory.place(data, { isSplit, outputBytes: FORMAT_BYTES });
  const parse = isH265 ? 'h265PictureFormat' : 'h264PictureFormat';
  const status = core.run((exports) => exports[parse](memory.address, data.length, memory.outputAddress));
  memory.check();
  demand(asText(memory.read(memory.address, data.length)) === asText(data), () => 'changed its input');
  if (status < 0) {
    demand(memory.isOutputUntouched(FORMAT_BYTES), () => 'wrote a format and failed');
    return { agreed: String(status), kind: `${isH265} ${statusName(-status)}` };
  }
  const format = new Uint32Array(memory.read(memory.outputAddress, FORMAT_BYTES).buffer);
  const [width = 0, height = 0, profile = 0, , numerator = 0, denominator = 0] = format;
  demand(width <= MAX_DIMENSION && height <= MAX_DIMENSION, () => `a picture of ${width} × ${height}`);
  demand((numerator === 0) === (denominator === 0), () => `a rate of ${numerator} / ${denominator}`);
  return { agreed: format.join(), kind: `${isH265} ${profile} ${magnitude(width)} ${magnitude(numerator)}` };
}

const withKnob = (knob: number, seeds: ReadonlyMap<string, Uint8Array>, prefix: string): Array<[string, Uint8Array]> =>
  [...seeds].map(([name, bytes]) => [`${prefix}-${name}`, bytesOf([knob], bytes)]);

export const sps: Target = {
  name: 'sps',
  knobBytes: 1,
  maxBytes: 4096,
  mutators: [...BYTE_MUTATORS, ...ANNEXB_MUTATORS, ...BIT_MUTATORS, ...BIT_MUTATORS],
  seeds: () => new Map([...withKnob(0, H264_PRIVATE_DATA, 'h264'), ...withKnob(1, H265_PRIVATE_DATA, 'h265')]),
  run,
};
