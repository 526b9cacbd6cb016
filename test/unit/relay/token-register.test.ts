/** A token opens one session, also when the relay has been started anew in between. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RelayGrant } from '../../../bindings/workers/relay/grant.ts';
import { type RegisterStorage, TokenRegister } from '../../../bindings/workers/relay/token-register.ts';
import { RelayError } from '../../../sdk/relay/refusals.ts';
import { ManualPlatform } from '../../support/manual-platform.ts';

const register = suite('token register');

/** A storage in memory, as long as the test. */
class MemoryStorage implements RegisterStorage {
  readonly entries = new Map<string, unknown>();

  list<T>(): Promise<Map<string, T>> {
    return Promise.resolve(new Map(this.entries) as Map<string, T>);
  }

  put(key: string, value: unknown): Promise<void> {
    this.entries.set(key, value);
    return Promise.resolve();
  }

  delete(keys: string[]): Promise<number> {
    keys.forEach((key) => this.entries.delete(key));
    return Promise.resolve(keys.length);
  }
}

const grantOf = (tokenId: string, expiresAtMs: number): RelayGrant => ({
  streamName: 'front-door',
  mode: 'frames',
  maxBitrateBps: 1,
  expiresAtMs,
  tokenId,
});

const refusalOf = (use: Promise<void>): Promise<string | undefined> =>
  use.then(
    () => undefined,
    (error: unknown) => (error instanceof RelayError ? error.code : String(error)),
  );

register('the same token is taken from the same client alone', async () => {
  const platform = new ManualPlatform();
  const storage = new MemoryStorage();
  const grant = grantOf('one', platform.nowMs + 60_000);
  const tokens = new TokenRegister(platform, storage);
  assert.is(await refusalOf(tokens.use(grant, 'key-a')), undefined);
  assert.is(await refusalOf(tokens.use(grant, 'key-a')), undefined);
  assert.is(await refusalOf(tokens.use(grant, 'key-b')), 'token-used');
  const anew = new TokenRegister(platform, storage);
  assert.is(await refusalOf(anew.use(grant, 'key-b')), 'token-used');
  assert.is(await refusalOf(anew.use(grant, 'key-a')), undefined);
});

register('of two clients at once one is first', async () => {
  const platform = new ManualPlatform();
  const tokens = new TokenRegister(platform, new MemoryStorage());
  const grant = grantOf('one', platform.nowMs + 60_000);
  const both = await Promise.all([refusalOf(tokens.use(grant, 'key-a')), refusalOf(tokens.use(grant, 'key-b'))]);
  assert.equal(both, [undefined, 'token-used']);
});

register('tokens that have expired are forgotten; their number is bounded', async () => {
  const platform = new ManualPlatform();
  const storage = new MemoryStorage();
  const tokens = new TokenRegister(platform, storage);
  for (let i = 0; i < 4_096; i++) await tokens.use(grantOf(`token ${i}`, platform.nowMs + 60_000), 'key');
  assert.is(await refusalOf(tokens.use(grantOf('one more', platform.nowMs + 60_000), 'key')), 'stream-busy');
  await platform.advance(120_001);
  assert.is(await refusalOf(tokens.use(grantOf('later', platform.nowMs + 60_000), 'key')), undefined);
  assert.equal([...storage.entries.keys()], ['token:later']);
});

register.run();
