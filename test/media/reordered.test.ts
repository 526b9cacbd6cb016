/** Pictures that are shown in another order than they are decoded: what an encoder makes of B-frames, through the writer. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { Core, FRAME_BEGAN_FRAGMENT, FRAME_FLAG, FRAME_STORED } from '../../sdk/core/index.ts';
import { chunked, collect } from '../support/byte-chunks.ts';
import { openFixture, readAll } from '../support/core-fixture.ts';
import { coreSource } from '../support/load-core.ts';
import { skip } from '../support/skip.ts';
import { blocksOf, frameDigests, hasTools, MISSING_TOOLS, packetsOf } from './other-tools.ts';

const SECONDS = 4;
const FRAMES_A_SECOND = 25;
const FRAME_MS = 1000 / FRAMES_A_SECOND;

const it = suite('reordered pictures');
const NAME = 'B-frames keep order, times and flags, and decode to the same pictures';

/** ffmpeg's own Matroska of a test picture, three B-frames between others. */
function encode(path: string): void {
  const picture = `testsrc2=size=320x240:rate=${FRAMES_A_SECOND}:duration=${SECONDS}`;
  const encoder = [
    '-c:v',
    'libx264',
    '-preset',
    'medium',
    '-pix_fmt',
    'yuv420p',
    '-bf',
    '3',
    '-g',
    '25',
    '-threads',
    '1',
  ];
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', picture, ...encoder, path]);
}

if (!hasTools) skip(NAME, MISSING_TOOLS);
else
  it(NAME, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'penstock-reordered-'));
    try {
      const [encoded, written] = [join(folder, 'encoded.mkv'), join(folder, 'written.mkv')];
      encode(encoded);
      const core = Core.create(coreSource('simd'));
      const { items, error } = await collect(readFragments(core, chunked(new Uint8Array(readFileSync(encoded)), 999)));
      assert.is(error, undefined);
      const frames = items.flatMap((fragment) => fragment.frames);
      assert.is(frames.length, SECONDS * FRAMES_A_SECOND);
      assert.ok(
        frames.some(({ timecode }, index) => timecode < (frames[index - 1]?.timecode ?? 0)),
        'no B-frames',
      );
      const codecPrivateData = items[0]?.tracks[0]?.codecPrivateData ?? new Uint8Array();
      const { store, stream } = openFixture(
        core,
        { tracks: [{ trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_MPEG4/ISO/AVC', codecPrivateData }] },
        8 << 20,
      );
      const put = frames.map(({ data, timestampUs, isKey }, index) => {
        // A B-frame that no other needs: `nal_ref_idc` 0 of its last unit's header. ITU-T H.264 §7.4.1.
        const discardable = !isKey && isUnreferenced(data);
        const flags = (isKey ? FRAME_FLAG.key : 0) | (discardable ? FRAME_FLAG.discardable : 0);
        const dtsUs = Math.max(0, index - 2) * FRAME_MS * 1000;
        const status = stream.putFrame(1, data, flags, timestampUs, dtsUs, FRAME_MS * 1000);
        assert.is(status, isKey ? FRAME_BEGAN_FRAGMENT : FRAME_STORED, `frame ${index}`);
        return { track: 1, timeMs: timestampUs / 1000, sizeBytes: data.length, isKey, discardable };
      });
      assert.ok(
        put.some(({ discardable }) => discardable),
        'no frame can be left out',
      );
      stream.stop();
      stream.beginSession();
      writeFileSync(written, readAll(stream, 1 << 16));
      store.dispose();
      assert.equal(
        blocksOf(written).map(({ track, timeMs, sizeBytes, isKey, discardable }) => ({
          track,
          timeMs,
          sizeBytes,
          isKey,
          discardable,
        })),
        put,
      );
      assert.equal(
        packetsOf(written),
        put.map(({ track, timeMs, sizeBytes, isKey }) => ({ track, timeMs, sizeBytes, isKey })),
      );
      const pictures = frameDigests(['-i', written], '0:0');
      assert.is(pictures.length, frames.length);
      assert.equal(pictures, frameDigests(['-i', encoded], '0:0'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

/** Whether the last unit, behind a four-byte length, is one that no other picture refers to. */
function isUnreferenced(avcc: Uint8Array): boolean {
  const view = new DataView(avcc.buffer, avcc.byteOffset, avcc.byteLength);
  let last = 0;
  for (let at = 0; at < avcc.length; at += 4 + view.getUint32(at)) last = at + 4;
  return ((avcc[last] as number) & 0x60) === 0;
}

it.run();
