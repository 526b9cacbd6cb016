/** Frame rates out of parameter sets that real encoders wrote. */
import { spawnSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AccessUnitSplitter } from '../../cli/sources/h264-access-units.ts';
import { h264FrameRate } from '../../cli/sources/h264-frame-rate.ts';
import { skip } from '../support/skip.ts';

const it = suite('H.264 frame rate');

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

it('h264FrameRate() reads a High profile set: 30 frames/s', () => {
  assert.is(h264FrameRate(hex('67640028ac562405005bb0110000030001000003003c0f1831898001')), 30);
});

it('h264FrameRate() gives null for a set without video usability information', () => {
  assert.is(h264FrameRate(hex('6742001eda0b1390')), null); // Baseline, 176×144, vui_parameters_present_flag 0
});

it('h264FrameRate() gives null for a set that is cut off before the end of its timing', () => {
  const whole = hex('67640028ac562405005bb0110000030001000003003c0f1831898001');
  for (let length = 0; length <= 20; length++)
    assert.is(h264FrameRate(whole.subarray(0, length)), null, `${length} bytes`);
});

/** Encodes two frames with x264 and gives the first parameter set, or null without ffmpeg. */
function encodedSet(rate: string, options: readonly string[]): Uint8Array | null {
  const input = ['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=176x144:rate=${rate}`, '-frames:v', '2'];
  const encode = ['-c:v', 'libx264', '-preset', 'ultrafast', ...options, '-f', 'h264', '-'];
  const { status, stdout } = spawnSync('ffmpeg', [...input, ...encode], { timeout: 20_000 });
  if (status !== 0) return null;
  const splitter = new AccessUnitSplitter();
  return splitter.push(stdout).at(0)?.sequenceParameterSet ?? splitter.finish()?.sequenceParameterSet ?? null;
}

const encodings: readonly [rate: string, expected: number, options: readonly string[]][] = [
  ['25', 25, ['-profile:v', 'baseline']],
  ['30000/1001', 30000 / 1001, ['-profile:v', 'main']],
  ['12.5', 12.5, ['-profile:v', 'high', '-bf', '2']],
  ['60', 60, ['-profile:v', 'high444', '-pix_fmt', 'yuv444p', '-x264-params', 'cqm=jvt']],
  ['24', 24, ['-x264-params', 'interlaced=1:sar=4/3:videoformat=pal:fullrange=on:colorprim=bt709:chromaloc=1']],
];
for (const [rate, expected, options] of encodings) {
  const name = `h264FrameRate() agrees with x264: ${rate} ${options.join(' ')}`;
  const set = encodedSet(rate, options);
  if (set) it(name, () => assert.is(h264FrameRate(set)?.toFixed(6), expected.toFixed(6)));
  else skip(name, 'ffmpeg with libx264 is not there');
}

it.run();
