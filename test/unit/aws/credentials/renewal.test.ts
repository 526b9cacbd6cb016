/** The cache of credentials in front of a source that is slow, hangs, or fails while many wait. */
import process from 'node:process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cachedCredentials } from '../../../../sdk/aws/credentials.ts';
import type { Credentials } from '../../../../sdk/platform.ts';
import { ManualPlatform } from '../../../support/manual-platform.ts';
import { credentialsError } from '../../../support/rejection.ts';

const it = suite('renewal of credentials');

/** Fetches that end when the test says so. */
class SlowSource {
  readonly platform = new ManualPlatform();
  readonly #answers: Array<(outcome: Credentials | Promise<Credentials>) => void> = [];
  readonly get = cachedCredentials(
    this.platform,
    () => new Promise<Credentials>((resolve) => void this.#answers.push(resolve)),
  );

  get fetches(): number {
    return this.#answers.length;
  }

  /** Ends the last fetch with credentials of that number, which live for an hour. */
  give(): void {
    const expiresAtMs = this.platform.nowMs + 3_600_000;
    this.#answers.at(-1)?.({ accessKeyId: `key-${this.fetches}`, secretAccessKey: 'secret', expiresAtMs });
  }

  fail(): void {
    this.#answers.at(-1)?.(Promise.reject(new Error('metadata service is down')));
  }

  /** A source that has given once, at a moment when that is about to expire. */
  static async withOld(leftMs: number): Promise<SlowSource> {
    const source = new SlowSource();
    const first = source.get();
    source.give();
    source.platform.nowMs = ((await first).expiresAtMs ?? 0) - leftMs;
    return source;
  }
}

const keysOf = async (calls: readonly Promise<Credentials>[]): Promise<string> =>
  [...new Set((await Promise.all(calls)).map(({ accessKeyId }) => accessKeyId))].join();

it('a provider that hangs is given up after a minute, and asked anew by the next call', async () => {
  const source = new SlowSource();
  const failing = Promise.allSettled([source.get(), source.get()]);
  await source.platform.advance(60_000);
  assert.equal(
    (await failing).map((outcome) => outcome.status === 'rejected' && (outcome.reason as Error).message),
    Array.from({ length: 2 }, () => 'Cannot get credentials: the provider gave none within 60000 ms'),
  );
  const next = source.get();
  source.give();
  assert.is((await next).accessKeyId, 'key-2');
  assert.is(source.platform.timerCount, 0);
});

it('a renewal that hangs keeps nobody with good credentials waiting longer than five seconds', async () => {
  const source = await SlowSource.withOld(300_000);
  const waiting = keysOf(Array.from({ length: 100 }, () => source.get()));
  await source.platform.advance(5_000);
  assert.is(await waiting, 'key-1');
  assert.is(await keysOf([source.get(), source.get()]), 'key-1', 'at once, once it is known to be slow');
  assert.is(source.fetches, 2, 'one fetch for all');
  source.give();
  await source.platform.advance(0);
  assert.is(await keysOf([source.get()]), 'key-2', 'what came late is used');
  assert.is(source.platform.timerCount, 0);
});

it('old credentials that end while a renewal is waited for are not used on', async () => {
  const source = await SlowSource.withOld(3_000);
  const waiting = source.get();
  await source.platform.advance(5_000);
  source.give();
  assert.is((await waiting).accessKeyId, 'key-2');
});

it('credentials that are refused while a renewal is waited for are not used on', async () => {
  const source = await SlowSource.withOld(300_000);
  const waiting = source.get();
  await source.platform.advance(1_000);
  source.get.invalidate();
  await source.platform.advance(10_000);
  source.give();
  assert.is((await waiting).accessKeyId, 'key-2');
  assert.is(source.fetches, 2);
});

for (const jumpMs of [-86_400_000, 86_400_000]) {
  it(`a clock that jumps by ${jumpMs} ms while a renewal is in flight: what it gives is judged by the clock of then`, async () => {
    const source = await SlowSource.withOld(300_000);
    const waiting = source.get();
    source.platform.jump(jumpMs);
    source.give();
    assert.is((await waiting).accessKeyId, 'key-2');
    source.platform.nowMs += 3_299_999;
    assert.is((await source.get()).accessKeyId, 'key-2');
    source.platform.nowMs += 1;
    const next = source.get();
    source.give();
    assert.is((await next).accessKeyId, 'key-3');
  });
}

it('a hundred callers while a fetch fails: one fetch, one typed error for all, none unhandled', async () => {
  const source = new SlowSource();
  const all = Array.from({ length: 100 }, () => credentialsError(source.get()));
  source.fail();
  const errors = new Set(await Promise.all(all));
  assert.is(errors.size, 1);
  assert.is(source.fetches, 1);
});

it('a renewal that fails when its old credentials are over, and nobody waits for it any more, is no unhandled rejection', async () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', listen);
  try {
    const source = await SlowSource.withOld(10_000);
    const waiting = source.get();
    await source.platform.advance(5_000);
    assert.is((await waiting).accessKeyId, 'key-1');
    await source.platform.advance(10_000);
    source.fail();
    await source.platform.advance(0);
    await source.platform.advance(0);
    assert.equal(unhandled, []);
  } finally {
    process.off('unhandledRejection', listen);
  }
});

it.run();
