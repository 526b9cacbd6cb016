/** Annex-B → AVCC, with emulation prevention and without, and back. */
import { statusName } from '../../../sdk/status.ts';
import { annexBToAvccPayloadsTwin, annexBToAvccTwin } from '../../unit/nal/annexb-twin.ts';
import { BYTE_MUTATORS } from '../mutate/bytes.ts';
import { ANNEXB_MUTATORS } from '../mutate/nal.ts';
import { asText, type Bench, demand, type Outcome, magnitude, startsWithCode, type Target } from '../target.ts';

const code = (bytes: 3 | 4): number[] => (bytes === 3 ? [0, 0, 1] : [0, 0, 0, 1]);
const unit = (header: number, length: number): number[] =>
  Array.from({ length }, (_, index) => (index === 0 ? header : ((index * 37) & 0x7f) | 1));

const SEEDS: ReadonlyMap<string, Uint8Array> = new Map([
  ['one-slice', Uint8Array.from([...code(4), ...unit(0x65, 200)])],
  [
    'parameter-sets',
    Uint8Array.from([...code(4), ...unit(0x67, 12), ...code(4), ...unit(0x68, 4), ...code(3), ...unit(0x65, 90)]),
  ],
  ['short-codes', Uint8Array.from([1, 2, 3, 4, 5].flatMap((index) => [...code(3), ...unit(0x41, index * 7)]))],
  ['empty-units', Uint8Array.from([...code(3), ...code(4), 0x65, 0, 0, 3, 1, ...code(3)])],
  ['trailing-zeros', Uint8Array.from([...code(4), ...unit(0x65, 40), 0, 0, 0])],
  [
    'many-units',
    Uint8Array.from(Array.from({ length: 1100 }, (_, index) => [...code(index % 2 === 0 ? 3 : 4), 0x41]).flat()),
  ],
]);

/** Converts in place; the bytes, or minus a status. */
function convert({ memory, core, isSplit }: Bench, input: Uint8Array): Uint8Array | number {
  const roomBytes = Math.ceil(input.length / 3);
  memory.place(input, { isSplit, roomBytes });
  const size = core.run((exports) => exports.nalAnnexBToAvcc(memory.address, input.length, roomBytes));
  memory.check();
  if (size < 0) return size;
  demand(size >= input.length && size <= input.length + roomBytes, () => `${input.length} bytes became ${size}`);
  return memory.read(memory.address - (size - input.length), size);
}

/** Converts and takes emulation prevention out; the bytes, or minus a status. */
function convertToPayloads({ memory, core, isSplit }: Bench, input: Uint8Array): Uint8Array | number {
  const roomBytes = Math.ceil(input.length / 3);
  memory.place(input, { isSplit, roomBytes });
  const size = core.run((exports) => exports.nalAnnexBToAvccPayloads(memory.address, input.length, roomBytes));
  memory.check();
  return size < 0 ? size : memory.read(memory.address - roomBytes, size);
}

function convertBack({ memory, core, isSplit }: Bench, avcc: Uint8Array): Uint8Array | number {
  memory.place(avcc, { isSplit });
  const status = core.run((exports) => exports.nalAvccToAnnexB(memory.address, avcc.length));
  memory.check();
  return status < 0 ? status : memory.read(memory.address, avcc.length);
}

function compareWithTwin(avcc: Uint8Array | number, twin: Uint8Array | null): void {
  if (typeof avcc === 'number') demand(twin === null, () => `refused with ${statusName(-avcc)}, and is well-formed`);
  else demand(twin !== null && asText(avcc) === asText(twin), () => 'converted to something else than by the twin');
}

function run(bench: Bench, input: Uint8Array): Outcome {
  const avcc = convert(bench, input);
  const payloads = convertToPayloads(bench, input);
  if (bench.isSplit) {
    compareWithTwin(avcc, annexBToAvccTwin(input));
    compareWithTwin(payloads, annexBToAvccPayloadsTwin(input));
  }
  if (typeof avcc === 'number') return { agreed: String(avcc), kind: statusName(-avcc) };
  if (startsWithCode(input)) {
    const back = convertBack(bench, avcc);
    demand(typeof back !== 'number', () => 'the converted units are not AVCC');
    // The way back has four-byte start codes throughout, so it converts without growing, to the same units.
    const again = convert(bench, back);
    demand(
      typeof again !== 'number' && asText(again) === asText(avcc),
      () => 'the way there and back changed the units',
    );
  }
  const growth = Math.min(8, avcc.length - input.length);
  return {
    agreed: asText(avcc) + asText(payloads as Uint8Array),
    kind: `grows ${growth} ends ${input.at(-1)} ${magnitude(input.length)}`,
  };
}

/** The conversion alone: a refusal is soon found, and checking a conversion takes longer than making it. */
function work(bench: Bench, input: Uint8Array): void {
  convert(bench, input);
}

export const annexB: Target = {
  name: 'annexb',
  knobBytes: 0,
  maxBytes: 8192,
  mutators: [...BYTE_MUTATORS, ...ANNEXB_MUTATORS, ...ANNEXB_MUTATORS],
  seeds: () => SEEDS,
  run,
  work,
};
