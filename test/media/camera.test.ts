/**
 * The camera recordings through the writer: ffprobe and mkvinfo see the frames that were put, each with its size, time and flags, and ffmpeg
 * decodes them to the pictures and the sound of the raw recordings.
 */
// time-limit-s: 300
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Core, type CoreTrack, FRAME_FLAG } from '../../sdk/core/index.ts';
import { fromHex, PLAIN_VIDEO, readAll } from '../support/core-fixture.ts';
import { coreSource } from '../support/load-core.ts';
import { skip } from '../support/skip.ts';
import { annexBToAvccTwin } from '../unit/nal/annexb-twin.ts';
import { cameraUnits } from './camera.ts';
import { blocksOf, frameDigests, hasTools, MISSING_TOOLS, packetsOf } from './other-tools.ts';
import { recordingPath } from './recordings.ts';

const START_MS = 1_700_000_000_000;
/** Id and size of a SimpleBlock as the writer makes them, track number and time: what stands in front of its flags. */
const FLAGS_AT = 1 + 8 + 1 + 2;

interface Codec {
  readonly track: Omit<CoreTrack, 'trackNumber' | 'trackId'>;
  readonly contentType: string;
  /** Of one access unit, microseconds. */
  readonly frameUs: number;
}

const CODECS: Readonly<Record<string, Codec>> = {
  h264: {
    track: { kind: 'video', codecId: 'V_MPEG4/ISO/AVC' },
    contentType: 'video/h264',
    frameUs: 40_000,
  },
  h265: {
    track: { kind: 'video', codecId: 'V_MPEGH/ISO/HEVC' },
    contentType: 'video/h265',
    frameUs: 40_000,
  },
  // AAC-LC, 48 kHz, stereo; 1024 samples a frame.
  aac: {
    track: { kind: 'audio', codecId: 'A_AAC', codecPrivateData: fromHex('1190') },
    contentType: 'audio/aac',
    frameUs: 1024e6 / 48_000,
  },
  // WAVEFORMATEX: A-law, one channel, 8 kHz.
  alaw: {
    track: {
      kind: 'audio',
      codecId: 'A_MS/ACM',
      codecPrivateData: fromHex('0600 0100 401f0000 401f0000 0100 0800 0000'),
    },
    contentType: 'audio/alaw',
    frameUs: 20_000,
  },
};

/** Flags are given without regard to what is in the frames: only the container carries them. */
const FLAGS = {
  plain: (): number => 0,
  discardable: (index: number): number => (index % 3 === 1 ? FRAME_FLAG.discardable : 0),
  invisible: (index: number): number => (index % 5 === 2 ? FRAME_FLAG.invisible : 0),
} as const;

interface PutFrame {
  readonly track: number;
  readonly timeUs: number;
  readonly flags: number;
  readonly given: Uint8Array;
  /** As it must stand in the file. */
  readonly stored: Uint8Array;
}

/** The frames of several recordings by time, or null after naming the skipped test. */
function framesOf(codecs: readonly string[], flagsOf: (index: number) => number, testName: string): PutFrame[] | null {
  const frames: PutFrame[] = [];
  for (const [index, name] of codecs.entries()) {
    const { track, frameUs } = CODECS[name] as Codec;
    const units = cameraUnits(name, testName);
    if (units === null) return null;
    for (const [at, { data, isKey }] of units.entries()) {
      // To begin fragments at pictures, sound has no key flag beside them.
      const key = isKey && (track.kind === 'video' || codecs.length === 1) ? FRAME_FLAG.key : 0;
      const stored = track.kind === 'video' ? annexBToAvccTwin(data) : data;
      if (stored === null) throw new Error(`Access unit ${at} of camera.${name} is not Annex-B`);
      const timeUs = Math.floor(START_MS * 1000 + at * frameUs);
      frames.push({ track: index + 1, timeUs, flags: key | flagsOf(at), given: data, stored });
    }
  }
  return frames.sort((a, b) => a.timeUs - b.timeUs || a.track - b.track);
}

function write(codecs: readonly string[], frames: readonly PutFrame[]): Uint8Array {
  const core = Core.create(coreSource('simd'));
  const store = core.openStore(32 << 20);
  const stream = store.openStream({
    ...PLAIN_VIDEO,
    tracks: codecs.map((name, index) => ({
      ...(CODECS[name] as Codec).track,
      trackNumber: index + 1,
      trackId: index + 1,
    })),
    contentType: codecs.map((name) => CODECS[name]?.contentType).join(),
    nal: 'annexb-to-avcc',
    adaptCodecPrivateData: true,
    // Sound alone has a key frame every few milliseconds.
    keyFrameFragmentation: codecs[0] !== 'alaw',
  });
  for (const { track, given, flags, timeUs } of frames)
    assert.ok(stream.putFrame(track, given, flags, timeUs, timeUs, 0) >= 0, `the frame at ${timeUs} is refused`);
  stream.stop();
  stream.beginSession();
  const bytes = readAll(stream, 1 << 16);
  store.dispose();
  return bytes;
}

const timeMs = ({ timeUs }: PutFrame): number => Math.floor(timeUs / 1000);
const line = (...fields: readonly (number | boolean)[]): string => fields.join(':');

/** Every block, in the order of the file, and the flags in the byte that mkvinfo does not tell all of. */
function checkMkvinfo(path: string, frames: readonly PutFrame[]): void {
  const bytes = readFileSync(path);
  assert.equal(
    blocksOf(path).map(({ track, timeMs: time, sizeBytes, isKey, discardable, offset }) =>
      line(track, time, sizeBytes, isKey, discardable, bytes[offset + FLAGS_AT] as number),
    ),
    frames.map((frame) => {
      const [isKey, discardable] = [(frame.flags & FRAME_FLAG.key) !== 0, (frame.flags & FRAME_FLAG.discardable) !== 0];
      const invisible = (frame.flags & FRAME_FLAG.invisible) !== 0;
      const bits = (isKey ? 0x80 : 0) | (invisible ? 0x08 : 0) | (discardable ? 0x01 : 0);
      return line(frame.track, timeMs(frame), frame.stored.length, isKey, discardable, bits);
    }),
  );
}

/** Every packet, and the bytes of each; to ffprobe each packet of sound is a key. */
function checkFfprobe(path: string, codecs: readonly string[], frames: readonly PutFrame[]): void {
  const isVideo = (track: number): boolean => CODECS[codecs[track - 1] ?? '']?.track.kind === 'video';
  assert.equal(
    packetsOf(path).map(({ track, timeMs: time, sizeBytes, isKey }) => line(track, time, sizeBytes, isKey)),
    frames.map((frame) => {
      const isKey = !isVideo(frame.track) || (frame.flags & FRAME_FLAG.key) !== 0;
      return line(frame.track, timeMs(frame), frame.stored.length, isKey);
    }),
  );
  for (const [index] of codecs.entries()) {
    const stored = frames.filter(({ track }) => track === index + 1).map(({ stored: data }) => data);
    assert.equal(
      frameDigests(['-i', path], `0:${index}`, ['-c', 'copy']),
      stored.map((data) => createHash('md5').update(data).digest('hex')),
      `packets of ${codecs[index]}`,
    );
  }
}

/** How ffmpeg reads the raw recordings. */
const RAW: Readonly<Record<string, readonly string[]>> = {
  h264: ['-f', 'h264', '-framerate', '25'],
  h265: ['-f', 'hevc', '-framerate', '25'],
};

function checkPictures(path: string, codecs: readonly string[]): void {
  for (const [index, name] of codecs.entries()) {
    const [raw, recording] = [RAW[name], recordingPath(`camera.${name}`, name)];
    if (raw === undefined || recording === null) continue;
    const pictures = frameDigests(['-i', path], `0:${index}`);
    assert.equal(pictures, frameDigests([...raw, '-i', recording], '0:0'), `pictures of ${name}`);
    assert.is(pictures.length, cameraUnits(name, name)?.length, `pictures of ${name}`);
  }
}

const it = suite('camera recordings, through the writer');

const CASES: readonly (readonly [codecs: readonly string[], flags: keyof typeof FLAGS])[] = [
  [['h264', 'aac'], 'plain'],
  [['h265'], 'plain'],
  [['alaw'], 'plain'],
  [['h264', 'alaw'], 'plain'],
  [['h265', 'aac'], 'discardable'],
  [['h265', 'alaw'], 'invisible'],
];

for (const [codecs, flags] of CASES) {
  const name = `camera.${codecs.join(' + camera.')}, ${flags}: other tools agree on every frame`;
  if (!hasTools) {
    skip(name, MISSING_TOOLS);
    continue;
  }
  const frames = framesOf(codecs, FLAGS[flags], name);
  if (frames === null) continue;

  it(name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'penstock-camera-'));
    try {
      const path = join(folder, 'camera.mkv');
      writeFileSync(path, write(codecs, frames));
      checkMkvinfo(path, frames);
      checkFfprobe(path, codecs, frames);
      if (flags === 'plain') checkPictures(path, codecs);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

it.run();
