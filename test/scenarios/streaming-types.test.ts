/** Streaming types: what is lost, and how it is told. producer-core §2.2, §7.1, §10.3, §11.5, §12.1, §16.2, §18.3. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { KvsError } from '../../sdk/errors.ts';
import type { StreamEvent, StreamOptions } from '../../sdk/producer/index.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { CallbackRecorder } from '../support/callback-recorder.ts';
import { fillStore, FULL_FRAME_BYTES, openUnsent, SMALL_STORE } from '../support/full-store.ts';
import { ScriptedMedia } from '../support/scripted-media.ts';
import { outcomeOf, testFrame, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: streaming types');
type StreamingType = NonNullable<StreamOptions['streamingType']>;
const LOSSY = ['realtime', 'near-realtime'] as const;

interface Heard {
  readonly test: TestStream;
  readonly recorder: CallbackRecorder;
}

async function heard(options: Partial<StreamOptions>, isUnsent = true): Promise<Heard> {
  const recorder = new CallbackRecorder();
  const producerOptions = { ...SMALL_STORE, ...recorder.options };
  const test = isUnsent ? await openUnsent(options, producerOptions) : await TestStream.open(options, producerOptions);
  return { test, recorder };
}

/** Frames and fragments that callbacks were told of: each frame's number in the first list, frames of each fragment in the second. */
function told({ recorder }: Heard): { frames: number[]; fragments: number[] } {
  return {
    frames: recorder
      .of('droppedFrameReport')
      .map(({ timestampUs }) => (timestampUs - testFrame(0).timestampUs) / 250_000),
    fragments: recorder.of('droppedFragmentReport').map(({ frames }) => frames),
  };
}

const range = (from: number, end: number): number[] => Array.from({ length: end - from }, (_, i) => from + i);

for (const [options, status] of [
  [{ retentionHours: 0 }, STATUS.STATUS_OFFLINE_MODE_WITH_ZERO_RETENTION],
  [{ fragmentAcks: false }, STATUS.STATUS_OFFLINE_MODE_WITH_ZERO_RETENTION],
  [{ retentionHours: 1 }, 0],
  [{}, 0],
] as const)
  it(`S013: offline with ${JSON.stringify(options)}`, async () => {
    const opened = watched(openUnsent({ streamingType: 'offline', ...options }));
    const outcome = await outcomeOf(opened.then(() => undefined));
    assert.is(outcome === undefined ? 0 : (outcome as KvsError).status, status);
    if (status === 0) await (await opened).end();
  });

for (const wrong of ['OFFLINE', '', 2, null])
  it(`S013: a streaming type of ${JSON.stringify(wrong)} is refused`, async () => {
    const opened = openUnsent({ streamingType: wrong as unknown as StreamingType });
    assert.is(((await outcomeOf(opened)) as KvsError).status, STATUS.STATUS_INVALID_ARG);
  });

it('S106: offline drops nothing, whatever else is asked for, and waits instead', async () => {
  const all = await heard({
    streamingType: 'offline',
    whenFull: 'drop-oldest',
    rollBack: 'native',
    maxLatencyUs: 1,
    connectionStalenessMs: 1,
  });
  const taken = fillStore(all.test);
  const waiting = watched(all.test.stream.putFrame(testFrame(taken, FULL_FRAME_BYTES)));
  assert.is(await outcomeOf(waiting), 'pending');
  const quiet: ReadonlyArray<StreamEvent['type']> = [
    'frames-dropped',
    'latency-pressure',
    'store-pressure',
    'store-full',
    'buffer-pressure',
  ];
  assert.equal(
    all.test.events.filter(({ type }) => quiet.includes(type)),
    [],
  );
  assert.equal(told(all), { frames: [], fragments: [] });
  assert.equal(all.recorder.of('storageOverflowPressure'), []);
  await all.test.end();
});

it('S106: offline waits while the buffer duration is held, and goes on when an ack has made it less', async () => {
  const options = { streamingType: 'offline', bufferDurationUs: 2_000_000, endIdleFragmentsAfterMs: 0 } as const;
  const test = await TestStream.open(options);
  const taken = fillStore(test, 0, 1_000);
  assert.is(taken, 9, 'it is held with the ninth frame, which begins the third fragment');
  const waiting = [9, 10].map((i) => watched(test.stream.putFrame(testFrame(i, 1_000))));
  assert.equal(await Promise.all(waiting.map(outcomeOf)), ['pending', 'pending']);
  test.service.upload.persist(timecodeOf(0));
  await test.service.idle();
  assert.equal(await Promise.all(waiting.map(outcomeOf)), [undefined, undefined]);
  assert.is(test.stream.metrics.framesDropped, 0);
  await test.end();
});

it('S106: offline takes a fragment longer than the buffer duration: no ack could free an open one', async () => {
  const options = { streamingType: 'offline', bufferDurationUs: 1_000_000, endIdleFragmentsAfterMs: 0 } as const;
  const test = await openUnsent(options);
  for (let i = 0; i < 40; i++) assert.is(test.stream.tryPutFrame({ ...testFrame(i, 100), isKey: i === 0 }), 'stored');
  await test.end();
});

it('S171: offline sends everything that is not PERSISTED again, what was RECEIVED too', async () => {
  const test = await TestStream.open({ streamingType: 'offline', rollBack: 'native', replayDurationUs: 0 });
  await test.putFragments(4);
  for (const n of [0, 1, 2]) test.service.upload.ack('RECEIVED', timecodeOf(n));
  test.service.upload.ack('PERSISTED', timecodeOf(0));
  await test.service.idle();
  test.service.upload.reset();
  await test.service.pass(3_000);
  assert.equal(await test.service.upload.timecodes(), [1, 2, 3].map(timecodeOf));
  await test.end();
});

it('S013: offline says nothing of a connection whose acks stay away', async () => {
  const test = await TestStream.open({ streamingType: 'offline', connectionStalenessMs: 1_000 });
  await test.putFragments(10);
  assert.is(test.stream.metrics.staleConnections, 0);
  assert.is(test.service.uploads.length, 1);
  await test.end();
});

it('S106: an offline stream that the service keeps nothing of is released by RECEIVED', async () => {
  // Native asks for PERSISTED, which never comes then.
  const test = await TestStream.open({ streamingType: 'offline' }, SMALL_STORE, new ScriptedMedia(0));
  const taken = fillStore(test);
  const waiting = watched(test.stream.putFrame(testFrame(taken, FULL_FRAME_BYTES)));
  assert.is(await outcomeOf(waiting), 'pending');
  test.service.upload.ack('RECEIVED', timecodeOf(0));
  await test.service.idle();
  assert.is(await outcomeOf(waiting), undefined);
  await test.end();
});

for (const streamingType of LOSSY) {
  it(`S215: a full store [${streamingType}]`, async () => {
    const all = await heard({ streamingType, whenFull: 'drop-oldest' });
    for (let i = 0; i < 30; i++) all.test.stream.tryPutFrame(testFrame(i, FULL_FRAME_BYTES));
    await all.test.service.idle();
    const { framesDropped, fragmentsDropped } = all.test.stream.metrics;
    assert.ok(framesDropped >= 20);
    assert.equal(
      told(all),
      streamingType === 'realtime'
        ? { frames: range(0, framesDropped), fragments: [] }
        : { frames: [], fragments: Array.from({ length: fragmentsDropped }, () => 4) },
    );
    await all.test.end();
  });

  it(`S215: the buffer duration [${streamingType}]`, async () => {
    const all = await heard({ streamingType, bufferDurationUs: 2_000_000 });
    for (let i = 0; i < 20; i++) all.test.stream.tryPutFrame(testFrame(i, 1_000));
    await all.test.service.idle();
    assert.equal(
      told(all),
      streamingType === 'realtime' ? { frames: range(0, 12), fragments: [] } : { frames: [], fragments: [4, 4, 4] },
    );
    assert.ok(
      [...all.recorder.of('droppedFrameReport'), ...all.recorder.of('droppedFragmentReport')].every(
        ({ reason }) => reason === 'buffer-duration',
      ),
    );
    await all.test.end();
  });

  it(`S215: a refused fragment [${streamingType}]`, async () => {
    const all = await heard({ streamingType }, false);
    await all.test.putFragments(3);
    all.test.service.upload.ack('ERROR', timecodeOf(1), { ErrorId: 4006 });
    await all.test.service.pass(1_000);
    assert.equal(
      told(all),
      streamingType === 'realtime' ? { frames: range(4, 8), fragments: [] } : { frames: [], fragments: [4] },
    );
    await all.test.end();
  });

  it(`S215: a reset [${streamingType}]`, async () => {
    const all = await heard({ streamingType }, false);
    await all.test.putFragments(2);
    all.test.stream.resetStream();
    await all.test.service.idle();
    assert.equal(
      told(all),
      streamingType === 'realtime' ? { frames: range(0, 8), fragments: [] } : { frames: [], fragments: [4, 4] },
    );
    await all.test.end();
    assert.is(told(all).frames.length + told(all).fragments.length, streamingType === 'realtime' ? 8 : 2, 'once');
  });

  it(`S215: a roll back of the native policy [${streamingType}]`, async () => {
    const all = await heard({ streamingType, rollBack: 'native', replayDurationUs: 1_000_000 }, false);
    await all.test.putFragments(5);
    all.test.service.upload.reset();
    await all.test.service.pass(3_000);
    const [event] = all.test.eventsOf('frames-dropped');
    const frames = event?.frames ?? 0;
    assert.ok(frames > 0 && frames % 4 === 0);
    assert.equal(
      event?.lostFrames.map(({ decodeTimestampUs }) => decodeTimestampUs),
      range(0, frames).map((i) => testFrame(i).timestampUs),
    );
    assert.equal(
      told(all),
      streamingType === 'realtime' ? { frames: range(0, frames), fragments: [] } : { frames: [], fragments: [frames] },
    );
    await all.test.end();
  });

  it(`S215: a stream that is aborted [${streamingType}]`, async () => {
    const all = await heard({ streamingType });
    await all.test.putFragments(2);
    await all.test.putFrames(1);
    all.test.stream.abort(new Error('gone'));
    await all.test.service.idle();
    assert.equal(
      told(all),
      streamingType === 'realtime' ? { frames: range(0, 9), fragments: [] } : { frames: [], fragments: [9] },
    );
    await all.test.end();
  });

  it(`S215: frames that never were stored [${streamingType}]`, async () => {
    const all = await heard({ streamingType, whenFull: 'drop-oldest' });
    assert.is(all.test.stream.tryPutFrame(testFrame(0, 2 << 20)), 'dropped');
    assert.is(all.test.stream.tryPutFrame(testFrame(1, 100)), 'dropped', 'cannot be decoded without it');
    await all.test.service.idle();
    assert.equal(told(all), { frames: [0, 1], fragments: [] });
    await all.test.end();
  });
}

it('S215: what was persisted is not told', async () => {
  const all = await heard({}, false);
  await all.test.putFragments(2);
  all.test.service.upload.persist(timecodeOf(0));
  await all.test.service.idle();
  all.test.stream.abort(new Error('gone'));
  await all.test.service.idle();
  assert.equal(told(all), { frames: range(4, 8), fragments: [] });
});

it('S215: the events add up to the metrics, byte for byte', async () => {
  const { test } = await heard({ whenFull: 'drop-oldest' });
  for (let i = 0; i < 30; i++) test.stream.tryPutFrame(testFrame(i, FULL_FRAME_BYTES));
  await test.service.idle();
  const events = test.eventsOf('frames-dropped');
  assert.is(
    events.reduce((sum, { lostFrames }) => sum + lostFrames.length, 0),
    test.stream.metrics.framesDropped,
  );
  for (const { bytes, frames, lostFrames } of events) {
    assert.is(lostFrames.length, frames);
    assert.is(
      lostFrames.reduce((sum, frame) => sum + frame.bytes, 0),
      bytes,
    );
  }
  await test.end();
});

it('the fragments that a wait for a key frame decided to send again are told with the connection', async () => {
  const test = await TestStream.open({ rollBack: 'native', replayDurationUs: 60_000_000, stallTimeoutMs: 5_000 });
  test.service.uploadsStayOpen = true;
  await test.putFragments(3);
  // Everything is sent and nothing answered: a timeout, after which native waits for a key frame.
  await test.service.pass(8_000);
  await test.putFragments(1);
  await test.service.pass(3_000);
  const [, second] = test.eventsOf('connected');
  const again = (await test.service.uploads[1]?.timecodes()) ?? [];
  assert.equal(again, [0, 1, 2].map(timecodeOf));
  assert.is(second?.resentFragments, again.length);
  assert.is(test.stream.metrics.fragmentsResent, again.length);
  await test.end();
});

it.run();
