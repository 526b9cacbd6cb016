/** AVCDecoderConfigurationRecords given where Annex-B is to be adapted: passed through when they are whole, refused when they are not. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Core } from '../../../sdk/core/core.ts';
import { h264CodecPrivateData } from '../../../sdk/core/nal.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { KvsError } from '../../../sdk/errors.ts';
import {
  ANNEXB_PARAMETER_SETS,
  AVCC_RECORD,
  fromHex,
  openFixture,
  PLAIN_VIDEO,
  putAt,
  readAll,
  toHex,
} from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';

const records = suite('avcC');

const SPS = '67640034ac2b401e0078d808800001f40000ea6047a550';
const PPS = '68ee3cb0';
const unit = (hex: string): string => (hex.length / 2).toString(16).padStart(4, '0') + hex;
const HEAD = '01640034ff';

/** Whole records, ISO/IEC 14496-15 §5.3.3.1.2. */
const WHOLE: readonly (readonly [name: string, record: string])[] = [
  ['one of each set', toHex(AVCC_RECORD)],
  ['with the fields of the high profiles', `${toHex(AVCC_RECORD)}fdf8f800`],
  ['with lengths of two bytes', `01640034fde1${unit(SPS)}01${unit(PPS)}`],
  ['with two of each', `${HEAD}e2${unit(SPS)}${unit('67640034aa')}02${unit(PPS)}${unit('68ee')}`],
  ['without a picture parameter set', `${HEAD}e1${unit(SPS)}00`],
];

/** Records that claim more than they hold. */
const BROKEN: readonly (readonly [name: string, record: string])[] = [
  ['an SPS that is longer than the record', `${HEAD}e1ffff${SPS}01${unit(PPS)}`],
  ['a PPS that is longer than the record', `${HEAD}e1${unit(SPS)}01ffff${PPS}`],
  ['more SPS than there are', `${HEAD}ff${unit(SPS)}01${unit(PPS)}`],
  ['more PPS than there are', `${HEAD}e1${unit(SPS)}ff${unit(PPS)}`],
];

/** The bytes of a stream with this codec private data, or the code of the refusal. */
function outcome(core: Core, codecPrivateData: Uint8Array): string {
  const store = core.openStore(1 << 16);
  try {
    const stream = store.openStream({
      ...PLAIN_VIDEO,
      adaptCodecPrivateData: true,
      tracks: [{ trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_MPEG4/ISO/AVC', codecPrivateData }],
    });
    putAt(stream, 0, true);
    stream.beginSession();
    return toHex(readAll(stream));
  } catch (error) {
    assert.ok(error instanceof KvsError, String(error));
    return error.code;
  } finally {
    store.dispose();
  }
}

const codecPrivate = (record: string): string => `63a2${(0x80 + record.length / 2).toString(16)}${record}1f43b675`;

for (const flavour of FLAVOURS) {
  const core = loadCore(flavour);

  for (const [name, record] of WHOLE) {
    records(`${name}: passed through as it is [${flavour}]`, () => {
      const bytes = outcome(core, fromHex(record));
      assert.ok(bytes.includes(codecPrivate(record)), bytes);
      assert.ok(bytes.includes('e010000008b0820f00ba820780'), 'the size of the picture is read');
    });
  }

  for (const [name, record] of BROKEN) {
    records(`${name}: refused [${flavour}]`, () => {
      assert.is(outcome(core, fromHex(record)), 'STATUS_MKV_INVALID_H264_H265_CPD');
    });
  }

  records(`a refused record leaves the one that was there [${flavour}]`, () => {
    const { store, stream } = openFixture(core, { adaptCodecPrivateData: true });
    for (const [name, record] of BROKEN) {
      assert.is(stream.setCodecPrivateData(1, fromHex(record)), -STATUS.STATUS_MKV_INVALID_H264_H265_CPD, name);
    }
    putAt(stream, 0, true);
    stream.beginSession();
    assert.ok(toHex(readAll(stream)).includes(codecPrivate(toHex(AVCC_RECORD))));
    store.dispose();
  });

  records(`cut at every byte: refused [${flavour}]`, () => {
    for (let length = 1; length < AVCC_RECORD.length; length++) {
      assert.match(outcome(core, AVCC_RECORD.slice(0, length)), /^STATUS_MKV_/, `${length} bytes`);
    }
  });

  records(`Annex-B cut at every byte: a record of what is left, or refused [${flavour}]`, () => {
    for (let length = 0; length < ANNEXB_PARAMETER_SETS.length; length++) {
      const cut = ANNEXB_PARAMETER_SETS.slice(0, length);
      try {
        const record = toHex(h264CodecPrivateData(core, cut));
        const pps = toHex(cut.slice(31));
        assert.is(record, `${HEAD}e1${unit(SPS)}01${unit(pps)}`, `${length} bytes`);
      } catch (error) {
        assert.ok(error instanceof KvsError && length < 32, `${length} bytes: ${String(error)}`);
      }
    }
  });

  records(`empty units and start codes at the end do not matter [${flavour}]`, () => {
    for (const input of [
      `00000100000001${SPS}000001${PPS}`,
      `000001${SPS}00000100000001${PPS}`,
      `000001${SPS}000001${PPS}00000001`,
      `000001${SPS}0000010910000001${PPS}000001`,
    ]) {
      assert.is(toHex(h264CodecPrivateData(core, fromHex(input))), toHex(AVCC_RECORD), input);
    }
    const trailing = h264CodecPrivateData(core, fromHex(`000001${SPS}000001${PPS}0000`));
    assert.is(
      toHex(trailing),
      `${HEAD}e1${unit(SPS)}01${unit(`${PPS}0000`)}`,
      'zeros at the end belong to the last unit',
    );
  });
}

records.run();
