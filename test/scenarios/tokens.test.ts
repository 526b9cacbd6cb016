/** Connections whose credentials, or they themselves, come of age. Source: producer-core §18.1, §18.2. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Credentials } from '../../sdk/platform.ts';
import type { StreamOptions } from '../../sdk/producer/index.ts';
import { CallbackRecorder } from '../support/callback-recorder.ts';
import { ScriptedMedia, type ScriptedUpload } from '../support/scripted-media.ts';
import { outcomeOf, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: tokens');
const MINUTE_MS = 60_000;
/** Credentials are replaced so long before they expire. Natively three seconds. */
const GRACE_MS = 38_000;

interface Aging {
  readonly test: TestStream;
  readonly service: ScriptedMedia;
  readonly recorder: CallbackRecorder;
  /** From now on there are no credentials to be had. */
  fail(isDown: boolean): void;
}

/** A stream whose credentials live for so long, with one fragment sent and acknowledged as BUFFERING. */
async function aging(lifeMs: number, options: Partial<StreamOptions> = {}): Promise<Aging> {
  const service = new ScriptedMedia();
  service.uploadsStayOpen = true;
  const recorder = new CallbackRecorder();
  let isDown = false;
  const credentials = (): Promise<Credentials> =>
    isDown
      ? Promise.reject(new Error('no tokens today'))
      : Promise.resolve({ accessKeyId: 'AKID', secretAccessKey: 's', expiresAtMs: service.nowMs + lifeMs });
  const test = await TestStream.open(
    { endIdleFragmentsAfterMs: 0, stallTimeoutMs: 3_600_000, ...options },
    { credentials, streamCallbacks: recorder.only('streamClosed') },
    service,
  );
  await test.putFragments(1);
  service.upload.ack('BUFFERING', timecodeOf(0));
  await service.idle();
  return { test, service, recorder, fail: (is) => (isDown = is) };
}

/** Puts fragment `n`, and acknowledges all before it, wherever they went. */
async function goOn({ test, service }: Aging, n: number): Promise<void> {
  await test.putFragments(1);
  for (const upload of service.uploads) upload.persist(timecodeOf(n - 1));
  await service.idle();
  for (const upload of service.uploads) if (upload.bodyEnd === 'closed') upload.close();
  await service.pass(100);
}

const carried = (uploads: readonly ScriptedUpload[]): Promise<number[][]> =>
  Promise.all(
    uploads.map(async (upload) => (await upload.timecodes()).map((timecode) => (timecode - timecodeOf(0)) / 1000)),
  );

for (const [callCaching, calls] of [
  ['until-failure', ['/putMedia']],
  ['none', ['/getDataEndpoint', '/putMedia']],
  ['all', ['/putMedia']],
] as const) {
  it(`S192: credentials of two minutes: one round of calls at the fragment behind their last 38 s [${callCaching}]`, async () => {
    const aged = await aging(2 * MINUTE_MS, { callCaching });
    const before = aged.service.paths.length;
    await aged.service.pass(2 * MINUTE_MS - GRACE_MS - 1_000);
    await goOn(aged, 1);
    assert.is(aged.service.uploads.length, 1, 'not before');
    await aged.service.pass(1_500);
    await goOn(aged, 2);
    await goOn(aged, 3);
    assert.equal(aged.service.paths.slice(before), calls);
    assert.equal(await carried(aged.service.uploads), [
      [0, 1],
      [2, 3],
    ]);
    assert.is(aged.test.stream.metrics.fragmentsResent, 0);
    await aged.test.end();
  });
}

it('S192: the next connection comes of age with the credentials that it was signed with', async () => {
  const aged = await aging(2 * MINUTE_MS);
  for (let n = 1; n <= 6; n++) {
    await aged.service.pass(MINUTE_MS);
    await goOn(aged, n);
  }
  const { handovers, reconnects, fragmentsResent } = aged.test.stream.metrics;
  assert.ok(handovers >= 3, `${handovers} in six minutes`);
  assert.equal([reconnects, fragmentsResent], [0, 0]);
  assert.equal((await carried(aged.service.uploads)).flat(), [0, 1, 2, 3, 4, 5, 6], 'each once, in order');
  await aged.test.end();
});

it('S193: frames of the fragment that is open when the time comes still go over the old connection', async () => {
  const aged = await aging(2 * MINUTE_MS);
  await aged.test.putFrames(2);
  await aged.service.pass(2 * MINUTE_MS - GRACE_MS + 500);
  await aged.test.putFrames(2);
  assert.is(aged.service.uploads.length, 1);
  assert.is(aged.service.upload.bodyEnd, 'open');
  const [, open] = await aged.service.upload.fragments();
  assert.is(open?.frames.length, 4);
  aged.service.upload.persist(timecodeOf(0));
  await goOn(aged, 2);
  assert.equal(await carried(aged.service.uploads), [[0, 1], [2]]);
  await aged.test.end();
});

// Random bytes of a platform, and how much earlier a connection of this life is replaced.
for (const [name, high, lifeMs, earlierMs] of [
  ['zero', 0, 40 * MINUTE_MS, 0],
  ['the largest', 255, 40 * MINUTE_MS, 3 * MINUTE_MS],
  ['near the middle', 128, 10 * MINUTE_MS, MINUTE_MS / 2],
  ['the largest, with a life of less than five minutes', 255, 4 * MINUTE_MS, 0],
] as const) {
  it(`S194: jitter where the random number is ${name}: ${earlierMs / 1000} s`, async () => {
    const service = new ScriptedMedia();
    service.randomBytes = (length) =>
      new Uint8Array(length).fill(length === 2 ? high : 7).fill(high === 255 ? 255 : 7, 1);
    const test = await TestStream.open(
      { sessionDurationMs: lifeMs, endIdleFragmentsAfterMs: 0, stallTimeoutMs: 3_600_000 },
      {},
      service,
    );
    await test.putFragments(1);
    service.upload.ack('BUFFERING', timecodeOf(0));
    await service.advance(lifeMs - earlierMs - 500);
    await test.putFragments(1);
    service.upload.persist(timecodeOf(0));
    service.upload.ack('BUFFERING', timecodeOf(1));
    await service.idle();
    assert.is(service.uploads.length, 1, 'half a second before');
    await service.advance(1_000);
    await test.putFragments(1);
    service.upload.persist(timecodeOf(1));
    await service.pass(100);
    assert.is(service.uploads.length, 2, 'half a second behind');
    await test.end();
  });
}

it('S195: while there are no credentials for another connection the old one is used on, and asked for again', async () => {
  const aged = await aging(2 * MINUTE_MS);
  aged.fail(true);
  await aged.service.pass(2 * MINUTE_MS);
  for (let n = 1; n <= 3; n++) await goOn(aged, n);
  assert.equal(await carried(aged.service.uploads), [[0, 1, 2, 3]]);
  const retrying = aged.test.eventsOf('retrying');
  assert.ok(retrying.length > 3, `${retrying.length} attempts`);
  assert.equal(
    [...new Set(retrying.map(({ state, error }) => `${state} ${error.code}`))],
    ['streaming STATUS_CLIENT_AUTH_CALL_FAILED'],
  );
  aged.fail(false);
  await aged.service.pass(30_000);
  await goOn(aged, 4);
  await goOn(aged, 5);
  assert.equal(await carried(aged.service.uploads), [
    [0, 1, 2, 3],
    [4, 5],
  ]);
  assert.is(aged.test.stream.metrics.reconnects, 0);
  await aged.test.end();
});

it('S195: an endpoint that cannot be had between two connections is asked for again, and frames are taken meanwhile', async () => {
  const aged = await aging(2 * MINUTE_MS, { callCaching: 'none' });
  aged.service.on('/getDataEndpoint', { status: 500, body: '{"Message":"away"}' });
  await aged.service.pass(2 * MINUTE_MS - GRACE_MS + 500);
  await goOn(aged, 1);
  await aged.test.putFragments(2);
  await aged.service.pass(10_000);
  assert.is(aged.service.uploads.length, 1);
  assert.ok(aged.test.eventsOf('retrying').length > 2);
  assert.is(aged.test.stream.metrics.framesPut, 16);
  aged.service.on('/getDataEndpoint', { body: '{"DataEndpoint":"http://127.0.0.1:2"}' });
  await aged.service.pass(30_000);
  assert.equal(await carried(aged.service.uploads), [[0], [1, 2, 3]]);
  await aged.test.end();
});

it('S196: a connection that is being replaced is not replaced twice', async () => {
  const aged = await aging(2 * MINUTE_MS);
  await aged.service.pass(2 * MINUTE_MS - GRACE_MS + 500);
  await aged.test.putFragments(1);
  await aged.service.pass(10 * MINUTE_MS);
  assert.is(aged.service.uploads[0]?.bodyEnd, 'closed');
  assert.is(aged.service.uploads.length, 1, 'its last ack is still to come');
  aged.service.uploads[0]?.persist(timecodeOf(0));
  await aged.service.pass(6_000);
  assert.equal(await carried(aged.service.uploads), [[0], [1]]);
  assert.is(aged.test.stream.metrics.handovers, 1);
  await aged.test.end();
});

for (const [name, beginsNext] of [
  ['while the old connection waits for its acks', true],
  ['before a fragment has begun behind it', false],
] as const) {
  it(`S199: a stop ${name}: everything is sent, and the stream is closed once`, async () => {
    const aged = await aging(2 * MINUTE_MS);
    const [first] = aged.service.uploads;
    await aged.service.pass(2 * MINUTE_MS - GRACE_MS + 500);
    if (beginsNext) await aged.test.putFragments(1);
    const stopped = watched(aged.test.stream.stop());
    await aged.service.pass(100);
    assert.is(await outcomeOf(stopped), 'pending');
    first?.persist(timecodeOf(0));
    await aged.service.idle();
    first?.close();
    await aged.service.pass(6_000);
    if (beginsNext) aged.service.upload.persist(timecodeOf(1));
    await aged.service.pass(6_000);
    assert.is(await outcomeOf(stopped), undefined);
    assert.equal(await carried(aged.service.uploads), beginsNext ? [[0], [1]] : [[0]]);
    assert.is(aged.recorder.of('streamClosed').length, 1);
    assert.is(aged.service.timerCount, 0);
    await aged.test.end();
  });
}

it.run();
