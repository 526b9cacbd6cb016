/** The stream header, byte for byte, in all its shapes. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CoreStreamConfig, CoreTrack } from '../../../sdk/core/content-store.ts';
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

const header = suite('stream header');

const ASCII = new TextEncoder();
const CLUSTER = '1f43b675ff';

/** mkv-nal §10.1: H.264 from Annex-B and AAC, absolute, with a client id. */
const AUDIO_VIDEO: Partial<CoreStreamConfig> = {
  nal: 'annexb-to-avcc',
  adaptCodecPrivateData: true,
  contentType: 'video/h264,audio/aac',
  segmentUuid: ASCII.encode('0123456789abcdef'),
  clientId: 'client',
  tracks: [
    {
      trackNumber: 1,
      trackId: 1,
      kind: 'video',
      codecId: 'V_MPEG4/ISO/AVC',
      name: 'kinesis_video',
      codecPrivateData: ANNEXB_PARAMETER_SETS,
    },
    { trackNumber: 2, trackId: 2, kind: 'audio', codecId: 'A_AAC', name: 'audio', codecPrivateData: fromHex('1210') },
  ],
};

const AUDIO_VIDEO_HEADER = `
1a45dfa3a34286810142f7810142f2810442f381084282886d6174726f736b61428781024285810218538067ff1549a966407573a490303132333435
363738396162636465662ad7b18800000000000f42407ba9914b696e6573697320566964656f2053444b4d809e4b696e6573697320566964656f2053
444b20312e312e3020636c69656e7457419e4b696e6573697320566964656f2053444b20312e312e3020636c69656e741654ae6b100000a9ae100000
68d7810173c5880000000000000001838101536e8d6b696e657369735f766964656f868f565f4d504547342f49534f2f415643e010000008b0820f00
ba82078063a2a601640034ffe1001767640034ac2b401e0078d808800001f40000ea6047a55001000468ee3cb0ae10000037d7810273c58800000000
00000002838102536e85617564696f8685415f414143e11000000db58840e58880000000009f810263a2821210`;

const ONE_TRACK_START = `
1a45dfa3a34286810142f7810142f2810442f381084282886d6174726f736b61428781024285810218538067ff1549a966406773a490555555555555
555555555555555555552ad7b18800000000000f42407ba9914b696e6573697320566964656f2053444b4d80974b696e6573697320566964656f2053
444b20312e312e305741974b696e6573697320566964656f2053444b20312e312e30`;

const BARE_TRACK: CoreTrack = { trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_TEST' };

/** Tracks element of one track, and where it differs. */
const TRACKS: readonly (readonly [name: string, track: Partial<CoreTrack>, contentType: string, tracks: string])[] = [
  ['codec id alone', {}, '', '1654ae6b1000001eae10000019d7810173c58800000000000000018381018686565f54455354'],
  ['no codec id', { codecId: '' }, '', '1654ae6b10000016ae10000011d7810173c5880000000000000001838101'],
  [
    'size given by the caller',
    { width: 1280, height: 720 },
    '',
    '1654ae6b1000002bae10000026d7810173c58800000000000000018381018686565f54455354e010000008b0820500ba8202d0',
  ],
  [
    'G.711 with bits per sample',
    {
      trackId: 9,
      kind: 'audio',
      codecId: 'A_MS/ACM',
      codecPrivateData: fromHex('06000100401f0000e8030000010010000000'),
    },
    'audio/alaw',
    '1654ae6b1000004bae10000046d7810173c58800000000000000098381028688415f4d532f41434de110000011b58840bf4000000000009f81016264811063a29206000100401f0000e8030000010010000000',
  ],
  [
    'motion JPEG',
    {
      codecId: 'V_MS/VFW/FOURCC',
      codecPrivateData: fromHex('2800000080020000e0010000010018004d4a504700100e0000000000000000000000000000000000'),
    },
    'video/x-matroska',
    '1654ae6b1000005fae1000005ad7810173c5880000000000000001838101868f565f4d532f5646572f464f55524343e010000008b0820280ba8201e063a2a82800000080020000e0010000010018004d4a504700100e0000000000000000000000000000000000',
  ],
  [
    'Opus, from its identification header',
    { kind: 'audio', codecId: 'A_OPUS', codecPrivateData: fromHex('4f707573486561640102380144ac0000000000') },
    '',
    '1654ae6b10000046ae10000041d7810173c58800000000000000018381028686415f4f505553e11000000db58840e77000000000009f810263a2934f707573486561640102380144ac0000000000',
  ],
  [
    'Opus, a header that is cut off',
    { kind: 'audio', codecId: 'A_OPUS', codecPrivateData: fromHex('4f707573486561640102380144ac00000000') },
    '',
    '1654ae6b10000033ae1000002ed7810173c58800000000000000018381028686415f4f50555363a2924f707573486561640102380144ac00000000',
  ],
  [
    'a large track id',
    { trackId: 2 ** 40 + 3, codecId: '', kind: 'data' },
    '',
    '1654ae6b10000016ae10000011d7810173c5880000010000000003838103',
  ],
];

for (const flavour of FLAVOURS) {
  const headerOf = (settings: Partial<CoreStreamConfig>, frame: Uint8Array = Uint8Array.of(1)): string => {
    const core = loadCore(flavour);
    const { stream } = openFixture(core, settings);
    stream.beginSession();
    assert.is(readAll(stream).length, 0, 'no header without a frame');
    assert.is(putAt(stream, 1000, true, frame), 2);
    const bytes = toHex(readAll(stream));
    return bytes.slice(0, bytes.indexOf(CLUSTER));
  };

  header(`video from Annex-B and AAC [${flavour}]`, () => {
    assert.is(headerOf(AUDIO_VIDEO), AUDIO_VIDEO_HEADER.replaceAll('\n', ''));
  });

  for (const [name, track, contentType, tracks] of TRACKS) {
    header(`${name} [${flavour}]`, () => {
      const bytes = headerOf({ tracks: [{ ...BARE_TRACK, ...track }], contentType });
      assert.is(bytes, `${ONE_TRACK_START.replaceAll('\n', '')}${tracks}`);
    });
  }

  header(`parameter sets are found in the first key frame, Annex-B [${flavour}]`, () => {
    const tracks = [{ ...BARE_TRACK, codecId: 'V_MPEG4/ISO/AVC' }];
    const frame = fromHex(`000000010910${toHex(ANNEXB_PARAMETER_SETS)}0000016588840a`);
    const bytes = headerOf({ tracks, nal: 'annexb-to-avcc', adaptCodecPrivateData: true }, frame);
    assert.ok(bytes.endsWith(`e010000008b0820f00ba82078063a2a6${toHex(AVCC_RECORD)}`), bytes);
  });

  header(`parameter sets are found in the first key frame, AVCC [${flavour}]`, () => {
    const tracks = [{ ...BARE_TRACK, codecId: 'V_MPEG4/ISO/AVC' }];
    const record = toHex(AVCC_RECORD);
    const frame = fromHex(`00000017${record.slice(16, 62)}0000000468ee3cb0000000056588840aff`);
    const bytes = headerOf({ tracks, nal: 'none' }, frame);
    assert.ok(bytes.endsWith(`e010000008b0820f00ba82078063a2a6${record}`), bytes);
  });

  header(`a key frame without parameter sets leaves the next one to be looked at [${flavour}]`, () => {
    const core = loadCore(flavour);
    const { stream } = openFixture(core, {
      tracks: [{ ...BARE_TRACK, codecId: 'V_MPEG4/ISO/AVC' }],
      nal: 'annexb-to-avcc',
      adaptCodecPrivateData: true,
    });
    putAt(stream, 0, true, fromHex('0000000165888400'));
    putAt(stream, 1000, true, fromHex(`${toHex(ANNEXB_PARAMETER_SETS)}0000000165888400`));
    stream.beginSession();
    assert.ok(toHex(readAll(stream)).includes(toHex(AVCC_RECORD)));
  });

  header(`new codec private data of any size appears in front of the next fragment [${flavour}]`, () => {
    const core = loadCore(flavour);
    const { store, stream } = openFixture(core);
    putAt(stream, 0, true);
    stream.beginSession();
    const small = new Uint8Array(10);
    assert.is(stream.read(small), 10);
    const large = new Uint8Array(200_000).fill(0xcd);
    assert.is(stream.setCodecPrivateData(1, large), 0);
    putAt(stream, 10, true);
    const rest = toHex(readAll(stream));
    assert.ok(rest.includes(toHex(AVCC_RECORD)) && !rest.includes('cdcdcd'), 'the session under way keeps its header');
    stream.beginSession();
    assert.ok(toHex(readAll(stream)).includes(`63a2230d40${'cd'.repeat(200_000)}`));
    assert.is(stream.setCodecPrivateData(1, new Uint8Array(0)), 0);
    putAt(stream, 20, true);
    readAll(stream);
    stream.beginSession();
    assert.not.ok(toHex(readAll(stream)).includes('63a2'));
    store.dispose();
  });

  header(`private data that brings a picture size or a frequency with it finds room in the header [${flavour}]`, () => {
    const core = loadCore(flavour);
    core.scratch(new Uint8Array(8192));
    const before = core.exports.memoryInUse();
    for (let pad = 5000; pad < 5032; pad++) {
      for (const [kind, codecId, known] of [
        ['video', 'V_MPEG4/ISO/AVC', AVCC_RECORD],
        ['audio', 'A_AAC', fromHex('1210')],
      ] as const) {
        const { store, stream } = openFixture(core, { tracks: [{ trackNumber: 1, trackId: 1, kind, codecId }] });
        const large = new Uint8Array(kind === 'video' ? pad : known.length + (pad & 15));
        large.set(known);
        assert.is(stream.setCodecPrivateData(1, large), 0);
        const neighbour = core.openStore(4096);
        putAt(stream, 0, true);
        stream.beginSession();
        readAll(stream);
        store.dispose();
        neighbour.dispose();
        assert.is(core.exports.memoryInUse(), before, `${kind}, ${large.length} bytes`);
      }
    }
  });

  header(`what is just within the limits is taken [${flavour}]`, () => {
    const track = BARE_TRACK;
    const rows: readonly Partial<CoreStreamConfig>[] = [
      { keyFrameFragmentation: false, fragmentDurationUs: 1_000_000 },
      { keyFrameFragmentation: false, fragmentDurationUs: 30_000_000 },
      { fragmentDurationUs: 1 },
      { timecodeScaleNs: 100 },
      { timecodeScaleNs: 1_000_000_000 },
      { contentType: 'x'.repeat(128) },
      { clientId: 'c'.repeat(64) },
      { tracks: [{ ...track, codecId: 'c'.repeat(32) }] },
      { tracks: [{ ...track, name: 'n'.repeat(32) }] },
      { tracks: [{ ...track, codecPrivateData: new Uint8Array(1 << 20) }] },
      { tracks: [{ ...track, trackId: Number.MAX_SAFE_INTEGER }] },
      { tracks: [1, 2, 3].map((trackNumber) => ({ ...track, trackNumber, trackId: 900 - trackNumber })) },
      { applicationName: 'a'.repeat(120) },
    ];
    const core = loadCore(flavour);
    const store = core.openStore(8192);
    for (const settings of rows) {
      const stream = store.openStream({ ...PLAIN_VIDEO, ...settings });
      assert.is(putAt(stream, 0, true), 2, JSON.stringify(Object.keys(settings)));
      stream.dispose();
    }
    store.dispose();
  });

  header(`what is refused when a stream is opened [${flavour}]`, () => {
    const track = BARE_TRACK;
    const rows: readonly (readonly [Partial<CoreStreamConfig>, string])[] = [
      [{ keyFrameFragmentation: false, fragmentDurationUs: 999_999 }, 'STATUS_MKV_INVALID_CLUSTER_DURATION'],
      [{ keyFrameFragmentation: false, fragmentDurationUs: 30_000_001 }, 'STATUS_MKV_INVALID_CLUSTER_DURATION'],
      [{ timecodeScaleNs: 0 }, 'STATUS_MKV_INVALID_TIMECODE_SCALE'],
      [{ timecodeScaleNs: 150 }, 'STATUS_MKV_INVALID_TIMECODE_SCALE'],
      [{ timecodeScaleNs: 1_000_000_100 }, 'STATUS_MKV_INVALID_TIMECODE_SCALE'],
      [{ contentType: 'x'.repeat(129) }, 'STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH'],
      [{ clientId: 'c'.repeat(65) }, 'STATUS_MKV_INVALID_CLIENT_ID_LENGTH'],
      [{ segmentUuid: new Uint8Array(16) }, 'STATUS_MKV_INVALID_SEGMENT_UUID'],
      [{ segmentUuid: new Uint8Array(15).fill(1) }, 'STATUS_MKV_INVALID_SEGMENT_UUID'],
      [{ tracks: [{ ...track, codecId: 'c'.repeat(33) }] }, 'STATUS_MKV_INVALID_CODEC_ID_LENGTH'],
      [{ tracks: [{ ...track, name: 'n'.repeat(33) }] }, 'STATUS_MKV_INVALID_TRACK_NAME_LENGTH'],
      [
        { tracks: [{ ...track, codecPrivateData: new Uint8Array((1 << 20) + 1) }] },
        'STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH',
      ],
      [{ tracks: [{ ...track, trackId: 0 }] }, 'STATUS_MKV_INVALID_TRACK_UID'],
      [{ tracks: [] }, 'STATUS_INVALID_ARG'],
      [
        { tracks: [1, 2, 3, 4].map((trackNumber) => ({ ...track, trackNumber, trackId: trackNumber })) },
        'STATUS_MAX_TRACK_COUNT_EXCEEDED',
      ],
      [{ tracks: [{ ...track, trackNumber: 0 }] }, 'STATUS_INVALID_ARG'],
      [{ tracks: [{ ...track, trackNumber: 127 }] }, 'STATUS_INVALID_ARG'],
      [{ tracks: [{ ...track, trackNumber: 2 ** 32 + 1 }] }, 'STATUS_INVALID_ARG'],
      [{ tracks: [track, { ...track, trackId: 2 }] }, 'STATUS_DUPLICATE_TRACK_ID_FOUND'],
      [{ tracks: [track, { ...track, trackNumber: 2 }] }, 'STATUS_DUPLICATE_TRACK_ID_FOUND'],
      [{ tracks: [{ ...track, width: 65_536 }] }, 'STATUS_INVALID_ARG'],
      [{ tracks: [{ ...track, channels: 1.5 }] }, 'STATUS_INVALID_ARG'],
      [{ applicationName: 'a'.repeat(121) }, 'STATUS_INVALID_ARG_LEN'],
      [
        {
          tracks: [{ ...track, codecId: 'V_MPEG4/ISO/AVC', codecPrivateData: fromHex('0000000167640034ac2b401e') }],
          adaptCodecPrivateData: true,
        },
        'STATUS_MKV_MISSING_PPS_FROM_H264_CPD',
      ],
    ];
    const core = loadCore(flavour);
    const store = core.openStore(8192);
    core.scratch(new Uint8Array(2 << 20));
    const before = core.exports.memoryInUse();
    for (const [settings, code] of rows) {
      assert.throws(
        () => store.openStream({ ...PLAIN_VIDEO, ...settings }),
        (error: unknown) => error instanceof KvsError && error.code === code,
        code,
      );
    }
    assert.is(core.exports.memoryInUse(), before, 'a refused stream leaves nothing behind');
    store.dispose();
  });
}

header.run();
