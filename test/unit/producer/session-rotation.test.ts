/** When connections are replaced, under a manual clock. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CachedCredentials, cachedCredentials } from '../../../sdk/aws/credentials.ts';
import type { KvsError } from '../../../sdk/errors.ts';
import type { Credentials } from '../../../sdk/platform.ts';
import { SESSION_DURATION_MS, SessionRotation } from '../../../sdk/producer/session-rotation.ts';
import { ManualPlatform } from '../../support/manual-platform.ts';
import { ScriptedMedia } from '../../support/scripted-media.ts';
import { TestStream, timecodeOf } from '../../support/test-stream.ts';

const it = suite('session rotation');
const MINUTE_MS = 60_000;

/** A rotation whose provider gives credentials of `lifeMs`, fails while `fails`, and repeats itself while `repeats`. */
class Bench {
  readonly platform = new ManualPlatform();
  readonly failures: string[] = [];
  readonly dueMs: number[] = [];
  readonly rotation: SessionRotation;
  readonly beganMs = this.platform.nowMs;
  fetches = 0;
  fails = false;
  repeats = false;
  readonly #get: CachedCredentials;

  constructor(lifeMs?: number, sessionDurationMs?: number) {
    let last: Credentials | undefined;
    this.#get = cachedCredentials(this.platform, () => {
      this.fetches++;
      if (this.fails) return Promise.reject(new Error('metadata service is down'));
      const expiry = lifeMs === undefined ? {} : { expiresAtMs: this.platform.nowMs + lifeMs };
      if (last === undefined || !this.repeats) last = { accessKeyId: 'AKID', secretAccessKey: 'SECRET', ...expiry };
      return Promise.resolve(last);
    });
    this.rotation = new SessionRotation({
      platform: this.platform,
      credentials: this.#get,
      sessionDurationMs,
      onDue: () => this.dueMs.push(this.platform.nowMs - this.beganMs),
      onRetry: (error: KvsError) => this.failures.push(error.message),
    });
  }

  async begin(): Promise<this> {
    this.rotation.begin(await this.#get());
    return this;
  }
}

it('a connection lasts at most 40 minutes less three seconds, and at least 90 % of it less', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const bench = new Bench();
    bench.platform.randomBytes(seed);
    await bench.begin();
    await bench.platform.advance(45 * MINUTE_MS);
    const [dueMs = 0] = bench.dueMs;
    assert.ok(dueMs <= SESSION_DURATION_MS && dueMs >= SESSION_DURATION_MS - 3 * MINUTE_MS, `${dueMs} ms`);
    assert.is(bench.dueMs.length, 1, 'once a connection');
    assert.is(bench.platform.timerCount, 0);
  }
});

it('jitter lies between none and three minutes, and short lives have none', async () => {
  for (const [bytes, lifeMs, expected] of [
    [[0, 0], 40 * MINUTE_MS, 40 * MINUTE_MS],
    [[255, 255], 40 * MINUTE_MS, 37 * MINUTE_MS],
    [[128, 0], 10 * MINUTE_MS, 9.5 * MINUTE_MS],
    [[255, 255], 5 * MINUTE_MS - 1, 5 * MINUTE_MS - 1],
  ] as const) {
    const bench = new Bench(undefined, lifeMs);
    bench.platform.randomBytes = () => Uint8Array.from(bytes);
    await bench.begin();
    await bench.platform.advance(expected - 1);
    assert.equal(bench.dueMs, [], `${lifeMs}`);
    await bench.platform.advance(1);
    assert.equal(bench.dueMs, [expected], `${lifeMs}`);
  }
});

it('credentials that expire sooner are replaced 38 s before, by others', async () => {
  const bench = await new Bench(4 * MINUTE_MS).begin();
  await bench.platform.advance(4 * MINUTE_MS - 38_001);
  assert.equal([bench.dueMs, bench.fetches], [[], 1]);
  await bench.platform.advance(1);
  assert.equal([bench.dueMs, bench.fetches], [[4 * MINUTE_MS - 38_000], 2]);
});

it('credentials of less than 76 s are replaced at half their life', async () => {
  const bench = await new Bench(30_000).begin();
  await bench.platform.advance(15_000);
  assert.equal([bench.dueMs, bench.fetches], [[15_000], 2]);
});

for (const [name, set] of [
  ['fails', (bench: Bench, is: boolean) => (bench.fails = is)],
  ['gives the same again', (bench: Bench, is: boolean) => (bench.repeats = is)],
] as const) {
  it(`a provider that ${name} near expiry is asked again, after it too, and the connection is used on`, async () => {
    const bench = await new Bench(4 * MINUTE_MS).begin();
    set(bench, true);
    await bench.platform.advance(5 * MINUTE_MS);
    assert.equal(bench.dueMs, []);
    assert.ok(bench.failures.length >= 8 && bench.failures.length <= 20, `${bench.failures.length} attempts`);
    assert.ok(bench.fetches > 5 && bench.fetches <= bench.failures.length + 1, `${bench.fetches} fetches`);
    set(bench, false);
    await bench.platform.advance(20_000);
    assert.is(bench.dueMs.length, 1);
    assert.is(bench.platform.timerCount, 0);
  });
}

it('a connection that ends takes its timer with it, in the middle of a retry too', async () => {
  const bench = await new Bench(4 * MINUTE_MS).begin();
  bench.rotation.end();
  assert.is(bench.platform.timerCount, 0);
  await bench.begin();
  bench.fails = true;
  await bench.platform.advance(4 * MINUTE_MS);
  bench.rotation.end();
  bench.fails = false;
  await bench.platform.advance(10 * MINUTE_MS);
  assert.equal(bench.dueMs, []);
  assert.is(bench.platform.timerCount, 0);
});

it('a connection that follows starts the time over', async () => {
  const bench = await new Bench(undefined, 10_000).begin();
  await bench.platform.advance(9_000);
  await bench.begin();
  await bench.platform.advance(9_000);
  assert.equal(bench.dueMs, []);
  await bench.platform.advance(1_000);
  assert.equal(bench.dueMs, [19_000]);
});

it('a stream goes over at the next fragment, signs with fresh credentials, and sends nothing twice', async () => {
  const service = new ScriptedMedia();
  service.uploadsStayOpen = true;
  let keys = 0;
  const credentials = (): Promise<Credentials> =>
    Promise.resolve({ accessKeyId: `KEY${++keys}`, secretAccessKey: 's', expiresAtMs: service.nowMs + 100_000 });
  const test = await TestStream.open({ endIdleFragmentsAfterMs: 0 }, { credentials }, service);
  await test.putFragments(2);
  const [first] = service.uploads;
  first?.persist(timecodeOf(0));
  first?.ack('BUFFERING', timecodeOf(1));
  await service.pass(65_000);
  assert.is(first?.bodyEnd, 'open', 'until a fragment begins');
  await test.putFragments(1);
  assert.is(first?.bodyEnd, 'closed');
  assert.is(service.uploads.length, 1, 'the service has not acknowledged it all');
  first?.persist(timecodeOf(1));
  first?.close();
  await service.idle();
  assert.equal(await first?.timecodes(), [timecodeOf(0), timecodeOf(1)]);
  assert.equal(await service.upload.timecodes(), [timecodeOf(2)]);
  assert.match(first?.headers['authorization'] ?? '', /Credential=KEY1/);
  assert.match(service.upload.headers['authorization'] ?? '', /Credential=KEY[2-9]/);
  const { sessions, handovers, reconnects, fragmentsResent } = test.stream.metrics;
  assert.equal(
    { sessions, handovers, reconnects, fragmentsResent },
    { sessions: 2, handovers: 1, reconnects: 0, fragmentsResent: 0 },
  );
  assert.equal(
    test.events.map(({ type }) => type),
    ['connected', 'connected'],
  );
  await test.end();
  assert.is(service.timerCount, 0);
});

it('with a provider that is down at expiry the connection is used until the service refuses more, and nothing is lost', async () => {
  const service = new ScriptedMedia();
  let isDown = false;
  const credentials = (): Promise<Credentials> =>
    isDown
      ? Promise.reject(new Error('metadata service is down'))
      : Promise.resolve({ accessKeyId: 'AKID', secretAccessKey: 's', expiresAtMs: service.nowMs + 100_000 });
  const test = await TestStream.open({ endIdleFragmentsAfterMs: 0 }, { credentials }, service);
  await test.putFragments(2);
  service.upload.ack('RECEIVED', timecodeOf(0));
  service.upload.ack('PERSISTED', timecodeOf(0));
  service.upload.ack('BUFFERING', timecodeOf(1));
  isDown = true;
  await service.pass(110_000);
  await test.putFragments(1);
  assert.is(service.uploads.length, 1);
  assert.equal(await service.upload.timecodes(), [timecodeOf(0), timecodeOf(1), timecodeOf(2)]);
  assert.equal(
    [...new Set(test.eventsOf('retrying').map(({ state, error }) => `${state} ${error.code}`))],
    ['streaming STATUS_CLIENT_AUTH_CALL_FAILED'],
  );
  service.upload.ack('ERROR', undefined, { ErrorId: 4003 });
  await service.pass(5_000);
  assert.is(service.uploads.length, 1, 'there is nothing to sign another with');
  isDown = false;
  await service.pass(30_000);
  assert.equal(await service.upload.timecodes(), [timecodeOf(1), timecodeOf(2)]);
  await test.end();
});

it('sessionDurationMs: every connection of a stream is replaced in its time', async () => {
  const test = await TestStream.open({ sessionDurationMs: 3_000 });
  test.service.uploadsStayOpen = true;
  for (let n = 0; n < 8; n++) {
    await test.putFragments(1);
    if (n > 0) for (const upload of test.service.uploads) upload.persist(timecodeOf(n - 1));
    await test.service.idle();
    for (const upload of test.service.uploads) if (upload.bodyEnd === 'closed') upload.close();
    await test.service.pass(1_000);
  }
  const carried = await Promise.all(test.service.uploads.map((upload) => upload.timecodes()));
  assert.equal(
    carried.flat(),
    Array.from({ length: 8 }, (_, n) => timecodeOf(n)),
    'each once, in order',
  );
  assert.is(test.stream.metrics.handovers, 2);
  assert.is(test.stream.metrics.fragmentsResent, 0);
  await test.end();
});

it('a connection that comes of age while nothing is put is replaced by that of the next fragment', async () => {
  const test = await TestStream.open({ sessionDurationMs: 1_000 });
  await test.putFragments(1);
  const flushed = test.stream.flush();
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  await flushed;
  await test.service.pass(60_000);
  assert.is(test.service.uploads.length, 1, 'no connection without something to send');
  await test.putFragments(1);
  await test.service.pass(500);
  const carried = await Promise.all(test.service.uploads.map((upload) => upload.timecodes()));
  assert.equal(carried, [[timecodeOf(0)], [timecodeOf(1)]]);
  assert.equal(test.eventsOf('disconnected'), []);
  assert.equal([test.stream.metrics.handovers, test.stream.metrics.reconnects], [1, 0]);
  await test.end();
});

it('a connection that is lost after it came of age is taken up again once', async () => {
  const test = await TestStream.open({ sessionDurationMs: 1_000 });
  await test.putFrames(2);
  await test.service.pass(1_500);
  test.service.upload.reset();
  await test.service.pass(500);
  await test.putFrames(2);
  assert.is(test.service.uploads.length, 2);
  const [fragment] = await test.service.upload.fragments();
  assert.equal([fragment?.clusterTimecode, fragment?.frames.length], [timecodeOf(0), 4]);
  assert.equal([test.stream.metrics.handovers, test.stream.metrics.reconnects], [0, 1]);
  await test.end();
});

it('a stream that keeps nothing is handed over when all is RECEIVED', async () => {
  const test = await TestStream.open({ sessionDurationMs: 1_000, retentionHours: 0 }, {}, new ScriptedMedia(0));
  test.service.uploadsStayOpen = true;
  await test.putFragments(1);
  await test.service.pass(1_500);
  await test.putFragments(1);
  const [first] = test.service.uploads;
  assert.is(first?.bodyEnd, 'closed');
  first?.ack('RECEIVED', timecodeOf(0));
  await test.service.pass(6_000);
  assert.equal(await test.service.upload.timecodes(), [timecodeOf(1)]);
  assert.is(test.stream.metrics.handovers, 1);
  await test.end();
});

it('a stopped stream with a rotation under way ends cleanly', async () => {
  const test = await TestStream.open({ sessionDurationMs: 1_000 });
  await test.putFragments(1);
  await test.service.pass(1_500);
  const stopped = test.stream.stop();
  await test.service.idle();
  test.service.upload.persist(timecodeOf(0));
  test.service.upload.close();
  await stopped;
  assert.is(test.service.uploads.length, 1);
  assert.is(test.service.timerCount, 0);
  await test.end();
});

it.run();
