import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cachedCredentials } from '../../../../sdk/aws/credentials.ts';
import type { Credentials } from '../../../../sdk/platform.ts';
import { ManualPlatform } from '../../../support/manual-platform.ts';
import { credentialsError } from '../../../support/rejection.ts';

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

for (const [what, lifeMs, refreshAtMs] of [
  ['five minutes ahead of expiry', 3_600_000, 3_300_000],
  ['short-lived credentials at half their life', 60_000, 30_000],
] as const) {
  it(`cachedCredentials() refreshes ${what}`, async () => {
    const platform = new ManualPlatform();
    const source = provider(platform, lifeMs);
    const credentials = cachedCredentials(platform, source.get);
    await credentials();
    platform.nowMs += refreshAtMs - 1;
    assert.is((await credentials()).accessKeyId, 'key-1');
    platform.nowMs += 1;
    assert.is((await credentials()).accessKeyId, 'key-2');
  });
}

it('cachedCredentials() keeps living credentials when the refresh fails, and fails once they are dead', async () => {
  const platform = new ManualPlatform();
  const source = provider(platform, 3_600_000);
  const credentials = cachedCredentials(platform, source.get);
  await credentials();
  source.fails = true;
  platform.nowMs += 3_400_000;
  assert.is((await credentials()).accessKeyId, 'key-1');
  platform.nowMs += 200_000;
  const error = await credentialsError(credentials());
  assert.match(error.message, 'metadata service is down');
  assert.is(error.retryable, true);
  source.fails = false;
  assert.is((await credentials()).accessKeyId, 'key-4', 'it recovers');
});

for (const [what, expiresAtMs, told] of [
  ['now', 1_700_000_000_000, '2023-11-14T22:13:20.000Z'],
  ['seconds in the place of milliseconds', 1_700_003_600, '1970-01-20T16:13:23.600Z'],
  ['no time that a date could have', -Infinity, '-Infinity'],
] as const) {
  it(`cachedCredentials() refuses credentials that have expired, and says when: ${what}`, async () => {
    const given = { accessKeyId: 'AKID', secretAccessKey: 'S', expiresAtMs };
    const error = await credentialsError(cachedCredentials(new ManualPlatform(), () => Promise.resolve(given))());
    assert.is(error.reason, `the provider gave expired ones, of ${told}: is this clock right?`);
  });
}

for (const [what, expiresAtMs] of [
  ['the end of the year 9999', Date.UTC(9999, 11, 31)],
  ['never', Infinity],
] as const) {
  it(`cachedCredentials() keeps credentials that live until ${what}`, async () => {
    const platform = new ManualPlatform();
    let fetches = 0;
    const credentials = cachedCredentials(platform, async () => {
      fetches++;
      return { accessKeyId: 'AKID', secretAccessKey: 'S', expiresAtMs };
    });
    await credentials();
    platform.nowMs += 1e12;
    await credentials();
    assert.is(fetches, 1);
  });
}

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
  const error = await credentialsError(cachedCredentials(platform, () => Promise.resolve(wrong))());
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

it.run();
