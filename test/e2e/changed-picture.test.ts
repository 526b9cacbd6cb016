// time-limit-s: 240
/** A camera that changes its resolution in mid-stream, against the real service: every frame once, each with the private data it needs. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Frame, StreamMetrics } from '../../bindings/node/index.ts';
import { TracksChangedError } from '../../sdk/consumer/errors.ts';
import type { MediaFragment } from '../../sdk/consumer/fragment-reader.ts';
import { type MergeOptions, mergeSegments } from '../../sdk/consumer/merge.ts';
import { annexBToAvcc } from '../../sdk/core/nal.ts';
import { recordH264 } from '../support/h264-recording.ts';
import { loadCore } from '../support/load-core.ts';
import { ProducerStage } from '../support/producer-stage.ts';

const FRAMES_A_FRAGMENT = 10;
const SECONDS = 2;
const FRAMES_PER_SECOND = 25;
const core = loadCore('simd');
const startMs = Date.now() - 60_000;
const options = { seconds: SECONDS, framesPerSecond: FRAMES_PER_SECOND, keyInterval: FRAMES_A_FRAGMENT };
const small = await recordH264({ ...options, size: '640x480' }, startMs);
const large = await recordH264({ ...options, size: '1280x720' }, startMs + SECONDS * 1000);
const back = await recordH264({ ...options, size: '640x480' }, startMs + 2 * SECONDS * 1000);
const recording = [...small, ...large, ...back];
const bytesOf = (frames: readonly Frame[]): number => frames.reduce((sum, frame) => sum + frame.data.length, 0);
const FRAGMENTS = recording.length / FRAMES_A_FRAGMENT;

const it = suite(`changed picture (${bytesOf(small)} + ${bytesOf(large)} + ${bytesOf(back)} bytes)`);

/** Puts the recording; resolves when it is persisted, with the types of the events about connections and changes. */
async function putRecording(
  stage: ProducerStage,
): Promise<{ readonly metrics: StreamMetrics; readonly events: string[] }> {
  const stream = await stage.open();
  const events: string[] = [];
  const watching = (async () => {
    for await (const event of stream.events())
      events.push(event.type === 'codec-private-data-changed' ? `${event.width}×${event.height}` : event.type);
  })();
  for (const frame of recording) await stream.putFrame(frame);
  await stream.stop();
  await watching;
  return { metrics: stream.metrics, events };
}

/** The parameter sets that lie in a fragment's first frame, one behind the other, as hex. */
function setsInside(frame: Uint8Array): string[] {
  const sets: string[] = [];
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  for (let at = 0; at < frame.length; at += 4 + view.getUint32(at)) {
    const unit = frame.subarray(at + 4, at + 4 + view.getUint32(at));
    const type = (unit[0] ?? 0) & 0x1f;
    if (type === 7 || type === 8) sets.push(Buffer.from(unit).toString('hex'));
  }
  return sets;
}

/** Every frame is there and identical, and the header in front of each fragment carries the sets that its frames were encoded with. */
function assertWhole(fragments: readonly MediaFragment[]): void {
  const sent = new Map(recording.map((frame) => [frame.timestampUs, frame]));
  const received = new Set<number>();
  for (const { frames, tracks } of fragments) {
    const record = Buffer.from(tracks[0]?.codecPrivateData ?? []).toString('hex');
    const sets = setsInside(frames[0]?.data ?? new Uint8Array(0));
    assert.ok(sets.length >= 2);
    for (const set of sets) assert.ok(record.includes(set), `the header at ${frames[0]?.timestampUs} µs`);
    const isLarge = large.some((frame) => frame.timestampUs === frames[0]?.timestampUs);
    assert.is(tracks[0]?.pixelWidth, isLarge ? 1280 : 640);
    for (const frame of frames) {
      const original = sent.get(frame.timestampUs);
      assert.ok(original !== undefined && Buffer.from(frame.data).equals(annexBToAvcc(core, original.data)));
      received.add(frame.timestampUs);
    }
  }
  assert.is(received.size, recording.length, 'frames read back');
}

it('every frame is persisted once, behind the header that it needs, over a connection a resolution', async () => {
  const stage = await ProducerStage.set();
  const { metrics, events } = await putRecording(stage);
  const { sessions, handovers, reconnects, fragmentsPersisted, fragmentsResent, storeUsedBytes } = metrics;
  assert.equal(
    { sessions, handovers, reconnects, fragmentsPersisted, fragmentsResent, storeUsedBytes },
    { sessions: 3, handovers: 2, reconnects: 0, fragmentsPersisted: FRAGMENTS, fragmentsResent: 0, storeUsedBytes: 0 },
  );
  assert.equal([...events].sort(), ['1280×720', '640×480', 'connected', 'connected', 'connected']);
  const fragments = await stage.readBack(recording.length);
  assert.is(fragments.length, FRAGMENTS, 'each once');
  assertWhole(fragments);
  await stage.clear();
});

const [firstBytes, secondBytes] = [bytesOf(small), bytesOf(large)];
for (const [where, cutAfterBytes] of [
  ['before the change', firstBytes >> 1],
  ['a little before the change', firstBytes - 500],
  ['about the change', firstBytes + 1_500],
  ['about the change', firstBytes + 3_000],
  ['about the change', firstBytes + 5_000],
  ['after the change', firstBytes + (secondBytes >> 1)],
  ['about the change back', firstBytes + secondBytes + 5_000],
] as const) {
  it(`a link that is reset ${where}, after ${cutAfterBytes} bytes, loses nothing`, async () => {
    const stage = await ProducerStage.set({ cutAfterBytes });
    const { metrics } = await putRecording(stage);
    assert.is(stage.link.cuts, 1);
    assert.is(metrics.framesDropped + metrics.framesRejected, 0);
    assertWhole(await stage.readBack(recording.length));
    await stage.clear();
  });
}

for (const ackBytes of [50, 300, 900, 1_500]) {
  it(`a link that is reset after ${ackBytes} bytes of acks loses nothing`, async () => {
    const stage = await ProducerStage.set({ direction: 'download' });
    stage.link.cutAfter(2_000 + ackBytes);
    const { metrics } = await putRecording(stage);
    assert.is(metrics.framesDropped + metrics.framesRejected, 0);
    assertWhole(await stage.readBack(recording.length));
    await stage.clear();
  });
}

async function merged(
  stage: ProducerStage,
  mergeOptions: MergeOptions,
): Promise<{ bytes: Uint8Array; error: unknown }> {
  const pieces: Uint8Array[] = [];
  let error: unknown;
  try {
    for await (const piece of mergeSegments(core, await stage.media(), mergeOptions)) pieces.push(piece.slice());
  } catch (caught) {
    error = caught;
  }
  return { bytes: Buffer.concat(pieces), error };
}

it('merging stops in front of the change with an error, and leaves a file that plays to there', async () => {
  const stage = await ProducerStage.set();
  await putRecording(stage);
  const { bytes, error } = await merged(stage, {});
  assert.instance(error, TracksChangedError);
  const file = join(stage.service.directory, 'merged.mkv');
  await writeFile(file, bytes);
  const decoded = spawnSync(
    'ffprobe',
    ['-v', 'warning', '-count_frames', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', file],
    {
      encoding: 'utf8',
    },
  );
  assert.equal([decoded.stdout.trim(), decoded.stderr], [String(small.length), '']);
  await stage.clear();
});

it.run();
