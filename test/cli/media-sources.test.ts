/** What the sources read, beside what ffprobe reads; and what they refuse. */
import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { detectFormat } from '../../cli/sources/byte-input.ts';
import type { MediaSource, SourceFrame } from '../../cli/sources/media-source.ts';
import type { SourceOptions } from '../../cli/sources/open-source.ts';
import { openMediaSource } from '../../cli/sources/open-source.ts';
import { skip } from '../support/skip.ts';

const it = suite('media sources');
const recording = fileURLToPath(new URL('../../examples/demo/recording.mp4', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'penstock-sources-'));
it.after(() => rmSync(directory, { recursive: true, force: true }));

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0 && spawnSync('ffprobe', ['-version']).status === 0;

/** Registers a test that needs ffmpeg and ffprobe, or says that it is left out. */
function itWithFfmpeg(name: string, run: () => Promise<void>): void {
  if (hasFfmpeg) it(name, run);
  else skip(name, 'ffmpeg and ffprobe are not there');
}

/** Makes a file with ffmpeg and gives its path. */
function make(name: string, ...options: string[]): string {
  const path = join(directory, name);
  const { status, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-y', ...options, path], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.is(status, 0, stderr);
  return path;
}

interface ProbedPacket {
  readonly codec_type: string;
  readonly pts_time: string;
  readonly size: string;
  readonly flags: string;
}

function probe(path: string, kind: 'video' | 'audio'): ProbedPacket[] {
  const options = ['-v', 'error', '-select_streams', kind[0]!, '-show_packets', '-of', 'json', path];
  const { stdout } = spawnSync('ffprobe', options, { encoding: 'utf8', maxBuffer: 64 << 20 });
  return (JSON.parse(stdout) as { packets: ProbedPacket[] }).packets;
}

interface Read {
  readonly source: MediaSource;
  readonly frames: readonly SourceFrame[];
}

async function readAll(path: string, options?: SourceOptions, input?: AsyncIterable<Uint8Array>): Promise<Read> {
  const source = await openMediaSource(path, options, input);
  const frames: SourceFrame[] = [];
  for await (const frame of source.frames()) frames.push(frame);
  await source.close();
  return { source, frames };
}

/** Size and milliseconds of each frame: what two demultiplexers must agree on. */
function facts(frames: readonly SourceFrame[], trackNumber: number): string[] {
  const ofTrack = frames.filter((frame) => frame.trackNumber === trackNumber);
  return ofTrack.map((frame) => `${frame.data.length} ${Math.round(frame.timestampUs / 1000)}`);
}

function probedFacts(packets: readonly ProbedPacket[]): string[] {
  return packets.map((packet) => `${packet.size} ${Math.round(Number(packet.pts_time) * 1000)}`);
}

function compare({ frames, source }: Read, path: string): void {
  for (const track of source.tracks) {
    const packets = probe(path, track.kind);
    assert.equal(facts(frames, track.trackNumber), probedFacts(packets), `${track.kind} packets`);
  }
  const keys = frames.filter((frame) => frame.isKey && frame.trackNumber === 1).length;
  assert.is(keys, probe(path, 'video').filter((packet) => packet.flags.startsWith('K')).length, 'key frames');
}

itWithFfmpeg('openMediaSource() reads every packet of an MP4 with B-frames and audio', async () => {
  const read = await readAll(recording);
  compare(read, recording);
  const [video, audio] = read.source.tracks;
  assert.is(video!.framing, 'avcc');
  assert.equal([video!.widthPixels, video!.heightPixels, video!.codecPrivateData![0]], [1280, 720, 1]);
  assert.equal([audio!.sampleRateHz, audio!.channels], [48000, 2]);
  assert.is(audio!.codecPrivateData![0]! >> 3, 2, 'AAC-LC');
  assert.is(read.source.leadingFrames, 0);
});

itWithFfmpeg('openMediaSource() reads every packet of a Matroska file', async () => {
  const path = make('recording.mkv', '-i', recording, '-c', 'copy');
  compare(await readAll(path), path);
});

itWithFfmpeg('openMediaSource() reads the same frames from standard input', async () => {
  for (const flags of ['faststart', 'frag_keyframe+empty_moov', 'write_colr']) {
    const path = make(`${flags}.mp4`, '-i', recording, '-c', 'copy', '-movflags', flags);
    const fromFile = await readAll(path);
    const piped = await readAll('-', {}, createReadStream(path));
    for (const track of [1, 2]) assert.equal(facts(piped.frames, track), facts(fromFile.frames, track), flags);
  }
});

itWithFfmpeg('openMediaSource() reads raw H.264 as the packets that ffmpeg wrote', async () => {
  const path = make('recording.h264', '-i', recording, '-c', 'copy', '-bsf:v', 'h264_mp4toannexb', '-an');
  const { source, frames } = await readAll(path);
  assert.equal(
    frames.map((frame) => frame.data.length),
    probe(path, 'video').map((packet) => Number(packet.size)),
  );
  assert.match(source.description, /30 frames\/s/);
  assert.is(frames.at(-1)!.timestampUs, Math.round((299 * 1e6) / 30));
  assert.equal(Buffer.concat(frames.map((frame) => frame.data)), readFileSync(path), 'nothing is lost or added');
  const faster = await readAll(path, { framesPerSecond: 50 });
  assert.is(faster.frames[50]!.timestampUs, 1_000_000, '--fps wins over the stream');
});

itWithFfmpeg('openMediaSource() keeps each frame inside its fragment', async () => {
  const path = make('edits.mp4', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=24000/1001', '-f', 'lavfi', '-i', 'sine=f=440', '-t', '6',
    '-c:v', 'libx264', '-preset', 'fast', '-g', '17', '-bf', '4', '-c:a', 'aac'); // prettier-ignore
  const { source, frames } = await readAll(path);
  assert.ok(source.leadingFrames > 0, 'ffmpeg puts an audio packet before zero');
  let fragmentMs = 0;
  let latestMs = -1;
  for (const frame of frames) {
    const ms = Math.floor(frame.timestampUs / 1000);
    if (frame.isKey) {
      assert.ok(ms > latestMs, `fragment at ${ms} ms follows a frame at ${latestMs} ms`);
      fragmentMs = ms;
    }
    assert.ok(ms >= fragmentMs);
    latestMs = Math.max(latestMs, ms);
  }
});

itWithFfmpeg('openMediaSource() lets a fragment of an audio-only recording begin anywhere', async () => {
  const path = make('tone.m4a', '-f', 'lavfi', '-i', 'sine=f=440', '-t', '5', '-c:a', 'aac');
  const { source, frames } = await readAll(path);
  assert.equal(
    source.tracks.map((track) => track.kind),
    ['audio'],
  );
  assert.ok(frames.length > 200 && frames.every((frame) => frame.isKey));
});

itWithFfmpeg('openMediaSource() sends one kind of track alone', async () => {
  const video = await readAll(recording, { tracks: 'video' });
  const audio = await readAll(recording, { tracks: 'audio' });
  assert.equal([video.frames.length, audio.frames.length], [300, 470]);
  assert.ok(audio.frames[0]!.isKey);
});

async function refuses(
  path: string,
  message: RegExp,
  options?: SourceOptions,
  input?: AsyncIterable<Uint8Array>,
): Promise<void> {
  const outcome = await readAll(path, options, input).then(
    () => null,
    (error: Error) => error,
  );
  assert.ok(outcome, `${path} must be refused`);
  assert.is(outcome.name, 'MediaSourceError', outcome.stack);
  assert.match(outcome.message, message);
}

function write(name: string, bytes: Uint8Array | string): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

it('openMediaSource() names what it cannot read', async () => {
  await refuses(join(directory, 'missing.mp4'), /missing\.mp4: no such file/);
  await refuses(directory, /it is a directory/);
  await refuses(write('empty.h264', ''), /is empty/);
  await refuses('-', /standard input is empty/, {}, (async function* () {})());
  await refuses(write('notes.mp4', 'These are notes, not media.'), /neither raw H\.264/);
  await refuses(
    write('late.h264', Buffer.from('0000000141 9a2101 00000001419a2101'.replaceAll(' ', ''), 'hex')),
    /No key frame/,
  );
  await refuses(write('hevc.h265', Buffer.from('0000000140010c01ffff0160000003', 'hex')), /raw H\.265/);
  await refuses(write('short.mp4', readFileSync(recording).subarray(0, 5000)), /no video or audio track/);
  await refuses(write('short.mkv', Buffer.from('1a45dfa3a342868101', 'hex')), /short\.mkv/);
});

it('openMediaSource() says where a recording is cut off, after all of its frames', async () => {
  const path = write('cut.mp4', readFileSync(recording).subarray(0, 700_000));
  const source = await openMediaSource(path);
  let frames = 0;
  try {
    for await (const _ of source.frames()) frames++;
    assert.unreachable('must reject');
  } catch (error) {
    assert.match((error as Error).message, /cut\.mp4 is cut off: its frames end at \d\.\d s, its header says 10\.0 s/);
  }
  assert.ok(frames > 200);
  await source.close();
});

itWithFfmpeg('openMediaSource() names the track and the codec that cannot be sent', async () => {
  const vp9 = make(
    'clip.webm',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=160x90:rate=10',
    '-t',
    '1',
    '-c:v',
    'libvpx-vp9',
    '-an',
  );
  await refuses(vp9, /Track 1 \(video\) is vp9; only H\.264 video can be sent/);
  const opus = make('opus.mkv', '-i', recording, '-t', '1', '-c:v', 'copy', '-c:a', 'libopus');
  await refuses(opus, /Track 2 \(audio\) is opus; only AAC audio can be sent/);
  assert.is((await readAll(opus, { tracks: 'video' })).source.tracks.length, 1, 'the other track can be sent alone');
  await refuses(make('silent.mp4', '-i', recording, '-t', '1', '-c', 'copy', '-an'), /has no audio track/, {
    tracks: 'audio',
  });
  const open = make('open.mp4', '-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25', '-t', '4', '-c:v', 'libx264', '-g', '25', '-bf', '3',
    '-x264-params', 'open-gop=1:scenecut=0'); // prettier-ignore
  await refuses(open, /Track 1 \(video\): the key frame at .*open GOP/);
});

const heads: readonly [hex: string, format: string][] = [
  ['', 'empty'],
  ['000001', 'unknown'],
  ['00000165', 'h264'],
  ['0000000109f0', 'h264'],
  ['000000000000000167', 'h264'],
  ['000001ba44000400', 'unknown'],
  ['000001b3140f', 'unknown'],
  ['0000000140010c01', 'h265'],
  ['0000000146010c', 'h265'],
  ['1a45dfa3', 'matroska'],
  ['0000001866747970', 'mp4'],
  ['000000086d646174', 'mp4'],
  ['474000', 'unknown'],
];
for (const [hex, format] of heads) {
  it(`detectFormat(${hex || 'nothing'}) is ${format}`, () => assert.is(detectFormat(Buffer.from(hex, 'hex')), format));
}

it.run();
