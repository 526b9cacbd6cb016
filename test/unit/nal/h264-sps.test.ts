/** Picture size from H.264 sequence parameter sets, found in all forms of codec private data. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Core } from '../../../sdk/core/core.ts';
import { h264CodecPrivateData, h264PictureFormat } from '../../../sdk/core/nal.ts';
import { KvsError } from '../../../sdk/errors.ts';
import { ANNEXB_PARAMETER_SETS, AVCC_RECORD, fromHex, toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { type SpsFields, writeSps } from './sps-writer.ts';

const sps = suite('h264 sps');

/** Device and test streams with sizes known from elsewhere (ffprobe). */
const KNOWN: readonly (readonly [name: string, cpd: string, size: string])[] = [
  ['bare SPS', '6742401f965402802dc868ce3880', '1280x720'],
  ['annex b, baseline', '000000016742401f965402802dc80000000168ce3880', '1280x720'],
  ['annex b, main', '000000016742001ea9501407b42000007d00001d4c00800000000168ce3c80', '640x480'],
  [
    'record, high',
    '01640028ffe1002e67640028ac2ca401e0089f97ff0001000152020202800001f48000753070100016e36000089545f8c7076858b44801000568eb735250fdf8f800',
    '1920x1080',
  ],
  ['record, odd size', '01424015ffe1000a6742403395a01e00b59001000468ce3c80', '1920x1440'],
  [
    'record, emulation prevention behind the size',
    '0142c00dffe100216742c00dab40a0fd080000030008000003014702000c0000060016b1b03c50aa8001000428ce3c80',
    '320x240',
  ],
  [
    'record, high 4:4:4',
    '01f40028ffe1001e67f40028919680780227e27016a0202028000003000800000301b478c19501000468ef3192',
    '1920x1080',
  ],
];

/** Sets with usability information; what ffprobe says about them. */
const RATES: readonly (readonly [cpd: string, profile: number, level: number, frameRate: number | undefined])[] = [
  ['01f4000dffe1001867f4000d91968141fb011000000300100000030320f142aa01000568ce0f1920fff8f800', 244, 13, 25],
  // With overscan, video signal type, chroma location and a sample aspect ratio of its own in front of the timing.
  ['0142c00dffe1001e6742c00dda0507effc004400369c04080adc00000fa40003a9803c50aa8001000468ce0fc8', 66, 13, 30000 / 1001],
];

/** Written here field by field, so that the size is known by construction. */
const WRITTEN: readonly (readonly [name: string, fields: SpsFields, size: string])[] = [
  ['progressive, no cropping', { profile: 66, widthMbs: 40, heightMapUnits: 30 }, '640x480'],
  ['cropped 4:2:0', { profile: 100, widthMbs: 120, heightMapUnits: 68, crop: [0, 0, 0, 4] }, '1920x1080'],
  [
    'interlaced: map units are pairs of rows',
    { profile: 100, widthMbs: 120, heightMapUnits: 34, interlaced: true, crop: [0, 0, 0, 2] },
    '1920x1080',
  ],
  [
    'monochrome crops by single pixels',
    { profile: 100, chroma: 0, widthMbs: 10, heightMapUnits: 10, crop: [1, 2, 3, 4] },
    '157x153',
  ],
  ['4:2:2', { profile: 122, chroma: 2, widthMbs: 10, heightMapUnits: 10, crop: [1, 0, 1, 0] }, '158x159'],
  [
    '4:4:4 with its twelve scaling lists',
    { profile: 244, chroma: 3, widthMbs: 20, heightMapUnits: 15, scaling: true },
    '320x240',
  ],
  ['scaling lists of 4:2:0', { profile: 100, widthMbs: 20, heightMapUnits: 15, scaling: true }, '320x240'],
  ['picture order count type 1', { profile: 77, widthMbs: 11, heightMapUnits: 9, pocType: 1 }, '176x144'],
  ['picture order count type 2', { profile: 77, widthMbs: 11, heightMapUnits: 9, pocType: 2 }, '176x144'],
  [
    'emulation prevention in front of the size',
    { profile: 66, zeros: true, spsId: 63, widthMbs: 1000, heightMapUnits: 30 },
    '16000x480',
  ],
];

function dimensions(core: Core, cpd: Uint8Array): string {
  try {
    const { width, height } = h264PictureFormat(core, cpd);
    return `${width}x${height}`;
  } catch (error) {
    assert.ok(error instanceof KvsError, String(error));
    return error.code;
  }
}

for (const flavour of FLAVOURS) {
  for (const [name, cpd, size] of KNOWN) {
    sps(`${name} [${flavour}]`, () => {
      assert.is(dimensions(loadCore(flavour), fromHex(cpd)), size);
    });
  }

  for (const [name, fields, size] of WRITTEN) {
    sps(`${name} [${flavour}]`, () => {
      const core = loadCore(flavour);
      const unit = writeSps(fields);
      assert.is(dimensions(core, unit), size, toHex(unit));
      const record = h264CodecPrivateData(core, fromHex(`00000001${toHex(unit)}0000000168ce3c80`));
      assert.is(dimensions(core, record), size, 'as a record');
    });
  }

  sps(`every set cut at every byte fails, or tells the same size [${flavour}]`, () => {
    const core = loadCore(flavour);
    for (const [name, fields, size] of WRITTEN) {
      const unit = writeSps(fields);
      assert.is(dimensions(core, unit.subarray(0, 7)), 'STATUS_MKV_INVALID_H264_H265_CPD', name);
      for (let length = 8; length < unit.length; length++) {
        const outcome = dimensions(core, unit.subarray(0, length));
        assert.ok(outcome === size || outcome.startsWith('STATUS_'), `${name} cut to ${length}: ${outcome}`);
      }
    }
  });

  sps(`claims that are too large are refused [${flavour}]`, () => {
    const core = loadCore(flavour);
    assert.is(
      dimensions(core, writeSps({ profile: 66, widthMbs: 4096, heightMapUnits: 4 })),
      'STATUS_MKV_INVALID_H264_H265_SPS_WIDTH',
    );
    assert.is(
      dimensions(core, writeSps({ profile: 66, widthMbs: 4, heightMapUnits: 5000 })),
      'STATUS_MKV_INVALID_H264_H265_SPS_HEIGHT',
    );
    assert.is(
      dimensions(core, writeSps({ profile: 66, widthMbs: 2, heightMapUnits: 2, crop: [90, 0, 0, 0] })),
      'STATUS_MKV_INVALID_H264_H265_SPS_WIDTH',
    );
    assert.is(dimensions(core, fromHex('01640034ffe1ffff67640034ac')), 'STATUS_MKV_INVALID_H264_H265_CPD');
    assert.is(dimensions(core, fromHex('67640034ffffffffffffffff')), 'STATUS_BIT_READER_OUT_OF_RANGE');
    assert.is(dimensions(core, fromHex('67640034000000000000000000000000')), 'STATUS_BIT_READER_OUT_OF_RANGE');
    assert.is(dimensions(core, fromHex('e7640034ac2b401e0078')), 'STATUS_MKV_INVALID_H264_H265_SPS_NALU');
  });

  sps(`profile, level and frame rate [${flavour}]`, () => {
    const core = loadCore(flavour);
    for (const [cpd, profile, level, frameRate] of RATES) {
      const format = h264PictureFormat(core, fromHex(cpd));
      assert.equal([format.profile, format.level, format.frameRate], [profile, level, frameRate], cpd);
    }
    const { frameRate } = h264PictureFormat(core, writeSps({ profile: 66, widthMbs: 40, heightMapUnits: 30 }));
    assert.is(frameRate, undefined, 'no usability information');
  });

  sps(`the set with emulation prevention has it [${flavour}]`, () => {
    assert.ok(
      toHex(writeSps({ profile: 66, zeros: true, spsId: 63, widthMbs: 1000, heightMapUnits: 30 })).startsWith(
        '6742000003',
      ),
    );
  });

  sps(`parameter sets become a record and keep their bytes [${flavour}]`, () => {
    const core = loadCore(flavour);
    assert.is(toHex(h264CodecPrivateData(core, ANNEXB_PARAMETER_SETS)), toHex(AVCC_RECORD));
    const parts: readonly (readonly [string, string])[] = [
      ['0000000167640034ac2b401e0078', 'STATUS_MKV_MISSING_PPS_FROM_H264_CPD'],
      ['0000000168ee3cb0000000010910ff', 'STATUS_MKV_MISSING_SPS_FROM_H264_CPD'],
      ['00000001676400', 'STATUS_MKV_MIN_ANNEX_B_CPD_SIZE'],
      ['000000000167640034ac0000000168ee3cb0', 'STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA'],
      ['00000001670000000168ee3cb0', 'STATUS_MKV_INVALID_ANNEXB_NALU_IN_CPD'],
    ];
    for (const [input, code] of parts) {
      assert.throws(
        () => h264CodecPrivateData(core, fromHex(input)),
        (error: unknown) => error instanceof KvsError && error.code === code,
        input,
      );
    }
  });
}

sps.run();
