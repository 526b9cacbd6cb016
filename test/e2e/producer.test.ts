// time-limit-s: 240
/** A producer against the real service, over links that break: what was put is read back, identical and whole. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Frame, ProducerStream } from '../../bindings/node/index.ts';
import type { MediaFragment } from '../../sdk/consumer/fragment-reader.ts';
import { annexBToAvcc } from '../../sdk/core/nal.ts';
import { recordH264 } from '../support/h264-recording.ts';
import { loadCore } from '../support/load-core.ts';
import { ProducerStage } from '../support/producer-stage.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SEED = Number(process.env['PENSTOCK_SEED'] ?? 7);
const core = loadCore('simd');
const recording = await recordH264({ seconds: 8, keyInterval: 25 }, Date.now() - 60_000);
const recordingBytes = recording.reduce((sum, frame) => sum + frame.data.length, 0);

const it = suite(`producer end to end (seed ${SEED}, ${recording.length} frames, ${recordingBytes} bytes)`);

async function put(stream: ProducerStream, frames: readonly Frame[]): Promise<void> {
  for (const frame of frames) await stream.putFrame(frame);
}

/** Each fragment is whole, its copies are identical, and together they are the recording. */
function assertIdentical(fragments: readonly MediaFragment[], frames: readonly Frame[], offsetUs = 0): void {
  const expected = new Map(frames.map((frame) => [frame.timestampUs - offsetUs, frame]));
  const received = new Set<number>();
  for (const fragment of fragments) {
    for (const frame of fragment.frames) {
      const sent = expected.get(frame.timestampUs);
      assert.ok(sent !== undefined, `a frame at ${frame.timestampUs} µs was never put`);
      assert.ok(
        Buffer.from(frame.data).equals(annexBToAvcc(core, sent.data)),
        `the frame at ${frame.timestampUs} µs differs`,
      );
      assert.is(frame.isKey, sent.isKey);
      received.add(frame.timestampUs);
    }
  }
  assert.is(received.size, frames.length, 'frames read back');
}

it('a recording is read back identical, each frame once', async () => {
  const stage = await ProducerStage.set();
  const stream = await stage.open({ tags: { site: 'north' } });
  await put(stream, recording);
  await stream.stop();
  const { framesPut, fragmentsPersisted, fragmentsResent, reconnects, storeUsedBytes, firstFrameLatency } =
    stream.metrics;
  assert.equal(
    { framesPut, fragmentsPersisted, fragmentsResent, reconnects, storeUsedBytes },
    { framesPut: 200, fragmentsPersisted: 8, fragmentsResent: 0, reconnects: 0, storeUsedBytes: 0 },
  );
  assert.is(firstFrameLatency.samples, 8);
  const fragments = await stage.readBack(recording.length);
  assert.is(fragments.length, 8);
  assertIdentical(fragments, recording);
  await stage.clear();
});

it('without acks a recording is read back identical, and the service was asked for none', async () => {
  const stage = await ProducerStage.set();
  const stream = await stage.open({ fragmentAcks: false });
  await put(stream, recording);
  await stream.stop();
  const { fragmentsSent, fragmentsPersisted, acks, reconnects, storeUsedBytes } = stream.metrics;
  assert.equal(
    { fragmentsSent, fragmentsPersisted, acks, reconnects, storeUsedBytes },
    {
      fragmentsSent: 8,
      fragmentsPersisted: 0,
      acks: { buffering: 0, received: 0, persisted: 0, error: 0 },
      reconnects: 0,
      storeUsedBytes: 0,
    },
  );
  assertIdentical(await stage.readBack(recording.length), recording);
  await stage.clear();
});

const random = seededRandom(SEED);
for (let round = 0; round < 5; round++) {
  const cutAfterBytes = 3_000 + Math.floor(random() * recordingBytes);
  it(`a link reset after ${cutAfterBytes} bytes upwards loses nothing`, async () => {
    const stage = await ProducerStage.set({ cutAfterBytes });
    const stream = await stage.open();
    await put(stream, recording);
    await stream.stop();
    assert.is(stage.link.cuts, 1);
    assert.is(stream.metrics.framesDropped + stream.metrics.framesRejected, 0);
    assertIdentical(await stage.readBack(recording.length), recording);
    await stage.clear();
  });
}

it('a link reset while acks come down loses nothing', async () => {
  const stage = await ProducerStage.set({ direction: 'download' });
  const stream = await stage.open();
  await put(stream, recording.slice(0, 100));
  stage.link.cutAfter(150);
  await put(stream, recording.slice(100));
  await stream.stop();
  assert.is(stage.link.cuts, 1);
  assertIdentical(await stage.readBack(recording.length), recording);
  await stage.clear();
});

it('a link that hangs half-open is noticed, and loses nothing', async () => {
  const stage = await ProducerStage.set({ cutAfterBytes: recordingBytes >> 1, mode: 'stall' });
  const stream = await stage.open({ stallTimeoutMs: 1_000 });
  const reasons: string[] = [];
  const watching = (async () => {
    for await (const event of stream.events()) if (event.type === 'disconnected') reasons.push(event.reason);
  })();
  await put(stream, recording);
  await stream.stop();
  await watching;
  assert.equal(reasons, ['stalled']);
  assertIdentical(await stage.readBack(recording.length), recording);
  await stage.clear();
});

it('a link that is reset again and again loses nothing, for two streams at once', async () => {
  const stage = await ProducerStage.set({ cutAfterBytes: 100_000 });
  const sideDoor = await stage.producer.openStream('side-door', { tracks: [{ kind: 'video', codec: 'h264' }] });
  const frontDoor = await stage.open();
  const cutAgain = async (stream: ProducerStream): Promise<void> => {
    for await (const event of stream.events()) {
      // Always room for a whole fragment, some 100 kB: without progress the waits grow for good reason.
      if (event.type === 'disconnected' && stage.link.cuts < 8)
        stage.link.cutAfter(150_000 + Math.floor(random() * 250_000));
    }
  };
  const watching = [cutAgain(sideDoor), cutAgain(frontDoor)];
  await Promise.all([put(sideDoor, recording), put(frontDoor, recording)]);
  await Promise.all([sideDoor.stop(), frontDoor.stop(), ...watching]);
  assert.ok(stage.link.cuts >= 4, `${stage.link.cuts} cuts`);
  assertIdentical(await stage.readBack(recording.length), recording);
  assertIdentical(await stage.readBack(recording.length, 'side-door'), recording);
  assert.is(stage.producer.metrics.storeUsedBytes, 0);
  await stage.clear();
});

it('a service that restarts in the middle keeps what it persisted and gets the rest', async () => {
  const stage = await ProducerStage.set();
  const stream = await stage.open();
  await put(stream, recording.slice(0, 110));
  await stage.service.restart();
  await put(stream, recording.slice(110));
  await stream.stop();
  assert.ok(stream.metrics.reconnects >= 1);
  assertIdentical(await stage.readBack(recording.length), recording);
  await stage.clear();
});

it('flush() in the middle, and relative timecodes', async () => {
  const stage = await ProducerStage.set();
  const stream = await stage.open({ timecodeType: 'relative' });
  await put(stream, recording.slice(0, 50));
  await stream.flush();
  assert.is(stream.metrics.fragmentsPersisted, 2);
  await put(stream, recording.slice(50));
  await stream.stop();
  assert.is(stream.metrics.framesSkipped, 0);
  const fragments = await stage.readBack(recording.length);
  const startUs = recording[0]?.timestampUs ?? 0;
  assertIdentical(fragments, recording, startUs);
  assert.equal(
    fragments.map((fragment) => fragment.producerTimestampMs),
    recording.filter((frame) => frame.isKey).map((frame) => frame.timestampUs / 1000),
  );
  await stage.clear();
});

it('a stream without retention stops at RECEIVED', async () => {
  const stage = await ProducerStage.set();
  const stream = await stage.open({ retentionHours: 0 });
  await put(stream, recording);
  await stream.stop();
  const { acks, fragmentsPersisted, storeUsedBytes } = stream.metrics;
  assert.equal(
    { acks, fragmentsPersisted, storeUsedBytes },
    { acks: { buffering: 8, received: 8, persisted: 0, error: 0 }, fragmentsPersisted: 8, storeUsedBytes: 0 },
  );
  await stage.clear();
});

it('a store smaller than the recording lets the producer wait, and loses nothing', async () => {
  const stage = await ProducerStage.set({}, { storeBytes: 1 << 20 });
  const stream = await stage.open();
  await put(stream, recording);
  await stream.stop();
  assert.is(stream.metrics.framesPut, recording.length);
  assertIdentical(await stage.readBack(recording.length), recording);
  await stage.clear();
});

it.run();
