/** One file of each codec through the producer, and what ffprobe and mkvinfo say about its track. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TrackOptions } from '../../sdk/producer/index.ts';
import { AVCC_RECORD, fromHex, toHex } from '../support/core-fixture.ts';
import { skip } from '../support/skip.ts';
import { BASE_MS, TestStream } from '../support/test-stream.ts';
import { KNOWN_RECORDS } from '../unit/nal/h265-records.ts';

const it = suite('files of codecs');
const hasTools = ['ffprobe', 'mkvinfo'].every(
  (tool) => spawnSync(tool, ['-h'], { stdio: 'ignore' }).error === undefined,
);

const HEVC_RECORD = fromHex((KNOWN_RECORDS[0] as { readonly record: string }).record);
/** av1C: main profile, level 2.0, 8 bits, 4:2:0. Source: AV1 in ISO base media §2.3.3. */
const AV1_RECORD = fromHex('81000c00');
/** vpcC with its version and flags: profile 0, level 1.0, 8 bits, 4:2:0. Source: VP codec in ISO base media §2.2. */
const VP9_RECORD = fromHex('01000000000a82010101 0000'.replaceAll(' ', ''));
const VP9_FEATURES = '01010002010a030108040101';
const OPUS_HEAD = fromHex('4f7075734865616401023801 80bb0000 0000 00'.replaceAll(' ', ''));
const PICTURE = { width: 640, height: 480 } as const;
const SOUND = { sampleRate: 48_000, channels: 2 } as const;

interface Codec {
  readonly name: string;
  readonly track: TrackOptions;
  /** As WebCodecs gives it: the `description` of a decoder configuration. */
  readonly description?: Uint8Array;
  readonly codecId: string;
  /** Codec private data in the file, hexadecimal; '' for none. */
  readonly privateData: string;
  /** What ffprobe says of the stream. */
  readonly probe: Readonly<Record<string, string | number>>;
}

const video = (codec: string, more: Partial<TrackOptions> = {}): TrackOptions => ({ kind: 'video', codec, ...more });
const audio = (codec: string, more: Partial<TrackOptions> = {}): TrackOptions => ({
  kind: 'audio',
  codec,
  ...SOUND,
  ...more,
});
const size = (width: number, height: number): { width: number; height: number } => ({ width, height });
const sound = (rate: number, channels: number): { sample_rate: string; channels: number } => ({
  sample_rate: `${rate}`,
  channels,
});

const CODECS: readonly Codec[] = [
  {
    name: 'H.264',
    track: video('h264'),
    description: AVCC_RECORD,
    codecId: 'V_MPEG4/ISO/AVC',
    privateData: toHex(AVCC_RECORD),
    probe: { codec_name: 'h264', ...size(3840, 1920) },
  },
  {
    name: 'H.265',
    track: video('h265'),
    description: HEVC_RECORD,
    codecId: 'V_MPEGH/ISO/HEVC',
    privateData: toHex(HEVC_RECORD),
    probe: { codec_name: 'hevc' },
  },
  {
    name: 'VP8',
    track: video('vp8', PICTURE),
    codecId: 'V_VP8',
    privateData: '',
    probe: { codec_name: 'vp8', ...size(640, 480) },
  },
  {
    name: 'VP9',
    track: video('vp9', PICTURE),
    description: VP9_RECORD,
    codecId: 'V_VP9',
    privateData: VP9_FEATURES,
    probe: { codec_name: 'vp9', ...size(640, 480) },
  },
  {
    name: 'AV1',
    track: video('av1', PICTURE),
    description: AV1_RECORD,
    codecId: 'V_AV1',
    privateData: toHex(AV1_RECORD),
    probe: { codec_name: 'av1', ...size(640, 480) },
  },
  {
    name: 'M-JPEG',
    track: video('mjpeg', PICTURE),
    codecId: 'V_MS/VFW/FOURCC',
    privateData: '2800000080020000e0010000010018004d4a504700100e0000000000000000000000000000000000',
    probe: { codec_name: 'mjpeg', ...size(640, 480) },
  },
  {
    name: 'AAC',
    track: audio('aac'),
    description: fromHex('1190'),
    codecId: 'A_AAC',
    privateData: '1190',
    probe: { codec_name: 'aac', ...sound(48_000, 2) },
  },
  {
    name: 'Opus',
    track: { kind: 'audio', codec: 'opus' },
    description: OPUS_HEAD,
    codecId: 'A_OPUS',
    privateData: toHex(OPUS_HEAD),
    probe: { codec_name: 'opus', ...sound(48_000, 2) },
  },
  {
    name: 'A-law',
    track: audio('alaw', { sampleRate: 8000, channels: 1 }),
    codecId: 'A_MS/ACM',
    privateData: '06000100401f0000401f0000010008000000',
    probe: { codec_name: 'pcm_alaw', ...sound(8000, 1) },
  },
  {
    name: 'µ-law',
    track: audio('mulaw', { sampleRate: 8000, channels: 1 }),
    codecId: 'A_MS/ACM',
    privateData: '07000100401f0000401f0000010008000000',
    probe: { codec_name: 'pcm_mulaw', ...sound(8000, 1) },
  },
  {
    name: 'PCM, 16 bits, little-endian',
    track: audio('pcm-le', { bitDepth: 16 }),
    codecId: 'A_PCM/INT/LIT',
    privateData: '',
    probe: { codec_name: 'pcm_s16le', ...sound(48_000, 2) },
  },
  {
    name: 'PCM, 24 bits, big-endian',
    track: audio('pcm-be', { bitDepth: 24 }),
    codecId: 'A_PCM/INT/BIG',
    privateData: '',
    probe: { codec_name: 'pcm_s24be', ...sound(48_000, 2) },
  },
  {
    name: 'PCM, float',
    track: audio('pcm-float', { bitDepth: 32 }),
    codecId: 'A_PCM/FLOAT/IEEE',
    privateData: '',
    probe: { codec_name: 'pcm_f32le', ...sound(48_000, 2) },
  },
  {
    name: 'generic data',
    track: {
      kind: 'data',
      codec: 'telemetry',
      codecId: 'X_TELEMETRY',
      contentType: 'application/json',
      codecPrivateData: fromHex('7b7d'),
    },
    codecId: 'X_TELEMETRY',
    privateData: '7b7d',
    probe: {},
  },
];

/** A file with one track of any number, as the producer uploads it. */
async function fileOf({ track, description }: Codec): Promise<{ bytes: Uint8Array; privateData: string }> {
  const test = await TestStream.open({ tracks: [{ ...track, trackNumber: 5, trackId: 2n ** 63n }] });
  for (let i = 0; i < 4; i++) {
    const data = Uint8Array.of(0, 0, 0, 4, 0x65, 0x88, 0x84, i);
    const chunk = {
      type: 'key' as const,
      timestamp: (BASE_MS + i * 1000) * 1000,
      duration: null,
      byteLength: data.length,
      copyTo: (destination: Uint8Array) => destination.set(data),
    };
    await test.stream.putFrame(description === undefined ? chunk : { chunk, decoderConfig: { description } });
  }
  await test.service.idle();
  const [fragment] = await test.service.upload.fragments();
  assert.equal(
    fragment?.tracks.map(({ number, uid }) => [number, uid]),
    [[5, 2n ** 63n]],
  );
  assert.ok(fragment?.frames.every(({ trackNumber }) => trackNumber === 5));
  const { bytes } = test.service.upload;
  await test.end();
  return { bytes, privateData: toHex(fragment?.tracks[0]?.codecPrivateData ?? new Uint8Array()) };
}

for (const codec of CODECS) {
  it(`${codec.name}: id and private data`, async () => {
    const { bytes, privateData } = await fileOf(codec);
    assert.ok(toHex(bytes).includes(toHex(new TextEncoder().encode(codec.codecId))));
    assert.is(privateData, codec.privateData);
  });

  const name = `${codec.name}: what ffprobe and mkvinfo say`;
  if (!hasTools) skip(name, 'ffprobe and mkvinfo are not both installed');
  else {
    it(name, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'penstock-codec-'));
      try {
        const path = join(folder, 'track.mkv');
        writeFileSync(path, (await fileOf(codec)).bytes);
        const output = execFileSync('ffprobe', ['-v', 'quiet', '-show_streams', '-of', 'json', path], {
          encoding: 'utf8',
        });
        const [seen = {}] = (JSON.parse(output) as { readonly streams: Record<string, unknown>[] }).streams;
        for (const [field, value] of Object.entries(codec.probe)) assert.is(seen[field], value, field);
        // Its exit code tells of warnings.
        const { stdout } = spawnSync('mkvinfo', [path], { encoding: 'utf8' });
        assert.match(stdout, /Track number: 5\b/);
        assert.match(stdout, `Codec ID: ${codec.codecId}`);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
}

it.run();
