/** Codec private data of sound and of motion JPEG: the smallest that is read, each byte cut off, and claims out of range. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Core } from '../../../sdk/core/core.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { fromHex, toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';

const codec = suite('codec private data');

const RESULT_BYTES = 16;
const WAVE_FORMAT = '06000200401f0000803e000002000800';
const BITMAP_INFO = '2800000080020000e0010000010018004d4a504700100e0000000000000000000000000000000000';

type Parser = 'aacConfigRead' | 'waveFormatRead' | 'bitmapPictureSize';

/** Numbers that a parser leaves, or its status. */
function parse(core: Core, parser: Parser, bytes: Uint8Array, count: number): number[] | number {
  const result = core.scratch(new Uint8Array(RESULT_BYTES), bytes);
  const status = core.exports[parser](result + RESULT_BYTES, bytes.length, result);
  return status < 0 ? -status : [...core.words.subarray(result >>> 2, (result >>> 2) + count)];
}

for (const flavour of FLAVOURS) {
  const core = loadCore(flavour);
  const cuts = (parser: Parser, whole: string, status: number): void => {
    const bytes = fromHex(whole);
    for (let length = 0; length < bytes.length; length++) {
      assert.is(parse(core, parser, bytes.subarray(0, length), 1), status, `${length} bytes`);
    }
  };

  codec(`AudioSpecificConfig [${flavour}]`, () => {
    const rows: readonly (readonly [string, number[] | number])[] = [
      ['1210', [44_100, 2]],
      ['1190', [48_000, 2]],
      ['1188', [48_000, 1]],
      ['1208', [44_100, 1]],
      ['13885000', [22_050, 1]],
      ['11b8', [48_000, 7]],
      ['1600', [7350, 0]],
      ['1780020010', [1024, 2]],
      ['17ffffff88', [0xff_ffff, 1]],
      ['f94680', [48_000, 4]],
      ['1780000010', STATUS.STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX],
      ['1780020048', STATUS.STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG],
      ['1690', STATUS.STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX],
      ['1710', STATUS.STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX],
      ['0790', STATUS.STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX],
      ['07c8', STATUS.STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG],
      ['ffff', STATUS.STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG],
    ];
    for (const [bytes, expected] of rows)
      assert.equal(parse(core, 'aacConfigRead', fromHex(bytes), 2), expected, bytes);
    cuts('aacConfigRead', '1210', STATUS.STATUS_MKV_INVALID_AAC_CPD);
    for (const length of [2, 3, 4]) {
      const cut = fromHex('1780020010').slice(0, length);
      const expected = STATUS.STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX;
      assert.is(parse(core, 'aacConfigRead', cut, 2), expected, `an explicit frequency cut to ${length} bytes`);
    }
  });

  codec(`AudioSpecificConfig is written as it is read [${flavour}]`, () => {
    const at = core.scratch(new Uint8Array(RESULT_BYTES));
    for (const frequency of [96_000, 48_000, 44_100, 8000, 7350]) {
      for (const channels of [1, 2, 7]) {
        assert.is(core.exports.aacConfigWrite(at, 2, frequency, channels), 2);
        assert.equal(parse(core, 'aacConfigRead', core.bytes.slice(at, at + 2), 2), [frequency, channels]);
      }
    }
    for (const [type, frequency, channels] of [
      [0, 48_000, 2],
      [7, 48_000, 2],
      [2, 48_001, 2],
      [2, 48_000, 0],
      [2, 48_000, 8],
    ] as const) {
      assert.is(core.exports.aacConfigWrite(at, type, frequency, channels), -STATUS.STATUS_INVALID_ARG);
    }
    core.exports.aacConfigWrite(at, 2, 48_000, 2);
    assert.is(toHex(core.bytes.slice(at, at + 2)), '1190');
  });

  codec(`WAVEFORMATEX [${flavour}]`, () => {
    assert.equal(parse(core, 'waveFormatRead', fromHex(WAVE_FORMAT), 3), [8000, 2, 8]);
    assert.equal(parse(core, 'waveFormatRead', fromHex(`07${WAVE_FORMAT.slice(2)}0000`), 3), [8000, 2, 8]);
    assert.is(
      parse(core, 'waveFormatRead', fromHex(`01${WAVE_FORMAT.slice(2)}`), 3),
      STATUS.STATUS_MKV_INVALID_AMS_ACM_CPD,
    );
    cuts('waveFormatRead', WAVE_FORMAT, STATUS.STATUS_MKV_INVALID_AMS_ACM_CPD);
  });

  codec(`WAVEFORMATEX is written within its limits, and read again [${flavour}]`, () => {
    const at = core.scratch(new Uint8Array(RESULT_BYTES * 2));
    assert.is(core.exports.waveFormatWrite(at, 6, 44_100, 2), 18);
    assert.is(toHex(core.bytes.slice(at, at + 18)), '0600020044ac000088580100020008000000');
    for (const [format, frequency, channels] of [
      [6, 8000, 1],
      [7, 192_000, 2],
    ] as const) {
      assert.is(core.exports.waveFormatWrite(at, format, frequency, channels), 18);
      assert.equal(parse(core, 'waveFormatRead', core.bytes.slice(at, at + 18), 3), [frequency, channels, 8]);
    }
    for (const [format, frequency, channels] of [
      [1, 8000, 1],
      [8, 8000, 1],
      [6, 7999, 1],
      [6, 192_001, 1],
      [6, 8000, 0],
      [6, 8000, 3],
    ] as const) {
      assert.is(core.exports.waveFormatWrite(at, format, frequency, channels), -STATUS.STATUS_INVALID_ARG);
    }
  });

  codec(`BITMAPINFOHEADER [${flavour}]`, () => {
    assert.equal(parse(core, 'bitmapPictureSize', fromHex(BITMAP_INFO), 2), [640, 480]);
    const huge = `${BITMAP_INFO.slice(0, 8)}ffffff7f20feffff${BITMAP_INFO.slice(24)}`;
    assert.equal(parse(core, 'bitmapPictureSize', fromHex(huge), 2), [65_535, 65_056], 'cut to sixteen bits');
    cuts('bitmapPictureSize', BITMAP_INFO, STATUS.STATUS_MKV_INVALID_BIH_CPD);
  });
}

codec.run();
