/** Annex-B → AVCC: a table with the cases of the specification, and a naive twin over random input. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Core } from '../../../sdk/core/core.ts';
import { annexBToAvcc, avccToAnnexB } from '../../../sdk/core/nal.ts';
import { KvsError } from '../../../sdk/errors.ts';
import { fromHex, openFixture, readAll, toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { annexBToAvccTwin } from './annexb-twin.ts';

const SEED = 20_260_902;
const BLOCK_HEAD_BYTES = 13;

const annexB = suite('annex b');
console.log(`annex b: fast-check seed ${SEED}`);

/** Input and output; null for a refusal. */
const ROWS: readonly (readonly [name: string, input: string, output: string | null])[] = [
  ['nothing', '', ''],
  ['one byte without a start code', '01', '01'],
  ['zeros alone', '00000000000000000000', '00000000000000000000'],
  ['no start code', '01000000020202', '01000000020202'],
  ['a start code of three bytes alone', '000001', '00000000'],
  ['a start code of four bytes alone', '00000001', '00000000'],
  ['four-byte code', '00000001020202', '00000003020202'],
  ['three-byte code grows', '00000102020202020202', '0000000702020202020202'],
  ['zeros at the end belong to the last unit', '0000000100000000', '0000000400000000'],
  ['bytes in front of the first code stay as they are', '010000010001', '01000000020001'],
  ['an empty unit between two codes', '01000000010000000100', '01000000000000000100'],
  ['mixed codes', '0000000165aabb00000141cc', '0000000365aabb0000000241cc'],
  ['codes of one byte units, growing twice', '01000001010000010100', '010000000101000000020100'],
  ['two zeros and no code', '00000001000002', '00000003000002'],
  ['three zeros and no code', '0000000100000002', '0000000400000002'],
  ['four zeros in front of a code', '0000000001', null],
  ['four zeros inside', '00000001010000000005', null],
  ['ten zeros in front of a byte', '000000000000000000000a', null],
];

function convert(core: Core, input: Uint8Array): string | null {
  try {
    return toHex(annexBToAvcc(core, input));
  } catch (error) {
    assert.ok(error instanceof KvsError);
    assert.is(error.code, 'STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA');
    return null;
  }
}

/** The frame as a stream stores it: the payload of the one block that is read. */
function throughStream(core: Core, input: Uint8Array): string | null {
  const { store, stream } = openFixture(core, { nal: 'annexb-to-avcc' });
  try {
    stream.beginSession();
    const anchor = Uint8Array.of(9);
    assert.is(stream.putFrame(1, anchor, 1, 0, 0, 0), 2);
    readAll(stream);
    const used = store.usedBytes;
    if (stream.putFrame(1, input, 0, 1000, 1000, 0) < 0) {
      assert.is(store.usedBytes, used, 'a refused frame leaves nothing behind');
      return null;
    }
    return toHex(readAll(stream).subarray(BLOCK_HEAD_BYTES));
  } finally {
    store.dispose();
  }
}

/** Bytes in which start codes, and what almost is one, are frequent; runs of other bytes bring all alignments. */
const media = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom('000001', '00000001', '0000', '000003', '000000', '01', '00', '0000000001'),
      },
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 130 }).map((length) => 'a5'.repeat(length)) },
    ),
    { maxLength: 24 },
  )
  .map((parts) => fromHex(parts.join('')));

for (const flavour of FLAVOURS) {
  for (const [name, input, output] of ROWS) {
    annexB(`${name} [${flavour}]`, () => {
      assert.is(convert(loadCore(flavour), fromHex(input)), output);
    });
  }

  annexB(`agrees with the twin on random input [${flavour}]`, () => {
    const core = loadCore(flavour);
    const property = fc.property(media, (input) => {
      const twin = annexBToAvccTwin(input);
      assert.is(convert(core, input), twin === null ? null : toHex(twin));
    });
    fc.assert(property, { seed: SEED, numRuns: 2000 });
  });

  annexB(`a start code at every alignment [${flavour}]`, () => {
    const core = loadCore(flavour);
    for (let position = 0; position < 150; position++) {
      for (const code of ['000001', '00000001']) {
        const input = fromHex(`${'ff'.repeat(position)}${code}${'ee'.repeat(200 - position)}`);
        assert.is(convert(core, input), toHex(annexBToAvccTwin(input) ?? new Uint8Array()), `${code} at ${position}`);
      }
    }
  });

  annexB(`many start codes [${flavour}]`, () => {
    const core = loadCore(flavour);
    for (const code of ['000001', '00000001']) {
      for (const count of [300, 5000]) {
        const input = fromHex(Array.from({ length: count }, (_, i) => `${code}${'c7'.repeat(i % 5)}`).join(''));
        assert.is(convert(core, input), toHex(annexBToAvccTwin(input) ?? new Uint8Array()), `${count} of ${code}`);
      }
    }
  });

  annexB(`units of every length, moved by every distance [${flavour}]`, () => {
    const core = loadCore(flavour);
    const unit = (length: number): string =>
      Array.from({ length }, (_, i) => toHex(Uint8Array.of(2 + (i % 253)))).join('');
    for (const codes of [1, 7, 16, 40]) {
      const lengths = Array.from({ length: 300 }, (_, i) => i);
      const input = fromHex(
        [...lengths.map((length) => `000001${unit(length)}`), ...Array.from({ length: codes }, () => '00000105')].join(
          '',
        ),
      );
      assert.is(convert(core, input), toHex(annexBToAvccTwin(input) ?? new Uint8Array()), `${codes} more codes`);
      for (const length of lengths) {
        const short = fromHex(`00000001${unit(length)}${'00000105'.repeat(codes)}`);
        assert.is(convert(core, short), toHex(annexBToAvccTwin(short) ?? new Uint8Array()), `${length}, ${codes}`);
      }
    }
  });

  annexB(`units that are longer than a three-byte code can say between the passes [${flavour}]`, () => {
    const core = loadCore(flavour);
    const limit = 0x7fffff;
    for (const length of [limit - 1, limit, limit + 1]) {
      for (const code of ['000001', '00000001']) {
        const before = fromHex(`00000109f0${code}`);
        const behind = fromHex('000001c5c6000000010d00000165');
        const input = new Uint8Array(before.length + length + behind.length).fill(0xb5);
        input.set(before);
        input.set(behind, before.length + length);
        const expected = new Uint8Array(input.length + (code === '000001' ? 4 : 3)).fill(0xb5);
        expected.set(fromHex(`0000000209f0${length.toString(16).padStart(8, '0')}`));
        expected.set(fromHex('00000002c5c6000000010d0000000165'), 10 + length);
        const actual = annexBToAvcc(core, input);
        assert.is(Buffer.compare(actual, expected), 0, `${length} bytes behind ${code}`);
      }
    }
  });

  annexB(`through a stream, in the slack and beyond it [${flavour}]`, () => {
    const core = loadCore(flavour);
    for (const count of [1, 2, 47, 48, 49, 500, 3000]) {
      const input = fromHex(`${'00000141c5'.repeat(count)}00000165${'b7'.repeat(300)}`);
      assert.is(throughStream(core, input), toHex(annexBToAvccTwin(input) ?? new Uint8Array()), `${count} short codes`);
    }
    const property = fc.property(
      media.filter((input) => input.length > 0),
      (input) => {
        const twin = annexBToAvccTwin(input);
        assert.is(throughStream(core, input), twin === null ? null : toHex(twin));
      },
    );
    fc.assert(property, { seed: SEED, numRuns: 300 });
  });

  annexB(`back again is the same units behind four-byte codes [${flavour}]`, () => {
    const core = loadCore(flavour);
    const units = fc.array(fc.uint8Array({ min: 2, max: 255, minLength: 1, maxLength: 40 }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(units, (payloads) => {
        const input = fromHex(payloads.map((payload) => `00000001${toHex(payload)}`).join(''));
        assert.is(toHex(avccToAnnexB(core, annexBToAvcc(core, input))), toHex(input));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
}

annexB.run();
