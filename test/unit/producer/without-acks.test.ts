/** Streams that ask for no acks: what was sent counts as delivered. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { NotPersistedError } from '../../../sdk/errors.ts';
import { createProducerWith, type StreamOptions } from '../../../sdk/producer/index.ts';
import { CREDENTIALS, ScriptedMedia } from '../../support/scripted-media.ts';
import { outcomeOf, TEST_TRACK, TestStream, timecodeOf, watched } from '../../support/test-stream.ts';

const it = suite('without acks');
const RECONNECT_MS = 2_000;
const open = (options: Partial<StreamOptions> = {}): Promise<TestStream> =>
  TestStream.open({ fragmentAcks: false, endIdleFragmentsAfterMs: 0, ...options });

for (const timecodeType of ['absolute', 'relative'] as const) {
  it(`fragmentAcks false: what was sent leaves the store, and only the open fragment is kept [${timecodeType}]`, async () => {
    const test = await open({ timecodeType });
    await test.putFragments(3);
    assert.is(test.service.upload.headers['x-amzn-fragment-acknowledgment-required'], '0');
    assert.is((await test.service.upload.fragments()).length, 3);
    const { storedItems, fragmentsUnpersisted, fragmentsPersisted, fragmentsSent, unsentBytes } = test.stream.metrics;
    assert.equal(
      { storedItems, fragmentsUnpersisted, fragmentsPersisted, fragmentsSent, unsentBytes },
      { storedItems: 4, fragmentsUnpersisted: 1, fragmentsPersisted: 0, fragmentsSent: 2, unsentBytes: 0 },
    );
    await test.end();
  });
}

it('fragmentAcks false: flush and stop resolve when everything is sent, and the body ends with its mark', async () => {
  const test = await open();
  await test.putFragments(2);
  assert.is(await outcomeOf(test.stream.flush()), undefined);
  await test.putFragments(1);
  assert.is(await outcomeOf(test.stream.stop()), undefined);
  assert.is(test.service.upload.bodyEnd, 'closed');
  assert.equal(await test.service.upload.timecodes(), [0, 1, 2].map(timecodeOf));
  const marks = Buffer.from(test.service.upload.bytes).toString('latin1').split('AWS_KINESISVIDEO_END_OF_FRAGMENT');
  assert.is(marks.length - 1, 2, 'one of the flush, one of the stop');
  assert.is(test.stream.metrics.fragmentsSent, 3);
  assert.is(test.producer.metrics.storeUsedBytes, 0);
  assert.is(test.service.timerCount, 0);
  await test.end();
});

it('fragmentAcks false: a put that waits for room gets in when a fragment was taken', async () => {
  const service = new ScriptedMedia();
  service.on(
    '/describeStream',
    () => new Promise((resolve) => void service.setTimer(1_000, () => resolve({ body: described }))),
  );
  const described = '{"StreamInfo":{"StreamARN":"arn:1","Status":"ACTIVE","DataRetentionInHours":24}}';
  const options = { fragmentAcks: false, waitUntilReady: false };
  const test = await TestStream.open(options, { storeBytes: 64 << 10 }, service);
  const putting = test.putFragments(40);
  assert.is(await outcomeOf(putting), 'pending');
  await service.pass(1_100);
  assert.is(await outcomeOf(putting), undefined);
  assert.is((await service.upload.fragments()).length, 40);
  await test.end();
});

for (const rollBack of ['unpersisted', 'native'] as const) {
  it(`fragmentAcks false: after a lost connection only the fragment that was begun is sent again [${rollBack}]`, async () => {
    const test = await open({ rollBack, replayDurationUs: 0 });
    await test.putFragments(2);
    await test.putFrames(2);
    test.service.upload.reset();
    await test.service.pass(RECONNECT_MS);
    await test.putFrames(2);
    const [fragment, ...others] = await test.service.upload.fragments();
    assert.equal([fragment?.clusterTimecode, fragment?.frames.length, others.length], [timecodeOf(2), 4, 0]);
    assert.equal(test.eventsOf('frames-dropped'), []);
    await test.end();
  });
}

it('fragmentAcks false: a connection that the service refuses has taken nothing', async () => {
  const test = await open();
  let isRefused = true;
  const accept = new ScriptedMedia();
  test.service.on('/putMedia', async (request, count) => {
    if (!isRefused)
      return accept
        .fetch({ ...request, url: 'http://127.0.0.1:2/putMedia' })
        .then(({ body }) => ({ body: body as ReadableStream<Uint8Array> }));
    const reader = (request.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    return { status: 500, body: `{"Message":"attempt ${count}"}` };
  });
  await test.putFragments(3);
  assert.is(test.stream.metrics.fragmentsSent, 0);
  assert.is(test.stream.metrics.fragmentsUnpersisted, 3);
  isRefused = false;
  await test.service.pass(RECONNECT_MS);
  assert.equal(await accept.upload.timecodes(), [0, 1, 2].map(timecodeOf));
  assert.is(test.stream.metrics.fragmentsSent, 2);
  assert.is(test.stream.lastError, undefined, 'the connection works');
  await test.end();
});

it('fragmentAcks false: that one connection was answered says nothing of the next', async () => {
  const test = await open();
  await test.putFragments(1);
  const { upload } = test.service;
  test.service.on('/putMedia', async (request) => {
    await (request.body as ReadableStream<Uint8Array>).getReader().read();
    return { status: 500 };
  });
  await test.putFragments(2);
  assert.is(test.stream.metrics.fragmentsSent, 2);
  upload.reset();
  await test.service.pass(RECONNECT_MS);
  await test.putFragments(3);
  await test.service.pass(RECONNECT_MS);
  assert.equal([test.stream.metrics.fragmentsSent, test.stream.metrics.fragmentsUnpersisted], [2, 4]);
  await test.end();
});

it('fragmentAcks false: a service that takes all and never answers is given up, and nothing counts as sent', async () => {
  const test = await open({ stallTimeoutMs: 3_000 });
  test.service.on('/putMedia', async (request) => {
    const reader = (request.body as ReadableStream<Uint8Array>).getReader();
    for (;;) if ((await reader.read()).done) return new Promise<never>(() => undefined);
  });
  await test.putFragments(2);
  const stopped = watched(test.stream.stop());
  await test.service.pass(3_100);
  assert.equal(
    test.eventsOf('disconnected').map(({ reason }) => reason),
    ['stalled'],
  );
  assert.is(test.stream.metrics.fragmentsSent, 0);
  await test.service.pass(130_000);
  assert.is(((await outcomeOf(stopped)) as NotPersistedError).fragments, 2);
  await test.end();
});

it('fragmentAcks false: a silent service is none that owes anything', async () => {
  const test = await open({ stallTimeoutMs: 3_000, connectionStalenessMs: 1_000 });
  for (let n = 0; n < 5; n++) {
    await test.putFragments(2);
    await test.service.pass(10_000);
  }
  assert.is(test.service.uploads.length, 1);
  assert.is(test.stream.metrics.staleConnections, 0);
  await test.end();
});

it('fragmentAcks false: acks that come all the same are told and counted, and change nothing', async () => {
  const test = await open();
  const acks = test.stream.acks();
  await test.putFragments(2);
  test.service.upload.persist(timecodeOf(0), timecodeOf(1), timecodeOf(7));
  await test.service.idle();
  assert.equal(test.stream.metrics.acks, { buffering: 3, received: 3, persisted: 3, error: 0 });
  assert.is((await acks.next()).value?.type, 'buffering');
  assert.equal(test.eventsOf('ack-ignored'), []);
  assert.equal([test.stream.metrics.fragmentsSent, test.stream.metrics.fragmentsUnpersisted], [1, 1]);
  await test.end();
});

it('fragmentAcks false: an error ends the connection; what it refuses is out of the store, or is skipped', async () => {
  const test = await open();
  await test.putFragments(3);
  test.service.upload.ack('ERROR', timecodeOf(1), { ErrorId: 4006 });
  await test.service.pass(RECONNECT_MS);
  assert.equal(
    test.eventsOf('ack-ignored').map(({ error }) => error.code),
    ['STATUS_ACK_ERR_INVALID_MKV_DATA'],
  );
  assert.equal(await test.service.upload.timecodes(), [timecodeOf(2)]);
  test.service.upload.ack('ERROR', timecodeOf(2), { ErrorId: 4006 });
  await test.service.pass(RECONNECT_MS);
  assert.equal(
    test.eventsOf('fragment-rejected').map(({ timecode }) => timecode),
    [timecodeOf(2)],
  );
  await test.putFragments(1);
  assert.equal(await test.service.upload.timecodes(), [timecodeOf(3)]);
  await test.end();
});

it('fragmentAcks false: a connection of its age is handed over without waiting', async () => {
  const test = await open({ sessionDurationMs: 1_000 });
  await test.putFragments(1);
  await test.service.pass(1_500);
  await test.putFragments(1);
  await test.service.pass(100);
  const carried = await Promise.all(test.service.uploads.map((upload) => upload.timecodes()));
  assert.equal(carried, [[timecodeOf(0)], [timecodeOf(1)]]);
  assert.equal([test.stream.metrics.handovers, test.stream.metrics.reconnects], [1, 0]);
  await test.end();
});

it('fragmentAcks false: a service that ends its answer has not done wrong', async () => {
  const test = await open();
  await test.putFragments(2);
  test.service.upload.close();
  await test.service.pass(RECONNECT_MS);
  const [event] = test.eventsOf('disconnected');
  assert.equal([event?.reason, event?.error], ['closed', undefined]);
  await test.end();
});

it('fragmentAcks has to be a boolean', async () => {
  const producer = await createProducerWith(new ScriptedMedia(), {
    endpoint: 'http://127.0.0.1:1',
    credentials: CREDENTIALS,
  });
  const options = { tracks: [TEST_TRACK], fragmentAcks: 0 as unknown as boolean };
  const error = await outcomeOf(producer.openStream('front-door', options));
  assert.match(String(error), /fragmentAcks is 0: expected true or false/);
});

it.run();
