/** What is checked when a stream is opened. */
import * as assert from 'uvu/assert';
import type { Core } from '../../../sdk/core/core.ts';
import type { CoreTrack } from '../../../sdk/core/content-store.ts';
import { encodeStreamConfig } from '../../../sdk/core/stream-config.ts';
import { AVCC_RECORD, PLAIN_VIDEO, putAt } from '../../support/core-fixture.ts';
import { AUDIO, type LimitRow, opening, openingTrack, streamBytes, textHex, VIDEO, withStream } from './limit-row.ts';

const KIB_1024 = 1 << 20;
/** Words of the settings block: the NAL adaptation, and of its first track the address of the private data and the type. */
const NAL_WORD = 0;
const CPD_OFFSET_WORD = 13 + 7;
const TYPE_WORD = 13 + 2;

const tracks = (count: number): CoreTrack[] =>
  Array.from({ length: count }, (_, index) => ({ ...VIDEO, trackNumber: index + 1, trackId: index + 1 }));

/** Opens a stream from a settings block in which one word is another; the handle or minus a status. */
function openWithWord(core: Core, index: number, value: number): number {
  const track = { ...VIDEO, codecPrivateData: AVCC_RECORD };
  const settings = encodeStreamConfig({ ...PLAIN_VIDEO, tracks: [track] });
  new DataView(settings.buffer).setUint32(index * 4, value, true);
  const store = core.exports.storeOpen(4096);
  const stream = core.exports.streamOpen(store, core.scratch(settings));
  if (stream > 0) core.exports.streamClose(stream);
  core.exports.storeClose(store);
  return stream;
}

/** What a call of the ABI with a stream's handle answers. */
function withHandle(core: Core, call: (handle: number) => number): number {
  const store = core.exports.storeOpen(4096);
  const stream = core.exports.streamOpen(store, core.scratch(encodeStreamConfig({ ...PLAIN_VIDEO, tracks: [VIDEO] })));
  const result = call(stream);
  core.exports.streamClose(stream);
  core.exports.storeClose(store);
  return result;
}

/** Accepted, and this is in the header. */
const holds =
  (open: (core: Core) => string, hex: string) =>
  (core: Core): void =>
    assert.ok(open(core).includes(hex), hex);

/** Fragments that begin at these times when every 100 ms has a key frame. */
const cutsAt =
  (fragmentDurationUs: number, timesMs: readonly number[], keyFrameFragmentation = false) =>
  (core: Core): void =>
    withStream(core, { keyFrameFragmentation, fragmentDurationUs }, (stream) => {
      const last = timesMs.at(-1) as number;
      const begun = [];
      for (let ms = 0; ms <= last; ms += 100) if (putAt(stream, ms, true) === 2) begun.push(ms);
      assert.equal(begun, timesMs);
    });

const uuid = (sizeBytes: number, last: number): Uint8Array => {
  const bytes = new Uint8Array(sizeBytes);
  bytes[sizeBytes - 1] = last;
  return bytes;
};

export const STREAM_LIMITS: readonly LimitRow[] = [
  {
    limit: 'content type',
    value: '0…128 bytes',
    status: 'STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH',
    number: 0x32000004,
    inside: {
      '128, read to its last token': (core) => {
        const track = { ...VIDEO, codecPrivateData: AVCC_RECORD };
        const bytes = streamBytes(core, { contentType: `${'x'.repeat(117)},video/h264`, tracks: [track] });
        assert.ok(bytes.includes('b0820f00ba820780'), 'the picture size of the private data');
      },
      '64 characters of two bytes': (core) => void streamBytes(core, { contentType: 'é'.repeat(64) }),
      '0': (core) => void streamBytes(core, { contentType: '' }),
    },
    outside: {
      '129': opening({ contentType: 'x'.repeat(129) }),
      '65 characters, 130 bytes': opening({ contentType: 'é'.repeat(65) }),
    },
  },
  {
    limit: 'codec id',
    value: '0…32 bytes',
    status: 'STATUS_MKV_INVALID_CODEC_ID_LENGTH',
    number: 0x32000006,
    inside: {
      '32': holds(openingTrack({ codecId: 'c'.repeat(32) }), `86a0${'63'.repeat(32)}`),
      '16 characters of two bytes': holds(openingTrack({ codecId: 'é'.repeat(16) }), `86a0${'c3a9'.repeat(16)}`),
      '0, no element': (core) => assert.ok(openingTrack({ codecId: '' })(core).includes('8381011f43b675')),
    },
    outside: {
      '33': openingTrack({ codecId: 'c'.repeat(33) }),
      '17 characters, 33 bytes': openingTrack({ codecId: `c${'é'.repeat(16)}` }),
    },
  },
  {
    limit: 'track name',
    value: '0…32 bytes',
    status: 'STATUS_MKV_INVALID_TRACK_NAME_LENGTH',
    number: 0x32000007,
    inside: {
      '32': holds(openingTrack({ name: 'n'.repeat(32) }), `536ea0${'6e'.repeat(32)}`),
      '8 characters of four bytes': holds(openingTrack({ name: '𝄞'.repeat(8) }), `536ea0${'f09d849e'.repeat(8)}`),
      '0, no element': (core) => assert.not.ok(openingTrack({ name: '' })(core).includes('536e')),
    },
    outside: {
      '33': openingTrack({ name: 'n'.repeat(33) }),
      '9 characters, 36 bytes': openingTrack({ name: '𝄞'.repeat(9) }),
    },
  },
  {
    limit: 'codec private data',
    value: '0…1 MiB',
    status: 'STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH',
    number: 0x32000008,
    inside: {
      '1048576': holds(
        openingTrack({ codecPrivateData: new Uint8Array(KIB_1024).fill(0xab) }),
        `63a2300000${'ab'.repeat(KIB_1024)}`,
      ),
      '1048576, set later': (core) =>
        withStream(core, {}, (stream) => assert.is(stream.setCodecPrivateData(1, new Uint8Array(KIB_1024)), 0)),
      // The size field has one octet up to 126, two up to 16382.
      '126': holds(openingTrack({ codecPrivateData: new Uint8Array(126).fill(7) }), '63a2fe0707'),
      '127': holds(openingTrack({ codecPrivateData: new Uint8Array(127).fill(7) }), '63a2407f0707'),
      '16382': holds(openingTrack({ codecPrivateData: new Uint8Array(16_382).fill(7) }), '63a27ffe0707'),
      '16383': holds(openingTrack({ codecPrivateData: new Uint8Array(16_383).fill(7) }), '63a2203fff0707'),
    },
    outside: {
      '1048577': openingTrack({ codecPrivateData: new Uint8Array(KIB_1024 + 1) }),
      '1048577, set later': (core) =>
        withStream(core, {}, (stream) => stream.setCodecPrivateData(1, new Uint8Array(KIB_1024 + 1))),
    },
  },
  {
    limit: 'codec private data, its address',
    value: 'not 0 with a size',
    status: 'STATUS_MKV_CODEC_PRIVATE_NULL',
    number: 0x32000009,
    inside: {
      'no data and no address': (core) =>
        assert.is(
          withHandle(core, (stream) => core.exports.streamSetCodecPrivate(stream, 1, 0, 0)),
          0,
        ),
    },
    outside: {
      '0 in the settings': (core) => openWithWord(core, CPD_OFFSET_WORD, 0),
      '0, set later': (core) => withHandle(core, (stream) => core.exports.streamSetCodecPrivate(stream, 1, 0, 1)),
    },
  },
  {
    limit: 'client id',
    value: '0…64 bytes',
    status: 'STATUS_MKV_INVALID_CLIENT_ID_LENGTH',
    number: 0x32000029,
    inside: {
      '64': (core) => {
        const application = textHex(`Kinesis Video SDK 1.1.0 ${'c'.repeat(64)}`);
        assert.ok(streamBytes(core, { clientId: 'c'.repeat(64) }).includes(`4d80d8${application}5741d8${application}`));
      },
      '32 characters of two bytes': holds(opening({ clientId: 'é'.repeat(32) }), 'c3a9'.repeat(32)),
    },
    outside: {
      '65': opening({ clientId: 'c'.repeat(65) }),
      '33 characters, 65 bytes': opening({ clientId: `c${'é'.repeat(32)}` }),
    },
  },
  {
    limit: 'application name, version and client id',
    value: '126 bytes together',
    status: 'STATUS_INVALID_ARG_LEN',
    number: 0x00000003,
    inside: { '126': holds(opening({ applicationName: 'a'.repeat(120) }), `4d80fe${'61'.repeat(120)}`) },
    outside: { '127': opening({ applicationName: 'a'.repeat(121) }) },
  },
  {
    limit: 'segment UUID',
    value: '16 bytes, not all 0',
    status: 'STATUS_MKV_INVALID_SEGMENT_UUID',
    number: 0x32000027,
    inside: {
      '15 zeros and a one': holds(opening({ segmentUuid: uuid(16, 1) }), `73a490${'00'.repeat(15)}01`),
      'a one and 15 zeros': holds(opening({ segmentUuid: uuid(16, 0).fill(1, 0, 1) }), `73a49001${'00'.repeat(15)}`),
    },
    outside: {
      'all 0': opening({ segmentUuid: uuid(16, 0) }),
      '15 bytes': opening({ segmentUuid: uuid(15, 1) }),
      '17 bytes': opening({ segmentUuid: uuid(17, 1) }),
      'no bytes': opening({ segmentUuid: new Uint8Array(0) }),
    },
  },
  {
    limit: 'cluster duration without key-frame fragmentation',
    value: '1…30 s',
    status: 'STATUS_MKV_INVALID_CLUSTER_DURATION',
    number: 0x32000003,
    inside: {
      '1 s': cutsAt(1_000_000, [0, 1000, 2000]),
      '30 s': cutsAt(30_000_000, [0, 30_000]),
      '1 tick with key-frame fragmentation': cutsAt(0.1, [0, 100, 200], true),
      '31 s with key-frame fragmentation': cutsAt(31_000_000, [0, 100, 200], true),
    },
    outside: {
      '1 s less 1 tick': opening({ keyFrameFragmentation: false, fragmentDurationUs: 999_999.9 }),
      '30 s and 1 tick': opening({ keyFrameFragmentation: false, fragmentDurationUs: 30_000_000.1 }),
      '0': opening({ keyFrameFragmentation: false, fragmentDurationUs: 0 }),
    },
  },
  {
    limit: 'timecode scale',
    value: '100 ns…1 s, in steps of 100 ns',
    status: 'STATUS_MKV_INVALID_TIMECODE_SCALE',
    number: 0x3200000a,
    inside: {
      '1 tick': holds(opening({ timecodeScaleNs: 100 }), '2ad7b1880000000000000064'),
      '1 s': holds(opening({ timecodeScaleNs: 1_000_000_000 }), '2ad7b188000000003b9aca00'),
    },
    outside: {
      '0': opening({ timecodeScaleNs: 0 }),
      '1 s and 1 tick': opening({ timecodeScaleNs: 1_000_000_100 }),
      'half a tick': opening({ timecodeScaleNs: 50 }),
      '2^32 ticks and 1': opening({ timecodeScaleNs: (2 ** 32 + 1) * 100 }),
    },
  },
  {
    limit: 'NAL adaptation',
    value: 'one way',
    status: 'STATUS_MKV_BOTH_ANNEXB_AND_AVCC_SPECIFIED',
    number: 0x3200000f,
    inside: {
      'to AVCC': (core) => assert.ok(openWithWord(core, NAL_WORD, 1) > 0),
      'to Annex-B': (core) => assert.ok(openWithWord(core, NAL_WORD, 2) > 0),
      'to Annex-B, set later': (core) =>
        assert.is(
          withHandle(core, (stream) => core.exports.streamSetNal(stream, 2, 0)),
          0,
        ),
    },
    outside: {
      both: (core) => openWithWord(core, NAL_WORD, 3),
      'both, set later': (core) => withHandle(core, (stream) => core.exports.streamSetNal(stream, 3, 0)),
    },
  },
  {
    limit: 'tracks, at most',
    value: '3',
    status: 'STATUS_MAX_TRACK_COUNT_EXCEEDED',
    number: 0x5200007a,
    inside: {
      '1': (core) => assert.is(streamBytes(core, { tracks: tracks(1) }).split('d781').length - 1, 1),
      '3': (core) => assert.is(streamBytes(core, { tracks: tracks(3) }).split('d781').length - 1, 3),
    },
    outside: { '4': opening({ tracks: tracks(4) }) },
  },
  {
    limit: 'tracks, at least',
    value: '1',
    status: 'STATUS_INVALID_ARG',
    number: 0x00000002,
    inside: { '1': (core) => void streamBytes(core, { tracks: tracks(1) }) },
    outside: { '0': opening({ tracks: [] }) },
  },
  {
    limit: 'track number',
    value: '1…126',
    status: 'STATUS_INVALID_ARG',
    number: 0x00000002,
    inside: {
      '1': holds(openingTrack({ trackNumber: 1 }), 'd78101'),
      '126': (core) => assert.match(openingTrack({ trackNumber: 126 })(core), /d7817e.*a30100000000000005fe/),
    },
    outside: {
      '0': openingTrack({ trackNumber: 0 }),
      '127': openingTrack({ trackNumber: 127 }),
      '1.5': openingTrack({ trackNumber: 1.5 }),
    },
  },
  {
    limit: 'track numbers and ids',
    value: 'different',
    status: 'STATUS_DUPLICATE_TRACK_ID_FOUND',
    number: 0x52000081,
    inside: {
      'ids that differ in the upper word': (core) =>
        void streamBytes(core, { tracks: [VIDEO, { ...VIDEO, trackNumber: 2, trackId: 2n ** 32n + 1n }] }),
    },
    outside: {
      'a number twice': opening({ tracks: [VIDEO, { ...VIDEO, trackId: 2 }] }),
      'an id twice': opening({ tracks: [VIDEO, { ...VIDEO, trackNumber: 2 }] }),
      'the third as the first': opening({ tracks: [...tracks(2), { ...VIDEO, trackId: 3 }] }),
    },
  },
  {
    limit: 'track id',
    value: '1…2^64 − 1',
    status: 'STATUS_MKV_INVALID_TRACK_UID',
    number: 0x32000028,
    inside: {
      '1': holds(openingTrack({ trackId: 1 }), '73c5880000000000000001'),
      '2^53 − 1': holds(openingTrack({ trackId: 2 ** 53 - 1 }), '73c588001fffffffffffff'),
      '2^64 − 1': holds(openingTrack({ trackId: 2n ** 64n - 1n }), '73c588ffffffffffffffff'),
    },
    outside: {
      '0': openingTrack({ trackId: 0 }),
      '0n': openingTrack({ trackId: 0n }),
      '−1': openingTrack({ trackId: -1n }),
      '2^64': openingTrack({ trackId: 2n ** 64n }),
      '2^53 as a number, which is not exact': openingTrack({ trackId: 2 ** 53 }),
    },
  },
  {
    limit: 'picture size of a track',
    value: '0…65535',
    status: 'STATUS_INVALID_ARG',
    number: 0x00000002,
    inside: {
      '65535': holds(openingTrack({ width: 65_535, height: 65_535 }), 'e010000008b082ffffba82ffff'),
      '0, no element': (core) => assert.not.ok(openingTrack({ width: 0, height: 9 })(core).includes('e010000008')),
    },
    outside: {
      '65536 wide': openingTrack({ width: 65_536 }),
      '65536 high': openingTrack({ width: 1, height: 65_536 }),
    },
  },
  {
    limit: 'type of a track',
    value: '1…3: video, audio, data',
    status: 'STATUS_INVALID_ARG',
    number: 0x00000002,
    inside: {
      '1': (core) => assert.ok(openWithWord(core, TYPE_WORD, 1) > 0),
      '3': (core) => assert.ok(openWithWord(core, TYPE_WORD, 3) > 0),
    },
    outside: {
      '0': (core) => openWithWord(core, TYPE_WORD, 0),
      '4': (core) => openWithWord(core, TYPE_WORD, 4),
    },
  },
  {
    limit: 'channels and bit depth of a track',
    value: '0…255',
    status: 'STATUS_INVALID_ARG',
    number: 0x00000002,
    inside: { '255': holds(opening({ tracks: [{ ...AUDIO, channels: 255, bitDepth: 255 }] }), '9f81ff626481ff') },
    outside: {
      '256 channels': opening({ tracks: [{ ...AUDIO, channels: 256 }] }),
      '256 bits': opening({ tracks: [{ ...AUDIO, bitDepth: 256 }] }),
    },
  },
];
