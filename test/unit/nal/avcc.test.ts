/** AVCC → Annex-B: lengths are checked before anything is written. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { avccToAnnexB } from '../../../sdk/core/nal.ts';
import { KvsError } from '../../../sdk/errors.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { fromHex, openFixture, readAll, toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';

const avcc = suite('avcc');

const VALID: readonly (readonly [input: string, output: string])[] = [
  ['00000000', '00000001'],
  ['0000000165', '0000000165'],
  ['0000000402030405000000000000000106', '0000000102030405000000010000000106'],
];

const REFUSED = [
  '',
  '00',
  '000000',
  '00000001',
  '0000000200',
  'ffffffff00',
  '7fffffff00000000',
  '800000000000000000',
  '0000000402030405000000',
  '00000004020304050000000A0000000106',
];

for (const flavour of FLAVOURS) {
  avcc(`well-formed frames [${flavour}]`, () => {
    const core = loadCore(flavour);
    for (const [input, output] of VALID) {
      assert.is(toHex(avccToAnnexB(core, fromHex(input))), output);
    }
  });

  avcc(`lengths that do not fit are refused, and nothing is changed [${flavour}]`, () => {
    const core = loadCore(flavour);
    for (const input of REFUSED) {
      const bytes = fromHex(input);
      const address = core.scratch(bytes);
      const status = core.exports.nalAvccToAnnexB(address, bytes.length);
      assert.is(status, -STATUS.STATUS_MKV_INVALID_AVCC_NALU_IN_FRAME_DATA, input);
      assert.is(toHex(core.bytes.slice(address, address + bytes.length)), input.toLowerCase());
      assert.throws(
        () => avccToAnnexB(core, bytes),
        (error: unknown) => error instanceof KvsError,
      );
    }
  });

  avcc(`a frame cut at every byte [${flavour}]`, () => {
    const core = loadCore(flavour);
    const whole = fromHex('00000003656667000000024142');
    const cuts = [7, 13];
    for (let length = 0; length <= whole.length; length++) {
      const address = core.scratch(whole.subarray(0, length));
      assert.is(core.exports.nalAvccToAnnexB(address, length) === 0, cuts.includes(length), `${length} bytes`);
    }
  });

  avcc(`a refused frame does not stop the stream [${flavour}]`, () => {
    const { store, stream } = openFixture(loadCore(flavour), { nal: 'avcc-to-annexb' });
    stream.beginSession();
    assert.is(
      stream.putFrame(1, fromHex('0000000565'), 1, 0, 0, 0),
      -STATUS.STATUS_MKV_INVALID_AVCC_NALU_IN_FRAME_DATA,
    );
    assert.is(store.usedBytes, 0);
    assert.is(stream.putFrame(1, fromHex('0000000165'), 1, 0, 0, 0), 2);
    assert.ok(toHex(readAll(stream)).endsWith('a30100000000000009810000800000000165'));
  });
}

avcc.run();
