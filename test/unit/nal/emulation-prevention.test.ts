/** Emulation prevention taken out: the cases of the standards, a naive twin over random input, and input made to be slow. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Core } from '../../../sdk/core/core.ts';
import { annexBToAvcc, nalUnitPayload } from '../../../sdk/core/nal.ts';
import { KvsError } from '../../../sdk/errors.ts';
import { fromHex, toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { annexBToAvccPayloadsTwin, unitPayloadTwin } from './annexb-twin.ts';

const emulation = suite('emulation prevention');

const SEED = 20_261_126;
const LARGE_BYTES = 1 << 20;
console.log(`emulation prevention: fast-check seed ${SEED}`);

/** Units, and what is left of them. Source: ITU-T H.264 §7.3.1, §7.4.1. */
const UNITS: readonly (readonly [name: string, unit: string, left: string])[] = [
  ['nothing', '', ''],
  ['one byte', '67', '67'],
  ['nothing to take out', '670102030405', '670102030405'],
  ['in front of each value that needs it', '67 00000300 00000301 00000302 00000303', '67 000000 000001 000002 000003'],
  ['in front of a value that does not need it', '670000030441', '6700000441'],
  ['at the end, behind a cabac_zero_word', '41aa000003', '41aa0000'],
  ['several cabac_zero_words at the end', '41aa000003000003', '41aa00000000'],
  ['the byte behind it is not one itself', '6700000303', '67000003'],
  ['one zero in front', '67000300', '67000300'],
  ['three zeros in front', '6700000003aa', '67000000aa'],
  ['at the very beginning', '00000301', '000001'],
  ['zeros at the end', '67000000', '67000000'],
];

/** Annex-B, and the lengths and units that come of it; null for a refusal. */
const FRAMES: readonly (readonly [name: string, input: string, output: string | null])[] = [
  ['nothing', '', ''],
  ['a length counts what is left', '00000001670000030141', '0000000567000001 41'],
  ['of each unit', '000001670000030100000001680000030000000141', '0000000467000001000000036800000000000141'],
  ['in front of the first start code nothing is taken out', '00000301000001670000 0300', '000003010000000467000000'],
  ['no start code at all', '6700000301', '6700000301'],
  ['an empty unit', '000001000001650000 03', '0000000000000003650000'],
  ['a start code at the end', '0000000165000003aa000001', '0000000465 0000aa00000000'],
  ['four zeros that arise are nothing bad', '00000001650000030000 03aa', '00000006650000 0000aa'],
  ['four zeros that stand there are', '000000016500000000 03', null],
];

function convert(core: Core, input: Uint8Array): string | null {
  try {
    return toHex(annexBToAvcc(core, input, { removeEmulationPrevention: true }));
  } catch (error) {
    assert.ok(error instanceof KvsError);
    assert.is(error.code, 'STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA');
    return null;
  }
}

const bytesHex = (bytes: readonly number[] | Uint8Array | null): string | null =>
  bytes === null ? null : toHex(Uint8Array.from(bytes));

/** Bytes in which start codes and emulation prevention are frequent, at all alignments. */
const media = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom('000003', '000001', '00000001', '00000300', '0000', '03', '00', '01') },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 130 }).map((length) => 'a5'.repeat(length)) },
    ),
    { maxLength: 24 },
  )
  .map((parts) => fromHex(parts.join('')));

for (const flavour of FLAVOURS) {
  const core = loadCore(flavour);

  for (const [name, unit, left] of UNITS) {
    emulation(`unit: ${name} [${flavour}]`, () => {
      assert.is(toHex(nalUnitPayload(core, fromHex(unit))), left.replaceAll(' ', ''));
    });
  }

  for (const [name, input, output] of FRAMES) {
    emulation(`frame: ${name} [${flavour}]`, () => {
      assert.is(convert(core, fromHex(input)), output?.replaceAll(' ', '') ?? null);
    });
  }

  emulation(`agrees with the twin on random input, which it leaves as it was [${flavour}]`, () => {
    const property = fc.property(media, (input) => {
      const before = toHex(input);
      assert.is(convert(core, input), bytesHex(annexBToAvccPayloadsTwin(input)));
      assert.is(toHex(nalUnitPayload(core, input)), bytesHex(unitPayloadTwin([...input])));
      assert.is(toHex(input), before);
    });
    fc.assert(property, { seed: SEED, numRuns: 2000 });
  });

  emulation(`at every alignment, and cut at every byte [${flavour}]`, () => {
    for (let position = 0; position < 150; position++) {
      const unit = fromHex(`${'ff'.repeat(position)}00000301${'ee'.repeat(150 - position)}`);
      assert.is(toHex(nalUnitPayload(core, unit)), bytesHex(unitPayloadTwin([...unit])), `at ${position}`);
    }
    const frame = fromHex('0000016700000300000301aa00000001680000030000010000030000');
    for (let length = 0; length <= frame.length; length++) {
      const cut = frame.slice(0, length);
      assert.is(convert(core, cut), bytesHex(annexBToAvccPayloadsTwin(cut)), `${length} bytes`);
    }
  });

  emulation(`takes time in proportion, whatever the input [${flavour}]`, () => {
    for (const pattern of ['000003', '000001', '00000001', '000003000001', '0001', '00000141']) {
      const input = fromHex(pattern.repeat(Math.floor((2 * LARGE_BYTES) / pattern.length)));
      const startedMs = performance.now();
      annexBToAvcc(core, input, { removeEmulationPrevention: true });
      nalUnitPayload(core, input);
      // A few milliseconds; quadratic time would be minutes.
      const elapsedMs = performance.now() - startedMs;
      assert.ok(elapsedMs < 2000, `${pattern}: ${elapsedMs} ms`);
    }
  });
}

emulation.run();
