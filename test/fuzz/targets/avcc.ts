/** AVCC → Annex-B, and back where no unit holds what looks like a start code. */
import { statusName } from '../../../sdk/status.ts';
import { BYTE_MUTATORS } from '../mutate/bytes.ts';
import { AVCC_MUTATORS } from '../mutate/nal.ts';
import { asText, type Bench, demand, magnitude, type Outcome, type Target } from '../target.ts';

const LENGTH_BYTES = 4;

const unit = (...bytes: readonly number[]): number[] => [0, 0, bytes.length >> 8, bytes.length & 255, ...bytes];
const filled = (header: number, length: number): number[] => [
  header,
  ...Array.from({ length }, (_, i) => (i % 250) + 1),
];

const SEEDS: ReadonlyMap<string, Uint8Array> = new Map([
  ['one-slice', Uint8Array.from(unit(...filled(0x65, 300)))],
  ['parameter-sets', Uint8Array.from([...unit(0x67, 100, 0, 40), ...unit(0x68, 1, 2), ...unit(...filled(0x65, 60))])],
  ['empty-unit', Uint8Array.from([...unit(), ...unit(0x41, 1)])],
  ['start-codes-inside', Uint8Array.from(unit(0x41, 0, 0, 1, 0, 0, 0, 1, 7))],
]);

/** The units, or null when the lengths do not fit. */
export function unitsOf(input: Uint8Array): Uint8Array[] | null {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const units: Uint8Array[] = [];
  let at = 0;
  while (at + LENGTH_BYTES <= input.length) {
    const end = at + LENGTH_BYTES + view.getUint32(at);
    if (end > input.length) return null;
    units.push(input.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return at === input.length && units.length > 0 ? units : null;
}

/** Emulation prevention keeps such units out of real media. A last unit may end in zeros, one in front of a start code may not. */
const isPlain = (bytes: Uint8Array): boolean => bytes.length > 0 && !/\0\0[\0-\x03]|\0$/.test(asText(bytes));

function run({ core, memory, isSplit }: Bench, input: Uint8Array): Outcome {
  memory.place(input, { isSplit });
  const status = core.run((exports) => exports.nalAvccToAnnexB(memory.address, input.length));
  memory.check();
  const units = unitsOf(input);
  const annexB = memory.read(memory.address, input.length);
  if (status < 0) {
    demand(units === null, () => `refused with ${statusName(-status)}, and is well-formed`);
    demand(asText(annexB) === asText(input), () => 'refused, and changed');
    return { agreed: String(status), kind: statusName(-status) };
  }
  demand(units !== null, () => 'took lengths that do not fit');
  const expected = units.map((bytes) => `\0\0\0\x01${asText(bytes)}`).join('');
  demand(asText(annexB) === expected, () => 'the units are not behind four-byte start codes');
  if (units.every(isPlain)) {
    memory.place(annexB, { isSplit });
    const size = core.run((exports) => exports.nalAnnexBToAvcc(memory.address, annexB.length, 0));
    memory.check();
    demand(size === input.length, () => `the way back gives ${size} instead of ${input.length}`);
    demand(
      asText(memory.read(memory.address, size)) === asText(input),
      () => 'the way there and back changed the units',
    );
  }
  return { agreed: asText(annexB), kind: `${Math.min(8, units.length)} units, ${magnitude(input.length)}` };
}

/** A refusal is soon found: beside it, what checks a conversion would look like time that explodes. */
function work({ core, memory, isSplit }: Bench, input: Uint8Array): void {
  memory.place(input, { isSplit });
  core.run((exports) => exports.nalAvccToAnnexB(memory.address, input.length));
}

export const avcc: Target = {
  name: 'avcc',
  knobBytes: 0,
  maxBytes: 8192,
  mutators: [...BYTE_MUTATORS, ...AVCC_MUTATORS, ...AVCC_MUTATORS],
  seeds: () => SEEDS,
  run,
  work,
};
