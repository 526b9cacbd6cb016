import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KvsError } from '../../../../sdk/errors.ts';
import { aacSpecificConfig, detectFraming } from '../../../../sdk/producer/frames/codecs.ts';
import { checkStreamOptions } from '../../../../sdk/producer/option-checks.ts';
import type { TrackOptions } from '../../../../sdk/producer/options.ts';
import { resolveTracks } from '../../../../sdk/producer/frames/tracks.ts';

const it = suite('codecs and tracks');
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

for (const [name, hex, expected] of [
  ['a four-byte start code', '00000001 67 42 00 00000001 68', 'annexb'],
  ['a three-byte start code', '000001 65 88 84', 'annexb'],
  ['one length', '00000003 65 88 84', 'avcc'],
  ['two lengths', '00000002 09f0 00000003 658884', 'avcc'],
  ['a length of 256 bytes, which begins like a start code', `00000100 ${'65'.repeat(256)}`, 'avcc'],
  ['a start code before data that no lengths fit', `00000100 ${'65'.repeat(255)}`, 'annexb'],
  ['lengths that stop short', '00000002 09f0 00000003 6588', 'avcc'],
  ['a start code and nothing', '00000001', 'annexb'],
] as const) {
  it(`detectFraming() takes ${name} as ${expected}`, () => assert.is(detectFraming(bytes(hex)), expected));
}

it('aacSpecificConfig() codes rate and channels', () => {
  // ISO/IEC 14496-3: AAC-LC 48 kHz stereo is 11 90, 44.1 kHz mono 12 08.
  assert.is(Buffer.from(aacSpecificConfig(48_000, 2)).toString('hex'), '1190');
  assert.is(Buffer.from(aacSpecificConfig(44_100, 1)).toString('hex'), '1208');
  assert.throws(
    () => aacSpecificConfig(44_000, 2),
    (error: KvsError) => error.code === 'STATUS_MKV_INVALID_AAC_CPD_SAMPLING_FREQUENCY_INDEX',
  );
  assert.throws(
    () => aacSpecificConfig(48_000, 9),
    (error: KvsError) => error.code === 'STATUS_MKV_INVALID_AAC_CPD_CHANNEL_CONFIG',
  );
});

it('resolveTracks() numbers, names and types the tracks', () => {
  const { tracks, contentType, hasVideo } = resolveTracks([
    { kind: 'video', codec: 'h264', framing: 'annexb', width: 640, height: 480 },
    { kind: 'audio', codec: 'aac', sampleRate: 48_000, channels: 2 },
  ]);
  assert.is(contentType, 'video/h264,audio/aac');
  assert.is(hasVideo, true);
  assert.equal(tracks[0]?.core, {
    trackNumber: 1,
    trackId: 1,
    kind: 'video',
    codecId: 'V_MPEG4/ISO/AVC',
    name: 'kvs_video_track',
    width: 640,
    height: 480,
  });
  assert.equal(tracks[1]?.core, {
    trackNumber: 2,
    trackId: 2,
    kind: 'audio',
    codecId: 'A_AAC',
    name: 'kvs_audio_track',
    codecPrivateData: Uint8Array.of(0x11, 0x90),
    samplingFrequencyHz: 48_000,
    channels: 2,
  });
});

const hexOf = (data: Uint8Array | undefined): string => Buffer.from(data ?? []).toString('hex');

/** Codec → Matroska codec id, media type, and private data made from the fields; ours for the KVS codecs, RFC 9559 mappings for the others. */
const TABLE: readonly (readonly [track: TrackOptions, codecId: string, contentType: string, privateData: string])[] = [
  [{ kind: 'video', codec: 'h265' }, 'V_MPEGH/ISO/HEVC', 'video/h265', ''],
  [{ kind: 'video', codec: 'vp8' }, 'V_VP8', 'video/vp8', ''],
  [{ kind: 'video', codec: 'vp9' }, 'V_VP9', 'video/vp9', ''],
  [
    { kind: 'video', codec: 'vp9', codecPrivateData: bytes('01000000 01 1f a3 010101 0000') },
    'V_VP9',
    'video/vp9',
    '01010102011f03010a040101',
  ],
  [{ kind: 'video', codec: 'vp9', codecPrivateData: bytes('010100 02011f') }, 'V_VP9', 'video/vp9', '01010002011f'],
  [{ kind: 'video', codec: 'av1', codecPrivateData: bytes('81040c00') }, 'V_AV1', 'video/av1', '81040c00'],
  [
    { kind: 'video', codec: 'mjpeg', width: 640, height: 480 },
    'V_MS/VFW/FOURCC',
    'video/x-matroska',
    '2800000080020000e0010000010018004d4a504700100e0000000000000000000000000000000000',
  ],
  [
    { kind: 'audio', codec: 'alaw', sampleRate: 8000, channels: 1 },
    'A_MS/ACM',
    'audio/alaw',
    '06000100401f0000401f0000010008000000',
  ],
  [
    { kind: 'audio', codec: 'mulaw', sampleRate: 192_000, channels: 2 },
    'A_MS/ACM',
    'audio/mulaw',
    '0700020000ee020000dc0500020008000000',
  ],
  [
    { kind: 'audio', codec: 'opus', sampleRate: 48_000, channels: 2 },
    'A_OPUS',
    'audio/opus',
    '4f7075734865616401023801 80bb0000 0000 00'.replaceAll(' ', ''),
  ],
  [
    { kind: 'audio', codec: 'pcm-le', sampleRate: 48_000, channels: 2, bitDepth: 16 },
    'A_PCM/INT/LIT',
    'audio/x-matroska',
    '',
  ],
  [{ kind: 'audio', codec: 'pcm-be' }, 'A_PCM/INT/BIG', 'audio/x-matroska', ''],
  [{ kind: 'audio', codec: 'pcm-float' }, 'A_PCM/FLOAT/IEEE', 'audio/x-matroska', ''],
];
for (const [track, codecId, contentType, privateData] of TABLE) {
  it(`resolveTracks() knows ${track.codec}${privateData === '' ? '' : `, private data ${privateData.slice(0, 12)}`}`, () => {
    const set = resolveTracks([track]);
    assert.is(set.tracks[0]?.core.codecId, codecId);
    assert.is(set.contentType, contentType);
    assert.is(hexOf(set.tracks[0]?.core.codecPrivateData), privateData);
  });
}

for (const [name, track] of [
  ['G.711 below 8000 Hz', { kind: 'audio', codec: 'alaw', sampleRate: 7999, channels: 1 }],
  ['G.711 above 192000 Hz', { kind: 'audio', codec: 'mulaw', sampleRate: 192_001, channels: 1 }],
  ['G.711 with three channels', { kind: 'audio', codec: 'alaw', sampleRate: 8000, channels: 3 }],
  ['Opus with three channels and no header', { kind: 'audio', codec: 'opus', sampleRate: 48_000, channels: 3 }],
  ['a picture of no width', { kind: 'video', codec: 'mjpeg', width: 0, height: 1 }],
  ['a picture of 65536 rows', { kind: 'video', codec: 'mjpeg', width: 1, height: 65_536 }],
] as const) {
  it(`resolveTracks() refuses ${name}`, () => {
    assert.throws(
      () => resolveTracks([track]),
      (error: unknown) => error instanceof KvsError && error.code === 'STATUS_INVALID_ARG',
    );
  });
}

it('resolveTracks() takes any codec that brings its ids', () => {
  const { tracks, contentType } = resolveTracks([
    { kind: 'audio', codec: 'opus', codecId: 'A_OPUS', contentType: 'audio/opus' },
  ]);
  assert.is(tracks[0]?.core.codecId, 'A_OPUS');
  assert.is(contentType, 'audio/opus');
});

it('resolveTracks() knows the framing from the parameter sets given', () => {
  const framing = (codecPrivateData?: Uint8Array): string | undefined =>
    resolveTracks([{ kind: 'video', codec: 'h264', ...(codecPrivateData === undefined ? {} : { codecPrivateData }) }])
      .tracks[0]?.framing;
  assert.is(framing(bytes('01640028ffe1')), 'avcc');
  assert.is(framing(bytes('00000001 67640028')), 'annexb');
  assert.is(framing(), undefined);
});

const VIDEO: TrackOptions = { kind: 'video', codec: 'h264' };
for (const [name, tracks, code] of [
  ['no track', [], 'STATUS_TRACK_INFO_MISSING'],
  ['four tracks', [VIDEO, VIDEO, VIDEO, VIDEO], 'STATUS_MAX_TRACK_COUNT_EXCEEDED'],
  ['an unknown codec', [{ kind: 'video', codec: 'toString' }], 'STATUS_INVALID_ARG'],
  ['a long name', [{ ...VIDEO, name: 'x'.repeat(33) }], 'STATUS_MKV_INVALID_TRACK_NAME_LENGTH'],
  ['a long codec id', [{ ...VIDEO, codecId: 'x'.repeat(33) }], 'STATUS_MKV_INVALID_CODEC_ID_LENGTH'],
  ['a long content type', [{ ...VIDEO, contentType: 'x'.repeat(129) }], 'STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH'],
  [
    'huge private data',
    [{ ...VIDEO, codecPrivateData: new Uint8Array((1 << 20) + 1) }],
    'STATUS_MKV_INVALID_CODEC_PRIVATE_LENGTH',
  ],
  [
    'a name of 17 characters and 33 bytes',
    [{ ...VIDEO, name: `n${'é'.repeat(16)}` }],
    'STATUS_MKV_INVALID_TRACK_NAME_LENGTH',
  ],
  [
    'a codec id of 11 characters and 33 bytes',
    [{ ...VIDEO, codecId: '中'.repeat(11) }],
    'STATUS_MKV_INVALID_CODEC_ID_LENGTH',
  ],
  [
    'a content type of 65 characters and 130 bytes',
    [{ ...VIDEO, contentType: 'é'.repeat(65) }],
    'STATUS_MKV_INVALID_CONTENT_TYPE_LENGTH',
  ],
  ['a track number twice', [{ ...VIDEO, trackNumber: 2 }, VIDEO], 'STATUS_DUPLICATE_TRACK_ID_FOUND'],
  ['a track id twice', [{ ...VIDEO, trackId: 2n }, VIDEO], 'STATUS_DUPLICATE_TRACK_ID_FOUND'],
  ['track id 0', [{ ...VIDEO, trackId: 0 }], 'STATUS_MKV_INVALID_TRACK_UID'],
  ['track id 2^53 as a number', [{ ...VIDEO, trackId: 2 ** 53 }], 'STATUS_MKV_INVALID_TRACK_UID'],
  ['track id 2^64', [{ ...VIDEO, trackId: 2n ** 64n }], 'STATUS_MKV_INVALID_TRACK_UID'],
] as const) {
  it(`resolveTracks() refuses ${name}`, () => {
    assert.throws(
      () => resolveTracks(tracks),
      (error: unknown) => error instanceof KvsError && error.code === code,
    );
  });
}

it('resolveTracks() measures bytes, not characters, and takes numbers and ids as they are', () => {
  const { tracks } = resolveTracks([
    { ...VIDEO, name: 'é'.repeat(16), codecId: '𝄞'.repeat(8), trackNumber: 126, trackId: 2n ** 64n - 1n },
    { ...VIDEO, contentType: 'é'.repeat(53), trackId: 2 ** 53 - 1 },
    { ...VIDEO, contentType: '', trackNumber: 1 },
  ]);
  assert.equal(
    tracks.map(({ number, core }) => [number, core.trackNumber, core.trackId]),
    [
      [126, 126, 2n ** 64n - 1n],
      [2, 2, 2 ** 53 - 1],
      [1, 1, 1],
    ],
  );
});

for (const [name, track, message] of [
  ['track number 0', { trackNumber: 0 }, 'tracks[0].trackNumber is 0: expected a whole number from 1 to 126'],
  ['track number 127', { trackNumber: 127 }, 'tracks[0].trackNumber is 127: expected a whole number from 1 to 126'],
  ['track number 1.5', { trackNumber: 1.5 }, 'tracks[0].trackNumber is 1.5'],
  ['a width of 65536', { width: 65_536 }, 'tracks[0].width is 65536: expected a whole number from 1 to 65535'],
  ['256 channels', { channels: 256 }, 'tracks[0].channels is 256: expected a whole number from 1 to 255'],
] as const) {
  it(`checkStreamOptions() refuses ${name} by name`, () => {
    assert.throws(
      () => checkStreamOptions({ tracks: [{ ...VIDEO, ...track }] }),
      (error: unknown) =>
        error instanceof KvsError && error.code === 'STATUS_INVALID_ARG' && error.message.includes(message),
    );
  });
}

it('checkStreamOptions() takes the largest numbers', () => {
  checkStreamOptions({
    tracks: [{ ...VIDEO, trackNumber: 126, width: 65_535, height: 65_535, channels: 255, bitDepth: 255 }],
  });
});

it.run();
