/** H.265 parameter sets: records beside ffmpeg's, picture formats beside ffprobe's, and what is refused. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Core } from '../../../sdk/core/core.ts';
import { h265CodecPrivateData, h265PictureFormat } from '../../../sdk/core/nal.ts';
import { KvsError } from '../../../sdk/errors.ts';
import { fromHex, openFixture, putAt, readAll, toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { KNOWN_RECORDS } from './h265-records.ts';

const h265 = suite('h265 parameter sets');

const HEAD_BYTES = 23;
const AUD = '460150';
const SEI = '4e0105040102030480';
const ARRAY_TYPES = 3;

/** NAL units of a record with one unit in each array: VPS, SPS, PPS. */
function unitsOf(record: string): readonly [string, string, string] {
  const bytes = fromHex(record);
  const units: string[] = [];
  for (let at = HEAD_BYTES; at < bytes.length;) {
    const length = ((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number);
    units.push(toHex(bytes.slice(at + 5, at + 5 + length)));
    at += 5 + length;
  }
  assert.is(units.length, ARRAY_TYPES);
  return units as unknown as readonly [string, string, string];
}

const annexB = (...units: readonly string[]): Uint8Array => fromHex(units.map((unit) => `00000001${unit}`).join(''));

function outcome(call: () => Uint8Array): string {
  try {
    return toHex(call());
  } catch (error) {
    assert.ok(error instanceof KvsError, String(error));
    return error.code;
  }
}

const recordOf = (core: Core, input: Uint8Array): string => outcome(() => h265CodecPrivateData(core, input));

const [FIRST, SECOND] = KNOWN_RECORDS.map(({ record }) => record) as [string, string];
const [VPS, SPS, PPS] = unitsOf(FIRST);
const [OTHER_VPS, OTHER_SPS, OTHER_PPS] = unitsOf(SECOND);

/** First bytes of the record, up to the number of arrays, and after it the arrays. */
const recordWith = (arrays: readonly string[]): string =>
  FIRST.slice(0, 2 * (HEAD_BYTES - 1)) + arrays.length.toString(16).padStart(2, '0') + arrays.join('');
const array = (type: string, ...units: readonly string[]): string =>
  `${type}${units.length.toString(16).padStart(4, '0')}${units
    .map((unit) => (unit.length / 2).toString(16).padStart(4, '0') + unit)
    .join('')}`;

const RECORDS: readonly (readonly [name: string, input: Uint8Array, outcome: string])[] = [
  ['delimiter and message are left out', annexB(AUD, VPS, SPS, PPS, SEI), FIRST],
  ['the order of the record is by type', annexB(PPS, SPS, VPS), FIRST],
  ['three-byte start codes', fromHex(`000001${VPS}000001${SPS}000001${PPS}`), FIRST],
  [
    'all sets of a type, together',
    annexB(VPS, SPS, PPS, OTHER_PPS, OTHER_SPS),
    recordWith([array('20', VPS), array('21', SPS, OTHER_SPS), array('22', PPS, OTHER_PPS)]),
  ],
  ['no VPS', annexB(SPS, PPS), recordWith([array('21', SPS), array('22', PPS)])],
  ['nothing but an SPS', annexB(SPS), 'STATUS_MKV_ANNEXB_CPD_MISSING_NALUS'],
  ['no SPS', annexB(VPS, PPS), 'STATUS_MKV_HEVC_SPS_NALU_MISSING'],
  ['no start code', fromHex(SPS + PPS), 'STATUS_MKV_INVALID_ANNEXB_CPD_NALUS'],
  ['four zeros', fromHex(`0000000001${SPS}00000001${PPS}`), 'STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA'],
  ['fourteen bytes', annexB(SPS).subarray(0, 14), 'STATUS_MKV_MIN_ANNEX_B_CPD_SIZE'],
  ['an SPS that ends in front of its sizes', annexB(SPS.slice(0, 40), PPS), 'STATUS_BIT_READER_OUT_OF_RANGE'],
  ['eight sub-layers', annexB(`42010f${SPS.slice(6)}`, PPS), 'STATUS_MKV_INVALID_H264_H265_SPS_NALU'],
];

for (const flavour of FLAVOURS) {
  const core = loadCore(flavour);

  for (const { name, record, ...format } of KNOWN_RECORDS) {
    h265(`${name}: the record is ffmpeg's, the format ffprobe's [${flavour}]`, () => {
      const sets = annexB(...unitsOf(record));
      assert.is(recordOf(core, sets), record);
      assert.equal(h265PictureFormat(core, fromHex(record)), format, 'from the record');
      assert.equal(h265PictureFormat(core, sets), format, 'from Annex-B');
      assert.equal(h265PictureFormat(core, fromHex(unitsOf(record)[1])), format, 'from the set itself');
    });
  }

  for (const [name, input, expected] of RECORDS) {
    h265(`${name} [${flavour}]`, () => assert.is(recordOf(core, input), expected));
  }

  h265(`a set cut at every byte tells the same size, or is refused [${flavour}]`, () => {
    for (const { record, width, height } of KNOWN_RECORDS) {
      const sps = fromHex(unitsOf(record)[1]);
      for (let length = 8; length < sps.length; length++) {
        try {
          const format = h265PictureFormat(core, sps.subarray(0, length));
          assert.equal([format.width, format.height], [width, height], `${length} bytes`);
        } catch (error) {
          assert.ok(error instanceof KvsError && error.code.startsWith('STATUS_'), String(error));
        }
      }
    }
  });

  h265(`a record cut anywhere in its arrays is refused [${flavour}]`, () => {
    const record = fromHex(FIRST);
    for (let length = 8; length < record.length; length++) {
      assert.throws(
        () => h265PictureFormat(core, record.subarray(0, length)),
        (error: unknown) => error instanceof KvsError,
        `${length} bytes`,
      );
    }
    const empty = fromHex(recordWith(['210000']));
    assert.throws(
      () => h265PictureFormat(core, empty),
      (error: unknown) => error instanceof KvsError && error.code === 'STATUS_MKV_INVALID_HEVC_NALU_COUNT',
    );
  });

  h265(`arrays without a record's head are read as far as they go [${flavour}]`, () => {
    const { width, height } = h265PictureFormat(core, fromHex(FIRST));
    const arrays = fromHex(array('20', VPS) + array('21', SPS, OTHER_SPS) + array('22', PPS));
    const size = (bytes: Uint8Array): string => {
      try {
        const format = h265PictureFormat(core, bytes);
        return `${format.width}x${format.height}`;
      } catch (error) {
        assert.ok(error instanceof KvsError, String(error));
        return error.code;
      }
    };
    assert.is(size(arrays), `${width}x${height}`);
    for (let length = 8; length < arrays.length; length++) {
      assert.match(size(arrays.slice(0, length)), /^(STATUS_MKV_|\d+x\d+$)/, `${length} bytes`);
    }
    assert.is(size(new Uint8Array(40)), 'STATUS_MKV_HEVC_SPS_NALU_MISSING', 'zeros are empty arrays');
    assert.is(size(fromHex(`210001ffff${SPS}`)), 'STATUS_MKV_INVALID_HEVC_SPS_NALU_SIZE', 'an SPS that is too long');
    assert.is(size(fromHex(`20ffff0000${VPS}`)), 'STATUS_MKV_INVALID_HEVC_FORMAT', 'more units than there are');
    assert.is(
      size(fromHex(array('21') + array('22', PPS))),
      'STATUS_MKV_INVALID_HEVC_NALU_COUNT',
      'no SPS in its array',
    );
  });

  const TRACK = { trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_MPEGH/ISO/HEVC' } as const;

  h265(`a record is passed through, and refused when it is broken [${flavour}]`, () => {
    const open = (cpd: Uint8Array): string => {
      const { store, stream } = openFixture(core, {
        tracks: [{ ...TRACK, codecPrivateData: cpd }],
        adaptCodecPrivateData: true,
      });
      putAt(stream, 0, true);
      stream.beginSession();
      const bytes = toHex(readAll(stream));
      store.dispose();
      return bytes;
    };
    const sizeByte = (FIRST.length / 2 + 0x80).toString(16);
    assert.ok(open(fromHex(FIRST)).includes(`e010000008b0820280ba8201e063a2${sizeByte}${FIRST}`));
    assert.throws(
      () => open(fromHex(FIRST).slice(0, -1)),
      (error: unknown) => error instanceof KvsError && error.code === 'STATUS_MKV_INVALID_HEVC_FORMAT',
    );
  });

  for (const [picture, slice] of [
    ['IDR_W_RADL', '2601'],
    ['IDR_N_LP', '2801'],
    ['CRA', '2a01'],
    ['BLA_W_LP', '2001'],
  ] as const) {
    h265(`parameter sets are found in a first key frame that is ${picture} [${flavour}]`, () => {
      const frames = {
        'annexb-to-avcc': annexB(AUD, VPS, SPS, PPS, SEI, `${slice}af08`),
        none: fromHex(
          [AUD, VPS, SPS, PPS, SEI, `${slice}af08`]
            .map((unit) => (unit.length / 2).toString(16).padStart(8, '0') + unit)
            .join(''),
        ),
      } as const;
      for (const nal of ['annexb-to-avcc', 'none'] as const) {
        const { store, stream } = openFixture(core, { tracks: [TRACK], nal, adaptCodecPrivateData: true });
        assert.is(putAt(stream, 0, true, frames[nal]), 2);
        stream.beginSession();
        const bytes = toHex(readAll(stream));
        assert.ok(bytes.includes(FIRST), `${nal}: ${bytes}`);
        assert.ok(bytes.includes('b0820280ba8201e0'), 'the size of the picture');
        store.dispose();
      }
    });
  }

  h265(`VPS of another stream does not matter [${flavour}]`, () => {
    assert.ok(recordOf(core, annexB(OTHER_VPS, SPS, PPS)).startsWith(FIRST.slice(0, 2 * HEAD_BYTES)));
  });
}

h265.run();
