/** Tracks of any number: in the header, in the blocks, and in every call that names a track. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreStreamConfig, CoreTrack } from '../../../sdk/core/content-store.ts';
import { FRAME_BEGAN_FRAGMENT, FRAME_FLAG, FRAME_STORED } from '../../../sdk/core/core-stream-types.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import {
  ANNEXB_PARAMETER_SETS,
  AVCC_RECORD,
  fromHex,
  openFixture,
  readAll,
  toHex,
} from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';

const numbers = suite('track numbers');

const AAC = fromHex('1210');
const VIDEO: CoreTrack = { trackNumber: 126, trackId: 2n ** 64n - 1n, kind: 'video', codecId: 'V_MPEG4/ISO/AVC' };
const AUDIO: CoreTrack = { trackNumber: 7, trackId: 5, kind: 'audio', codecId: 'A_AAC', codecPrivateData: AAC };
const DATA: CoreTrack = { trackNumber: 1, trackId: 2 ** 53 - 1, kind: 'data', codecId: 'X_TEST' };
const CONFIG: Partial<CoreStreamConfig> = {
  tracks: [VIDEO, AUDIO, DATA],
  nal: 'annexb-to-avcc',
  adaptCodecPrivateData: true,
};
const KEY = fromHex(`${toHex(ANNEXB_PARAMETER_SETS)}000000016588840a`);

/** TrackNumber, TrackUID and TrackType of an entry. */
const entryHead = (number: string, uid: string, type: string): string => `d781${number}73c588${uid}8381${type}`;
/** A block up to its payload, without timecode and flags. */
const blockHead = (payloadBytes: number, number: string): string =>
  `a301${(payloadBytes + 4).toString(16).padStart(14, '0')}${number}`;

for (const flavour of FLAVOURS) {
  numbers(`header and blocks carry them, whatever the order of the tracks [${flavour}]`, () => {
    const { stream } = openFixture(loadCore(flavour), CONFIG);
    stream.beginSession();
    assert.is(stream.putFrame(126, KEY, FRAME_FLAG.key, 0, 0, 0), FRAME_BEGAN_FRAGMENT);
    assert.is(stream.putFrame(7, fromHex('2110'), 0, 1000, 1000, 0), FRAME_STORED);
    // Only video is adapted: this stays as it is.
    assert.is(stream.putFrame(1, fromHex('00000001'), 0, 2000, 2000, 0), FRAME_STORED);
    const bytes = toHex(readAll(stream));
    for (const head of [
      entryHead('7e', 'ffffffffffffffff', '01'),
      entryHead('07', '0000000000000005', '02'),
      entryHead('01', '001fffffffffffff', '03'),
      blockHead(KEY.length, 'fe'),
      blockHead(2, '87'),
      `${blockHead(4, '81')}00020000000001`,
    ])
      assert.ok(bytes.includes(head), head);
    assert.ok(bytes.includes(toHex(AVCC_RECORD)), 'parameter sets of the key frame, in the entry of its track');
  });

  numbers(`a frame of a number that no track has is refused [${flavour}]`, () => {
    const { stream } = openFixture(loadCore(flavour), CONFIG);
    for (const trackNumber of [0, 2, 3, 125, 127, 254, -1, 2 ** 31])
      assert.is(
        stream.putFrame(trackNumber, KEY, FRAME_FLAG.key, 0, 0, 0),
        -STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND,
        `${trackNumber}`,
      );
  });

  numbers(`codec private data is replaced, and missed, by number [${flavour}]`, () => {
    const { stream } = openFixture(loadCore(flavour), CONFIG);
    const lacking = (): number[] => [0, 1, 2, 3, 7, 126].filter((number) => stream.lacksCodecPrivateData(number));
    assert.equal(lacking(), [1, 126]);
    assert.is(stream.setCodecPrivateData(2, AAC), -STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND);
    assert.is(stream.setCodecPrivateData(126, AVCC_RECORD), 0);
    assert.equal(lacking(), [1]);
    assert.is(stream.setCodecPrivateData(7, new Uint8Array(0)), 0);
    assert.equal(lacking(), [1, 7]);
  });

  numbers(`a track without one has its position [${flavour}]`, () => {
    const { trackNumber: _, ...second } = AUDIO;
    const { stream } = openFixture(loadCore(flavour), { tracks: [{ ...VIDEO, trackNumber: 9 }, second] });
    assert.is(stream.putFrame(2, AAC, FRAME_FLAG.key, 0, 0, 0), FRAME_BEGAN_FRAGMENT);
    assert.is(stream.putFrame(1, AAC, 0, 0, 0, 0), -STATUS.STATUS_MKV_TRACK_INFO_NOT_FOUND);
  });
}

numbers.run();
