import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cachedCredentials } from '../../../../sdk/aws/credentials.ts';
import { CredentialsError } from '../../../../sdk/errors.ts';
import type { Credentials } from '../../../../sdk/platform.ts';
import { ManualPlatform } from '../../../support/manual-platform.ts';

const it = suite('credentials');

/** A provider whose every answer lives for `lifeMs`; `fails` makes it fail. */
function provider(
  platform: ManualPlatform,
  lifeMs?: number,
): { fetches: number; fails: boolean; get: () => Promise<Credentials> } {
  const state = {
    fetches: 0,
    fails: false,
    get: (): Promise<Credentials> => {
      state.fetches++;
      if (state.fails) return Promise.reject(new Error('metadata service is down'));
      const expiry = lifeMs === undefined ? {} : { expiresAtMs: platform.now() + lifeMs };
      return Promise.resolve({ accessKeyId: `key-${state.fetches}`, secretAccessKey: 'secret', ...expiry });
    },
  };
  return state;
}

it('cachedCredentials() fetches credentials that never expire once', async () => {
  const platform = new ManualPlatform();
  const source = provider(platform);
  const credentials = cachedCredentials(platform, source.get);
  await credentials();
  platform.nowMs += 1e12;
  assert.is((await credentials()).accessKeyId, 'key-1');
});

it('cachedCredentials() shares one fetch among calls made meanwhile', async () => {
  const platform = new ManualPlatform();
  const source = provider(platform);
  const credentials = cachedCredentials(platform, source.get);
  const all = await Promise.all([credentials(), credentials(), credentials()]);
  assert.is(source.fetches, 1);
  assert.equal(
    all.map(({ accessKeyId }) => accessKeyId),
    ['key-1', 'key-1', 'key-1'],
  );
});

it('cachedCredentials() refreshes five minutes ahead of expiry', async () => {
  const platform = new ManualPlatform();
  const source = provider(platform, 3_600_000);
  const credentials = cachedCredentials(platform, source.get);
  await credentials();
  platform.nowMs += 3_299_999;
  assert.is((await credentials()).accessKeyId, 'key-1');
  platform.nowMs += 1;
  assert.is((await credentials()).accessKeyId, 'key-2');
});

it('cachedCredentials() refreshes short-lived credentials at half their life', async () => {
  const platform = new ManualPlatform();
  const source = provider(platform, 60_000);
  const credentials = cachedCredentials(platform, source.get);
  await credentials();
  platform.nowMs += 29_999;
  assert.is((await credentials()).accessKeyId, 'key-1');
  platform.nowMs += 1;
  assert.is((await credentials()).accessKeyId, 'key-2');
});

it('cachedCredentials() keeps living credentials when the refresh fails, and fails once they are dead', async () => {
  const platform = new ManualPlatform();
  const source = provider(platform, 3_600_000);
  const credentials = cachedCredentials(platform, source.get);
  await credentials();
  source.fails = true;
  platform.nowMs += 3_400_000;
  assert.is((await credentials()).accessKeyId, 'key-1');
  platform.nowMs += 200_000;
  const error = await credentials().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, CredentialsError);
  assert.match((error as CredentialsError).message, 'metadata service is down');
  assert.is((error as CredentialsError).retryable, true);
  source.fails = false;
  assert.is((await credentials()).accessKeyId, 'key-4', 'it recovers');
});

it('cachedCredentials() refuses credentials that are already expired', async () => {
  const platform = new ManualPlatform();
  const credentials = cachedCredentials(platform, provider(platform, 0).get);
  assert.instance(await credentials().catch((error: unknown) => error), CredentialsError);
});

it('invalidate() makes the next call fetch', async () => {
  const platform = new ManualPlatform();
  const source = provider(platform);
  const credentials = cachedCredentials(platform, source.get);
  await credentials();
  credentials.invalidate();
  assert.is((await credentials()).accessKeyId, 'key-2');
});

it('cachedCredentials() gives a provider back that has a cache, so that refused credentials are forgotten there', async () => {
  const platform = new ManualPlatform();
  const inner = cachedCredentials(platform, provider(platform).get);
  const outer = cachedCredentials(platform, inner);
  assert.is(outer, inner);
  await outer();
  outer.invalidate();
  assert.is((await inner()).accessKeyId, 'key-2');
});

it('cachedCredentials() refuses what is no credentials, and names the field, not the value', async () => {
  const platform = new ManualPlatform();
  const wrong = { accessKeyId: 'AKID', secretAccessKey: 'HUSH HUSH' };
  const error = (await cachedCredentials(platform, () => Promise.resolve(wrong))().catch(
    (reason: unknown) => reason,
  )) as CredentialsError;
  assert.instance(error, CredentialsError);
  assert.match(error.message, /what the provider gave have a secretAccessKey with characters/);
  assert.not.match(error.message, 'HUSH');
});

it('a failing refresh is logged once, and again when something else is wrong', async () => {
  const platform = new ManualPlatform();
  const source = provider(platform, 3_600_000);
  const credentials = cachedCredentials(platform, source.get);
  await credentials();
  source.fails = true;
  platform.nowMs += 3_400_000;
  for (let i = 0; i < 3; i++) await credentials();
  assert.equal(platform.logged, [
    'warn Credentials were not renewed, those of before are used on: Cannot get credentials: metadata service is down',
  ]);
});

it('a provider that hangs is given up after a minute, and asked anew by the next call', async () => {
  const platform = new ManualPlatform();
  let fetches = 0;
  const credentials = cachedCredentials(platform, () =>
    ++fetches === 1
      ? new Promise<Credentials>(() => undefined)
      : Promise.resolve({ accessKeyId: `key-${fetches}`, secretAccessKey: 'secret' }),
  );
  const failing = Promise.allSettled([credentials(), credentials()]);
  await platform.advance(60_000);
  assert.equal(
    (await failing).map((outcome) => outcome.status === 'rejected' && (outcome.reason as Error).message),
    Array.from({ length: 2 }, () => 'Cannot get credentials: the provider gave none within 60000 ms'),
  );
  assert.is((await credentials()).accessKeyId, 'key-2');
  assert.is(platform.timerCount, 0);
});

it.run();
