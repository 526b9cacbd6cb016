/** Connections that are replaced without being lost: codec private data that changes, and handovers that the host asks for. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Core } from '../../../sdk/core/core.ts';
import type { Frame } from '../../../sdk/producer/index.ts';
import { cachedCredentials } from '../../../sdk/aws/credentials.ts';
import { assembleStream } from '../../../sdk/producer/stream-parts.ts';
import { resolveTracks } from '../../../sdk/producer/frames/tracks.ts';
import { toHex } from '../../support/core-fixture.ts';
import { engineOptions } from '../../support/engine-bench.ts';
import { framed, h264Sets, type ParameterSets, slice } from '../../support/parameter-sets.ts';
import { CREDENTIALS, ScriptedMedia, type ScriptedUpload } from '../../support/scripted-media.ts';
import { BASE_MS, TEST_TRACK, testFrame, TestStream, timecodeOf } from '../../support/test-stream.ts';

const it = suite('stream handover');
const RECONNECT_MS = 2_000;
const SMALL = h264Sets(640, 480);
const LARGE = h264Sets(1280, 720);
const SECOND_MS = 1_000;

/** Fragment `n`: a key frame with its sets, and another frame. */
function fragmentOf(n: number, sets: ParameterSets): Frame[] {
  const timestampUs = (BASE_MS + n * SECOND_MS) * 1000;
  return [
    { data: framed('avcc', [...sets.units, slice('h264', true, n)]), timestampUs, isKey: true },
    { data: framed('avcc', [slice('h264', false, n)]), timestampUs: timestampUs + 40_000, isKey: false },
  ];
}

const timecode = (n: number): number => BASE_MS + n * SECOND_MS;

/** What a connection carried: each fragment's timecode and what its header said. */
async function carried(upload: ScriptedUpload | undefined): Promise<Array<[number, string, number | undefined]>> {
  const fragments = (await upload?.fragments()) ?? [];
  return fragments.map(({ clusterTimecode, tracks: [track] }) => [
    (clusterTimecode - BASE_MS) / SECOND_MS,
    toHex(track?.codecPrivateData ?? new Uint8Array(0)),
    track?.pixelWidth,
  ]);
}

const said = (n: number, sets: ParameterSets): [number, string, number] => [n, toHex(sets.record), sets.width];

/** A stream whose first two fragments are small and whose third is large; its first connection stays open. */
async function changedStream(): Promise<TestStream> {
  const test = await TestStream.open({ tracks: [{ kind: 'video', codec: 'h264' }], stallTimeoutMs: 10_000 });
  test.service.uploadsStayOpen = true;
  for (const frame of [
    ...fragmentOf(0, SMALL),
    ...fragmentOf(1, SMALL),
    ...fragmentOf(2, LARGE),
    ...fragmentOf(3, LARGE),
  ])
    await test.stream.putFrame(frame);
  await test.service.idle();
  return test;
}

it('a change of resolution goes over to a new connection when the old one is acknowledged: nothing twice, nothing lost', async () => {
  const test = await changedStream();
  const [first] = test.service.uploads;
  assert.is(first?.bodyEnd, 'closed');
  assert.equal(await carried(first), [said(0, SMALL), said(1, SMALL)]);
  first?.persist(timecode(0));
  await test.service.pass(1_000);
  assert.is(test.service.uploads.length, 1, 'the second fragment is still owed');
  first?.persist(timecode(1));
  first?.close();
  await test.service.idle();
  assert.is(test.service.uploads.length, 2, 'at once, without a pause');
  assert.equal(await carried(test.service.upload), [said(2, LARGE), said(3, LARGE)]);
  const change = { type: 'codec-private-data-changed', trackNumber: 1, width: 1280, height: 720 } as const;
  assert.equal(test.events, [
    { ...change, timestampUs: timecode(2) * 1000 },
    { type: 'connected', session: 1, resentFragments: 0 },
    { type: 'connected', session: 2, resentFragments: 0 },
  ]);
  const stopped = test.stream.stop();
  await test.service.idle();
  test.service.upload.persist(timecode(2), timecode(3));
  test.service.upload.close();
  await stopped;
  const { sessions, handovers, reconnects, fragmentsResent, fragmentsPersisted, codecPrivateDataChanges } =
    test.stream.metrics;
  assert.equal(
    { sessions, handovers, reconnects, fragmentsResent, fragmentsPersisted, codecPrivateDataChanges },
    {
      sessions: 2,
      handovers: 1,
      reconnects: 0,
      fragmentsResent: 0,
      fragmentsPersisted: 4,
      codecPrivateDataChanges: 1,
    },
  );
  await test.end();
});

it('a record that was given does not keep the sets of Annex-B frames from becoming one', async () => {
  const track = { ...TEST_TRACK, framing: 'annexb', codecPrivateData: SMALL.record } as const;
  const test = await TestStream.open({ tracks: [track] });
  test.service.uploadsStayOpen = true;
  for (const [n, sets] of [SMALL, LARGE].entries()) {
    const data = framed('annexb', [...sets.units, slice('h264', true, n)]);
    await test.stream.putFrame({ data, timestampUs: timecode(n) * 1000, isKey: true });
  }
  await test.service.idle();
  const [first] = test.service.uploads;
  assert.equal(await carried(first), [said(0, SMALL)]);
  first?.persist(timecode(0));
  first?.close();
  await test.service.idle();
  assert.equal(await carried(test.service.upload), [said(1, LARGE)]);
  await test.end();
});

for (const [name, reason, fail] of [
  ['is reset', 'lost', (upload: ScriptedUpload) => upload.reset()],
  ['ends without its acks', 'closed', (upload: ScriptedUpload) => upload.close()],
  ['falls silent', 'stalled', () => undefined],
] as const) {
  it(`a connection that ${name} while it waits to be handed over is taken up where it was persisted`, async () => {
    const test = await changedStream();
    const { upload } = test.service;
    upload.persist(timecode(0));
    await test.service.idle();
    fail(upload);
    await test.service.pass(reason === 'stalled' ? 13_000 : RECONNECT_MS);
    assert.equal(
      test.eventsOf('disconnected').map((event) => [event.reason, event.resentFragments]),
      [[reason, 1]],
    );
    const [, second] = test.service.uploads;
    assert.equal(await carried(second), [said(1, SMALL)], 'with its own header');
    assert.is(second?.bodyEnd, 'closed');
    await test.service.pass(RECONNECT_MS);
    await test.end();
  });
}

it('a connection lost after the change begins again with the new private data', async () => {
  const test = await changedStream();
  test.service.upload.persist(timecode(0), timecode(1));
  test.service.upload.close();
  await test.service.idle();
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
  assert.is(test.service.uploads.length, 3);
  assert.equal(await carried(test.service.upload), [said(2, LARGE), said(3, LARGE)]);
  assert.equal([test.stream.metrics.handovers, test.stream.metrics.reconnects], [1, 1]);
  await test.end();
});

it('a stream that is stopped while it is handed over still sends what follows', async () => {
  const test = await changedStream();
  const stopped = test.stream.stop();
  await test.service.idle();
  test.service.upload.persist(timecode(0), timecode(1));
  test.service.upload.close();
  await test.service.idle();
  assert.equal(await carried(test.service.upload), [said(2, LARGE), said(3, LARGE)]);
  test.service.upload.persist(timecode(2), timecode(3));
  test.service.upload.close();
  await stopped;
  assert.is(test.service.uploads.length, 2);
  await test.end();
});

it('sets that are repeated unchanged keep their connection', async () => {
  const test = await TestStream.open({ tracks: [{ kind: 'video', codec: 'h264' }] });
  for (let n = 0; n < 5; n++) for (const frame of fragmentOf(n, SMALL)) await test.stream.putFrame(frame);
  await test.service.idle();
  assert.is(test.service.uploads.length, 1);
  assert.is((await carried(test.service.upload)).length, 5);
  assert.equal(test.eventsOf('codec-private-data-changed'), []);
  await test.end();
});

it('a handover that the host asks for comes at the next fragment, and sends nothing twice', async () => {
  const service = new ScriptedMedia();
  const credentials = cachedCredentials(service, () => Promise.resolve(CREDENTIALS));
  const store = Core.create(await service.loadCore()).openStore(1 << 20);
  const parts = assembleStream(
    { platform: service, store, FrameOrder: undefined },
    engineOptions(service, credentials),
    resolveTracks([TEST_TRACK]),
    { tracks: [TEST_TRACK] },
    { onFreed: () => undefined, onRead: () => undefined, onReady: () => undefined },
  );
  const put = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i++) {
      assert.is(parts.admission.tryPut(testFrame(i)), 'stored');
      parts.engine.wake();
    }
    await service.idle();
  };
  service.uploadsStayOpen = true;
  void parts.engine.run();
  await put(0, 6);
  const { upload } = service;
  parts.engine.handOver();
  await put(6, 8);
  assert.is(upload.bodyEnd, 'open', 'its fragment is finished first');
  await put(8, 10);
  assert.is(upload.bodyEnd, 'closed');
  assert.equal(await upload.timecodes(), [timecodeOf(0), timecodeOf(1)]);
  upload.persist(timecodeOf(0), timecodeOf(1));
  upload.close();
  await service.idle();
  assert.is.not(service.upload, upload);
  assert.equal(await service.upload.timecodes(), [timecodeOf(2)]);
  assert.equal([parts.engine.sessions, parts.engine.handovers, parts.counters.fragmentsResent], [2, 1, 0]);
  parts.engine.abort();
  await service.idle();
  store.dispose();
});

it.run();
