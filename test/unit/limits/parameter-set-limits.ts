/** Codec private data of pictures: parameter sets in all their forms, and bitmap headers. */
import * as assert from 'uvu/assert';
import type { Core } from '../../../sdk/core/core.ts';
import {
  h264CodecPrivateData,
  h264PictureFormat,
  h265CodecPrivateData,
  h265PictureFormat,
} from '../../../sdk/core/nal.ts';
import { fromHex, toHex } from '../../support/core-fixture.ts';
import { type H265SpsFields, type SubLayerProfile, writeH265Sps } from '../nal/h265-sps-writer.ts';
import { type SpsFields, writeSps } from '../nal/sps-writer.ts';
import { type LimitRow, outcomeOf } from './limit-row.ts';

const CODE = '00000001';
const PPS = '68ce3c80';
const SMALL: SpsFields = { profile: 66, widthMbs: 40, heightMapUnits: 30 };
const SPS = toHex(writeSps(SMALL));
const H265_SPS = toHex(writeH265Sps({ width: 640, height: 480 }));
const H265_PPS = '4401c0';
const VPS = '4001';

const h264Size =
  (cpd: Uint8Array) =>
  (core: Core): string => {
    const { width, height } = h264PictureFormat(core, cpd);
    return `${width}×${height}`;
  };
const h265Size =
  (cpd: Uint8Array) =>
  (core: Core): string => {
    const { width, height } = h265PictureFormat(core, cpd);
    return `${width}×${height}`;
  };
const h264 = (fields: Partial<SpsFields>): ((core: Core) => string) => h264Size(writeSps({ ...SMALL, ...fields }));
const h265 = (fields: Partial<H265SpsFields>): ((core: Core) => string) =>
  h265Size(writeH265Sps({ width: 640, height: 480, ...fields }));
const avcC =
  (hex: string) =>
  (core: Core): string =>
    toHex(h264CodecPrivateData(core, fromHex(hex)));
const hvcC =
  (hex: string) =>
  (core: Core): string =>
    toHex(h265CodecPrivateData(core, fromHex(hex)));

const is =
  (call: (core: Core) => string, expected: string) =>
  (core: Core): void =>
    assert.is(call(core), expected);
/** The length is accepted: what is wrong with these bytes is something else. */
const failsOtherwise =
  (call: (core: Core) => string, code: string) =>
  (core: Core): void =>
    assert.is(
      outcomeOf(() => call(core)),
      code,
    );

const u16 = (value: number): string => value.toString(16).padStart(4, '0');
/** An avcC with this SPS, claimed to have so many bytes; nothing behind it. */
const avcRecord = (sps: string, claimedBytes = sps.length / 2): Uint8Array =>
  fromHex(`0142001effe1${u16(claimedBytes)}${sps}`);
/** An hvcC with these arrays, each `type`, claimed count and units. */
const hevcRecord = (...arrays: readonly string[]): Uint8Array =>
  fromHex(
    `010160000000b0000000000000f000fcfdf8f800000f${arrays.length.toString(16).padStart(2, '0')}${arrays.join('')}`,
  );
const hevcArray = (type: string, count: number, ...units: readonly string[]): string =>
  `${type}${u16(count)}${units.map((unit) => u16(unit.length / 2) + unit).join('')}`;

/** An H.264 SPS of so many bytes: what lies behind its end is not read. */
const longSps = (sizeBytes: number): string => SPS + 'ff'.repeat(sizeBytes - SPS.length / 2);
const withSubLayer = (layer: SubLayerProfile): ((core: Core) => string) => h265({ subLayers: [layer] });

function bitmap(width: number, sizeBytes = 40): Uint8Array {
  const info = new Uint8Array(Math.max(sizeBytes, 40));
  new DataView(info.buffer).setInt32(4, width, true);
  new DataView(info.buffer).setInt32(8, 480, true);
  return info.subarray(0, sizeBytes);
}

/** Width and height, or minus a status. */
function bitmapSize(core: Core, info: Uint8Array): number | number[] {
  const at = core.scratch(new Uint8Array(8), info);
  const status = core.exports.bitmapPictureSize(at + 8, info.length, at);
  return status < 0 ? status : [...core.words.subarray(at >>> 2, (at >>> 2) + 2)];
}

export const PARAMETER_SET_LIMITS: readonly LimitRow[] = [
  {
    limit: 'private data of H.264 or H.265, any form',
    value: 'at least 8 bytes, lengths inside it',
    status: 'STATUS_MKV_INVALID_H264_H265_CPD',
    number: 0x32000012,
    inside: {
      '8, H.264': is(h264Size(fromHex(SPS.padEnd(16, '0'))), '640×480'),
      '8, H.265': failsOtherwise(h265Size(fromHex(H265_SPS.slice(0, 16))), 'STATUS_BIT_READER_OUT_OF_RANGE'),
      'avcC, SPS up to its last byte': is(h264Size(avcRecord(SPS)), '640×480'),
    },
    outside: {
      '7, H.264': h264Size(fromHex(SPS.padEnd(16, '0').slice(0, 14))),
      '7, H.265': h265Size(fromHex(H265_SPS.slice(0, 14))),
      'avcC, SPS one byte too long': h264Size(avcRecord(SPS, SPS.length / 2 + 1)),
    },
  },
  {
    limit: 'Annex-B private data to be adapted',
    value: 'at least 11 bytes of H.264, 15 of H.265',
    status: 'STATUS_MKV_MIN_ANNEX_B_CPD_SIZE',
    number: 0x3200001d,
    inside: {
      '11': is(avcC('00000167420a1e00000168'), '01420a1effe1000467420a1e01000168'),
      '15': failsOtherwise(hvcC('000001400100000142010100000144'), 'STATUS_BIT_READER_OUT_OF_RANGE'),
    },
    outside: { '10': avcC('00000167420a00000168'), '14': hvcC('0000014001000001420100000144') },
  },
  {
    limit: 'SPS of H.264 to be adapted',
    value: '4…65535 bytes, PPS up to 65535; the same for the sets of H.265',
    status: 'STATUS_MKV_INVALID_ANNEXB_NALU_IN_CPD',
    number: 0x32000010,
    inside: {
      '4': is(avcC(`${CODE}67420a1e${CODE}${PPS}`), `01420a1effe1000467420a1e010004${PPS}`),
      '65535': (core) =>
        assert.ok(
          avcC(`${CODE}${longSps(65_535)}${CODE}${PPS}`)(core).startsWith(`01${SPS.slice(2, 8)}ffe1ffff${SPS}`),
        ),
      'a PPS of 65535': (core) =>
        assert.ok(avcC(`${CODE}${SPS}${CODE}68${'ee'.repeat(65_534)}`)(core).includes('01ffff68ee')),
      'a PPS of 65535, H.265': (core) =>
        assert.ok(hvcC(`${CODE}${H265_SPS}${CODE}4401${'ee'.repeat(65_533)}`)(core).includes('220001ffff4401ee')),
    },
    outside: {
      '3': avcC(`${CODE}67420a${CODE}${PPS}`),
      '65536': avcC(`${CODE}${longSps(65_536)}${CODE}${PPS}`),
      'a PPS of 65536': avcC(`${CODE}${SPS}${CODE}68${'ee'.repeat(65_535)}`),
      'a PPS of 65536, H.265': hvcC(`${CODE}${H265_SPS}${CODE}4401${'ee'.repeat(65_534)}`),
    },
  },
  {
    limit: 'SPS in H.264 private data to be adapted',
    value: 'at least 1',
    status: 'STATUS_MKV_MISSING_SPS_FROM_H264_CPD',
    number: 0x3200002b,
    inside: {
      '1': is(avcC(`${CODE}${SPS}${CODE}${PPS}`), `01${SPS.slice(2, 8)}ffe1${u16(SPS.length / 2)}${SPS}010004${PPS}`),
    },
    outside: { '0': avcC(`${CODE}${PPS}${CODE}${PPS}`), 'no start code': avcC(`${SPS}${SPS}`) },
  },
  {
    limit: 'PPS in H.264 private data to be adapted',
    value: 'at least 1',
    status: 'STATUS_MKV_MISSING_PPS_FROM_H264_CPD',
    number: 0x3200002c,
    inside: { '1, in front of the SPS': (core) => assert.ok(avcC(`${CODE}${PPS}${CODE}${SPS}`)(core).endsWith(PPS)) },
    outside: { '0': avcC(`${CODE}${SPS}${CODE}${SPS}`) },
  },
  {
    limit: 'picture width in a parameter set',
    value: '0…65535',
    status: 'STATUS_MKV_INVALID_H264_H265_SPS_WIDTH',
    number: 0x32000013,
    inside: {
      '65535, H.264': is(h264({ profile: 100, chroma: 0, widthMbs: 4096, crop: [0, 1, 0, 0] }), '65535×480'),
      '65535, H.265': is(h265({ width: 65_535 }), '65535×480'),
      '0': is(h264({ profile: 100, chroma: 0, widthMbs: 1, crop: [8, 8, 0, 0] }), '0×480'),
    },
    outside: {
      '65536, H.264': h264({ widthMbs: 4096 }),
      '65536, H.265': h265({ width: 65_536 }),
      '−1': h264({ profile: 100, chroma: 0, widthMbs: 1, crop: [8, 9, 0, 0] }),
      '−2, H.265': h265({ width: 2, crop: [1, 1, 0, 0] }),
    },
  },
  {
    limit: 'picture height in a parameter set',
    value: '0…65535',
    status: 'STATUS_MKV_INVALID_H264_H265_SPS_HEIGHT',
    number: 0x32000014,
    inside: {
      '65535, H.264': is(h264({ profile: 100, chroma: 0, heightMapUnits: 4096, crop: [0, 0, 1, 0] }), '640×65535'),
      '65535, H.265': is(h265({ height: 65_535 }), '640×65535'),
      '0': is(h264({ profile: 100, chroma: 0, heightMapUnits: 1, crop: [0, 0, 8, 8] }), '640×0'),
    },
    outside: {
      '65536, H.264': h264({ heightMapUnits: 4096 }),
      '65536, interlaced': h264({ heightMapUnits: 2048, interlaced: true }),
      '65536, H.265': h265({ height: 65_536 }),
      '−1': h264({ profile: 100, chroma: 0, heightMapUnits: 1, crop: [0, 0, 8, 9] }),
    },
  },
  {
    limit: 'header of an SPS',
    value: 'type 7, forbidden bit 0, reference 1…3; H.265: type 33, 1…7 sub-layers',
    status: 'STATUS_MKV_INVALID_H264_H265_SPS_NALU',
    number: 0x32000015,
    inside: {
      'reference 1': is(h264Size(fromHex(`27${SPS.slice(2)}`)), '640×480'),
      '7 sub-layers': is(h265({ subLayers: Array.from({ length: 6 }, () => ({ profile: 1 })) }), '640×480'),
    },
    outside: {
      'type 8': h264Size(fromHex(`68${SPS.slice(2)}`)),
      'reference 0': h264Size(fromHex(`07${SPS.slice(2)}`)),
      'forbidden bit': h264Size(fromHex(`e7${SPS.slice(2)}`)),
      '8 sub-layers': h265({ subLayers: Array.from({ length: 7 }, () => ({ profile: 1 })) }),
    },
  },
  {
    limit: 'bits of a parameter set',
    value: 'as many as its fields take',
    status: 'STATUS_BIT_READER_OUT_OF_RANGE',
    number: 0x41000001,
    inside: { all: is(h265({}), '640×480') },
    outside: {
      'cut off': h265Size(fromHex(H265_SPS.slice(0, -4))),
      'a number of more than 31 leading zeros': h264Size(fromHex('6742001e0000000000000000')),
    },
  },
  {
    limit: 'BITMAPINFOHEADER',
    value: 'at least 40 bytes; sizes cut to 16 bits',
    status: 'STATUS_MKV_INVALID_BIH_CPD',
    number: 0x32000016,
    inside: {
      '40': (core) => assert.equal(bitmapSize(core, bitmap(640)), [640, 480]),
      'width 65535': (core) => assert.equal(bitmapSize(core, bitmap(65_535)), [65_535, 480]),
      'width 65536': (core) => assert.equal(bitmapSize(core, bitmap(65_536)), [0, 480]),
    },
    outside: { '39': (core) => bitmapSize(core, bitmap(640, 39)), '0': (core) => bitmapSize(core, bitmap(640, 0)) },
  },
  {
    limit: 'NAL units of an SPS array in hvcC',
    value: 'at least 1',
    status: 'STATUS_MKV_INVALID_HEVC_NALU_COUNT',
    number: 0x32000017,
    inside: {
      '1': is(h265Size(hevcRecord(hevcArray('21', 1, H265_SPS))), '640×480'),
      '2, the first counts': is(
        h265Size(hevcRecord(hevcArray('21', 2, H265_SPS, toHex(writeH265Sps({ width: 8, height: 8 }))))),
        '640×480',
      ),
    },
    outside: { '0': h265Size(hevcRecord(hevcArray('21', 0))) },
  },
  {
    limit: 'arrays and lengths of hvcC',
    value: 'inside the record',
    status: 'STATUS_MKV_INVALID_HEVC_FORMAT',
    number: 0x32000018,
    inside: {
      'up to the last byte': is(
        h265Size(hevcRecord(hevcArray('21', 1, H265_SPS), hevcArray('22', 1, H265_PPS))),
        '640×480',
      ),
    },
    outside: {
      'an array that is not there': h265Size(hevcRecord(hevcArray('21', 1, H265_SPS), '')),
      'a unit that is not there': h265Size(hevcRecord(hevcArray('21', 1, H265_SPS), hevcArray('22', 1))),
      'a PPS one byte too long': h265Size(hevcRecord(hevcArray('21', 1, H265_SPS), `220001${u16(4)}${H265_PPS}`)),
      'neither record, Annex-B nor SPS': h265Size(fromHex('0201600000009000000000')),
    },
  },
  {
    limit: 'SPS in H.265 private data',
    value: 'at least 1',
    status: 'STATUS_MKV_HEVC_SPS_NALU_MISSING',
    number: 0x32000019,
    inside: {
      '1': (core) => assert.ok(hvcC(`${CODE}${H265_SPS}${CODE}${H265_PPS}`)(core).endsWith(`2200010003${H265_PPS}`)),
    },
    outside: {
      '0, hvcC': h265Size(hevcRecord(hevcArray('22', 1, H265_PPS))),
      '0, Annex-B': hvcC(`${CODE}${H265_PPS}${CODE}${VPS}aabbcc`),
    },
  },
  {
    limit: 'length of an SPS in hvcC',
    value: 'inside the record',
    status: 'STATUS_MKV_INVALID_HEVC_SPS_NALU_SIZE',
    number: 0x3200001a,
    inside: { 'up to the last byte': is(h265Size(hevcRecord(hevcArray('21', 1, H265_SPS))), '640×480') },
    outside: { 'one byte too long': h265Size(hevcRecord(`210001${u16(H265_SPS.length / 2 + 1)}${H265_SPS}`)) },
  },
  {
    limit: 'chroma_format_idc of H.265',
    value: '0…3',
    status: 'STATUS_MKV_INVALID_HEVC_SPS_CHROMA_FORMAT_IDC',
    number: 0x3200001b,
    inside: {
      '0': is(h265({ chroma: 0, crop: [1, 0, 1, 0] }), '639×479'),
      '3': is(h265({ chroma: 3, crop: [1, 0, 1, 0] }), '639×479'),
    },
    outside: { '4': h265({ chroma: 4 }) },
  },
  {
    limit: 'reserved bits of a sub-layer’s profile, H.265',
    value: '0 where the profile is 1…3',
    status: 'STATUS_MKV_INVALID_HEVC_SPS_RESERVED',
    number: 0x3200001c,
    inside: {
      '0': is(withSubLayer({ profile: 1 }), '640×480'),
      'a picture alone': is(withSubLayer({ profile: 2, reserved: [1 << 24, 1] }), '640×480'),
      'set in profile 4': is(withSubLayer({ profile: 4, reserved: [0x8000_0000, 0] }), '640×480'),
      'set, compatible with profile 4': is(
        withSubLayer({ profile: 1, compatibility: 1 << 27, reserved: [1, 0] }),
        '640×480',
      ),
    },
    outside: {
      'the first of them': withSubLayer({ profile: 1, reserved: [0x8000_0000, 0] }),
      'the last of them': withSubLayer({ profile: 3, reserved: [0, 2] }),
    },
  },
  {
    limit: 'NAL units of H.265 private data to be adapted',
    value: 'at least 2',
    status: 'STATUS_MKV_ANNEXB_CPD_MISSING_NALUS',
    number: 0x3200001e,
    inside: { '2': (core) => assert.ok(hvcC(`${CODE}${H265_SPS}${CODE}${H265_PPS}`)(core).startsWith('0101')) },
    outside: { '1': hvcC(`${CODE}${H265_SPS}`) },
  },
  {
    limit: 'start codes and SPS of Annex-B private data',
    value: 'at least 1',
    status: 'STATUS_MKV_INVALID_ANNEXB_CPD_NALUS',
    number: 0x3200001f,
    inside: {
      'an SPS, H.264': is(h264Size(fromHex(`${CODE}${SPS}`)), '640×480'),
      'an SPS, H.265': is(h265Size(fromHex(`${CODE}${H265_SPS}`)), '640×480'),
    },
    outside: {
      'no SPS, H.264': h264Size(fromHex(`${CODE}${PPS}`)),
      'no SPS, H.265': h265Size(fromHex(`${CODE}${H265_PPS}aabb`)),
      'no start code, H.265': hvcC(`${H265_SPS}${H265_PPS}`),
    },
  },
];
